"""Sixteen reviewers at once on one sheet: no pair is held twice, none is lost, and no error reaches anybody."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from begat.access import tokens
from begat.change.many import Target, act
from begat.core.errors import Code
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.review import decisions, queue
from begat.review.assignments import assign
from tests.api_client import Client, client, serving
from tests.conftest import Database, settings_for
from tests.review.rows import on, reviewer, seed, seeded

REVIEWERS = 16
ROUNDS = 50


@contextlib.asynccontextmanager
async def connections(database: Database, count: int) -> AsyncIterator[list[Graph]]:
    """So many connections of their own."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(database.connect()) for _ in range(count)]


@pytest.mark.anyio
async def test_reviewers_who_begin_at_once_never_hold_the_same_pair(database: Database, graph: Graph) -> None:
    made = await seed(graph, 10 * REVIEWERS)
    async with connections(database, REVIEWERS) as graphs:
        served = await asyncio.gather(
            *(queue.take(one, reviewer(f"r{n}"), made.sheet, 10, "PENDING") for n, one in enumerate(graphs))
        )
    held = Counter(pair for one in served for pair in one.pairs)
    assert set(held.values()) == {1}
    assert all(one.pairs for one in served)
    kept = await graph.read("MATCH (n:QaPair) WHERE n.leasedBy IS NOT NULL RETURN collect([n.id, n.leasedBy])")
    assert sorted(kept) == sorted([pair, f"r{n}"] for n, one in enumerate(served) for pair in one.pairs)


@pytest.mark.slow
@pytest.mark.anyio
async def test_in_fifty_rounds_each_is_served_one_and_every_pair_is_decided_once(
    database: Database, graph: Graph
) -> None:
    made = await seed(graph, ROUNDS * REVIEWERS)

    async def work(number: int, one: Graph) -> str:
        viewer = reviewer(f"r{number}")
        [pair] = (await queue.take(one, viewer, made.sheet, 1, "PENDING")).pairs
        verdict = decisions.decide("approve") if number % 2 else decisions.decide("reject", "no")
        [outcome] = (await act(one, viewer, verdict, [Target(pair)])).outcomes
        assert outcome.problem is None
        return pair

    by: dict[str, str] = {}
    async with connections(database, REVIEWERS) as graphs:
        for _ in range(ROUNDS):
            decided = await asyncio.gather(*(work(number, one) for number, one in enumerate(graphs)))
            by |= {pair: f"r{number}" for number, pair in enumerate(decided)}
    assert sorted(by) == sorted(made.pairs)
    rows = await graph.read(
        "MATCH (n:QaPair) OPTIONAL MATCH (r:Review)-[:REVIEWS]->(n) WITH n, collect(r.reviewer) AS reviewers "
        "RETURN collect([n.id, n.status, n.revision, n.decidedBy, reviewers])"
    )
    statuses = ("REJECTED", "APPROVED")
    assert sorted(rows) == sorted([pair, statuses[int(name[1:]) % 2], 2, name, [name]] for pair, name in by.items())


@pytest.mark.anyio
async def test_a_bulk_approval_and_reviewers_at_once_decide_each_pair_once(database: Database, graph: Graph) -> None:
    made = await seed(graph, 600)

    async def review(number: int, one: Graph) -> int:
        decided = 0
        while True:
            served = await queue.take(one, reviewer(f"r{number}"), made.sheet, 3, "PENDING")
            if not served.pairs and not served.remaining:
                return decided
            result = await act(
                one, reviewer(f"r{number}"), decisions.decide("reject", "no"), [Target(pair) for pair in served.pairs]
            )
            codes = {outcome.problem.code for outcome in result.outcomes if outcome.problem}
            assert codes <= {Code.ILLEGAL_MOVE}, "decided meanwhile, and nothing else"
            decided += result.changed

    async def approve(one: Graph) -> int:
        # From the other end, as a lead who approves all that is left.
        chosen = [Target(pair) for pair in reversed(made.pairs)]
        return (await act(one, reviewer("lead"), decisions.decide("approve"), chosen)).changed

    async with connections(database, 9) as graphs:
        counts = await asyncio.gather(
            approve(graphs[8]), *(review(number, one) for number, one in enumerate(graphs[:8]))
        )
    assert sum(counts) == 600
    assert await graph.read("MATCH (r:Review) RETURN [count(r), count(DISTINCT r.pair)]") == [600, 600]
    assert await graph.read("MATCH (n:QaPair) RETURN collect(DISTINCT n.revision)") == [2]


@pytest.mark.anyio
async def test_of_many_verdicts_on_one_pair_the_first_decides(database: Database, graph: Graph) -> None:
    async def say(one: Graph, number: int, pair: str) -> Code | None:
        verdict = decisions.decide("approve") if number % 2 else decisions.decide("reject", "no")
        [outcome] = (await act(one, reviewer(f"r{number}"), verdict, [Target(pair)])).outcomes
        return None if outcome.problem is None else outcome.problem.code

    made = await seed(graph, 50)
    async with connections(database, 8) as graphs:
        for pair in made.pairs:
            codes = await asyncio.gather(*(say(one, number, pair) for number, one in enumerate(graphs)))
            assert Counter(codes) == {None: 1, Code.ILLEGAL_MOVE: 7}
    assert await graph.read("MATCH (r:Review) RETURN count(r)") == 50
    assert await graph.read("MATCH (n:QaPair) RETURN max(n.revision)") == 2


def test_they_work_over_http_with_tokens_of_their_own(database: Database, api: Client) -> None:
    made = seeded(database, 96)

    async def people(graph: Graph) -> list[str]:
        made = [await tokens.create(graph, f"r{number}") for number in range(REVIEWERS)]
        await graph.execute(
            "MATCH (p:Principal) MATCH (j:Project {id: 'project_default'}) "
            "CREATE (p)-[:HAS_ROLE {role: 'REVIEWER'}]->(j)"
        )
        return made

    held = on(database, people)
    settings = settings_for(database, auth="tokens")
    with serving(settings) as address:

        def work(number: int) -> list[str]:
            decided: list[str] = []
            with client(address, settings, held[number]) as one:
                while True:
                    answer = one.done("ReviewNext", trainingSheetId=made.sheet, first=2)
                    pairs = [node["id"] for node in answer["nodes"]]
                    if not pairs and not answer["remaining"]:
                        return decided
                    one.done("Approve", ids=pairs)
                    decided += pairs

        with ThreadPoolExecutor(REVIEWERS) as pool:
            done = list(pool.map(work, range(REVIEWERS)))
        assert sorted(pair for one in done for pair in one) == sorted(made.pairs)
        with client(address, settings, held[0]) as one:
            assert one.run("Assign", ids=made.pairs[:1], reviewer="r1")["outcomes"][0]["error"]["code"] == "FORBIDDEN"
            mine = one.ask("query($by: String) { qaPairs(where: { decidedBy: $by }) { totalCount } }", by="r0")
            assert mine["qaPairs"]["totalCount"] == len(done[0])


@pytest.mark.anyio
async def test_only_who_may_review_in_the_project_is_assigned(graph: Graph) -> None:
    made = await seed(graph, 1)
    for name, groups in (("ann", ()), ("bob", ()), ("cy", ("labelers",))):
        await tokens.create(graph, name, groups=groups)
    await tokens.create(graph, "root", admin=True)
    await graph.execute("MERGE (p:Principal {name: 'group:labelers'})")
    for name, role in (("ann", "VIEWER"), ("bob", "EDITOR"), ("group:labelers", "REVIEWER")):
        await graph.execute(
            "MATCH (p:Principal {name: $name}) MATCH (j:Project {id: 'project_default'}) "
            "CREATE (p)-[:HAS_ROLE {role: $role}]->(j)",
            name=name,
            role=role,
        )
    lead = reviewer("lead", role=Role.EDITOR)

    async def code(name: str) -> Code | None:
        [outcome] = (await act(graph, lead, assign(name), [Target(made.pairs[0])])).outcomes
        return None if outcome.problem is None else outcome.problem.code

    assert {name: await code(name) for name in ("ann", "bob", "cy", "root", "nobody")} == {
        "ann": Code.BAD_INPUT,
        "bob": None,
        "cy": None,
        "root": None,
        "nobody": Code.BAD_INPUT,
    }
