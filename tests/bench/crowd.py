"""What the first page of very many users costs: ``python -m tests.bench.crowd [embedded|neo4j] [users]``.

A graph of 10,000 assets gets two templates, one with 50 users and one with 50,000 (or so many as are said). begat is
asked in process for the first page of what each was used for, by `downstream` and by `usedBy`, without a total and with
one; printed are medians of ``ROUNDS`` rounds, in milliseconds, and how many statements it took.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from begat.graph.driver import Graph
from begat.serving import tune_garbage_collection
from tests.bench.cases import Case
from tests.bench.layers import crowd, layered, write
from tests.bench.lineage import Where, begat_on, in_process
from tests.bench.say import say

ROUNDS, WARMING = 15, 5.0
"""How often each is asked, after so many seconds: until its Java knows what it runs, a statement takes three times as
long."""
_PAGE = "query($id: ID!) {{ asset(id: $id) {{ {} }} }}"
_DOWN = "downstream {{ nodes(first: 50) {{ nodes {{ asset {{ id name }} }} pageInfo {{ endCursor }} {} }} }}"
_USED = "usedBy(first: 50) {{ edges {{ relation node {{ id name }} }} pageInfo {{ endCursor }} {} }}"
QUERIES = {
    f"{name}{', with its total' if total else ''}": _PAGE.format(field.format(total))
    for name, field in (("downstream", _DOWN), ("usedBy", _USED))
    for total in ("", "totalCount")
}


async def compared(where: Where, home: Path, users: int) -> None:
    """Makes the graph, measures, and prints the table."""
    layers = crowd(users)
    async with Graph(where.uri, where.auth, where.database) as graph:
        await write(graph, layered(10_000))
        await write(graph, layers)
        ask = in_process(graph, home)
        tune_garbage_collection()
        found: dict[str, list[str]] = defaultdict(list)
        for name, query in QUERIES.items():
            for start in reversed(layers.starts):
                case = Case(name, query, {"id": start}, ("", {}), lambda _: {}, lambda _: {}, 1)
                warm = time.perf_counter() + WARMING
                while time.perf_counter() < warm:
                    await ask(case)
                times, before = [], graph.statements
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    await ask(case)
                    times.append((time.perf_counter() - began) * 1_000)
                statements = (graph.statements - before) // len(times)
                found[name].append(f"{statistics.median(times):.1f} ({statements})")
        say(f"| first page, ms (statements) | of 50 users | of {users:,} |")
        say("|---|---:|---:|")
        for name, told in found.items():
            say(f"| {name} | {' | '.join(told)} |")


def main(name: str = "embedded", users: str = "50000") -> None:
    """On a database of its own."""
    with tempfile.TemporaryDirectory() as folder, begat_on(name, Path(folder)) as (process, where):
        asyncio.run(compared(where, process.home, int(users)))


if __name__ == "__main__":
    main(*sys.argv[1:])
