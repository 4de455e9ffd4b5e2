"""Walks down across endpoints: what watches one as a whole watches its versions."""

from __future__ import annotations

import pytest

from begat.access.scope import single_user
from begat.core.edges import EDGES
from begat.graph.driver import Graph
from begat.lineage import answers
from begat.lineage.question import Direction, Level, Question, Versions
from tests.lineage.oracle import expected
from tests.lineage.watched import watched
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
