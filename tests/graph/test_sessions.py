"""Sessions that read are kept: whatever ended one, the next read is as if there had been none."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import pytest
from neo4j.exceptions import Neo4jError
from tests.conftest import Database

from begat.core.errors import Code, Problem
from begat.graph.deadline import working
from begat.graph.driver import Graph
from begat.graph.sessions import CONNECTIONS

# Of a cancelled statement the driver leaves the socket to be closed when it is collected.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
LONG, SUM = "UNWIND range(1, 300000) AS x RETURN sum(x)", 300_000 * 300_001 // 2


async def test_reads_after_faults_cancelled_tasks_and_deadlines_are_right(graph: Graph) -> None:
    rng = random.Random(3)

    async def one(number: int) -> None:
        match rng.choice(("value", "value", "value", "none", "syntax", "parameter", "cancel", "deadline")):
            case "value":
                assert await graph.read("RETURN $n", n=number) == number
            case "none":
                assert await graph.read("MATCH (n:Nothing) RETURN n.x") is None
            case "syntax":
                with pytest.raises(Neo4jError):
                    await graph.read("RETRN 1")
            case "parameter":
                with pytest.raises(ValueError, match="not supported"):
                    await graph.read("RETURN $n", n=object())
            case "cancel":
                task = asyncio.create_task(graph.read(LONG))
                await asyncio.sleep(rng.random() * 0.03)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    assert await task == SUM
            case "deadline":
                with working(rng.random() * 0.03):
                    ended: list[Any] = list(await asyncio.gather(graph.read(LONG), return_exceptions=True))
                    assert ended == [SUM] or (isinstance(ended[0], Problem) and ended[0].code is Code.LIMIT)

    for _ in range(2):
        await asyncio.gather(*(one(number) for number in range(150)))
        idle = graph._readers._idle
        assert len(set(map(id, idle))) == len(idle) <= CONNECTIONS
        assert all(session._connection is None for session in idle), "a kept session keeps no connection"


async def test_what_is_read_while_the_graph_is_closed_leaves_no_session_open(database: Database) -> None:
    graph = database.connect()
    assert await graph.read("RETURN 1") == 1
    async with graph._readers.one() as session:
        await (await session.run("RETURN 1")).single()
        await graph.close()
    assert session._closed
    assert not graph._readers._idle
