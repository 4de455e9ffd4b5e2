"""The meaning of a walk, without a database: equal to trying every path, whatever the graph and the question."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from begat.core.edges import EDGES
from begat.gql.hits import LineageRelation
from begat.lineage import pages
from begat.lineage.across import joined
from begat.lineage.question import Direction, Level, Question
from begat.lineage.reached import Link, Node, Reached
from begat.lineage.shape import Edge, Walk, shape
from tests.lineage.oracle import expected, stands, starts
from tests.lineage.questions import begin_both_ways, every_way, moment, pairs, pose
from tests.lineage.worlds import SEEN, UNSEEN, World, grow

VEIL = pages.veil("secret", "answer")
randoms = st.integers(0, 2**32 - 1).map(random.Random)
"""Evenly spread ones: those that Hypothesis draws itself ask hardly any filter."""


def asked(world: World, asset: str, question: Question, at: str, *, sees_all: bool = True) -> Walk:
    begin = frozenset(starts(world, asset, question, at))
    return shape(
        asset,
        question,
        at,
        joined([world.reached(begin, question.followed, at)], begin, stands(world, question, at)),
        sees=lambda project: sees_all or project in (None, SEEN),
        veil=VEIL,
        deleted=world.deleted(),
    )


def posed(rng: random.Random) -> tuple[World, str, Question, str]:
    world = grow(rng, rng.randint(8, 45))
    return world, rng.choice(world.beginnings()).id, pose(rng), moment(rng, world)


@given(randoms)
@settings(max_examples=800)
def test_it_equals_trying_every_path(rng: random.Random) -> None:
    world, asset, question, at = posed(rng)
    walk, oracle = asked(world, asset, question, at), expected(world, asset, question, at)
    assert {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in walk.hits} == oracle.hits
    assert {(edge.source, edge.target, edge.relation, edge.via) for edge in walk.edges} == oracle.edges
    assert len(walk.edges) == len(oracle.edges)
    assert sum(count for _, _, count in walk.counts) == len(walk.hits)


@given(randoms)
@settings(max_examples=200)
def test_the_pages_together_are_the_whole_and_edges_never_name_what_was_not_shown_yet(rng: random.Random) -> None:
    world, asset, question, at = posed(rng)
    walk = asked(world, asset, question, at, sees_all=False)
    own = {asset, *(walk.reached.nodes[id].key(question.level) for id in walk.reached.starts)}
    size, after, shown = rng.randint(1, 4), None, []
    edges: list[Edge] = []
    while True:
        page = pages.page(walk, "w", VEIL, "k", size, after)
        shown += [hit.id for hit in page.hits]
        edges += page.edges
        assert {end for edge in page.edges for end in (edge.source, edge.target)} <= own | set(shown)
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert shown == [hit.id for hit in walk.hits]
    assert len(set(shown)) == len(shown)
    assert sorted(map(repr, edges)) == sorted(map(repr, walk.edges))


@given(randoms)
@settings(max_examples=200)
def test_what_one_may_not_see_is_replaced_and_nothing_else_differs(rng: random.Random) -> None:
    world, asset, question, at = posed(rng)
    owner, viewer = asked(world, asset, question, at), asked(world, asset, question, at, sees_all=False)
    hidden = {hit.key for hit in owner.hits if world.things[hit.key].project == UNSEEN}
    names = {key: VEIL(key) if key in hidden else key for key in (hit.key for hit in owner.hits)}
    assert viewer.counts == owner.counts
    assert [hit.id for hit in viewer.hits] == [names[hit.key] for hit in owner.hits]
    assert {hit.key for hit in viewer.hits if hit.hidden} == hidden
    assert [
        (place, names.get(edge.source, edge.source), names.get(edge.target, edge.target), edge.relation, edge.via)
        for place, edge in zip(owner.edge_places, owner.edges, strict=True)
    ] == [
        (place, edge.source, edge.target, edge.relation, edge.via)
        for place, edge in zip(viewer.edge_places, viewer.edges, strict=True)
    ]
    texts = [cursor for hit in viewer.hits for cursor in pages.page(viewer, "w", VEIL, "k", 1000, None).cursors]
    decoded = [pages.read_cursor(text, "k").id for text in texts]
    assert not hidden & set(decoded)


@given(randoms, st.sampled_from(Level), st.booleans())
@settings(max_examples=200)
def test_with_all_versions_a_reaches_b_exactly_when_b_is_reached_from_a(
    rng: random.Random, level: Level, rows: bool
) -> None:
    world, at = grow(rng, 30), "2026-12-31T00:00:00.000Z"

    def found(direction: Direction) -> set[tuple[str, str]]:
        question, among = every_way(direction, level, rows=rows), set[tuple[str, str]]()
        for start in begin_both_ways(world, rows=rows):
            among |= pairs(world, start, (hit.key for hit in asked(world, start, question, at).hits), rows=rows)
        return among

    assert found(Direction.UP) == {(made, source) for source, made in found(Direction.DOWN)}


@given(randoms)
@settings(max_examples=100)
def test_where_it_began_is_what_was_made_from_nothing(rng: random.Random) -> None:
    world = grow(rng, 22)
    asset, at = rng.choice(world.assets()).id, "2026-12-31T00:00:00.000Z"
    question = Question(Direction.UP, None, Level.VERSION)
    walk = asked(world, asset, question, at)
    links = world.reached(frozenset(), question.followed, at).links

    def behind(node: str) -> set[str]:
        found, front = set[str](), {node}
        while front:
            front = {target for source, _, target in links if source in front} - found
            found |= front
        return found

    # From nothing, or (tables only) from nothing but each other in a circle.
    last = {hit.key for hit in walk.hits if all(hit.key in behind(other) for other in behind(hit.key))}
    ends = walk.ends()
    assert {hit.key for hit in ends.hits} == last
    own = {asset, *walk.reached.starts}
    assert {edge.target for edge in ends.edges} - own == {hit.key for hit in ends.hits}  # it may lie in a circle
    assert {edge.source for edge in ends.edges} <= own | last


def chain(*links: Link, kinds: dict[str, str] | None = None) -> Reached:
    """Nodes named by their kinds' initials, with these links; a walk up starts at `a`."""
    ids = dict.fromkeys(id for source, _, target in links for id in (source, target))
    nodes = {id: Node(id, (kinds or {}).get(id, "SHEET"), id.partition(":")[0], SEEN, "0") for id in ids}
    return Reached(frozenset({"a"}), nodes, links)


def edges_of(reached: Reached, question: Question) -> list[tuple[str, str, str, int]]:
    walk = shape("a", question, "1", reached, sees=lambda _: True, veil=VEIL)
    return [(edge.source, edge.relation, edge.target, edge.via) for edge in walk.edges]


def test_an_edge_says_how_many_nodes_that_are_not_shown_it_passes_through() -> None:
    reached = chain(("a", "R", "x"), ("x", "S", "y"), ("y", "T", "b"), kinds={"x": "TEMPLATE", "y": "TEMPLATE"})
    assert edges_of(reached, Question(Direction.UP, None, kinds=frozenset({"SHEET"}))) == [("a", "R", "b", 2)]


def test_no_edge_passes_through_where_the_walk_stops() -> None:
    reached = chain(("a", "R", "x"), ("x", "S", "b"), ("a", "T", "c"), ("c", "T", "b"), kinds={"x": "TEMPLATE"})
    question = Question(Direction.UP, None, kinds=frozenset({"SHEET"}), stop_at=frozenset({"TEMPLATE"}))
    assert edges_of(reached, question) == [("a", "T", "c", 0), ("c", "T", "b", 0)]


def test_of_several_ways_between_two_assets_the_edge_tells_the_shortest() -> None:
    kinds = {"x": "TEMPLATE", "b:v1": "SHEET_VERSION", "b:v2": "SHEET_VERSION"}
    reached = chain(("a", "R", "b:v1"), ("a", "R", "x"), ("x", "R", "b:v2"), kinds=kinds)
    assert edges_of(reached, Question(Direction.UP, None, kinds=frozenset({"SHEET"}))) == [("a", "R", "b", 0)]


def test_two_versions_of_one_asset_that_nothing_connects_are_not_joined() -> None:
    nodes = [
        Node("job_1", "TRAINING_JOB", "job_1", SEEN, "1"),
        Node("tsheet_1:s1", "SNAPSHOT", "tsheet_1", SEEN, "0", 1),
        Node("tsheet_1:s2", "SNAPSHOT", "tsheet_1", SEEN, "2", 2),
        Node("sheet_1:v1", "SHEET_VERSION", "sheet_1", SEEN, "0", 1),
        Node("sheet_2:v1", "SHEET_VERSION", "sheet_2", SEEN, "0", 1),
    ]
    links = (
        ("job_1", "TRAINED_ON", "tsheet_1:s1"),
        ("tsheet_1:s1", "BUILT_FROM", "sheet_1:v1"),
        ("tsheet_1:s2", "BUILT_FROM", "sheet_2:v1"),
    )
    reached = Reached(frozenset({"job_1"}), {node.id: node for node in nodes}, links)
    walk = shape("job_1", Question(Direction.UP, None), "3", reached, sees=lambda _: True, veil=VEIL)
    assert [(hit.id, hit.depth) for hit in walk.hits] == [("tsheet_1", 1), ("sheet_1", 2)]


def test_every_relation_of_the_registry_has_its_name_in_graphql() -> None:
    assert [relation.value for relation in LineageRelation] == list(EDGES)


@given(randoms)
@settings(max_examples=300)
def test_sources_are_where_a_walk_ends_whatever_it_stops_at_and_leaves_out(rng: random.Random) -> None:
    world = grow(rng, rng.randint(20, 45))
    question, at = replace(pose(rng, Direction.UP), depth=None), moment(rng, world)
    asset = rng.choice(world.assets()).id
    hits = {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in asked(world, asset, question, at).ends().hits}
    assert hits == expected(world, asset, question, at, sources=True).hits
