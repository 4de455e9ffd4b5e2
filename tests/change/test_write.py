"""The writer: one of several racing writers wins, nothing is lost, nothing is half-written."""

from __future__ import annotations

import asyncio
import random

import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.edges import first_user
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


async def _version(graph: Graph, id: str, label: str, **links: str) -> None:
    async def work(change: Change) -> None:
        change.create(("Version", label), {"id": id, "createdAt": change.at})
        for type, target in links.items():
            change.link(type, id, target, "TemplateVersion")

    await write(graph, single_user(), work)


async def _first(graph: Graph, template: str) -> str | None:
    noted: str | None = await graph.read(
        f"MATCH (n:Version {{id: $id}}) RETURN n.{first_user('PROMPTED_BY')}", id=template
    )
    return noted


async def test_of_eight_racing_users_the_first_by_id_is_noted(graph: Graph) -> None:
    rng = random.Random(5)
    for _ in range(ROUNDS):
        template = f"{ids.new('template')}:v1"
        await _version(graph, template, "TemplateVersion")
        assert await _first(graph, template) is None
        users = [f"{ids.new('tsheet')}:v1" for _ in range(8)]
        rng.shuffle(users)
        made = (_version(graph, user, "TrainingSheetVersion", PROMPTED_BY=template) for user in users)
        await asyncio.gather(*made)
        assert await _first(graph, template) == min(users)


async def test_no_first_user_is_noted_where_there_may_have_been_one_before(graph: Graph) -> None:
    template, *users = (f"{ids.new(prefix)}:v1" for prefix in ("template", "tsheet", "tsheet"))
    await _version(graph, template, "TemplateVersion")
    await _version(graph, users[0], "TrainingSheetVersion", PROMPTED_BY=template)
    await graph.read(f"MATCH (n:Version {{id: $id}}) REMOVE n.{first_user('PROMPTED_BY')} RETURN 1", id=template)
    await _version(graph, users[1], "TrainingSheetVersion", PROMPTED_BY=template)
    assert await _first(graph, template) is None
