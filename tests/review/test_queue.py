"""The queue: leases by position, one holder each, and what each reviewer is not served."""

from __future__ import annotations

from typing import Any

import pytest

from begat.change.many import Target, act
from begat.core import times
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.review import queue
from begat.review.queue import Served
from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import on, reviewer, seed, seeded

pytestmark = pytest.mark.anyio


async def take(graph: Graph, sheet: str, name: str, first: int = 2, named: str = "PENDING") -> Served:
    return await queue.take(graph, reviewer(name), sheet, first, named)


async def test_a_reviewer_is_served_by_position_and_keeps_what_he_holds(graph: Graph) -> None:
    made = await seed(graph, 6)
    assert await take(graph, made.sheet, "ann") == Served(made.pairs[:2], 6)
    assert await take(graph, made.sheet, "ann") == Served(made.pairs[:2], 6)
    assert await take(graph, made.sheet, "ann", 3) == Served(made.pairs[:3], 6)


async def test_others_are_served_others(graph: Graph) -> None:
    made = await seed(graph, 5)
    await take(graph, made.sheet, "ann")
    assert await take(graph, made.sheet, "bob") == Served(made.pairs[2:4], 3)
    assert await take(graph, made.sheet, "cy") == Served(made.pairs[4:], 1)
    assert await take(graph, made.sheet, "dee") == Served([], 0)


async def test_a_lease_that_ran_out_is_served_again(graph: Graph) -> None:
    made = await seed(graph, 2)
    await take(graph, made.sheet, "ann")
    await graph.execute("MATCH (n:QaPair) SET n.leasedUntil = $past", past=times.later(-1))
    assert await take(graph, made.sheet, "bob") == Served(made.pairs, 2)
    assert await take(graph, made.sheet, "ann") == Served([], 0)


async def test_flagged_pairs_wait_in_the_experts_queue_only(graph: Graph) -> None:
    made = await seed(graph, 2)
    await graph.execute("MATCH (n:QaPair {id: $id}) SET n.status = 'FLAGGED'", id=made.pairs[0])
    assert await take(graph, made.sheet, "ann") == Served(made.pairs[1:], 1)
    assert await take(graph, made.sheet, "bob", named="EXPERT") == Served(made.pairs[:1], 1)


async def test_of_another_project_there_is_no_such_sheet(graph: Graph) -> None:
    made = await seed(graph, 1)
    with pytest.raises(Problem) as refused:
        await queue.take(graph, reviewer("eve", "project_other"), made.sheet, 1, "PENDING")
    assert refused.value.code is Code.NOT_FOUND


@pytest.mark.parametrize("status", ["DRAFT", "APPROVED", "FINALIZED"])
async def test_a_sheet_that_is_not_in_review_serves_nobody(graph: Graph, status: str) -> None:
    made = await seed(graph, 1, status=status)
    with pytest.raises(Problem) as refused:
        await take(graph, made.sheet, "ann")
    assert refused.value.code is Code.ILLEGAL_MOVE


async def test_a_page_has_bounds(graph: Graph) -> None:
    made = await seed(graph, 1)
    for first, code in ((-1, Code.BAD_INPUT), (1_001, Code.LIMIT)):
        with pytest.raises(Problem) as refused:
            await take(graph, made.sheet, "ann", first)
        assert refused.value.code is code
    assert await take(graph, made.sheet, "ann", 0) == Served([], 1)


def next_of(api: Client, sheet: str, first: int = 2) -> dict[str, Any]:
    answer: dict[str, Any] = api.done("ReviewNext", trainingSheetId=sheet, first=first)
    return answer


def test_the_next_pairs_say_until_when_they_are_held(api: Client, database: Database) -> None:
    made = seeded(database)
    answer = next_of(api, made.sheet)
    assert [node["id"] for node in answer["nodes"]] == made.pairs[:2]
    assert times.later(14 * 60) < answer["nodes"][0]["leasedUntil"] < times.later(16 * 60)
    assert answer["remaining"] == 6
    api.done("Approve", ids=made.pairs[:1])
    node = api.ask("query($id: ID!) { qaPair(id: $id) { leasedUntil reviews { seconds } } }", id=made.pairs[0])
    assert node["qaPair"]["leasedUntil"] is None
    assert 0 <= node["qaPair"]["reviews"][0]["seconds"] < 60
    assert [node["id"] for node in next_of(api, made.sheet)["nodes"]] == made.pairs[1:3]


def test_an_empty_queue_says_that_none_remain(api: Client, database: Database) -> None:
    made = seeded(database, 2)
    api.done("Approve", ids=made.pairs)
    answer = next_of(api, made.sheet)
    assert (answer["nodes"], answer["remaining"]) == ([], 0)


def test_a_skipped_pair_is_back_in_its_time_and_others_still_get_it(api: Client, database: Database) -> None:
    made = seeded(database, 3)
    next_of(api, made.sheet, 1)
    done = api.done("Skip", ids=made.pairs[:1], reason="I know nothing of it", until=times.later(3600))
    assert done["outcomes"][0]["statusAfter"] == "PENDING"
    answer = next_of(api, made.sheet)
    assert ([node["id"] for node in answer["nodes"]], answer["remaining"]) == (made.pairs[1:], 2)
    other = on(database, lambda graph: take(graph, made.sheet, "bob"))
    assert other.pairs == made.pairs[:1]
    api.done("Approve", ids=made.pairs[1:])
    on(database, lambda graph: graph.execute("MATCH (n:QaPair) SET n.leasedUntil = $past", past=times.later(-1)))
    assert next_of(api, made.sheet)["remaining"] == 0
    api.done("Skip", ids=made.pairs[:1], until="2026-01-01T00:00:00Z")
    assert [node["id"] for node in next_of(api, made.sheet)["nodes"]] == made.pairs[:1]


def test_a_skip_without_an_end_holds(api: Client, database: Database) -> None:
    made = seeded(database, 2)
    api.done("Skip", ids=made.pairs[:1])
    assert [node["id"] for node in next_of(api, made.sheet)["nodes"]] == made.pairs[1:]
    refused = api.run("Skip", ids=["pair_unknown"])
    assert refused["outcomes"][0]["error"]["code"] == "NOT_FOUND"


async def test_many_are_skipped_as_one_is_and_by_nobody_who_may_not(graph: Graph) -> None:
    made = await seed(graph, 50)
    counts = []
    for number in (1, 50):
        before = graph.statements
        found = await act(graph, reviewer("ann"), queue.skip("dull", None), [Target(id) for id in made.pairs[:number]])
        assert found.changed == number
        counts.append(graph.statements - before)
    assert counts[0] == counts[1]
    assert await take(graph, made.sheet, "ann") == Served([], 0)
    mere = reviewer("bob", role=Role.VIEWER)
    refused = await act(graph, mere, queue.skip(None, None), [Target(id) for id in made.pairs])
    assert {outcome.problem and outcome.problem.code for outcome in refused.outcomes} == {Code.FORBIDDEN}
    assert await graph.read("MATCH (a:Assignment) RETURN [count(a), collect(DISTINCT a.reviewer)]") == [50, ["ann"]]


def test_an_assigned_pair_is_served_to_its_reviewer_only(api: Client, database: Database) -> None:
    made = seeded(database, 4)
    done = api.done("Assign", ids=made.pairs[:2], reviewer="bob")
    assert (done["changed"], done["outcomes"][0]["revision"]) == (2, 2)
    answer = next_of(api, made.sheet)
    assert ([node["id"] for node in answer["nodes"]], answer["remaining"]) == (made.pairs[2:], 2)
    assert on(database, lambda graph: take(graph, made.sheet, "bob")).pairs == made.pairs[:2]
    listed = api.ask(
        "query($where: QaPairFilter) { qaPairs(where: $where) { nodes { id assignees } } }", where={"assignee": "bob"}
    )
    assert listed["qaPairs"]["nodes"] == [{"id": id, "assignees": ["bob"]} for id in sorted(made.pairs[:2])]


def test_an_assignment_takes_the_pair_from_who_holds_it_and_can_be_taken_back(api: Client, database: Database) -> None:
    made = seeded(database, 1)
    next_of(api, made.sheet)
    api.done("Assign", ids=made.pairs, reviewer="bob")
    assert next_of(api, made.sheet)["remaining"] == 0
    api.ask("mutation($ids: [ID!]) { qaPairAssign(ids: $ids, reviewer: null) { changed } }", ids=made.pairs)
    assert [node["id"] for node in next_of(api, made.sheet)["nodes"]] == made.pairs


def test_a_decided_pair_is_assigned_to_nobody(api: Client, database: Database) -> None:
    made = seeded(database, 1)
    api.done("Approve", ids=made.pairs)
    assert api.refused("Assign", ids=made.pairs, reviewer="bob")[0]["code"] == "ILLEGAL_MOVE"
    assert api.refused("Assign", ids=made.pairs, reviewer=" ")[0]["path"] == ["reviewer"]


def test_an_unknown_sheet_is_not_found(api: Client, database: Database) -> None:
    seeded(database, 1)
    answer = api.run("ReviewNext", trainingSheetId="ts_unknown")
    assert (answer["nodes"], answer["errors"][0]["code"], answer["errors"][0]["path"]) == (
        [],
        "NOT_FOUND",
        ["trainingSheetId"],
    )
