"""Improvement tasks: raised from what people said, ranked by what mending would be worth, given to somebody."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core import times
from begat.graph.driver import Graph
from begat.kinds.monitor.kind import MONITOR
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint
from tests.kinds.test_feedback import submit

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
