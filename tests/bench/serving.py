"""What begat costs around a model: ``python -m tests.bench.serving [rounds] [queries]``.

16 clients ask one question after the other, of a real `begat serve` (``endpointQuery`` over HTTP), of the serving port
alone, and of a bare Starlette route around the same model, in turns. From each answer's time the model's own is taken
away. The clients wait between questions, so that all together ask ``BENCH_RATE`` (100) a second; with 0 each asks again
as soon as it is answered: then an answer waits for 15 others', and what is measured is how many a machine can do.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

import begat
from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, reach
from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.local.fitting import train
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.local.serving import LocalServing
from begat.platforms.local.serving_http import Connections
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import ModelRef, TrainingSpec
from tests.api_client import operation
from tests.begat_process import Begat, serving
from tests.bench.machine import family
from tests.bench.say import say
from tests.kinds.test_model import model_with, version_of
from tests.platforms.local.training_samples import row

CLIENTS = 16
BAR_MS = 15.0
RATE = float(os.environ.get("BENCH_RATE", "100"))
DATA = Path(begat.__file__).parent / "demo" / "banking77"

Asked = Callable[[str], Awaitable[tuple[Any, float | None]]]
"""Asks one question: what names the request, and the model's own milliseconds where they are known at once."""


def questions() -> list[str]:
    """Real ones, which the model has not seen."""
    with (DATA / "test.csv").open(encoding="utf-8", newline="") as file:
        return [line["text"] for line in csv.DictReader(file)]


def trained(home: Path) -> tuple[Path, str]:
    """The default model of 77 answers: its file, and the file's sha256."""
    with (DATA / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row(line["text"], line["category"], id=f"pair_{n}") for n, line in enumerate(csv.DictReader(file))]
    snapshot = LocalArtifacts(home).write(rows).ref
    made = train(TrainingSpec("linear_svm", {}, snapshot, ("TRAIN",)), home / "model.joblib", lambda *_: None)
    return made.model_file, made.model_sha256


@contextlib.contextmanager
def bare(file: Path, sha256: str) -> Iterator[int]:
    """The bare route's port."""
    command = (sys.executable, "-m", "tests.bench.bare", str(file), sha256)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextlib.asynccontextmanager
async def posting(port: int) -> AsyncIterator[Callable[[str, Any], Awaitable[Any]]]:
    """Sends JSON there, with as little of our own as can be."""
    connections = Connections(port, "none")

    async def post(path: str, body: Any) -> Any:
        status, content = await connections.post(path, body)
        assert status == 200, content
        return orjson.loads(content)

    yield post
    connections.close()


async def deployed(post: Callable[[str, Any], Awaitable[Any]], version: str) -> str:
    """An endpoint that is ONLINE; its id."""

    async def run(name: str, **variables: Any) -> Any:
        answer = await post("/graphql", {"query": operation(name), "variables": variables})
        assert "errors" not in answer, answer
        return answer["data"]

    traffic = [{"modelVersionId": version, "percent": 100}]
    (made,) = (await run("Deploy", input={"name": "bench", "traffic": traffic})).values()
    assert not made["errors"], made
    while (await run("Endpoint", id=made["node"]["id"]))["endpoint"]["statusName"] != "ONLINE":  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.1)  # only asking tells
    return str(made["node"]["id"])


async def measured(ask: Asked, texts: list[str]) -> tuple[list[tuple[Any, float, float | None]], float]:
    """Each request with its milliseconds and the model's, and queries a second; by clients at once."""
    waiting, found = iter(texts), []
    pause = CLIENTS / RATE if RATE else 0.0

    async def client(place: int) -> None:
        await asyncio.sleep(pause * place / CLIENTS)
        for text in waiting:
            began = time.perf_counter()
            name, model_ms = await ask(text)
            took = time.perf_counter() - began
            found.append((name, took * 1_000, model_ms))
            if pause:
                await asyncio.sleep(max(pause - took, 0.0))

    began = time.perf_counter()
    await asyncio.gather(*(client(place) for place in range(CLIENTS)))
    return found, len(found) / (time.perf_counter() - began)


def worked(begat: int) -> dict[str, float]:
    """CPU seconds so far of a begat and of what it started: they say what a query costs also on a busy machine."""
    found = {"begat": 0.0, "worker": 0.0, "graph": 0.0}
    for pid, seconds in family(begat).items():
        command = b""
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        found["begat" if pid == begat else "worker" if b"serving_worker" in command else "graph"] += seconds
    return found


async def compared(process: Begat, version: str, model: ModelRef, bare_port: int, rounds: int, n: int) -> None:
    """Asks all three in turns and prints what it cost."""
    texts = (questions() * (n // 3_000 + 1))[:n]
    port, telemetry = LocalServing(process.home), LocalTelemetry(process.home)
    async with posting(int(process.address.rpartition(":")[2])) as begats, posting(bare_port) as bares:
        endpoint = await deployed(begats, version)

        async def of_bare(text: str) -> tuple[Any, float | None]:
            return None, (await bares("/predict", [text]))["modelMs"]

        async def of_port(text: str) -> tuple[Any, float | None]:
            return None, (await port.predict(model, [text], 30)).model_ms

        document = operation("Ask")

        async def of_endpoint(text: str) -> tuple[Any, float | None]:
            sent = {"id": endpoint, "inputs": [{"question": text}]}
            answer = (await begats("/graphql", {"query": document, "variables": sent}))["data"]
            assert answer["endpointQuery"]["outputs"], answer
            return answer["endpointQuery"]["requestId"], None

        ways: dict[str, Asked] = {"bare route": of_bare, "port": of_port, "endpointQuery": of_endpoint}
        for ask in ways.values():  # the first answers load and warm
            await measured(ask, texts[:200])
        whole: dict[str, list[float]] = {name: [] for name in ways}
        extra: dict[str, list[float]] = {name: [] for name in ways}
        cpu = dict.fromkeys(("begat", "worker", "graph"), 0.0)
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, ask in ways.items():
                before = worked(process.process.pid)
                found, rate = await measured(ask, texts)
                if name == "endpointQuery":
                    for part, seconds in worked(process.process.pid).items():
                        cpu[part] += (seconds - before[part]) * 1_000 / (rounds * n)
                records = telemetry.find([id for id, _, _ in found if id is not None])
                for id, ms, model_ms in found:
                    own = records[id].model_ms if model_ms is None else model_ms
                    whole[name].append(ms)
                    extra[name].append(ms - (own or 0.0))
                rates[name].append(rate)
    port.close()
    telemetry.close()
    say(f"{CLIENTS} clients, {rounds} rounds of {n} queries, {f'{RATE:g}/s' if RATE else 'as fast as answered'}")
    say(f"{'':<15}{'queries/s':>10}{'p50':>8}{'p95':>8}{'p99':>8}{'p50':>12}{'p95':>8}{'p99':>8}   ms")
    say(f"{'':<15}{'':>10}{'with the model':>24}{'without':>28}")
    for name in ways:
        figures = [*np.percentile(whole[name], (50, 95, 99)), *np.percentile(extra[name], (50, 95, 99))]
        shown = "".join(f"{one:>{12 if place == 3 else 8}.1f}" for place, one in enumerate(figures))
        say(f"{name:<15}{np.median(rates[name]):>10.0f}{shown}")
    say(f"CPU ms of an endpointQuery: {', '.join(f'{part} {ms:.2f}' for part, ms in cpu.items())}")
    p99 = {name: float(np.percentile(one, 99)) for name, one in whole.items()}
    over = float(np.percentile(extra["endpointQuery"], 99))
    say(f"endpointQuery to the bare route: {p99['endpointQuery'] / p99['bare route']:.2f} times its p99")
    say(f"p99 without the model {over:.1f} ms: {'under' if over < BAR_MS else 'NOT under'} {BAR_MS:g} ms")


async def _with_model(home: Path, uri: str, sha256: str) -> str:
    reached = await asyncio.to_thread(reach, home / "graph")
    assert reached is not None
    async with Graph(reached[0], reached[1], DATABASE) as graph:
        model, _ = await model_with(graph, 0)
        return await version_of(graph, model, 1, uri=uri, sha256=sha256)


def main(rounds: int = 5, queries: int = 1_000) -> None:
    """Sets all up on a home of its own, and measures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        file, sha256 = trained(home)
        uri = LocalRegistry(home).register("bench", 1, file, sha256, {})
        with bare(file, sha256) as port, serving(home, forked=False) as process:
            process.wait_ready()
            version = asyncio.run(_with_model(home, uri, sha256))
            model = ModelRef(version, uri, sha256)
            asyncio.run(compared(process, version, model, port, rounds, queries))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
