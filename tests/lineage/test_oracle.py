"""Random questions about random graphs on real databases: the answer is that of trying every path.

Many small worlds, that nothing joins, are written into one graph once; each example is one question, asked of a few
starts in any of them together, by an owner and by a viewer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from begat.access.scope import Viewer
from begat.lineage import answers
from begat.lineage.answers import Answer
from begat.lineage.question import Direction, Level, Question
from tests.conftest import Database
from tests.lineage.held import OWNER, SOMEBODY, Held, holding
from tests.lineage.oracle import Expected, expected
from tests.lineage.questions import begin_both_ways, every_way, moment, pairs, pose
from tests.lineage.worlds import SEEN, Thing, World, grow

AFTER = "2026-12-31T00:00:00.000Z"
EXAMPLES = {"embedded": 60, "neo4j": 10}
"""How many questions: Neo4j plans each anew, which takes it far longer than the answer."""

SIZES = (6, 9, 12, 15, 18, 21, 24, 28, 32, 36, 40, 45)


@dataclass
class Told(Held):
    """A graph that holds the worlds, and who asks it."""

    @cached_property
    def home(self) -> dict[str, World]:
        """The world of each beginning of a walk."""
        return {id: world for world in self.worlds for id in world.things}

    @cached_property
    def starts(self) -> dict[str, list[Thing]]:
        """The beginnings of walks by kind: assets and rows, and immutable nodes, at which exports and paths begin."""
        every = [one for world in self.worlds for one in (*world.beginnings(), *world.immutable())]
        return {kind: [one for one in every if one.kind == kind] for kind in {one.kind for one in every}}

    def ask(self, viewer: Viewer, starts: Sequence[Thing], question: Question, at: str) -> dict[str, Answer]:
        """The walk from each start."""
        kinds = {one.id: one.kind for one in starts}

        async def walks() -> dict[str, Answer]:
            found = await answers.walks(self.graph, viewer, "k", kinds, question, at)
            # What was there after everything is what there is now, which other statements tell.
            now = None if at == AFTER else at
            counted = await answers.walks(self.graph, viewer, "k", kinds, question, now, edges=False)
            for id, one in found.items():
                hits = [(hit.key, hit.kind, hit.depth) for hit in one.walk.hits]
                assert [(hit.key, hit.kind, hit.depth) for hit in counted[id].walk.hits] == hits, (id, question, at)
            return found

        return self.portal.call(walks)


@pytest.fixture(scope="module")
def told(database: Database) -> Iterator[Told]:
    """All worlds in one graph."""
    worlds = [grow(random.Random(size), size, f"w{number}") for number, size in enumerate(SIZES)]
    with holding(Told, database, worlds) as told:
        yield told


def test_a_walk_equals_trying_every_path_whoever_asks(told: Told) -> None:
    @given(st.integers(0, 2**32 - 1).map(random.Random))
    @settings(max_examples=EXAMPLES[told.database])
    def check(rng: random.Random) -> None:
        compare(told, rng, pose(rng))

    check()


def test_sources_are_where_every_path_up_ends_whoever_asks(told: Told) -> None:
    fewer = 0

    @given(st.integers(0, 2**32 - 1).map(random.Random))
    @settings(max_examples=EXAMPLES[told.database] // 3)
    def check(rng: random.Random) -> None:
        nonlocal fewer
        posed = pose(rng, Direction.UP)
        kinds = frozenset({"SOURCE_TABLE"}) if rng.random() < 0.3 else posed.kinds
        fewer += compare(told, rng, replace(posed, depth=None, kinds=kinds), ends=True)

    check()
    assert fewer or told.database == "neo4j", "some of what was found is no source"


def compare(told: Told, rng: random.Random, question: Question, *, ends: bool = False) -> int:
    """Asks the question of a few starts, and the oracle, too; of how many the answer shows only the ends of more."""
    fewer, at = 0, moment(rng, rng.choice(told.worlds))
    kinds = rng.sample(sorted(told.starts), 2)
    starts = [rng.choice(told.starts[kind]) for kind in kinds for _ in range(rng.choice((1, 1, 12)))]
    for viewer in (OWNER, SOMEBODY):
        found = told.ask(viewer, starts, question, at)
        for start in starts:
            where, answer = (start.id, question, at, viewer.name), found[start.id]
            shown = answer.ends() if ends else answer
            fewer += len(shown.walk.hits) < len(answer.walk.hits)
            if viewer is SOMEBODY and start.project not in (None, SEEN):
                assert not answer.walk.hits, where
            else:
                oracle = expected(told.home[start.id], start.id, question, at, sees_all=viewer.admin, sources=ends)
                assert said(shown) == wanted(oracle), where
    return fewer


Said = tuple[dict[str, tuple[str, int, bool]], list[tuple[str, str, str, int]], list[tuple[int, str, int]]]
"""Hits by real id, edges by real ids, counts."""


def said(answer: Answer) -> Said:
    """What the engine answers."""
    walk = answer.walk
    hits = {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in walk.hits}
    assert [(hit.depth, hit.key) for hit in walk.hits] == sorted((depth, key) for key, (_, depth, _) in hits.items())
    assert all((hit.id != hit.key) == hit.hidden for hit in walk.hits)
    assert dict(walk.hidden) == Counter(kind for kind, _, hidden in hits.values() if hidden)
    real = {hit.id: hit.key for hit in walk.hits}
    edges = [
        (real.get(edge.source, edge.source), real.get(edge.target, edge.target), edge.relation, edge.via)
        for edge in walk.edges
    ]
    return hits, sorted(edges), walk.counts


def wanted(oracle: Expected) -> Said:
    """What the oracle answers."""
    counts = Counter((depth, kind) for kind, depth, _ in oracle.hits.values())
    return oracle.hits, sorted(oracle.edges), sorted((depth, kind, count) for (depth, kind), count in counts.items())


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("level", list(Level))
def test_with_all_versions_a_reaches_b_exactly_when_b_is_reached_from_a(told: Told, level: Level, rows: bool) -> None:
    def found(direction: Direction) -> set[tuple[str, str]]:
        question, among = every_way(direction, level, rows=rows), set[tuple[str, str]]()
        begin = [world.things[id] for world in told.worlds for id in begin_both_ways(world, rows=rows)]
        for id, answer in told.ask(OWNER, begin, question, AFTER).items():
            among |= pairs(told.home[id], id, (hit.key for hit in answer.walk.hits), rows=rows)
        return among

    up = found(Direction.UP)
    assert up == {(made, source) for source, made in found(Direction.DOWN)}
    assert len(up) > 300
