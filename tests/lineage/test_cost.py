"""What lineage of a list costs: a few statements for all of it, however long it is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from begat.access.scope import single_user
from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest
from begat.api.schema import build
from begat.config import Settings
from begat.gql.context import Context
from begat.graph.driver import Graph
from tests.lineage.worlds import grow, write

pytestmark = pytest.mark.anyio
USERS = "query($first: Int!) { assets(first: $first) { nodes { id usedBy { totalCount edges { node { id } } } } } }"
WALKS = """query($first: Int!) { assets(first: $first) { nodes { id
  upstream(depth: 9) { counts { count } nodes { nodes { id asset { id } } edges { from to } } } } } }"""


async def _cost(graph: Graph, query: str, first: int) -> tuple[list[dict[str, Any]], int]:
    context = Context(graph, single_user(), None, Settings.read({}), "secret", lambda: None)  # type: ignore[arg-type] # no field here asks the platform
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
