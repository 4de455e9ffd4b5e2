"""Improvement tasks: raised from what people said, ranked by what mending would be worth, given to somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core import times
from begat.graph.driver import Graph
from begat.kinds.improvement_task import measuring, work
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK
from begat.kinds.monitor.kind import MONITOR
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint
from tests.kinds.test_feedback import submit
from tests.kinds.watched import holding

ONE = """query($id: ID!) { improvementTask(id: $id) {
  id statusName revision priority assignee raisedBy suggestion closeReason closedAt project { id }
  raisedFrom { id kind feedback { rating requestId modelVersion { id } } monitor { name } } endpoints { id }
  resolvedBy { id } before { id value } after { id value } history { nodes { action actor reason } }
  expectedImpact { score computed override overrideReason endpointsLive requestsPerDay affectedShare severity
    recurrence occurrences judged since until basis } } }"""
UPDATE = """mutation($id: ID!, $input: ImprovementTaskUpdateInput!, $rev: Int) {
  improvementTaskUpdate(id: $id, input: $input, expectedRevision: $rev) {
    node { revision priority assignee expectedImpact { score } } errors { code message path } } }"""
MOVE = """mutation($ids: [ID!], $where: ImprovementTaskFilter, $expectedCount: Int, $reason: String) {
  improvementTask%s(ids: $ids, where: $where, expectedCount: $expectedCount, reason: $reason) {
    changed outcomes { ok statusAfter error { code message path } } errors { code path } } }"""
LIST = """query($where: ImprovementTaskFilter, $orderBy: ImprovementTaskOrder) {
  improvementTasks(where: $where, orderBy: $orderBy, first: 100) { nodes { id } totalCount } }"""
BACK = """query($feedback: ID!, $monitor: ID!) {
  feedback(id: $feedback) { tasks { id } } monitor(id: $monitor) { tasks { id statusName } } }"""


def task(api: Client, *raised_from: str, **more: Any) -> str:
    """A task that must be made; its id."""
    made = api.done("TaskCreate", input={"name": "mend it", "raisedFrom": list(raised_from), **more})["node"]
    return str(made["id"])


def read(api: Client, id: str) -> dict[str, Any]:
    """The task as it is now."""
    found: dict[str, Any] = api.ask(ONE, id=id)["improvementTask"]
    return found


def wrong(api: Client, live: Answered, answer: str, correction: str, at: str | None = None) -> str:
    """A question that was answered wrongly, and a correction of it; the feedback's id."""
    request = live.asked([f"where is my {answer}?"], [answer], at=at)
    return str(submit(api, requestId=request, rating="NEGATIVE", correction=correction)["id"])


def right(api: Client, live: Answered) -> str:
    """An answer that was found right."""
    return str(submit(api, requestId=live.asked(["card?"], ["card"]), rating="POSITIVE")["id"])


def monitor(live: Answered, **more: Any) -> str:
    """A monitor of the endpoint as it was left by what it measured."""
    properties = {"name": "watch", "endpoint": live.id, "metric": "NEGATIVE_FEEDBACK", "above": 0.1, "window": 60}

    async def work(change: Change) -> str:
        made = await assets.create(
            change,
            MONITOR,
            DEFAULT_PROJECT,
            {**properties, "minSamples": 1, "forWindows": 1, **more},
            links=[("WATCHES", live.id, "Endpoint")],
            status="PAUSED",
        )
        return str(made["id"])

    return live.graph(lambda graph: write(graph, single_user(), work))


def fires(live: Answered, id: str) -> None:
    """The monitor's window breached: its alarm as the loop of monitors writes it."""

    async def work(change: Change) -> None:
        node = await change.lock_one(id)
        node = await assets.edit(change, MONITOR, node, {}, "recover", status="ACTIVE")
        await assets.edit(change, MONITOR, node, {"lastValue": 0.5}, "breach", status="ALERTING")

    live.graph(lambda graph: write(graph, single_user(), work))


@pytest.fixture
def live(database: Database, api: Client) -> Answered:
    """An endpoint that answers."""
    one = endpoint(database)
    one.deployed(100)
    return one


def test_a_task_is_raised_from_feedback_and_monitors_and_both_show_it(api: Client, live: Answered) -> None:
    said, watch = wrong(api, live, "card", "lost"), monitor(live, lastValue=0.25)
    made = api.done(
        "TaskCreate",
        input={"name": " learn lost ", "raisedFrom": [said, watch, said], "priority": "HIGH", "assignee": "ann"},
    )["node"]
    assert (made["name"], made["statusName"], made["priority"], made["assignee"]) == (
        "learn lost",
        "OPEN",
        "HIGH",
        "ann",
    )
    assert made["raisedFrom"] == [{"id": said, "kind": "FEEDBACK"}, {"id": watch, "kind": "MONITOR"}]
    found = read(api, made["id"])
    assert found["raisedBy"] == ["FEEDBACK", "MONITOR"]
    assert found["endpoints"] == [{"id": live.id}]
    assert found["raisedFrom"][0]["feedback"]["modelVersion"] == {"id": live.models[0]}
    assert found["raisedFrom"][1]["monitor"] == {"name": "watch"}
    other = task(api, watch)
    back = api.ask(BACK, feedback=said, monitor=watch)
    assert [one["id"] for one in back["feedback"]["tasks"]] == [made["id"]]
    assert [one["id"] for one in back["monitor"]["tasks"]] == [made["id"], other]
    up = api.run("Upstream", id=made["id"], depth=2, filter={"rows": True})["upstream"]
    assert {hit["id"] for hit in up["nodes"]["nodes"]} >= {said, watch, live.id}


def test_the_backlog_is_ordered_by_affected_traffic_severity_and_recurrence_with_the_parts_shown(
    api: Client, live: Answered, database: Database
) -> None:
    # Nothing is known of an endpoint that nobody asks: no score, and no zero.
    silent = endpoint(database, "silent")
    silent.deployed(100)
    quiet = task(api, monitor(silent, lastValue=0.5, name="quiet"))
    impact = read(api, quiet)["expectedImpact"]
    assert (impact["score"], impact["requestsPerDay"], impact["endpointsLive"]) == (None, None, 1)
    # 14 requests in the week: 2 a day. 4 of them are judged, 2 find this fault, of which the task names one.
    named, alike = wrong(api, live, "card", "lost"), wrong(api, live, "card", "lost")
    other = wrong(api, live, "cash", "top_up")
    right(api, live)
    for _ in range(10):
        live.asked(["card?"], ["card"])
    often, seldom = task(api, named), task(api, other)
    impact = read(api, often)["expectedImpact"]
    assert (impact["requestsPerDay"], impact["endpointsLive"]) == (2.0, 1)
    assert (impact["affectedShare"], impact["severity"], impact["recurrence"]) == (0.5, 1.0, pytest.approx(1 / 7))
    assert (impact["occurrences"], impact["judged"]) == (2, 4)
    assert impact["score"] == impact["computed"] == pytest.approx(2.0 * 0.5 * 1.0 / 7)
    assert times.seconds_between(impact["since"], impact["until"]) == pytest.approx(7 * 86_400, abs=0.01)
    assert "2 feedbacks saying this, of 4 judged answers" in impact["basis"]
    backlog = api.run("Backlog", first=10)
    assert [node["id"] for node in backlog["nodes"]] == [often, seldom, quiet]
    assert backlog["totalCount"] == 3
    # An override decides at once, and is shown as one; without it the figure stands again.
    assert _error(api, quiet, impactOverride=9.0) == ("BAD_INPUT", ["input", "reason"])
    assert _error(api, quiet, impactOverride=-1.0, reason="x") == ("BAD_INPUT", ["input", "impactOverride"])
    node = api.ask(UPDATE, id=quiet, input={"impactOverride": 9.0, "reason": "the audit"})["improvementTaskUpdate"][
        "node"
    ]
    assert node["expectedImpact"]["score"] == 9.0
    impact = read(api, quiet)["expectedImpact"]
    assert (impact["override"], impact["overrideReason"], impact["computed"]) == (9.0, "the audit", None)
    assert [node["id"] for node in api.run("Backlog", first=10)["nodes"]] == [quiet, often, seldom]
    api.ask(UPDATE, id=quiet, input={"impactOverride": None})
    assert [node["id"] for node in api.run("Backlog", first=10)["nodes"]] == [often, seldom, quiet]
    # Feedback that was dismissed shows nothing any more; the loop measures anew, without a revision.
    api.ask("mutation($ids: [ID!]) { feedbackDismiss(ids: $ids) { changed } }", ids=[alike])
    revision = read(api, often)["revision"]
    live.graph(_stale)
    found = api.wait(ONE, lambda data: data["improvementTask"]["expectedImpact"]["occurrences"] == 1, id=often)
    assert found["improvementTask"]["revision"] == revision
    assert found["improvementTask"]["expectedImpact"]["affectedShare"] == 0.25


@pytest.mark.anyio
async def test_of_more_tasks_than_can_be_measured_in_time_each_gets_its_turn(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def make(change: Change) -> list[str]:
        tasks = [
            await assets.create(change, IMPROVEMENT_TASK, DEFAULT_PROJECT, {"name": str(hours), "impactAt": at})
            for hours in (2, 3, 1)
            for at in [times.later(-3_600 * hours)]
        ]
        return [str(one["id"]) for one in tasks]

    ids = await write(graph, single_user(), make)
    monkeypatch.setattr(work, "AT_ONCE", 1)
    turns = []
    async with holding(graph, "improvement", tmp_path) as loop:
        while await work.refresh(loop, 60):
            kept = await graph.read("MATCH (t:ImprovementTask) RETURN collect([t.impactAt, t.id])")
            turns.append(max(kept)[1])
    assert turns == [ids[1], ids[0], ids[2]]


@pytest.mark.anyio
async def test_many_tasks_are_measured_as_one_is(graph: Graph, tmp_path: Path) -> None:
    # Each task is raised from its first feedback; of the others one says the same, one is of another endpoint, and one
    # joins what two said apart.
    rows = [
        (place, f"{place}{name}", endpoint, answer, correction)
        for place in range(3)
        for name, endpoint, answer, correction in (
            *(("a", "e1", "card", "lost"), ("b", "e1", "card", "lost"), ("c", "e2", "card", "lost")),
            *(("d", "e1", "cash", "top_up"), ("e", "e1", "card", "top_up")),
        )
    ]
    await graph.execute(
        "UNWIND $rows AS row CREATE (:Feedback {id: row[1], key: row[1], endpoint: row[2], answer: row[3] + row[0], "
        "correction: row[4], isRight: false, status: 'NEW', createdAt: $at, requestId: row[1], position: 0})",
        rows=[[str(place), *rest] for place, *rest in rows],
        at=times.later(-60),
    )
    await graph.execute(
        "UNWIND ['0', '1', '2'] AS id CREATE (t:ImprovementTask {id: id, key: id, endpoints: ['e1']}) WITH t, id "
        "MATCH (f:Feedback) WHERE f.id IN [id + 'a', id + 'd'] CREATE (t)-[:RAISED_FROM]->(f)"
    )
    async with holding(graph, "improvement", tmp_path) as loop:
        counts = []
        for ids in (["0"], ["0", "1", "2"]):
            before = graph.statements
            found = await measuring.of_tasks(graph, loop.platform.telemetry, ids)
            counts.append(graph.statements - before)
            assert {id: impact.occurrences for id, impact in found.items()} == dict.fromkeys(ids, 3)
    assert counts[0] == counts[1]


async def _stale(graph: Graph) -> None:
    await graph.execute("MATCH (t:ImprovementTask) SET t.impactAt = $past", past=times.later(-3_600))


def _error(api: Client, id: str, **input: Any) -> tuple[str, list[str]]:
    (error,) = api.ask(UPDATE, id=id, input=input)["improvementTaskUpdate"]["errors"]
    return error["code"], error["path"]


def test_tasks_are_found_by_what_people_look_for_and_moved(api: Client, live: Answered) -> None:
    said, watch = wrong(api, live, "card", "lost"), monitor(live)
    first = task(api, said, priority="URGENT", assignee="ann")
    second = task(api, watch, priority="LOW", idempotencyKey="k")
    assert task(api, watch, priority="LOW", idempotencyKey="k") == second
    for where, ids in (
        ({"assignee": "ann"}, [first]),
        ({"assigned": False}, [second]),
        ({"priority": ["URGENT", "HIGH"]}, [first]),
        ({"endpointId": live.id}, [first, second]),
        ({"endpointId": "endpoint_x"}, []),
        ({"raisedFromId": watch}, [second]),
        ({"source": ["FEEDBACK"]}, [first]),
        ({"status": ["OPEN"], "text": "MEND"}, [first, second]),
    ):
        assert [one["id"] for one in api.ask(LIST, where=where)["improvementTasks"]["nodes"]] == ids, where
    order = api.ask(LIST, orderBy="PRIORITY_ASC")["improvementTasks"]["nodes"]
    assert [one["id"] for one in order] == [second, first]
    assert _moved(api, "Start", ids=[first, second]) == [("IN_PROGRESS", None)] * 2
    assert _moved(api, "Resolve", where={"assignee": "ann"}, expectedCount=1) == [("RESOLVED", None)]
    assert _moved(api, "Start", ids=[first]) == [("RESOLVED", "ILLEGAL_MOVE")]
    refused = api.ask(MOVE % "Dismiss", ids=[second])["improvementTaskDismiss"]
    assert [error["code"] for error in refused["errors"]] == ["BAD_INPUT"]
    assert _moved(api, "Dismiss", ids=[second], reason="noise") == [("DISMISSED", None)]
    assert _moved(api, "Reopen", ids=[second, first]) == [("OPEN", None)] * 2
    assert read(api, second)["history"]["nodes"][1] == {"action": "dismiss", "actor": "me", "reason": "noise"}
    node = api.ask(UPDATE, id=first, input={"assignee": None, "priority": "LOW"})["improvementTaskUpdate"]["node"]
    assert (node["assignee"], node["priority"]) == (None, "LOW")
    conflict = api.ask(UPDATE, id=first, input={"name": "x"}, rev=1)["improvementTaskUpdate"]
    assert (conflict["errors"][0]["code"], conflict["node"]["revision"]) == ("CONFLICT", node["revision"])


def _moved(api: Client, name: str, **arguments: Any) -> list[tuple[str, str | None]]:
    answer = api.ask(MOVE % name, **arguments)[f"improvementTask{name}"]
    assert not answer["errors"], answer
    return [(one["statusAfter"], one["error"] and one["error"]["code"]) for one in answer["outcomes"]]


def test_what_is_no_task_is_refused_and_nothing_is_written(api: Client, live: Answered) -> None:
    said = wrong(api, live, "card", "lost")
    never = "feedback_01jzzzzzzzzzzzzzzzzzzzzzzz"
    for input, code, path in (
        ({"raisedFrom": []}, "BAD_INPUT", ["input", "raisedFrom"]),
        ({"raisedFrom": [said] * 1_001}, "LIMIT", ["input", "raisedFrom"]),
        ({"raisedFrom": [said, never]}, "NOT_FOUND", ["input", "raisedFrom", "1"]),
        ({"raisedFrom": [live.id]}, "NOT_FOUND", ["input", "raisedFrom", "0"]),
        ({"raisedFrom": [f"{said}:v1", "", "x\x00"]}, "NOT_FOUND", ["input", "raisedFrom", "0"]),
        ({"raisedFrom": [said], "projectId": "project_x"}, "BAD_INPUT", ["input", "projectId"]),
        ({"raisedFrom": [said], "assignee": "group:x"}, "BAD_INPUT", ["input", "assignee"]),
        ({"raisedFrom": [said], "name": " "}, "BAD_INPUT", ["input", "name"]),
    ):
        errors = api.refused("TaskCreate", input={"name": "x", **input})
        assert (errors[0]["code"], [str(step) for step in errors[0]["path"]]) == (code, path), input
    assert api.run("Backlog", first=1)["totalCount"] == 0
    assert api.ask(ONE, id=never)["improvementTask"] is None
