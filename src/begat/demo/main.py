"""`begat demo`: tells the story on a begat of its own, shows what came of it, and leaves it running."""

from __future__ import annotations

import csv
import logging
import shutil
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from begat import serving
from begat.config import Settings
from begat.core.errors import Code, Problem
from begat.demo import report
from begat.demo.client import Client, DemoError
from begat.demo.loop import Looped, loop
from begat.demo.story import Told, held_out, tell
from begat.serving import Ending

DATA = Path(__file__).parent / "banking77"


def run(settings: Settings, host: str, port: int, *, stay: bool = True) -> int:
    """The demo; returns the exit code. With ``stay`` it ends only when it is told to (Ctrl-C)."""
    if settings.auth is not None:
        raise Problem(Code.BAD_INPUT, "The demo is single-user.", hint="Unset BEGAT_AUTH for it.")
    console = Console()
    for chatty in ("begat", "uvicorn"):  # a line per request would tear the progress bars
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return serving.run(lambda ending: _run(settings, host, port, console, ending if stay else None))
    except DemoError as error:
        console.print(f"The demo could not go on: {error}", style="red", markup=False)
        return 1


async def _run(settings: Settings, host: str, port: int, console: Console, ending: Ending | None) -> int:
    settings.make_home()
    _copy_tables(settings.tables)
    console.print("Starting begat and its graph ...")
    async with serving.served(settings, host, port) as address:
        async with httpx.AsyncClient(base_url=address, timeout=120) as http:
            client = Client(http)
            told, looped = await _tell(client, console)
            await report.show(client, told, looped, address, console)
        if ending is not None:
            console.print("begat goes on serving; end it with Ctrl-C.")
            await ending.told()
    return 0


async def _tell(client: Client, console: Console) -> tuple[Told, Looped]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=None)
            progress.update(tasks[step], completed=done, total=total or None)

        told = await tell(client, DATA, show)
        return told, await loop(client, told, DATA, show)


def _copy_tables(tables: Path) -> None:
    """Banking77 as tables, and those of its test questions that are held out; those that are there stay."""
    folder = tables / "banking77"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train.csv", "test.csv"):
        if not (folder / name).exists():
            shutil.copyfile(DATA / name, folder / name)
    if not (path := folder / "held_out.csv").exists():
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "category"), *held_out(DATA / "test.csv")])
