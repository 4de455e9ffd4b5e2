"""What begat suggests by itself, with its evidence; what is decided on it stays decided."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from begat.core import times
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint
from tests.kinds.test_feedback import submit
from tests.kinds.test_improvement_task import read, right, wrong

CLUSTERS = """query($id: ID!, $since: DateTime, $least: Int, $first: Int, $after: String,
    $status: [SuggestionStatus!]) {
  feedbackClusters(endpointId: $id, since: $since, least: $least, first: $first, after: $after, status: $status) {
    nodes { key label answer correction size share firstAt lastAt status task { id } trend(bucket: DAY) { at count }
      members(first: 2) { nodes { id comment } totalCount pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor } totalCount judged complete } }"""
MEMBERS = """query($id: ID!, $after: String) { feedbackClusters(endpointId: $id, first: 1) {
  nodes { members(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage } } } } }"""
SUGGESTIONS = """query($id: ID!, $kinds: [SuggestionKind!], $status: [SuggestionStatus!], $least: Int, $first: Int = 50,
    $after: String) {
  improvementSuggestions(endpointId: $id, kinds: $kinds, status: $status, least: $least, first: $first, after: $after) {
    nodes { key kind statusName title severity count total sampleIds figures found reason decidedBy task { id } }
    pageInfo { hasNextPage endCursor } totalCount skipped { kind error { code } } } }"""
ACCEPT = """mutation($key: ID!, $name: String) { improvementSuggestionAccept(key: $key, name: $name) {
  node { id name raisedBy suggestion raisedFrom { id } expectedImpact { affectedShare } }
  errors { code message path } } }"""
DISMISS = """mutation($key: ID!, $reason: String!) { improvementSuggestionDismiss(key: $key, reason: $reason) {
  node { key statusName reason decidedBy } errors { code path } } }"""
REOPEN = """mutation($key: ID!) { improvementSuggestionReopen(key: $key) { errors { code } } }"""
OF_FEEDBACK = ["FREQUENT_CORRECTION", "RECURRING_ISSUE", "CONFUSED_ANSWERS"]


@pytest.fixture
def live(database: Database, api: Client) -> Answered:
    """An endpoint that answers."""
    one = endpoint(database)
    one.deployed(100)
    return one


def clusters(api: Client, live: Answered, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.ask(CLUSTERS, id=live.id, **arguments)["feedbackClusters"]
    return found


def suggested(api: Client, live: Answered, **arguments: Any) -> list[dict[str, Any]]:
    found = api.ask(SUGGESTIONS, id=live.id, **{"kinds": OF_FEEDBACK, **arguments})["improvementSuggestions"]
    assert not found["skipped"]
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


def remark(api: Client, live: Answered, comment: str) -> str:
    """A remark on a wrong answer; the feedback's id."""
    request = live.asked(["?"], ["card"])
    return str(submit(api, requestId=request, rating="NEGATIVE", comment=comment)["id"])


def test_feedback_that_recurs_is_shown_as_clusters_which_stay_dismissed_until_they_grow(
    api: Client, live: Answered
) -> None:
    lost = [wrong(api, live, "card", "lost") for _ in range(3)]
    late = [remark(api, live, "The answer came too late"), remark(api, live, "the answer came too late again")]
    wrong(api, live, "cash", "top_up")
    right(api, live)
    found = clusters(api, live)
    assert (found["totalCount"], found["judged"], found["complete"]) == (2, 7, True)
    first, second = found["nodes"]
    assert (first["label"], first["answer"], first["correction"]) == ("card → lost", "card", "lost")
    assert (first["size"], first["share"], first["status"]) == (3, 3 / 7, "OPEN")
    assert first["trend"] == [{"at": times.now()[:10] + "T00:00:00.000Z", "count": 3}]
    assert [one["id"] for one in first["members"]["nodes"]] == lost[:0:-1]
    assert first["members"]["totalCount"] == 3
    rest = api.ask(MEMBERS, id=live.id, after=first["members"]["pageInfo"]["endCursor"])
    assert rest["feedbackClusters"]["nodes"][0]["members"] == {
        "nodes": [{"id": lost[0]}],
        "pageInfo": {"hasNextPage": False},
    }
    assert (second["label"], second["size"], second["correction"]) == ("The answer came too late", 2, None)
    assert [one["id"] for one in second["members"]["nodes"]] == late[::-1]
    page = clusters(api, live, least=1, first=2)
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    last = clusters(api, live, least=1, first=2, after=page["pageInfo"]["endCursor"])
    assert [one["label"] for one in last["nodes"]] == ["cash → top_up"]
    assert clusters(api, live, since=times.later(-0.001))["nodes"] == []
    # Dismissed, it does not return unchanged, nor one larger; with three more, which are twice as many, it does.
    done = api.ask(DISMISS, key=first["key"], reason="known")["improvementSuggestionDismiss"]
    assert done == {
        "node": {"key": first["key"], "statusName": "DISMISSED", "reason": "known", "decidedBy": "me"},
        "errors": [],
    }
    wrong(api, live, "card", "lost")
    assert [one["key"] for one in clusters(api, live)["nodes"]] == [second["key"]]
    assert [one["size"] for one in clusters(api, live, status=["DISMISSED"])["nodes"]] == [4]
    for _ in range(2):
        wrong(api, live, "card", "lost")
    again = clusters(api, live)["nodes"][0]
    assert (again["key"], again["size"], again["status"]) == (first["key"], 6, "DISMISSED")
    # As a suggestion it stays dismissed, until somebody takes that back.
    assert [one["key"] for one in suggested(api, live)] == []
    assert api.ask(REOPEN, key=first["key"])["improvementSuggestionReopen"]["errors"] == []
    assert [one["key"] for one in suggested(api, live)] == [first["key"]]
    # Feedback that was dismissed is in no cluster.
    api.ask("mutation($ids: [ID!]) { feedbackDismiss(ids: $ids) { changed } }", ids=late)
    assert [one["key"] for one in clusters(api, live)["nodes"]] == [first["key"]]


def test_corrections_suggest_tasks_which_are_made_once(api: Client, live: Answered) -> None:
    lost = [wrong(api, live, "card", "lost") for _ in range(3)]
    back = wrong(api, live, "lost", "card")
    for _ in range(4):
        right(api, live)
    pair, often = suggested(api, live)
    assert (pair["kind"], pair["count"], pair["total"], pair["severity"]) == ("CONFUSED_ANSWERS", 4, 8, 0.5)
    assert pair["figures"]["answers"] == ["card", "lost"]
    assert pair["sampleIds"] == [back, *lost[::-1]]
    assert (often["kind"], often["title"]) == ("FREQUENT_CORRECTION", "'card' is corrected to 'lost' (3 times)")
    assert (often["severity"], often["statusName"], often["task"]) == (3 / 8, "OPEN", None)
    assert suggested(api, live, least=5) == []
    assert len(suggested(api, live, least=1)) == 3
    # Accepted it is a task, raised from what speaks for it; accepted again, the same one.
    made = api.ask(ACCEPT, key=often["key"])["improvementSuggestionAccept"]["node"]
    assert (made["name"], made["raisedBy"], made["suggestion"]) == (
        often["title"],
        ["FEEDBACK", "SUGGESTION"],
        often["key"],
    )
    assert [one["id"] for one in made["raisedFrom"]] == lost
    assert made["expectedImpact"]["affectedShare"] == 3 / 8
    assert api.ask(ACCEPT, key=often["key"], name="other")["improvementSuggestionAccept"]["node"]["id"] == made["id"]
    assert api.run("Backlog", first=1)["totalCount"] == 1
    assert [one["key"] for one in suggested(api, live)] == [pair["key"]]
    (kept,) = suggested(api, live, status=["ACCEPTED"])
    assert (kept["key"], kept["task"], kept["found"]) == (often["key"], {"id": made["id"]}, True)
    # What was decided is shown also when it is not found any more.
    api.ask("mutation($ids: [ID!]) { feedbackDismiss(ids: $ids) { changed } }", ids=lost)
    (kept,) = suggested(api, live, status=["ACCEPTED"])
    assert (kept["title"], kept["found"], kept["count"]) == (often["title"], False, 3)
    assert read(api, made["id"])["statusName"] == "OPEN"


def test_a_suggestion_that_is_accepted_by_many_at_once_is_one_task(api: Client, live: Answered) -> None:
    for _ in range(3):
        wrong(api, live, "card", "lost")
    (key,) = (one["key"] for one in suggested(api, live))
    together, made = threading.Barrier(4), []

    def accept() -> None:
        together.wait()
        made.append(api.ask(ACCEPT, key=key)["improvementSuggestionAccept"]["node"]["id"])

    threads = [threading.Thread(target=accept) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert api.run("Backlog", first=10)["totalCount"] == 1


def test_what_is_no_suggestion_is_refused(api: Client, live: Answered) -> None:
    for _ in range(3):
        wrong(api, live, "card", "lost")
    (key,) = (one["key"] for one in suggested(api, live))
    unknown = key[:-3] + "000"
    for wanted in (unknown, "", "x", f"{live.id}:NO_KIND:1", key.replace(live.id, "endpoint_x"), "é:x:y"):
        for query in (ACCEPT, DISMISS, REOPEN):
            answer = next(iter(api.ask(query, key=wanted, **({"reason": "x"} if query is DISMISS else {})).values()))
            code = "ILLEGAL_MOVE" if query is REOPEN and wanted == unknown else "NOT_FOUND"
            assert [error["code"] for error in answer["errors"]] == [code], wanted
    refused = api.ask(DISMISS, key=key, reason=" ")["improvementSuggestionDismiss"]
    assert refused["errors"] == [{"code": "BAD_INPUT", "path": ["reason"]}]
    api.ask(DISMISS, key=key, reason="known")
    refused = api.ask(ACCEPT, key=key)["improvementSuggestionAccept"]
    assert (refused["node"], refused["errors"][0]["code"]) == (None, "ILLEGAL_MOVE")
    assert api.run("Backlog", first=1)["totalCount"] == 0
    for query in (CLUSTERS, SUGGESTIONS):
        for arguments, code in (
            ({"id": "endpoint_x"}, "NOT_FOUND"),
            ({"id": live.id, "least": 0}, "BAD_INPUT"),
            ({"id": live.id, "first": 5_000}, "LIMIT"),
            ({"id": live.id, "after": "x"}, "BAD_INPUT"),
        ):
            answer = api.send(query, arguments)
            assert [error["extensions"]["code"] for error in answer["errors"]] == [code], arguments
