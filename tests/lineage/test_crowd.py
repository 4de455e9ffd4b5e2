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
from begat.lineage import answers, crowd, pages, uses
from begat.lineage.answers import Answer
from begat.lineage.crowd import Sought, seekable
from begat.lineage.places import behind
from begat.lineage.question import Deleted, Direction, Level, Question, Versions
from begat.lineage.reach import Carry
from tests.bench.layers import crowd as crowded
from tests.bench.layers import layered
from tests.bench.layers import write as write_layers
from tests.conftest import Database
from tests.lineage.questions import pose
from tests.lineage.worlds import SEEN, Thing, World, grow, write

pytestmark = pytest.mark.anyio
SOMEBODY = Viewer("somebody", roles={SEEN: Role.VIEWER})
AFTER = "2026-12-31T00:00:00.000Z"
QUESTIONS = {"embedded": 80, "neo4j": 5}
"""How many are asked, each of several assets: Neo4j plans each anew, which takes it far longer than the answer."""


IDS = Carry(("n.id",), 1_000)


@pytest.fixture
def crowds_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
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
        walks = await answers.walks(
            graph, viewer, "k", {id: kind}, question, AFTER, carry=IDS, edges=False, sought=sought
        )
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
                    carried = {id for (id,) in one.walk.reached.assets}
                    assert all(viewer.sees(world.things[id].project) for id in carried)
                    sought += len(one.walk.members) < len(whole.walk.members)
    assert sought > 10, "pages of crowds do without the whole walk"


@pytest.mark.usefixtures("crowds_are_small")
async def test_what_a_walk_begins_at_is_no_user_of_it(graph: Graph) -> None:
    world, models = World(), [f"mver_{number}" for number in range(3)]

    def add(id: str, label: str, kind: str, asset: str, *edges: tuple[str, str]) -> None:
        world.things[id] = Thing(id, label, kind, asset, SEEN, "2026-01-01T00:00:00.000Z")
        world.edges += [(id, type, target) for type, target in edges]
        if asset != id:
            world.of.append((id, asset))

    add("model_0", "Model", "MODEL", "model_0")
    for model in models:
        add(model, "ModelVersion", "MODEL_VERSION", model)
        world.of.append((model, "model_0"))
        for number in range(3):
            add(f"{model}:e{number}", "Evaluation", "EVALUATION", model, ("EVALUATES", model))
    for number in range(4):
        sheet = f"tsheet_{number}"
        add(sheet, "TrainingSheet", "TRAINING_SHEET", sheet)
        add(f"{sheet}:v1", "TrainingSheetVersion", "TRAINING_SHEET_VERSION", sheet, ("ANSWERED_BY", models[0]))
    await write(graph, world)
    for start, level in itertools.product(({"model_0": "MODEL"}, {models[0]: "MODEL_VERSION"}), Level):
        (id,) = start
        question = Question(Direction.DOWN, 1, level, Versions.ALL)
        whole = await answers.walks(graph, single_user(), "k", start, question, AFTER)
        page = await answers.walks(graph, single_user(), "k", start, question, AFTER, edges=False, sought=Sought(3))
        expected, found = (one[id].page(2, None, edges=False) for one in (whole, page))
        assert (found.hits, found.has_next) == (expected.hits, expected.has_next)
        users = await uses.uses(graph, single_user(), "k", [id], AFTER)
        some = await uses.uses(graph, single_user(), "k", [id], AFTER, Sought(3))
        assert some[id][:3] == users[id][:3] != []


@pytest.mark.parametrize("noted", [True, False])
async def test_a_page_of_many_users_reads_few_of_them(
    graph: Graph, noted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = crowded(1_200, few=1)
    await write_layers(graph, layered(1_000))  # there are others before them
    await write_layers(graph, layers)
    if noted:
        monkeypatch.setattr(crowd, "NEAR", 400)  # nobody looks at these others
    else:
        await graph.read(f"MATCH (n:Version) REMOVE n.{first_user('PROMPTED_BY')} RETURN count(n)")
    template = layers.starts[0]
    _, *users = [id for id in layers.assets if id.startswith("tsheet_")]  # the first one is the other template's
    costs = [3, *[2] * 11]  # who has met a crowd does not try again to read it at once
    for cost, (level, depth, begin) in zip(costs, itertools.product(Level, (1, 4, None), (0, 601)), strict=True):
        question = Question(Direction.DOWN, depth, level, Versions.ALL)
        after = users[begin - 1] if level is Level.ASSET else f"{users[begin - 1]}:v1"
        sought = Sought(51, behind(after, level) if begin else "")
        before = graph.statements
        found = await answers.walks(
            graph, single_user(), "k", {template: "TEMPLATE"}, question, None, carry=IDS, edges=False, sought=sought
        )
        walk = found[template].walk
        assert graph.statements - before == cost
        assert len(walk.reached.nodes) < 500
        assert [hit.asset for hit in walk.hits][:51] == users[begin : begin + 51]
        assert [id for (id,) in walk.reached.assets][:51] == users[begin : begin + 51], "nobody need ask for them"


async def test_of_a_crowd_that_is_known_another_viewer_sees_no_more_than_before(graph: Graph) -> None:
    layers = crowded(600, few=1)
    await write_layers(graph, layers)
    start, question = {layers.starts[0]: "TEMPLATE"}, Question(Direction.DOWN, 1, versions=Versions.ALL)
    for viewer, seen in ((single_user(), 51), (Viewer("stranger"), 0), (single_user(), 51)):
        walks = await answers.walks(graph, viewer, "k", start, question, None, edges=False, sought=Sought(51))
        assert len(list(walks[layers.starts[0]].walk.hits)[:51]) == seen
        lines = await uses.uses(graph, viewer, "k", list(start), AFTER, Sought(51))
        assert len(lines.get(layers.starts[0], ())[:51]) == seen


async def test_users_of_very_many_nodes_are_not_looked_for(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "FRONT", 1)  # the template itself and its version are two
    layers = crowded(600, few=1)
    await write_layers(graph, layers)
    template, question = layers.starts[0], Question(Direction.DOWN, 1, versions=Versions.ALL)
    asked = (graph, single_user(), "k", {template: "TEMPLATE"}, question, None)
    before = graph.statements
    found = await answers.walks(*asked, edges=False, sought=Sought(51))
    assert graph.statements - before == 3
    assert list(found[template].walk.hits) == list((await answers.walks(*asked))[template].walk.hits)
