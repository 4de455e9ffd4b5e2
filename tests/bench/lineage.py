"""What begat costs beside the driver itself: ``python -m tests.bench.lineage [embedded|neo4j] [sizes...]``.

For each size (1000, 10000 and 100000 assets where none is said) it makes the graph of `layers` in a database of its own
and asks the questions of `cases` in turns, each way once (short ones several times) in each of ``BENCH_ROUNDS`` (12)
rounds, which begin with another way each; it prints medians, as one table in Markdown. What stands in a row:

- *in process, begat*: begat's executor on its schema, as the server calls it, the document known, to bytes of JSON; the
  garbage of both is collected as the server does;
- *in process, floor*: the same by the driver alone, by `floor`'s statement and its few lines of Python, likewise;
- *over HTTP, begat*: the document POSTed to a real `begat serve` in a process of its own, until the bytes are here;
- *over HTTP, bare route*: the floor behind one Starlette route in a process of its own, likewise.

Milliseconds are wall times; in brackets those of them in which the process that answers (this one; the server) was on
the CPU: they say what Python costs also on a busy machine. Before it measures, it holds every answer of begat's equal
to the floor's: the same ids, fields and depths, and where asked the same edges and counts. Then come the point reads a
second of 16 clients over HTTP, and after the last size how the cost of each answer grew to the largest graph from the
smallest one that has an answer of its size. When more than ``QUIET`` of the CPU's time was in other hands, it says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from begat.access.scope import single_user
from begat.api import schema
from begat.api.encode import encode
from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest
from begat.config import Settings
from begat.gql.context import Context
from begat.graph.deadline import working
from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, reach
from begat.platforms.local.serving_http import Broken, Connections
from begat.platforms.platform import Platform
from begat.serving import tune_garbage_collection
from tests import neo4j_server
from tests.begat_process import Begat, serving
from tests.bench.cases import Case, cases
from tests.bench.floor import Floor
from tests.bench.layers import ladder, layered, write
from tests.bench.machine import Machine, on_cpu
from tests.bench.say import say

CLIENTS = 16
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "12"))
WARMING = 30
"""How often each way is asked before it counts, at most for two seconds: databases and Python learn what they run."""
QUIET = 0.1
SIZES = (1_000, 10_000, 100_000)
WALKS = (100, 1_000, 10_000)
WAYS = ("begat", "floor", "begat over HTTP", "bare route")

_WALKED = re.compile(r"(?<=^walk of )[\d,]+")
"""How many assets a walk finds, in its case's name."""

Way = Callable[[Case], Awaitable[bytes]]


@dataclass(frozen=True)
class Where:
    """A running database."""

    uri: str
    auth: tuple[str, str]
    database: str


Figures = dict[str, dict[str, tuple[float, float]]]
"""Median wall and CPU milliseconds by the case and the way."""


@contextlib.contextmanager
def bare(where: Where) -> Iterator[tuple[int, int]]:
    """The bare route's port and process."""
    command = (sys.executable, "-m", "tests.bench.bare_floor")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(orjson.dumps([where.uri, *where.auth, where.database]) + b"\n")
        process.stdin.flush()
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def begat_on(name: str, folder: Path) -> Iterator[tuple[Begat, Where]]:
    """A real begat on an empty database of that sort, which is tuned to last (tests' are tuned to start fast)."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    with contextlib.ExitStack() as stack:
        if name == "neo4j":
            uri, auth = stack.enter_context(neo4j_server.neo4j(heap="2g"))
            where = Where(uri, auth, "neo4j")
            known = {"NEO4J_URI": uri, "NEO4J_PASSWORD": auth[1], "NEO4J_DATABASE": "neo4j"}
            process = stack.enter_context(serving(home, forked=False, **known))
            process.wait_ready()
        else:
            process = stack.enter_context(serving(home, forked=False, BEGAT_JAVA_OPTIONS=""))
            process.wait_ready()
            reached = reach(home / "graph")
            assert reached is not None
            where = Where(*reached, DATABASE)
        yield process, where


def in_process(graph: Graph, home: Path) -> Way:
    """begat without HTTP."""
    executor = Executor(schema.build())
    settings = Settings.read({"BEGAT_HOME": str(home)})
    platform: Platform = None  # type: ignore[assignment] # nothing that is asked here asks the platform

    async def ask(case: Case) -> bytes:
        context = Context(graph, single_user(), platform, settings, "secret", lambda: None)
        with working(settings.deadline):
            answer = await executor.run(GraphQLRequest(case.query, case.variables), context)
        assert not answer.errors, answer.errors
        content = encode(answer.body())
        assert content is not None
        return content

    return ask


@contextlib.asynccontextmanager
async def ways(where: Where, process: Begat, bare_port: int) -> AsyncIterator[dict[str, Way]]:
    """All four."""
    floor = Floor.reach(where.uri, where.auth, where.database)
    async with Graph(where.uri, where.auth, where.database) as graph:
        with (
            contextlib.closing(Connections(int(process.address.rpartition(":")[2]), "none")) as begats,
            contextlib.closing(Connections(bare_port, "none")) as bares,
        ):

            async def of_begat(case: Case) -> bytes:
                return await _posted(begats, "/graphql", {"query": case.query, "variables": case.variables})

            async def of_bare(case: Case) -> bytes:
                return await _posted(bares, "/ask", {"question": case.floor[0], "parameters": case.floor[1]})

            async def of_floor(case: Case) -> bytes:
                return await floor.ask(case.floor[0], **case.floor[1])

            yield dict(zip(WAYS, (in_process(graph, process.home), of_floor, of_begat, of_bare), strict=True))
    await floor.close()


async def _posted(connections: Connections, path: str, body: Any) -> bytes:
    try:
        status, content = await connections.post(path, body)
    except Broken:  # it was closed by the server, as nothing came for some seconds while the other ways were asked
        status, content = await connections.post(path, body)
    assert status == 200, content
    return content


async def hold_equal(case: Case, ways: dict[str, Way]) -> None:
    """Raises AssertionError where the answers are not the same."""
    answers = [orjson.loads(await ask(case)) for ask in ways.values()]
    found = [
        case.of_begat(answer["data"]) if "begat" in name else case.of_floor(answer)
        for name, answer in zip(ways, answers, strict=True)
    ]
    for name, one in zip(ways, found, strict=True):
        for part in one:
            assert one[part] == found[0][part], (case.name, name, part, len(one[part]), len(found[0][part]))


async def measured(asked: list[Case], ways: dict[str, Way], processes: dict[str, int]) -> Figures:
    """Medians of all rounds. ``processes`` answer for the ways over HTTP."""
    for case in asked:
        await hold_equal(case, ways)
        for ask in ways.values():
            end = time.monotonic() + 2
            for _ in range(WARMING):
                if time.monotonic() < end:
                    await ask(case)
    tune_garbage_collection()
    walls: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    cpus: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    turns = deque(ways.items())
    for _ in range(ROUNDS):
        turns.rotate()  # whoever comes first finds the caches of processor and database cold for all the others
        for case in asked:
            for name, ask in turns:
                pid = processes.get(name, os.getpid())
                for _ in range(case.repeats):
                    cpu, began = on_cpu(pid), time.perf_counter()
                    await ask(case)
                    walls[case.name][name].append((time.perf_counter() - began) * 1_000)
                    cpus[case.name][name].append((on_cpu(pid) - cpu) * 1_000)
    return {
        case: {name: (statistics.median(one), statistics.median(cpus[case][name])) for name, one in by_way.items()}
        for case, by_way in walls.items()
    }


async def rates(case: Case, ways: dict[str, Way], seconds: float = 2.0) -> dict[str, float]:
    """Requests a second of clients that ask again at once, by the ways over HTTP; medians of rounds in turns."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(max(ROUNDS // 2, 2)):
        for name in WAYS[2:]:
            ask, done, began = ways[name], 0, time.perf_counter()

            async def client(ask: Way = ask, end: float = began + seconds) -> int:
                asked = 0
                while time.perf_counter() < end:
                    await ask(case)
                    asked += 1
                return asked

            done = sum(await asyncio.gather(*(client() for _ in range(CLIENTS))))
            found[name].append(done / (time.perf_counter() - began))
    return {name: statistics.median(one) for name, one in found.items()}


async def compared(where: Where, process: Begat, bare_port: int, bare_pid: int, size: int) -> Figures:
    """Makes the graph, measures, and prints the table of one size."""
    layers, diamonds = layered(size), ladder()
    async with Graph(where.uri, where.auth, where.database) as graph:
        await write(graph, layers)
        await write(graph, diamonds)
    asked, number = cases(layers, diamonds, WALKS), len(layers.assets)
    del layers
    async with ways(where, process, bare_port) as every:
        machine = Machine(os.getpid())
        figures = await measured(asked, every, {WAYS[2]: process.process.pid, WAYS[3]: bare_pid})
        say(f"\n{number:,} assets, {ROUNDS} rounds; {machine.said(QUIET)}\n")
        say("| | in process: begat | floor | times | over HTTP: begat | bare route | times |")
        say("|---|---:|---:|---:|---:|---:|---:|")
        for case, by_way in figures.items():
            told = [f"{wall:.1f} ({cpu:.1f})" for wall, cpu in (by_way[name] for name in WAYS)]
            ratios = [by_way[one][0] / by_way[other][0] for one, other in (WAYS[:2], WAYS[2:])]
            say(f"| {case} | {told[0]} | {told[1]} | {ratios[0]:.2f} | {told[2]} | {told[3]} | {ratios[1]:.2f} |")
        machine = Machine(os.getpid())
        found = await rates(asked[0], every)
        share = found[WAYS[2]] / found[WAYS[3]]
        shown = ", ".join(f"{name} {rate:,.0f}" for name, rate in found.items())
        say(f"\nPoint reads a second, {CLIENTS} clients: {shown}: {share:.0%}; {machine.said(QUIET)}")
    return figures


def grown(found: dict[int, Figures]) -> None:
    """Prints how the cost of each answer grew, from the smallest graph that has one of its size to the largest."""
    *smaller, largest = sorted(found)
    for name, after in found[largest].items():
        for size in smaller:
            before = next((figures for like, figures in found[size].items() if _alike(name, like)), None)
            if before is not None:
                times = ", ".join(f"{way} {after[way][0] / before[way][0]:.2f}" for way in WAYS)
                say(f"From {size:,} to {largest:,} assets, {name} costs this many times as much: {times}")
                break


def _alike(one: str, other: str) -> bool:
    """Whether these are the same question, with answers whose sizes differ by 5 % at most."""
    if _WALKED.sub("", one) != _WALKED.sub("", other):
        return False
    sizes = [int(size.replace(",", "")) for name in (one, other) for size in _WALKED.findall(name)]
    return not sizes or max(sizes) <= min(sizes) * 1.05


def main(name: str = "embedded", *sizes: str) -> None:
    """Each size on a database of its own."""
    found = {}
    for size in map(int, sizes or SIZES):
        with (
            tempfile.TemporaryDirectory() as folder,
            begat_on(name, Path(folder)) as (process, where),
            bare(where) as (port, pid),
        ):
            found[size] = asyncio.run(compared(where, process, port, pid, size))
    grown(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
