"""Walks down across endpoints: what watches one as a whole watches its versions."""

from __future__ import annotations

from typing import Any

import pytest

from begat.access.scope import single_user
from begat.core.edges import EDGES
from begat.graph.driver import Graph
from begat.lineage import answers
from begat.lineage.crowd import Sought
from begat.lineage.question import Direction, Level, Question, Versions
from tests.lineage.oracle import expected
from tests.lineage.watched import MODEL_VERSION, watched
from tests.lineage.worlds import write

pytestmark = pytest.mark.anyio
AFTER = "2026-12-31T00:00:00.000Z"


def made_from(label: str) -> set[str]:
    return {source for edge in EDGES.values() if label in edge.targets for source in edge.sources}


def test_nothing_leads_on_from_what_is_made_from_a_monitor() -> None:
    """So that watchers are looked for once, behind a walk, and what was made from them one hop further."""
    assert made_from("Endpoint") == {"Monitor"}
    assert made_from("Monitor") == {"ImprovementTask"}
    assert made_from("ImprovementTask") == set()


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("depth", [1, 2, None])
async def test_a_walk_from_an_endpoint_joins_its_monitors_to_its_versions_and_not_to_it(
    graph: Graph, level: Level, depth: int | None
) -> None:
    world = watched(1, 2, 2)
    await write(graph, world)
    question = Question(Direction.DOWN, depth, level, Versions.ALL)
    for limit in (100, 7, 6):  # the last one is taken level by level, where it goes further than a hop
        found = await answers.walks(graph, single_user(), "k", {"endpoint_0": "ENDPOINT"}, question, AFTER, limit)
        walk, oracle = found["endpoint_0"].walk, expected(world, "endpoint_0", question, AFTER)
        shown = {hit.key for hit in walk.hits}
        edges = {edge for edge in oracle.edges if edge[0] in shown}
        assert len(shown) == min(len(oracle.hits), limit - len(walk.reached.starts))
        assert {(edge.source, edge.target, edge.relation, edge.via) for edge in walk.edges} == edges


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("depth", [2, 3])
async def test_more_pairs_of_what_watches_and_what_was_raised_than_nodes_hide_none(
    graph: Graph, level: Level, rows: bool, depth: int
) -> None:
    world = watched(3, 7, 7)
    await write(graph, world)
    question = Question(Direction.DOWN, depth, level, Versions.ALL, rows=rows)
    oracle = expected(world, MODEL_VERSION, question, AFTER)
    nodes = len(world.things) - 3  # all but the endpoints as a whole, whose versions are met
    assert nodes < 3 * 7 * 7
    for ask in ({"limit": nodes}, {"sought": Some(10)}):
        asking: dict[str, Any] = {"edges": False, **ask}
        start = {MODEL_VERSION: "MODEL_VERSION"}
        found = (await answers.walks(graph, single_user(), "k", start, question, AFTER, **asking))[MODEL_VERSION]
        assert found.completeness.complete
        assert {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in found.walk.hits} == oracle.hits


@pytest.mark.parametrize("level", list(Level))
async def test_a_page_of_a_few_hops_costs_nothing_for_what_watches_further(graph: Graph, level: Level) -> None:
    world = watched(30, 3, 8)
    await write(graph, world)
    for depth, shown in ((1, 30 if level is Level.ASSET else 90), (2, 270 if level is Level.ASSET else 330)):
        question, before = Question(Direction.DOWN, depth, level, Versions.ALL), graph.statements
        start, page = {MODEL_VERSION: "MODEL_VERSION"}, Sought(51)
        found = await answers.walks(graph, single_user(), "k", start, question, None, edges=False, sought=page)
        assert len(found[MODEL_VERSION].walk.hits) == shown
        assert graph.statements - before == 1


class Some(Sought):
    """Asked of so few nodes that these are as many as the walk has."""

    @property
    def some(self) -> int:
        """All of them."""
        return 64
