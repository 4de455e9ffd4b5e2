"""A request's time: what runs for it ends in the database, too, when it is over or when nobody waits any more."""

from __future__ import annotations

import asyncio
import time

import pytest
from neo4j import AsyncSession
from tests.graph.minutes import MINUTES, tie, until

from begat.core.errors import Code, Problem
from begat.graph.deadline import working
from begat.graph.driver import Graph, Transaction

pytestmark = pytest.mark.anyio


async def test_a_statement_of_minutes_ends_at_the_deadline_in_the_database_too(graph: Graph) -> None:
    await tie(graph)
    start = time.monotonic()
    with working(1.0), pytest.raises(Problem) as refused:
        await graph.read(MINUTES)
    assert time.monotonic() - start < 2
    assert (refused.value.code, "1 s" in refused.value.message, bool(refused.value.hint)) == (Code.LIMIT, True, True)
    await until(graph, running=False, seconds=1)
    assert await graph.read("MATCH (n:Knot) RETURN count(n)") == 26, "others' connections are as they were"


async def test_a_change_at_its_deadline_leaves_nothing_half_and_runs_no_more(graph: Graph) -> None:
    await tie(graph)

    async def work(transaction: Transaction) -> None:
        await transaction.read("CREATE (n:Half) RETURN 1")
        await transaction.read(MINUTES)

    with working(1.0), pytest.raises(Problem) as refused:
        await graph.write(work)
    assert refused.value.code is Code.UNAVAILABLE
    assert "idempotency key" in (refused.value.hint or "")
    await until(graph, running=False, seconds=1)
    assert await graph.read("MATCH (n:Half) RETURN count(n)") == 0


async def test_all_that_runs_for_a_caller_ends_when_he_leaves_and_nothing_more_begins(graph: Graph) -> None:
    await tie(graph)
    with working(60) as deadline:
        tasks = [asyncio.create_task(graph.read(MINUTES)) for _ in range(3)]
        await until(graph, running=True, seconds=20)
        deadline.leave()
        ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)
        assert all(isinstance(one, Problem) and one.code is Code.LIMIT for one in ended)
        before = graph.statements
        with pytest.raises(Problem):
            await graph.write(lambda transaction: transaction.read("CREATE (n:Half) RETURN 1"))
        assert graph.statements == before
    await until(graph, running=False, seconds=1)


async def test_who_leaves_while_his_change_is_committed_is_carried_to_the_end_of_what_follows(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = graph._cuts.spare

    async def wrote(label: str) -> None:
        await graph.write(lambda transaction: transaction.read(f"CREATE (n:{label}) RETURN 1"))

    with working(60) as deadline:

        def left(session: AsyncSession) -> None:
            spare(session)  # from here on it commits
            deadline.leave()

        monkeypatch.setattr(graph._cuts, "spare", left)
        await wrote("First")
        monkeypatch.undo()
        await wrote("Second")
    assert await graph.read("MATCH (n:First), (m:Second) RETURN count(*)") == 1


async def test_a_cancelled_task_ends_its_statement(graph: Graph) -> None:
    await tie(graph)
    task = asyncio.create_task(graph.read(MINUTES))
    await until(graph, running=True, seconds=20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(graph, running=False, seconds=1)


async def test_a_request_that_changed_something_is_carried_to_its_end(graph: Graph) -> None:
    with working(60) as deadline:
        await graph.write(lambda transaction: transaction.read("CREATE (n:Whole) RETURN 1"))
        deadline.leave()
        assert await graph.read("MATCH (n:Whole) RETURN count(n)") == 1
