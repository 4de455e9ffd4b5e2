"""Pages of usedBy: with a total, for which all users are read, and without one the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.lineage.asking import asked
from tests.lineage.worlds import SEEN, grow, write

from begat.access.scope import Viewer, single_user
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.lineage import crowd

pytestmark = pytest.mark.anyio

QUERY = """query($id: ID!, $after: String) { asset(id: $id) { usedBy(first: 2, after: $after) {
  edges { relation versionNumbers kind hidden node { id } cursor } pageInfo { hasNextPage endCursor } %s } } }"""
SOMEBODY = Viewer("somebody", roles={SEEN: Role.VIEWER})


async def test_pages_without_a_total_are_those_with_one(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "FEW", 2)
    sought = 0

    async def page(viewer: Viewer, total: str, id: str, after: str | None) -> tuple[Any, int]:
        answer, statements = await asked(graph, QUERY % total, viewer, id=id, after=after)
        assert not answer.errors, answer.errors
        assert answer.data is not None
        asset = answer.data["asset"]
        return asset and asset["usedBy"], statements

    world = grow(random.Random(4), 150)
    await write(graph, world)
    for asset in world.assets():
        for viewer in (single_user(), SOMEBODY):
            after: str | None = None
            while True:
                whole, _ = await page(viewer, "totalCount", asset.id, after)
                found, statements = await page(viewer, "", asset.id, after)
                if whole is None:
                    assert found is None
                    break
                del whole["totalCount"]
                for one in (whole, found):  # which name the moment of their answer
                    one["pageInfo"].pop("endCursor")
                cursors = [[edge.pop("cursor") for edge in one["edges"]] for one in (whole, found)]
                assert found == whole, (asset.id, after)
                sought += statements > 3
                if not found["pageInfo"]["hasNextPage"]:
                    break
                after = cursors[1][-1]
    assert sought > 20, "some users are looked for"
