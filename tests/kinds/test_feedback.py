"""Feedback: whose it is, what it is about, how it changes, and what is refused."""

from __future__ import annotations

import base64
import contextlib
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from begat.access.scope import Viewer, single_user
from begat.change.write import Change, write
from begat.core import times
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.kinds.feedback import acts
from begat.kinds.feedback.acts import NewFeedback
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Origin
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint

ONE = """query($id: ID!) { feedback(id: $id) {
  id requestId position rating correction comment isRight question answer input statusName reason by submittedBy
  revision endpoint { id } endpointVersion { id number } modelVersion { id number }
  edits { actor changed before { rating comment } after { rating comment correction } } } }"""
MOVE = """mutation($ids: [ID!], $where: FeedbackFilter, $expectedCount: Int, $reason: String) {
  %s(ids: $ids, where: $where, expectedCount: $expectedCount, reason: $reason) {
    matched changed nodes { statusName reason } outcomes(first: 3) { id ok statusBefore statusAfter error { code } }
    errors { code path } job { id statusName } } }"""


def submit(api: Client, **input: Any) -> dict[str, Any]:
    """Feedback that must be taken."""
    node: dict[str, Any] = api.done("Feedback", input=input)["node"]
    return node


def refused(api: Client, **input: Any) -> tuple[str, list[str]]:
    """The code and path of the refusal."""
    (error,) = api.refused("Feedback", input=input)
    return error["code"], error["path"]


def read(api: Client, id: str) -> dict[str, Any]:
    """The feedback as it is now."""
    found: dict[str, Any] = api.ask(ONE, id=id)["feedback"]
    return found


@pytest.fixture
def live(database: Database, api: Client) -> Answered:
    """An endpoint that answers nine of ten questions by its first model version."""
    one = endpoint(database)
    one.deployed(90, 10)
    return one


def test_it_is_about_the_version_that_answered_also_after_the_next_deployment(api: Client, live: Answered) -> None:
    first, second = live.models
    request = live.asked(["where is my card?", "pay in cash?"], ["lost", "cash"], model=1)
    live.deployed(60, 40)
    node = submit(api, requestId=request, position=1, rating="NEGATIVE", correction=" top_up ", comment="no")
    assert node["statusName"] == "NEW"
    assert node["modelVersion"] == {"id": second, "number": 2}
    found = read(api, node["id"])
    assert found["endpointVersion"] == {"id": live.versions[0], "number": 1}
    assert (found["endpoint"]["id"], found["position"]) == (live.id, 1)
    assert (found["question"], found["answer"], found["correction"]) == ("pay in cash?", "cash", "top_up")
    assert (found["input"], found["isRight"]) == ({"question": "pay in cash?"}, False)
    assert (found["by"], found["submittedBy"]) == ("me", "me")
    # Of the endpoint as a whole: what serves now; a model version only where it has all the traffic.
    whole = read(api, submit(api, endpointId=live.id, rating="POSITIVE")["id"])
    assert (whole["requestId"], whole["endpointVersion"]["id"]) == (None, live.versions[1])
    assert whole["modelVersion"] is None
    live.deployed(100)
    whole = read(api, submit(api, endpointId=live.id, comment="good")["id"])
    assert (whole["modelVersion"]["id"], whole["isRight"]) == (first, None)


def test_a_question_is_worded_as_it_was_asked_unless_it_was_not_kept(api: Client, live: Answered) -> None:
    made = api.done("TemplateCreate", input={"name": "ask", "prompt": "Intent of: {{ text }}", "labelType": "intent"})
    version = made["node"]["version"]["id"]
    live.deployed(100, template=version)
    worded = live.asked([{"text": "card?"}, {"question": "as it is"}, {"other": "x"}], ["a", "b", "c"])
    silent = live.asked([{"text": "card?"}], ["a"], kept=False)
    live.deployed(100, template=version, logInputs="REDACTED", redact='["text"]')
    redacted = live.asked([{"text": "[redacted]"}], ["a"])
    found = [read(api, submit(api, requestId=worded, position=n, rating="POSITIVE")["id"]) for n in range(3)]
    assert [one["question"] for one in found] == ["Intent of: card?", "as it is", None]
    for request in (silent, redacted):
        assert read(api, submit(api, requestId=request, correction="b")["id"])["question"] is None


def test_the_same_person_about_the_same_answer_gives_one_feedback_that_keeps_its_history(
    api: Client, live: Answered
) -> None:
    request = live.asked(["where is my card?", "cash?"], ["card", "cash"])
    said = {"requestId": request, "rating": "POSITIVE", "comment": "fine"}
    node = submit(api, **said)
    assert submit(api, **said)["id"] == node["id"]
    assert read(api, node["id"])["revision"] == 1
    # What is not named stays, null takes it back; what was decided on other words waits again.
    api.ask(MOVE % "feedbackDismiss", ids=[node["id"]], reason="noise")
    assert submit(api, requestId=request, comment=None, correction="card ")["id"] == node["id"]
    found = read(api, node["id"])
    assert (found["rating"], found["comment"], found["correction"]) == ("POSITIVE", None, "card")
    assert (found["statusName"], found["reason"], found["isRight"]) == ("NEW", None, True)
    (edit,) = found["edits"]
    assert (edit["actor"], edit["changed"]) == ("me", ["comment", "correction"])
    assert edit["before"] == {"rating": None, "comment": "fine"}
    assert edit["after"] == {"rating": None, "comment": None, "correction": "card"}
    nothing = {"requestId": request, "rating": None, "correction": None}
    assert refused(api, **nothing) == ("BAD_INPUT", ["input", "rating"])
    # Another person, another answer, another feedback; a name that the caller gives is never another caller's.
    others = [submit(api, **said, by="ann"), submit(api, **said, position=1), submit(api, **said, by="me")]
    assert len({node["id"], *(other["id"] for other in others)}) == 3
    assert read(api, others[0]["id"])["by"] == "ann"
    # A key replays what was done the first time, whatever was said since.
    keyed = submit(api, **said, idempotencyKey="k1")
    submit(api, requestId=request, rating="NEGATIVE")
    assert submit(api, **said, idempotencyKey="k1")["id"] == keyed["id"]
    assert read(api, node["id"])["rating"] == "NEGATIVE"
    assert refused(api, **said, by="bob", idempotencyKey="k1")[0] == "BAD_INPUT"


def test_what_is_repeated_is_answered_also_when_the_log_keeps_the_request_no_longer(
    api: Client, live: Answered, tmp_path: Path
) -> None:
    request = live.asked(["card?"], ["card"])
    said = submit(api, requestId=request, rating="POSITIVE", idempotencyKey="k")
    new = NewFeedback(request, None, named={"rating": "POSITIVE"}, key="k")

    async def again(graph: Graph, new: NewFeedback) -> str:
        with contextlib.closing(LocalTelemetry(tmp_path)) as empty:
            return await acts.submit(graph, single_user(), empty, new)

    assert live.graph(lambda graph: again(graph, new)) == said["id"]
    with pytest.raises(Problem) as unknown:
        live.graph(lambda graph: again(graph, replace(new, key="new")))
    assert unknown.value.code is Code.NOT_FOUND


def test_feedback_that_is_sent_eight_times_at_once_is_there_once(api: Client, live: Answered) -> None:
    request = live.asked(["card?"], ["card"])
    together, ids = threading.Barrier(8), []

    def send() -> None:
        together.wait()
        ids.append(submit(api, requestId=request, rating="NEGATIVE")["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert api.run("Feedbacks", where={"requestId": request}, first=10)["totalCount"] == 1


def test_what_is_no_feedback_is_refused_and_nothing_is_written(api: Client, live: Answered) -> None:
    request = live.asked(["card?"], ["card"])
    test = live.asked(["card?"], ["card"], origin=Origin.TEST)
    good = {"requestId": request, "rating": "POSITIVE"}
    never = "req_01jzzzzzzzzzzzzzzzzzzzzzzz"
    for wrong in (never, "", "x" * 300, "req_é", "req_\x00"):
        assert refused(api, requestId=wrong, rating="POSITIVE") == ("NOT_FOUND", ["input", "requestId"])
    assert refused(api, endpointId=live.models[0], rating="POSITIVE") == ("NOT_FOUND", ["input", "endpointId"])
    assert refused(api, requestId=test, rating="POSITIVE") == ("ILLEGAL_MOVE", ["input", "requestId"])
    assert refused(api, requestId=request) == ("BAD_INPUT", ["input", "rating"])
    assert refused(api, requestId=request, comment="  ", correction="") == ("BAD_INPUT", ["input", "rating"])
    assert refused(api, rating="POSITIVE") == ("BAD_INPUT", ["input", "requestId"])
    assert refused(api, **good, endpointId=live.id) == ("BAD_INPUT", ["input", "requestId"])
    for position in (-1, 1):
        assert refused(api, **good, position=position) == ("BAD_INPUT", ["input", "position"])
    assert refused(api, endpointId=live.id, rating="POSITIVE", position=0) == ("BAD_INPUT", ["input", "position"])
    for field, most in (("correction", 100_000), ("comment", 10_000), ("by", 200)):
        for text in ("a\x00b", "x" * (most + 1)):
            assert refused(api, **good, **{field: text}) == ("BAD_INPUT", ["input", field])
    lone = '{"query": "mutation($i: FeedbackSubmitInput!) { feedbackSubmit(input: $i) { errors { code } } }", '
    lone += f'"variables": {{"i": {{"requestId": "{request}", "comment": "\\ud800"}}}}}}'
    answer = api.http.post("/graphql", content=lone, headers={"Content-Type": "application/json"}).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert api.run("Feedbacks", first=10)["nodes"] == []


def test_only_whoever_may_ask_the_endpoint_may_say_something(database: Database, live: Answered) -> None:
    request = live.asked(["card?"], ["card"])
    telemetry = LocalTelemetry(database.home)
    new = NewFeedback(request, None, named={"rating": "POSITIVE"})

    async def by(viewer: Viewer, what: NewFeedback) -> str:
        async with database.connect() as graph:
            return await acts.submit(graph, viewer, telemetry, what)

    def code(viewer: Viewer, what: NewFeedback) -> tuple[Code, str]:
        with pytest.raises(Problem) as refusal:
            anyio.run(by, viewer, what)
        return refusal.value.code, refusal.value.message

    stranger, viewer = Viewer("bob"), Viewer("carl", roles={"project_default": Role.VIEWER})
    try:
        assert code(stranger, new) == (Code.NOT_FOUND, f"There is no {request!r} that you can see.")
        assert code(stranger, NewFeedback(None, live.id, named=new.named))[0] is Code.NOT_FOUND
        assert code(viewer, new)[0] is Code.FORBIDDEN
        assert anyio.run(by, Viewer("ann", roles={"project_default": Role.REVIEWER}), new).startswith("feedback_")
    finally:
        telemetry.close()


def test_feedback_is_listed_newest_first_filtered_and_moved(api: Client, live: Answered) -> None:
    requests = [live.asked([f"question {n}"], [f"answer {n}"], model=n % 2) for n in range(6)]
    made = [
        submit(api, requestId=request, rating=("POSITIVE", "NEGATIVE")[n % 3 == 0], by=f"p{n % 2}", comment=f"Said {n}")
        for n, request in enumerate(requests)
    ]
    submit(api, requestId=requests[5], by="p1", correction="better")
    ids = [node["id"] for node in made]

    def found(first: int = 10, **where: Any) -> list[int]:
        page = api.run("Feedbacks", where=where, first=first)
        assert page["totalCount"] >= len(page["nodes"])
        return [ids.index(node["id"]) for node in page["nodes"]]

    assert found() == [5, 4, 3, 2, 1, 0]
    assert found(rating="NEGATIVE") == [3, 0]
    assert found(modelVersionId=live.models[1]) == [5, 3, 1]
    assert found(endpointVersionId=live.versions[0], by="p0", text="SAID 2") == [2]
    assert found(endpointId=live.id, text="question 4") == [4]
    assert found(hasCorrection=True) == [5]
    assert found(requestId=requests[1]) == [1]
    assert found(endpointId=live.models[0]) == []
    page = api.run("Feedbacks", first=4)
    assert page["totalCount"] == 6
    given = [node["at"] for node in page["nodes"]]
    within = [ids.index(node["id"]) for node in page["nodes"] if given[2] <= node["at"] < given[0]]
    assert found(at={"from": given[2], "to": given[0]}) == within
    triaged = api.ask(MOVE % "feedbackTriage", ids=ids[:2])["feedbackTriage"]
    assert (triaged["changed"], [node["statusName"] for node in triaged["nodes"]]) == (2, ["TRIAGED"] * 2)
    assert found(status=["TRIAGED"]) == [1, 0]
    resolved = api.ask(MOVE % "feedbackResolve", ids=ids[1:3], reason="done")["feedbackResolve"]
    assert [one["ok"] for one in resolved["outcomes"]] == [True, False]
    assert resolved["outcomes"][1]["error"]["code"] == "ILLEGAL_MOVE"
    where = {"endpointId": live.id, "status": ["NEW", "TRIAGED"]}
    wrong = api.ask(MOVE % "feedbackDismiss", where=where, expectedCount=2)["feedbackDismiss"]
    assert wrong["errors"] == [{"code": "CONFLICT", "path": ["expectedCount"]}]
    assert api.ask(MOVE % "feedbackDismiss", where=where, expectedCount=5)["feedbackDismiss"]["changed"] == 5
    assert api.ask(MOVE % "feedbackReopen", ids=ids)["feedbackReopen"]["changed"] == 6
    # A row of another kind is no feedback, and a feedback is no pair.
    assert api.refused("Approve", ids=ids[:1])[0]["code"] == "NOT_FOUND"


def test_more_than_a_thousand_are_moved_by_a_job(api: Client, live: Answered) -> None:
    request = live.asked(["card?"], ["card"])
    first = submit(api, requestId=request, rating="NEGATIVE", correction="cash")

    async def copy(change: Change) -> None:
        node = await change.lock_one(first["id"], label="Feedback")
        for number in range(1000):
            change.create(("Row", "Feedback"), {**node, "id": f"{node['id']}_{number}", "key": f"{number}"})

    live.graph(lambda graph: write(graph, single_user(), copy))
    begun = api.ask(MOVE % "feedbackDismiss", where={"endpointId": live.id}, expectedCount=1001, reason="spam")
    job = begun["feedbackDismiss"]["job"]["id"]
    query = "query($id: ID!) { bulkJob(id: $id) { statusName changed failed } }"
    done = api.wait(query, lambda data: data["bulkJob"]["statusName"] == "SUCCEEDED", id=job)
    assert (done["bulkJob"]["changed"], done["bulkJob"]["failed"]) == (1001, 0)
    assert api.run("Feedbacks", where={"status": ["DISMISSED"]}, first=1)["totalCount"] == 1001


def test_pages_go_back_over_years_without_a_gap(api: Client, live: Answered) -> None:
    first = submit(api, requestId=live.asked(["card?"], ["card"]), rating="NEGATIVE")
    ages = [0, 0, 1, 50, 4_000, 4_000, 90_000, 3_000_000, 200_000_000, 900_000_000]  # seconds, up to 28 years

    async def copy(change: Change) -> None:
        node = await change.lock_one(first["id"], label="Feedback")
        for number, age in enumerate(ages):
            at = times.later(-age, node["createdAt"])
            change.create(
                ("Row", "Feedback"), {**node, "id": f"feedback_{number}", "key": f"{number}", "createdAt": at}
            )

    live.graph(lambda graph: write(graph, single_user(), copy))
    query = """query($after: String) {
      feedbacks(first: 3, after: $after) { nodes { id at } pageInfo { hasNextPage endCursor } } }"""
    found: list[tuple[str, str]] = []
    after: str | None = None
    while after is not None or not found:
        page = api.ask(query, after=after)["feedbacks"]
        found += [(node["at"], node["id"]) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert found == sorted(found, reverse=True)
    assert len(found) == len(ages) + 1
    forged = base64.urlsafe_b64encode(b'["AT_DESC", "0001-01-01T00:00:00.000Z", "x"]').decode()
    assert api.ask(query, after=forged)["feedbacks"]["nodes"] == []
    for wrong in (b'["AT_DESC", 7, "x"]', b'["AT_ASC", "2026-01-01T00:00:00.000Z", "x"]'):
        answer = api.send(query, {"after": base64.urlsafe_b64encode(wrong).decode()})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
