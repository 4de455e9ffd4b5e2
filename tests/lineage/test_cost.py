"""What lineage of a list costs: a few statements for all of it, however long it is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from begat.access.scope import Viewer, single_user
from begat.core.roles import Role
from begat.graph.deadline import working
from begat.graph.driver import Graph
from tests.conftest import wipe
from tests.lineage.asking import asked
from tests.lineage.ladder import ladder
from tests.lineage.worlds import SEEN, grow, write

pytestmark = pytest.mark.anyio
USERS = "query($first: Int!) { assets(first: $first) { nodes { id usedBy { totalCount edges { node { id } } } } } }"
WALKS = """query($first: Int!) { assets(first: $first) { nodes { id
  upstream(depth: 9) { counts { count } nodes { nodes { id asset { id } } edges { from to } } } } } }"""


async def _cost(graph: Graph, query: str, first: int, viewer: Viewer | None = None) -> tuple[list[dict[str, Any]], int]:
    data, statements = await _asked(graph, query, {"first": first}, viewer)
    return data["assets"]["nodes"], statements


async def _asked(
    graph: Graph, query: str, variables: dict[str, Any], viewer: Viewer | None = None
) -> tuple[dict[str, Any], int]:
    answer, statements = await asked(graph, query, viewer, **variables)
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return answer.data, statements


@pytest.mark.parametrize(
    ("query", "most"),
    [
        (USERS, 6),  # the page (at most twice a range and what lies in it), all users of it, and these users' assets
        (WALKS, 11),  # the page, the walks of each of five sorts of start, behind endpoints, the assets of all hits
    ],
)
async def test_lineage_of_a_list_costs_no_statement_per_asset(graph: Graph, query: str, most: int) -> None:
    world = grow(random.Random(3), 300)
    await write(graph, world)
    live = sum(asset.retention == "LIVE" for asset in world.assets())
    assert live > 50
    for first in (1, 10, 100):
        nodes, statements = await _cost(graph, query, first)
        assert len(nodes) == min(first, live)
        assert statements <= most


WITH_ASSETS = """query($first: Int!) { assets(where: { kinds: [SOURCE_TABLE] }, first: 100) { nodes { id
  downstream(depth: 2) { nodes(first: $first) { nodes { hidden kind asset { id name createdAt } } } } } } }"""


async def test_the_statement_of_a_walk_brings_the_assets_of_a_page_that_holds_it(graph: Graph) -> None:
    await write(graph, grow(random.Random(3), 150))
    # Who sees one project is told of the other's assets by neither way.
    for viewer, hidden in ((single_user(), False), (Viewer("somebody", roles={SEEN: Role.VIEWER}), True)):
        together, statements = await _cost(graph, WITH_ASSETS, 1_000, viewer)
        apart, more = await _cost(graph, WITH_ASSETS, 3, viewer)
        assert more == statements + 1
        hits = 0
        for one, page in zip(together, apart, strict=True):
            found = one["downstream"]["nodes"]["nodes"]
            assert page["downstream"]["nodes"]["nodes"] == found[:3]
            assert all((hit["asset"] is None) == hit["hidden"] for hit in found)
            hits += len(found)
        assert hits > 10
        assert hidden == any(hit["hidden"] for one in together for hit in one["downstream"]["nodes"]["nodes"])


EVERYTHING = """query($new: ID!, $old: ID!, $first: Int!) {
  old: asset(id: $old) {
    downstream(depth: 999) { counts { count } nodes(first: $first) { nodes { id } edges { from to } } }
    usedBy { totalCount } impact(action: UPDATE) { dependents live { models } } }
  new: asset(id: $new) {
    upstream(depth: 999, filter: { level: VERSION }) { counts { count } nodes(first: $first) { nodes { id } } }
    sources(filter: { kinds: [TRAINING_SHEET] }) { nodes { nodes { id } } } }
  lineagePaths(from: $new, to: $old, first: 10) { paths { length } }
  exposure(id: $old) { rows }
  lineageExport(id: $old, direction: DOWN, depth: 999, format: CSV) { nodeCount edgeCount } }"""


async def test_every_question_of_a_ladder_costs_its_nodes_and_not_its_paths(graph: Graph) -> None:
    costs = []
    for rungs in (3, 40):
        await wipe(graph)
        newest, oldest = await ladder(graph, rungs)
        hits = 3 * rungs
        with working(60):  # there are 2^40 paths in the second one: nobody would see the end of them
            answer, statements = await _asked(graph, EVERYTHING, {"new": newest, "old": oldest, "first": 200})
        for walk in (answer["old"]["downstream"], answer["new"]["upstream"]):
            assert sum(int(one["count"]) for one in walk["counts"]) == len(walk["nodes"]["nodes"]) == hits
        assert len(answer["old"]["downstream"]["nodes"]["edges"]) == 4 * rungs
        assert [hit["id"] for hit in answer["new"]["sources"]["nodes"]["nodes"]] == [oldest]
        assert int(answer["old"]["impact"]["dependents"]) == hits
        assert {path["length"] for path in answer["lineagePaths"]["paths"]} == {2 * rungs}
        exported = answer["lineageExport"]
        assert (int(exported["nodeCount"]), int(exported["edgeCount"])) == (hits, 4 * rungs)
        costs.append(statements)
    assert costs[0] == costs[1] < 25
