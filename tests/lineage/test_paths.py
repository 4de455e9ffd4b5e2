"""Paths: the shortest of all there are, found without trying all, on real graphs seen by owners and viewers."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.access.scope import single_user
from begat.core import times
from begat.graph.deadline import working
from begat.graph.driver import Graph
from begat.lineage.between import ways
from begat.lineage.paths import Path, Step, shortest
from begat.lineage.question import Direction, enters_rows
from tests.lineage.ladder import ladder
from tests.lineage.test_reach import AFTER, RUNGS, SOMEBODY
from tests.lineage.worlds import SEEN, grow, write

NODES = "abcdefg"


def every_path(steps: set[Step], starts: set[str], goals: set[str]) -> set[Path]:
    """All simple paths from a start to a goal that meet no other end on their way, by trying everything."""
    begin, end, found = starts - goals, goals - starts, set()

    def grow_from(nodes: tuple[str, ...], relations: tuple[str, ...]) -> None:
        if nodes[-1] in end:
            found.add(Path(nodes, relations))
            return
        for source, relation, target in steps:
            if source == nodes[-1] and target not in nodes and target not in starts:
                grow_from((*nodes, target), (*relations, relation))

    for one in begin:
        grow_from((one,), ())
    return found


@given(
    st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from("RS"), st.sampled_from(NODES)), max_size=22),
    st.sets(st.sampled_from(NODES), min_size=1, max_size=3),
    st.sets(st.sampled_from(NODES), min_size=1, max_size=3),
    st.integers(0, 12),
)
def test_the_shortest_paths_are_those_of_all_paths(
    steps: set[Step], starts: set[str], goals: set[str], first: int
) -> None:
    found, every = shortest(steps, starts, goals, first), every_path(steps, starts, goals)
    assert len(set(found.paths)) == len(found.paths) == min(first, len(every))
    assert set(found.paths) <= every
    assert [len(path.relations) for path in found.paths] == sorted(len(path.relations) for path in every)[:first]
    assert found.cut == (len(every) > first)


def test_circles_upon_circles_end_the_search_and_not_the_patience() -> None:
    many = [str(number) for number in range(60)]
    steps = [(a, "R", b) for a in many for b in many if a != b] + [("0", "R", "end"), ("begin", "R", "0")]
    started = time.monotonic()
    found = shortest(steps, {"begin"}, {"end"}, 100, work=100_000)
    assert [path.nodes for path in found.paths] == [("begin", "0", "end")]
    assert found.cut, "whether there are more was not found out"
    assert time.monotonic() - started < 5


@pytest.mark.anyio
async def test_a_ladder_of_diamonds_shows_its_first_paths_at_once(graph: Graph) -> None:
    newest, oldest = await ladder(graph, RUNGS)
    with working(20):  # a database that has just begun plans its first statements for seconds
        await ways(graph, SOMEBODY, "k", (oldest, newest), 100, times.now())
    with working(2):
        found = await ways(graph, SOMEBODY, "k", (oldest, newest), 100, times.now())
    assert {len(way.relations) for way in found.ways} == {2 * RUNGS}
    assert len({tuple(hit.key for hit in way.hits) for way in found.ways}) == 100
    assert {way.direction for way in found.ways} == {Direction.DOWN}
    assert (found.completeness.complete, found.completeness.reason) == (False, "LIMIT")


@pytest.mark.anyio
async def test_paths_between_random_ends_are_those_of_trying_all_whoever_asks(graph: Graph) -> None:
    rng = random.Random(5)
    world = grow(rng, 40)
    await write(graph, world)
    plain = {link for link in world.edges if not enters_rows(link[1], Direction.UP) and world.known(link, AFTER)}
    tied: dict[str, set[str]] = {}
    for id, owner in world.of:
        tied.setdefault(owner, set()).add(id)
    assets = [one for one in world.assets() if one.kind in ("SHEET", "TEMPLATE", "TRAINING_SHEET", "TRAINING_JOB")]
    assets = [one for one in assets if one.project in (None, SEEN)]
    joined = 0
    for _ in range(30):
        one, other = rng.sample(assets, 2)
        members = [{end.id, *tied.get(end.id, ())} for end in (one, other)]
        up = {path.nodes for path in every_path(plain, *members)}
        down = {path.nodes[::-1] for path in every_path(plain, members[1], members[0])}
        joined += bool(up | down)
        for viewer in (single_user(), SOMEBODY):
            found = await ways(graph, viewer, "k", (one.id, other.id), 100, AFTER)
            assert {tuple(hit.key for hit in way.hits) for way in found.ways} == up | down, (one.id, other.id)
            for hit in (hit for way in found.ways for hit in way.hits):
                hidden = not viewer.admin and world.things[hit.key].project not in (None, SEEN)
                assert (hit.hidden, hit.id != hit.key) == (hidden, hidden)
    assert joined, "of all these ends none were joined: the test says nothing"


@pytest.mark.anyio
async def test_paths_between_tables_are_those_of_the_moment(graph: Graph) -> None:
    world = grow(random.Random(4), 120)
    await write(graph, world)
    fed = [edge for edge in world.said if edge[0] != edge[2]]
    gone = [(*edge, *said) for edge in fed for said in world.said[edge] if said[1]]
    assert len(gone) > 3
    for source, relation, target, since, until in gone[:8]:
        for at in (since, until or AFTER):
            known = {edge for edge in fed if world.known(edge, at)}
            up, down = every_path(known, {source}, {target}), every_path(known, {target}, {source})
            found = await ways(graph, single_user(), "k", (source, target), 100, at)
            nodes = {tuple(hit.key for hit in way.hits) for way in found.ways}
            assert nodes == {path.nodes for path in up} | {path.nodes[::-1] for path in down}, (source, target, at)
            assert {one for way in found.ways for one in way.relations} <= {relation}
            assert at == until or (source, target) in nodes
