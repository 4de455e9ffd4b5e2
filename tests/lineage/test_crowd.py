"""One page of a walk whose first hop is crowded: what the whole walk shows there, without the rest of it."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from begat.access.scope import Viewer, single_user
from begat.core.edges import first_user
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.lineage import answers, crowd, pages
from begat.lineage.answers import Answer
from begat.lineage.crowd import Sought, seekable
from begat.lineage.places import behind
from begat.lineage.question import Deleted, Direction, Level, Question, Versions
from tests.bench.layers import crowd as crowded
from tests.bench.layers import layered
from tests.bench.layers import write as write_layers
from tests.conftest import Database
from tests.lineage.questions import pose
from tests.lineage.worlds import SEEN, grow, write

pytestmark = pytest.mark.anyio
SOMEBODY = Viewer("somebody", roles={SEEN: Role.VIEWER})
AFTER = "2026-12-31T00:00:00.000Z"
QUESTIONS = {"embedded": 80, "neo4j": 5}
"""How many are asked, each of several assets: Neo4j plans each anew, which takes it far longer than the answer."""


@pytest.fixture
def crowds_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "SOME", 3)
    monkeypatch.setattr(crowd, "FEW", 2)
    monkeypatch.setattr(crowd, "NEAR", 6)
    monkeypatch.setattr(crowd, "WIDER", 1)


async def _pages(graph: Graph, viewer: Viewer, start: tuple[str, str], question: Question, first: int) -> list[Answer]:
    """The walk of each page of the first hop, each sought by itself."""
    id, kind = start
    found: list[Answer] = []
    after: str | None = None
    while True:
        cursor = None if after is None else pages.read_cursor(after, "k")
        named = cursor is None or (cursor.depth == 1 and not cursor.id.startswith("hidden_"))
        sought = Sought(first + 1, behind(cursor.id, question.level) if cursor else "") if named else None
        walks = await answers.walks(graph, viewer, "k", {id: kind}, question, AFTER, edges=False, sought=sought)
        found.append(walks[id])
        page = walks[id].page(first, after, edges=False)
        if not page.has_next:
            return found
        after = page.cursors[-1]


@pytest.mark.usefixtures("crowds_are_small")
async def test_pages_that_are_sought_are_those_of_the_whole_walk(graph: Graph, database: Database) -> None:
    rng = random.Random(3)
    posed = itertools.cycle([pose(rng, Direction.DOWN) for _ in range(QUESTIONS[database.name])])
    world = grow(rng, 150)
    await write(graph, world)
    users = {target for _, _, target in world.edges}
    used = [thing for thing in world.assets() if any(world.things[id].asset == thing.id for id in users)]
    sought = 0
    for thing in rng.sample(used, min(len(used), 40)):
        for viewer in (single_user(), SOMEBODY):
            question = replace(next(posed), versions=Versions.ALL, stop_at=frozenset(), deleted=Deleted.INCLUDE)
            assert seekable(question)
            start = {thing.id: thing.kind}
            whole = (await answers.walks(graph, viewer, "k", start, question, AFTER))[thing.id]
            for first in (1, 4):
                found = await _pages(graph, viewer, (thing.id, thing.kind), question, first)
                after: str | None = None
                for one in found:
                    expected = whole.page(first, after)
                    page = one.page(first, after, edges=False)
                    assert (page.hits, page.has_next) == (expected.hits, expected.has_next)
                    assert list(page.cursors) == list(expected.cursors)
                    after = page.cursors[-1] if page.cursors else None
                    sought += len(one.walk.members) < len(whole.walk.members)
    assert sought > 10, "pages of crowds do without the whole walk"


@pytest.mark.parametrize("noted", [True, False])
async def test_a_page_of_many_users_reads_few_of_them(
    graph: Graph, noted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = crowded(3_000, few=1)
    await write_layers(graph, layered(1_000))  # there are others before them
    await write_layers(graph, layers)
    if noted:
        monkeypatch.setattr(crowd, "NEAR", 400)  # nobody looks at these others
    else:
        await graph.read(f"MATCH (n:Version) REMOVE n.{first_user('PROMPTED_BY')} RETURN count(n)")
    template = layers.starts[0]
    _, *users = [id for id in layers.assets if id.startswith("tsheet_")]  # the first one is the other template's
    for level, depth, begin in itertools.product(Level, (1, 4, None), (0, 1_501)):
        question = Question(Direction.DOWN, depth, level, Versions.ALL)
        after = users[begin - 1] if level is Level.ASSET else f"{users[begin - 1]}:v1"
        sought = Sought(51, behind(after, level) if begin else "")
        before = graph.statements
        found = await answers.walks(
            graph, single_user(), "k", {template: "TEMPLATE"}, question, None, edges=False, sought=sought
        )
        walk = found[template].walk
        assert graph.statements - before == 3
        assert len(walk.reached.nodes) < 500
        assert [hit.asset for hit in walk.hits][:51] == users[begin : begin + 51]
