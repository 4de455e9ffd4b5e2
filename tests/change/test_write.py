"""The writer: one of several racing writers wins, nothing is lost, nothing is half-written."""

from __future__ import annotations

import asyncio

import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, Properties, write
from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle
from begat.graph.driver import Graph

pytestmark = pytest.mark.anyio
THING = Kind("SHEET", "Sheet", "sheet", "sheet", Lifecycle("DRAFT"), content=("table",), version="SheetVersion")
ROUNDS = 50


async def _thing(graph: Graph) -> Properties:
    async def work(change: Change) -> Properties:
        return await assets.create(change, THING, DEFAULT_PROJECT, {"name": "a", "table": "t"})

    return await write(graph, single_user(), work)


async def _rename(graph: Graph, id: str, name: str, revision: int | None) -> int | Code:
    async def work(change: Change) -> int:
        node = await change.lock_one(id)
        assets.expect(node, revision)
        return int((await assets.edit(change, THING, node, {"name": name}, "update"))["revision"])

    try:
        return await write(graph, single_user(), work)
    except Problem as problem:
        return problem.code


async def test_of_eight_writers_that_expect_one_revision_exactly_one_wins(graph: Graph) -> None:
    id = (await _thing(graph))["id"]
    for round in range(ROUNDS):
        outcomes = await asyncio.gather(*(_rename(graph, id, f"{round}-{i}", round + 1) for i in range(8)))
        assert sorted(map(str, outcomes)) == sorted([str(round + 2)] + [str(Code.CONFLICT)] * 7)


async def test_eight_writers_that_expect_none_all_succeed_in_order(graph: Graph) -> None:
    id = (await _thing(graph))["id"]
    for round in range(ROUNDS):
        outcomes = await asyncio.gather(*(_rename(graph, id, f"{round}-{i}", None) for i in range(8)))
        assert sorted(outcomes, key=str) == sorted((round * 8 + i + 2 for i in range(8)), key=str)
    assert await graph.read("MATCH (r:Revision {asset: $id}) RETURN count(r)", id=id) == ROUNDS * 8 + 1
