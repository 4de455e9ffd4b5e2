"""Whether begat's memory stays flat: ``python -m tests.bench.memory [embedded|neo4j] [requests]``.

A real `begat serve` in a process of its own answers 100,000 requests of 16 clients over a graph of `layers`: point
reads, lists, walks, documents that fail where they are run, documents that are refused, and bodies that are none. Of
each sort there are ``DIFFERENT`` documents, many times what begat keeps. After each tenth it prints the resident memory
of the begat process, in MB, and the requests a second. Every answer is held to what its question must be answered with.
Where it grows by more than ``MOST_GROWN`` MB from the first tenth to the last it exits with 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import orjson

from begat.graph.driver import Graph
from begat.platforms.local.serving_http import Connections
from tests.bench.floor import FIELDS
from tests.bench.layers import Layers, layered, write
from tests.bench.lineage import CLIENTS, Where, begat_on
from tests.bench.say import say

ASSETS = 1_000
DIFFERENT = 5_000
STEPS = 10
MOST_GROWN = 32.0
"""MB: what allocators keep varies by some; half a kilobyte that every one of 90,000 requests left would be 45."""

Question = tuple[Any, str | None]
"""A request's body, and the code of the error that it is answered with; None where it is answered without one."""


def point(name: str, id: str, fields: str) -> Question:
    """One asset."""
    return _body(f"query {name}($id: ID!) {{ asset(id: $id) {{ {fields} }} }}", id=id), None


def listed(name: str, id: str, fields: str) -> Question:
    """A page of assets."""
    return _body(f"query {name} {{ assets(first: 50) {{ totalCount nodes {{ {fields} }} }} }}"), None


def walked(name: str, id: str, fields: str) -> Question:
    """Some hops down, with edges and counts."""
    nodes = f"nodes(first: 50) {{ nodes {{ depth asset {{ {fields} }} }} edges {{ from relation to }} }}"
    walk = f"downstream(depth: 3) {{ counts {{ depth kind count }} {nodes} }}"
    return _body(f"query {name}($id: ID!) {{ asset(id: $id) {{ {walk} }} }}", id=id), None


def failing(name: str, id: str, fields: str) -> Question:
    """A good document with a cursor that is none."""
    query = f"query {name}($after: String) {{ assets(first: 1, after: $after) {{ nodes {{ {fields} }} }} }}"
    return _body(query, after=name), "BAD_INPUT"


def invalid(name: str, id: str, fields: str) -> Question:
    """A document with a field that there is not."""
    return _body(f"{{ assets(first: 1) {{ nodes {{ {fields} no{name} }} }} }}"), "BAD_INPUT"


def too_much(name: str, id: str, fields: str) -> Question:
    """A document that costs more than one may."""
    deep = "downstream(depth: 50) { nodes(first: 1000) { nodes { asset { id } } } }"
    return _body(f"query {name} {{ assets(first: 1000) {{ nodes {{ {fields} {deep} }} }} }}"), "LIMIT"


def no_request(name: str, id: str, fields: str) -> Question:
    """JSON that is no request."""
    return [name, fields], "BAD_INPUT"


SORTS: Sequence[Callable[[str, str, str], Question]] = (
    point, listed, walked, failing, point, walked, invalid, too_much, point, no_request,
)  # fmt: skip


def _body(query: str, **variables: Any) -> Any:
    return {"query": query, "variables": variables}


def questions(starts: Sequence[str]) -> Iterator[Question]:
    """All sorts in turns, without an end."""
    names = list(FIELDS)
    for number in count():
        fields = " ".join(names[: 1 + number % len(names)])
        for ask in SORTS:
            yield ask(f"Q{number % DIFFERENT}", starts[number % len(starts)], fields)


async def answered(connections: Connections, asked: Iterable[Question]) -> None:
    """Asks all of them, by clients at once."""
    waiting = iter(asked)

    async def client() -> None:
        for body, code in waiting:
            _, content = await connections.post("/graphql", body)
            errors = orjson.loads(content).get("errors", ())
            assert [one["extensions"]["code"] for one in errors[:1]] == ([code] if code else []), (body, content)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def resident(pid: int) -> float:
    """The process's resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


async def measured(where: Where, port: int, pid: int, amount: int) -> float:
    """Makes the graph, asks, and prints a line each tenth; by how many MB begat grew from the first to the last."""
    layers: Layers = layered(ASSETS)
    async with Graph(where.uri, where.auth, where.database) as graph:
        await write(graph, layers)
    asked = questions(layers.starts)
    say("| requests | RSS of begat, MB | requests a second |\n|---:|---:|---:|")
    say(f"| 0 | {resident(pid):.1f} | |")
    sizes = []
    with contextlib.closing(Connections(port, "none")) as connections:
        for step in range(1, STEPS + 1):
            began = time.perf_counter()
            await answered(connections, islice(asked, amount // STEPS))
            rate = amount // STEPS / (time.perf_counter() - began)
            sizes.append(resident(pid))
            say(f"| {step * amount // STEPS:,} | {sizes[-1]:.1f} | {rate:,.0f} |")
    return sizes[-1] - sizes[0]


def main(name: str = "embedded", amount: str = "100000") -> None:
    """On a database of its own."""
    with tempfile.TemporaryDirectory() as folder, begat_on(name, Path(folder)) as (process, where):
        port = int(process.address.rpartition(":")[2])
        grown = asyncio.run(measured(where, port, process.process.pid, int(amount)))
    if grown > MOST_GROWN:
        sys.exit(f"begat grew by {grown:.1f} MB; the bound is {MOST_GROWN:g} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
