"""Walks on real databases: pruned, bounded, and exact where they are cut."""

from __future__ import annotations

import random
from typing import Any

import anyio
import pytest

from begat.access.scope import Viewer, single_user
from begat.core.roles import Role
from begat.graph.deadline import Limit, working
from begat.graph.driver import Graph
from begat.lineage import answers, pages, uses
from begat.lineage.question import Direction, Level, Question, Versions
from begat.lineage.shape import Edge, Hit
from tests.lineage.ladder import ladder
from tests.lineage.oracle import expected
from tests.lineage.watched import watched
from tests.lineage.worlds import ROWS, SEEN, World, grow, write

pytestmark = pytest.mark.anyio
SOMEBODY = Viewer("somebody", roles={SEEN: Role.VIEWER})
AFTER = "2026-12-31T00:00:00.000Z"
RUNGS = 40


async def test_walks_from_many_assets_are_those_from_each_one(graph: Graph) -> None:
    rng = random.Random(7)
    world = grow(rng, 60)
    await write(graph, world)
    starts = {thing.id: thing.kind for thing in world.beginnings()}
    for direction in Direction:
        question = Question(direction, None, Level.VERSION, Versions.CURRENT)
        before = graph.statements
        together = await answers.walks(graph, single_user(), "k", starts, question, AFTER)
        assert graph.statements - before <= 8, "one for each of six sorts of start, and two across endpoints"
        for id in starts:
            oracle = expected(world, id, question, AFTER)
            found = {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in together[id].walk.hits}
            assert found == oracle.hits, id


async def test_users_are_what_a_walk_of_one_hop_finds(graph: Graph) -> None:
    rng = random.Random(8)
    world = grow(rng, 70)
    await write(graph, world)
    wanted = [thing.id for thing in world.assets() if thing.kind != "MODEL"]
    births = sorted(thing.born for thing in world.things.values())
    for at in (AFTER, births[len(births) // 2], births[-2]):
        before = graph.statements
        found = await uses.uses(graph, single_user(), "k", wanted, at)
        assert graph.statements - before == 1
        for id in wanted:
            numbers: dict[tuple[str, str], set[int]] = {}
            for source, relation, target in (edge for edge in world.edges if world.known(edge, at)):
                user, used = world.things[source], world.things[target]
                own = used.asset == id and used.label not in ROWS  # who names a row of it does not use the asset itself
                if own and user.asset != id and user.born <= at and relation in uses.USERS.followed:
                    number = {used.number} if used.id != id and used.number is not None else set()
                    numbers.setdefault((user.asset, relation), set()).update(number)
            users = {(use.key, use.relation): set(use.numbers) for use in found.get(id, [])}
            assert users == numbers, (id, at)


@pytest.mark.parametrize("depth", [3, 30, None])
async def test_a_ladder_of_diamonds_costs_its_nodes_and_not_its_paths(graph: Graph, depth: int | None) -> None:
    newest, oldest = await ladder(graph, RUNGS)
    for direction, start in ((Direction.UP, newest), (Direction.DOWN, oldest)):
        question, before = Question(direction, depth), graph.statements
        answer = (await answers.walks(graph, single_user(), "k", {start: "TRAINING_SHEET"}, question, AFTER))[start]
        assert graph.statements - before == 1
        levels = [2 if level % 2 else 1 for level in range(1, (depth or 2 * RUNGS) + 1)]
        assert [count for _, _, count in answer.walk.counts] == levels
        assert len(answer.walk.edges) == 4 * (len(levels) // 2) + 2 * (len(levels) % 2)


@pytest.mark.parametrize("direction", list(Direction))
async def test_a_walk_past_the_limit_shows_exactly_the_first_of_the_whole(graph: Graph, direction: Direction) -> None:
    start = (await ladder(graph, 10))[0 if direction is Direction.UP else 1]
    question, starts = Question(direction, None, Level.VERSION), {start: "TRAINING_SHEET"}
    whole = (await answers.walks(graph, single_user(), "k", starts, question, AFTER))[start].walk
    begun = len(whole.reached.starts)
    for limit in (0, 1, begun, begun + 1, begun + 7, begun + len(whole.hits) - 1):
        cut = (await answers.walks(graph, single_user(), "k", starts, question, AFTER, limit))[start]
        assert cut.walk.hits == whole.hits[: max(0, limit - begun)]
        assert (cut.completeness.complete, cut.completeness.reason) == (False, "LIMIT")
    just = begun + len(whole.hits)
    assert not (await answers.walks(graph, single_user(), "k", starts, question, AFTER, just))[start].walk.reached.cut


@pytest.mark.parametrize("direction", list(Direction))
async def test_a_walk_past_the_limit_goes_on_where_it_ended(graph: Graph, direction: Direction) -> None:
    start = (await ladder(graph, 10))[0 if direction is Direction.UP else 1]
    question, starts = Question(direction, None, Level.VERSION), {start: "TRAINING_SHEET"}
    whole = (await answers.walks(graph, single_user(), "k", starts, question, AFTER))[start].walk
    shown: list[Hit] = []
    edges: list[Edge] = []
    after, window = None, 0
    while True:
        part = (await answers.walks(graph, single_user(), "k", starts, question, AFTER, 7, window=window))[start]
        page = part.page(1_000, after)
        shown += page.hits
        edges += page.edges
        after = part.continue_after
        if after is None:
            break
        assert part.completeness.reason == "LIMIT"
        window = pages.read_cursor(after, "k").window
    assert part.completeness.complete
    assert (shown, edges) == (list(whole.hits), list(whole.edges))
    assert window > 2


async def test_a_walk_that_takes_too_long_shows_the_hops_that_it_had_time_for(graph: Graph) -> None:
    start = (await ladder(graph, RUNGS))[0]
    question, starts = Question(Direction.UP, None, Level.VERSION), {start: "TRAINING_SHEET"}
    whole = (await answers.walks(graph, single_user(), "k", starts, question, AFTER))[start].walk

    with working(4.0):
        answer = (await answers.walks(Slow(graph), single_user(), "k", starts, question, AFTER))[start]
    assert answer.completeness.reason == "DEADLINE"
    assert answer.continue_after is None, "it would take too long again"
    assert list(answer.walk.hits) == [hit for hit in whole.hits if hit.depth <= Slow.HOPS]


class Slow(Graph):
    """A graph in which a walk of many hops takes far too long, and so does a single one after a few."""

    HOPS = 5

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.hops = 0

    async def read(self, statement: str, /, **parameters: Any) -> Any:
        """As the graph, or never."""
        self.hops += "UNION ALL" in statement
        if "*0..]" in statement or self.hops > self.HOPS:
            async with Limit():
                await anyio.sleep(60)
        return await self.graph.read(statement, **parameters)


@pytest.mark.parametrize("versions", list(Versions))
async def test_a_walk_across_endpoints_is_cut_at_the_same_place(graph: Graph, versions: Versions) -> None:
    rng = random.Random(5)
    world = grow(rng, 120)
    await write(graph, world)
    watched = {target: source for source, type, target in world.edges if type == "WATCHES"}
    for direction, start in (
        (Direction.UP, next(source for source, type, _ in world.edges if type == "RAISED_FROM")),
        (Direction.UP, next(iter(watched.values()))),
        (
            Direction.DOWN,
            next(world.things[t].id for s, type, t in world.edges if type == "SERVES" and s[:-3] in watched),
        ),
    ):
        question = Question(direction, None, Level.VERSION, versions)
        starts = {start: world.things[start].kind}
        whole = (await answers.walks(graph, single_user(), "k", starts, question, AFTER))[start].walk
        assert {hit.key: (hit.kind, hit.depth, hit.hidden) for hit in whole.hits} == expected(
            world, start, question, AFTER
        ).hits
        begun = len(whole.reached.starts)
        assert len(whole.hits) > 3
        for count in range(len(whole.hits)):
            cut = (await answers.walks(graph, single_user(), "k", starts, question, AFTER, begun + count))[start].walk
            shown = [(hit.key, hit.depth) for hit in cut.hits]
            assert (cut.reached.cut, shown) == ("LIMIT", [(hit.key, hit.depth) for hit in whole.hits[:count]])
            assert list(cut.edges) == [
                edge for place, edge in zip(whole.edge_places, whole.edges, strict=True) if place < count
            ]
        just = begun + len(whole.hits)
        assert not (await answers.walks(graph, single_user(), "k", starts, question, AFTER, just))[
            start
        ].walk.reached.cut


async def test_pages_neither_repeat_nor_miss_while_a_writer_adds(graph: Graph) -> None:
    rng = random.Random(9)
    world = grow(rng, 150)
    await write(graph, world)
    question = Question(Direction.DOWN, None, versions=Versions.ALL)
    at = max(thing.born for thing in world.things.values())
    tables = {thing.id: thing.kind for thing in world.assets() if thing.kind == "SOURCE_TABLE"}
    every = await answers.walks(graph, single_user(), "k", tables, question, at)
    first = max(every.values(), key=lambda answer: len(answer.walk.hits))
    start = world.things[first.walk.start]
    assert len(first.walk.hits) >= 6
    shown: list[str] = []
    after = None
    while True:
        answer = (await answers.walks(graph, single_user(), "k", {start.id: start.kind}, question, at))[start.id]
        page = answer.page(1, after)
        shown += [hit.id for hit in page.hits]
        if not page.has_next:
            break
        after = page.cursors[-1]
        await _add(graph, world, start.id)
    assert shown == [hit.id for hit in first.walk.hits]


async def _add(graph: Graph, world: World, table: str) -> None:
    """A younger sheet that reads the table, and of it a younger snapshot of a training sheet that was there."""
    number = await graph.read("MATCH (n:Asset) RETURN count(n)")
    sheet = f"sheet_a{number}"  # before all that are there, in the order of ids
    row = {"project": SEEN, "createdAt": AFTER, "number": 1}
    owner = next(thing.id for thing in world.assets() if thing.kind == "TRAINING_SHEET")
    await graph.read("CREATE (n:Asset:Sheet) SET n = $row RETURN 1", row={**row, "id": sheet, "kind": "SHEET"})
    await graph.read(
        "MATCH (t:Asset {id: $table}) MATCH (s:Asset {id: $sheet}) CREATE (v:Version:SheetVersion) SET v = $row "
        "CREATE (v)-[:READS]->(t) RETURN 1",
        table=table,
        sheet=sheet,
        row={**row, "id": f"{sheet}:v1", "kind": "SHEET_VERSION", "asset": sheet},
    )
    await graph.read(
        "MATCH (v:Version {id: $version}) CREATE (n:Version:Snapshot) SET n = $row "
        "CREATE (n)-[:BUILT_FROM]->(v) RETURN 1",
        version=f"{sheet}:v1",
        row={**row, "id": f"{owner}:s9{number}", "kind": "SNAPSHOT", "asset": owner},
    )


async def test_what_is_found_twice_counts_once_against_the_limit(graph: Graph) -> None:
    await write(graph, watched(1, 3, 10))
    question, before = Question(Direction.DOWN, 3, Level.ASSET, Versions.ALL), graph.statements
    starts = {"endpoint_0": "ENDPOINT"}
    found = await answers.walks(graph, single_user(), "k", starts, question, None, 30, nodes=False)
    assert graph.statements - before == 1, "24 nodes, of which the monitors are met from the endpoint and its versions"
    assert (len(found["endpoint_0"].walk.members), found["endpoint_0"].completeness.complete) == (20, True)
