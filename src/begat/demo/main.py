"""`begat demo`: tells the story on a begat of its own, shows what came of it, and leaves it running."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from urllib.parse import quote

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.tree import Tree

from begat import serving
from begat.config import Settings
from begat.core.errors import Code, Problem
from begat.demo import queries
from begat.demo.client import Client, DemoError
from begat.demo.story import Told, tell
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
            told = await _tell(client, console)
            await _conclude(client, told, address, console)
        if ending is not None:
            console.print("begat goes on serving; end it with Ctrl-C.")
            await ending.told()
    return 0


async def _tell(client: Client, console: Console) -> Told:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=None)
            progress.update(tasks[step], completed=done, total=total or None)

        return await tell(client, DATA, show)


async def _conclude(client: Client, told: Told, address: str, console: Console) -> None:
    found = await client.ask(queries.LINEAGE, id=told.version["id"])
    lineage = found["lineage"]
    tree = Tree(f"[bold]{found['name']}[/bold], the champion", guide_style="dim")
    for evaluation in found["evaluations"]:
        tree.add(f"{evaluation['metric']} {evaluation['value']:.4f} on {evaluation['sampleSize']} test questions")
    job = tree.add(f"trained by {lineage['job']['name']}")
    for snapshot, sheet in zip(lineage["snapshots"], lineage["trainingSheets"], strict=False):
        made = job.add(f"on {sheet['name']}, frozen as {snapshot['sha256'][:16]}...")
        made.add(f"answered by {lineage['labels']['totalCount']} canonical labels first")
        for template in lineage["templateVersions"]:
            made.add(f"prompted by {template['template']['name']}, version {template['number']}")
        for version in lineage["sheetVersions"]:
            source = made.add(f"built from {version['sheet']['name']}, version {version['number']}")
            for table in lineage["tables"]:
                source.add(f"which reads {table['fullName']}")
    console.print()
    console.print(tree)
    console.print()
    console.print("Look around in GraphiQL:")
    links = {
        "where this model comes from": (queries.LINEAGE, f'{{"id": "{told.version["id"]}"}}'),
        "everything upstream of it": (queries.UPSTREAM, f'{{"id": "{told.version["id"]}"}}'),
        "what uses the training table's sheet": (queries.USED_BY, f'{{"id": "{told.sheets["train"]}"}}'),
        "which models learned from the first row": (
            queries.EXPOSURE,
            f'{{"sheetId": "{told.sheets["train"]}", "itemRef": "{told.item_refs["train"]}"}}',
        ),
        "the Q&A pairs": (queries.PAIRS, f'{{"id": "{told.training_sheets["train"]}"}}'),
    }
    for title, (query, variables) in links.items():
        console.print(f"  {title}:", markup=False)
        link = f"{address}/graphql?query={quote(query)}&variables={quote(variables)}"
        console.print(f"    {link}", markup=False, soft_wrap=True, highlight=False)


def _copy_tables(tables: Path) -> None:
    """Banking77 as two tables; files that are there already stay as they are."""
    folder = tables / "banking77"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train.csv", "test.csv"):
        if not (folder / name).exists():
            shutil.copyfile(DATA / name, folder / name)
