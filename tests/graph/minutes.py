"""A statement that runs for minutes, and whether it does."""

from __future__ import annotations

import asyncio
import time

from begat.graph.driver import Graph

MINUTES = "MATCH p = (a:Knot {i: 1})-[:TIED*1..12]->(b:Knot {i: 2}) RETURN count(p)"
"""More paths than any machine counts while a test waits."""


async def tie(graph: Graph) -> None:
    """26 nodes, each with an edge to every other."""
    await graph.read("UNWIND range(1, 26) AS i CREATE (n:Knot {i: i}) RETURN count(n)")
    await graph.read("MATCH (a:Knot), (b:Knot) WHERE a.i <> b.i CREATE (a)-[e:TIED]->(b) RETURN count(e)")


async def runs(graph: Graph, text: str = "TIED*1..12") -> bool:
    """Whether a statement with this text, else the one of minutes, runs in the database."""
    async with graph._driver.session(database=graph._database) as session:
        result = await session.run("SHOW TRANSACTIONS YIELD currentQuery")
        return any([text in (query or "") async for (query,) in result])


async def until(graph: Graph, *, running: bool, seconds: float, text: str = "TIED*1..12") -> float:
    """Waits until such a statement runs, or does not any more; fails when the seconds are over. The seconds it took."""
    start = asked = time.monotonic()
    while await runs(graph, text) is not running:
        assert asked - start < seconds, f"after {seconds} s it runs: {not running}"
        await asyncio.sleep(0.02)
        asked = time.monotonic()  # what was so when it was asked: the answer may come late where all are busy
    return time.monotonic() - start
