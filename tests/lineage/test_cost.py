"""What lineage of a list costs: a few statements for all of it, however long it is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from begat.access.scope import Viewer, single_user
from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest
from begat.api.schema import build
from begat.config import Settings
from begat.core.roles import Role
from begat.gql.context import Context
from begat.graph.driver import Graph
from tests.lineage.worlds import SEEN, grow, write

pytestmark = pytest.mark.anyio
USERS = "query($first: Int!) { assets(first: $first) { nodes { id usedBy { totalCount edges { node { id } } } } } }"
WALKS = """query($first: Int!) { assets(first: $first) { nodes { id
  upstream(depth: 9) { counts { count } nodes { nodes { id asset { id } } edges { from to } } } } } }"""


async def _cost(graph: Graph, query: str, first: int, viewer: Viewer | None = None) -> tuple[list[dict[str, Any]], int]:
    context = Context(graph, viewer or single_user(), None, Settings.read({}), "secret", lambda: None)  # type: ignore[arg-type] # no field here asks the platform
    before = graph.statements
    answer = await Executor(build()).run(GraphQLRequest(query, {"first": first}), context)
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return answer.data["assets"]["nodes"], graph.statements - before


@pytest.mark.parametrize(
    ("query", "most"),
    [
        (USERS, 3),  # the page, all users of all of it, and these users' assets
        (WALKS, 8),  # the page, the walks of each of five sorts of start, behind endpoints, the assets of all hits
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
