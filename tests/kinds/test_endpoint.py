"""Endpoints over HTTP: deployed, asked, changed, rolled back, stopped, and what their log and metrics tell."""

from __future__ import annotations

import pytest

from tests.api_client import Client, operation
from tests.conftest import Database
from tests.kinds.served import CARD, LOST, altered, ask, deployed, models, refused, settled, shares

MOVE = (
    """mutation($ids: [ID!]) { endpointRedeploy(ids: $ids) { outcomes { ok statusAfter error { code message } } } }"""
)
SERVED = """query($id: ID!) { modelVersion(id: $id) { endpoints { id statusName } } }"""
LISTED = """query($where: EndpointFilter) { endpoints(where: $where) { nodes { id } totalCount } }"""
AT = """query($id: ID!, $at: DateTime!) { endpoint(id: $id) { versionAt(at: $at) { number } } }"""
MEASURED = """query($id: ID!, $since: DateTime, $until: DateTime, $bucket: Bucket) { endpoint(id: $id) {
  metrics(since: $since, until: $until, bucket: $bucket) {
    requests errors clientErrors errorRate requestRate tokens cost { amount unit } latency { p50 p95 p99 }
    buckets { at requests p95 } byModelVersion { requests errorRate modelVersion { id } }
  }
} }"""
LOGGED = """query($id: ID!, $since: DateTime, $errors: Boolean, $model: ID, $text: String, $origin: InferenceOrigin,
  $slow: Float, $first: Int!, $after: String) { endpoint(id: $id) {
  requests(since: $since, onlyErrors: $errors, modelVersionId: $model, text: $text, origin: $origin,
    minLatencyMs: $slow, first: $first, after: $after) {
    nodes { requestId at status code origin latencyMs modelMs inputs input output endpointVersion { number }
      modelVersion { id } feedback { rating } }
    totalCount pageInfo { hasNextPage endCursor }
  }
} }"""


def update(api: Client, id: str, **input: object) -> dict[str, object]:
    """What becomes of an update that must be done."""
    node: dict[str, object] = api.done("Redeploy", id=id, input=input)["node"]
    return node


def test_a_deployment_takes_over_when_it_answers_and_an_earlier_one_can_come_back(
    api: Client, database: Database
) -> None:
    first, second = models(database, api.home, 2)
    id = deployed(api, (first, 100), description="of the bank", tags=["a"])
    answer = ask(api, id, LOST, {"text": CARD})
    assert [one["answer"] for one in answer["outputs"]] == ["lost_card", "card_arrival"]
    assert all(0 < one["score"] <= 1 for one in answer["outputs"])
    assert answer["latencyMs"] > 0
    assert (answer["endpointVersion"]["number"], answer["modelVersion"]["id"]) == (1, first)
    assert api.ask(SERVED, id=first)["modelVersion"]["endpoints"] == [{"id": id, "statusName": "ONLINE"}]
    assert api.ask(LISTED, where={"modelVersionId": first, "tags": ["a"]})["endpoints"]["totalCount"] == 1
    assert api.ask(LISTED, where={"modelVersionId": second})["endpoints"]["totalCount"] == 0

    update(api, id, traffic=shares((second, 100)), name="other name")
    assert ask(api, id)["modelVersion"]["id"] in (first, second), "somebody answers all the time"
    shown = settled(api, id)
    assert (shown["name"], shown["version"], shown["pending"]) == ("other name", {"number": 2}, None)
    assert shown["health"]["statusName"] == "HEALTHY"
    two, one = shown["versions"]["nodes"]
    assert (one["statusName"], two["statusName"], two["liveUntil"]) == ("SUPERSEDED", "SERVING", None)
    assert one["liveUntil"] == two["liveFrom"] > one["liveFrom"]
    assert ask(api, id)["modelVersion"]["id"] == second

    assert api.done("Rollback", id=id, to=None)["node"]
    shown = settled(api, id)
    assert shown["versions"]["nodes"][0]["configuredFrom"] == 1
    assert ask(api, id)["modelVersion"]["id"] == first
    for moment, number in ((one["liveFrom"], 1), (two["liveFrom"], 2), ("2020-01-01T00:00:00Z", None)):
        found = api.ask(AT, id=id, at=moment)["endpoint"]["versionAt"]
        assert found == (None if number is None else {"number": number})
    api.done("Rollback", id=id, to=2)
    settled(api, id)
    assert ask(api, id)["endpointVersion"]["number"] == 4
    actions = [entry["action"] for entry in api.run("History", id=id)["history"]["nodes"]]
    assert actions == ["ready", "rollback", "ready", "rollback", "ready", "redeploy", "ready", "deploy"]

    api.done("Stop", ids=[id])
    assert refused(api, id, [LOST])["code"] == "ILLEGAL_MOVE"
    shown = settled(api, id)
    assert (shown["statusName"], shown["version"]) == ("STOPPED", None)
    assert shown["versions"]["nodes"][0]["statusName"] == "STOPPED"
    assert api.ask(SERVED, id=second)["modelVersion"]["endpoints"] == []
    api.done("Start", ids=[id])
    assert settled(api, id)["statusName"] == "ONLINE"
    assert (ask(api, id)["modelVersion"]["id"], ask(api, id)["endpointVersion"]["number"]) == (second, 5)
    assert api.ask(MOVE, ids=[id])["endpointRedeploy"]["outcomes"][0]["statusAfter"] == "DEPLOYING"
    assert settled(api, id)["version"] == {"number": 6}


def test_a_deployment_that_does_not_answer_fails_and_what_serves_goes_on(api: Client, database: Database) -> None:
    good, broken = models(database, api.home, 2)
    altered(database, broken, uri="local:models/none/1")
    id = deployed(api, (good, 100))
    update(api, id, traffic=shares((good, 50), (broken, 50)))
    shown = settled(api, id)
    assert (shown["statusName"], shown["version"], shown["pending"]) == ("ONLINE", {"number": 1}, None)
    failed = shown["versions"]["nodes"][0]
    assert (failed["statusName"], failed["failure"]["code"], failed["liveFrom"]) == ("FAILED", "PLATFORM", None)
    assert ask(api, id)["endpointVersion"]["number"] == 1

    other = api.done("Deploy", input={"name": "b", "traffic": shares((broken, 100))})["node"]["id"]
    shown = settled(api, other)
    assert (shown["statusName"], shown["version"], shown["health"]["statusName"]) == ("FAILED", None, "FAILED")
    assert refused(api, other, [LOST])["code"] == "ILLEGAL_MOVE"
    update(api, other, traffic=shares((good, 100)))
    assert settled(api, other)["statusName"] == "ONLINE"


def test_what_serves_is_in_use_and_what_is_in_use_is_not_taken_away(api: Client, database: Database) -> None:
    served, other = models(database, api.home, 2)
    id = deployed(api, (served, 100))
    retire = "mutation($ids: [ID!]) { modelVersionRetire(ids: $ids) { outcomes { ok error { code message } } } }"
    outcome = api.ask(retire, ids=[served])["modelVersionRetire"]["outcomes"][0]
    assert (outcome["ok"], outcome["error"]["code"]) == (False, "GUARD_FAILED")
    assert "'bank'" in outcome["error"]["message"]
    model = api.ask("{ models { nodes { id } } }")["models"]["nodes"][0]["id"]
    for one in (served, model, id):
        assert [error["code"] for error in api.refused("Trash", ids=[one])] == ["IN_USE"]
    assert api.ask(retire, ids=[other])["modelVersionRetire"]["outcomes"][0]["ok"]
    assert [error["code"] for error in api.refused("Redeploy", id=id, input={"traffic": shares((other, 100))})] == [
        "ILLEGAL_MOVE"
    ]
    token = api.run("Trash", ids=[id], dryRun=True)["token"]
    api.done("Trash", ids=[id], token=token)
    assert refused(api, id, [LOST])["code"] == "ILLEGAL_MOVE"
    assert settled(api, id, "STOPPED")["retention"] == "TRASHED"
    api.done("Restore", ids=[id])
    assert settled(api, id)["statusName"] == "STOPPED", "restore leaves it stopped"
    assert api.ask(retire, ids=[served])["modelVersionRetire"]["outcomes"][0]["ok"], "nothing serves it any more"
    assert [error["code"] for error in api.refused("Start", ids=[id])] == ["ILLEGAL_MOVE"]
    api.done("Archive", ids=[id])
    assert "archived" in refused(api, id, [LOST])["message"]


def test_what_serves_is_not_archived(api: Client, database: Database) -> None:
    serves, other = models(database, api.home, 2)
    model = api.ask("query($id: ID!) { modelVersion(id: $id) { model { id } } }", id=serves)["modelVersion"]["model"]
    id = deployed(api, (serves, 100))
    for one in (serves, model["id"]):
        for dry in (True, False):
            (error,) = api.refused("Archive", ids=[one], dryRun=dry)
            assert error["code"] == "IN_USE"
            assert id in error["message"]
            assert "dryRun" not in error["hint"], "no plan overcomes it"
        actions = {one["action"]: one for one in api.run("Actions", id=one)["availableActions"]}
        assert [blocker["code"] for blocker in actions["archive"]["blockers"]] == ["IN_USE"]
        assert not api.run("Impact", id=one, action="ARCHIVE")["impact"]["allowed"]
    api.done("Archive", ids=[other])
    api.done("Stop", ids=[id])
    settled(api, id, "STOPPED")
    api.done("Archive", ids=[serves, model["id"]])
    assert [error["code"] for error in api.refused("Start", ids=[id])] == ["ILLEGAL_MOVE"]
    api.done("Restore", ids=[serves, model["id"]])
    api.done("Start", ids=[id])


def test_the_log_and_the_metrics_tell_of_every_query(api: Client, database: Database) -> None:
    (model,) = models(database, api.home, 1)
    id = deployed(api, (model, 100), logging={"redact": ["name"]})
    empty = api.ask(MEASURED, id=id)["endpoint"]["metrics"]
    assert (empty["requests"], empty["errorRate"], empty["latency"], empty["cost"]) == (0, None, None, None)
    assert (empty["buckets"], empty["byModelVersion"]) == ([], [])
    asked = [ask(api, id, {"text": text}) for text in (LOST, CARD)]
    bad = [refused(api, id, inputs) for inputs in ([{"name": "Ada", "text": LOST}], [], [7])]
    assert [(error["code"], error["path"]) for error in bad] == [
        ("BAD_INPUT", ["inputs", "0"]),
        ("BAD_INPUT", ["inputs"]),
        ("BAD_INPUT", ["inputs", "0"]),
    ]
    variables = {"id": id, "first": 2}
    page = api.ask(LOGGED, **variables)["endpoint"]["requests"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, True)
    rest = api.ask(LOGGED, **{**variables, "first": 50}, after=page["pageInfo"]["endCursor"])["endpoint"]["requests"]
    nodes = page["nodes"] + rest["nodes"]
    assert [node["status"] for node in nodes] == ["CLIENT_ERROR"] * 3 + ["OK"] * 2
    assert nodes == sorted(nodes, key=lambda node: node["requestId"], reverse=True)
    assert nodes[2]["input"] == [{"name": "[redacted]", "text": LOST}]
    assert (nodes[0]["input"], nodes[0]["code"], nodes[0]["modelVersion"]) == (None, "BAD_INPUT", None)
    first = nodes[4]
    assert (first["requestId"], first["modelVersion"]["id"]) == (asked[0]["requestId"], model)
    assert (first["input"], first["output"]) == ([{"text": LOST}], asked[0]["outputs"])
    assert 0 < first["modelMs"] < first["latencyMs"]
    for wanted, count in (
        ({"errors": True}, 3),
        ({"model": model}, 2),
        ({"text": "NEW CARD"}, 1),
        ({"text": "Ada"}, 0),
        ({"origin": "TEST"}, 0),
        ({"origin": "ANY"}, 5),
        ({"slow": 1e6}, 0),
    ):
        assert api.ask(LOGGED, id=id, first=0, **wanted)["endpoint"]["requests"]["totalCount"] == count, wanted

    found = api.ask(MEASURED, id=id, bucket="MINUTE")["endpoint"]["metrics"]
    assert (found["requests"], found["errors"], found["clientErrors"], found["errorRate"]) == (5, 0, 3, 0.0)
    assert sum(bucket["requests"] for bucket in found["buckets"]) == 5
    assert found["cost"]["unit"] == "CPU_SECONDS"
    waited = sorted(node["latencyMs"] for node in nodes[3:])
    assert found["latency"]["p50"] == pytest.approx(sum(waited) / 2)
    parts = {part["modelVersion"] and part["modelVersion"]["id"]: part["requests"] for part in found["byModelVersion"]}
    assert parts == {model: 2, None: 3}
    record = api.ask(RECORD, id=asked[0]["requestId"])["inferenceRecord"]
    assert record == {"requestId": asked[0]["requestId"], "endpoint": {"id": id}, "endpointVersion": {"number": 1}}
    for unknown in ("req_0", "", "x" * 300, "req_" + "0" * 26):
        assert api.ask(RECORD, id=unknown)["inferenceRecord"] is None


RECORD = "query($id: ID!) { inferenceRecord(requestId: $id) { requestId endpoint { id } endpointVersion { number } } }"


def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    api: Client, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    good, failed, external, archived = models(database, api.home, 4)
    altered(database, failed, status="FAILED")
    altered(database, external, external=True)
    api.done("Archive", ids=[archived])
    sheet = "sheet_01jzzzzzzzzzzzzzzzzzzzzzzz"
    with caplog.at_level("ERROR", "begat"):
        for traffic, code, path in (
            ([(good, 60), (archived, 50)], "BAD_INPUT", ["input", "traffic"]),
            ([(good, 110)], "BAD_INPUT", ["input", "traffic", "0", "percent"]),
            ([(failed, 100)], "ILLEGAL_MOVE", ["input", "traffic", "0", "modelVersionId"]),
            ([(good, 50), (archived, 50)], "ILLEGAL_MOVE", ["input", "traffic", "1", "modelVersionId"]),
            ([(external, 100)], "BAD_INPUT", ["input", "traffic", "0", "modelVersionId"]),
            ([(sheet, 100)], "NOT_FOUND", ["input", "traffic", "0", "modelVersionId"]),
        ):
            error = api.refused("Deploy", input={"name": "x", "traffic": shares(*traffic)})[0]
            assert (error["code"], error["path"]) == (code, path), error
        assert api.ask(LISTED, where={})["endpoints"]["totalCount"] == 0
        input = {"name": "bank", "traffic": shares((good, 100)), "idempotencyKey": "k"}
        first, again = (api.done("Deploy", input=input)["node"]["id"] for _ in range(2))
        assert first == again
        error = api.refused("Deploy", input={**input, "idempotencyKey": "other"})[0]
        assert (error["code"], error["id"], error["path"]) == ("DUPLICATE", first, ["input", "name"])
        before = settled(api, first)
        for name, variables, code in (
            ("Redeploy", {"input": {"traffic": shares((good, 99))}}, "BAD_INPUT"),
            ("Redeploy", {"input": {"tags": ["a"]}, "rev": 1}, "CONFLICT"),
            ("Rollback", {"to": None}, "GUARD_FAILED"),
            ("Rollback", {"to": 7}, "BAD_INPUT"),
            ("Rollback", {"to": -1}, "BAD_INPUT"),
        ):
            assert [error["code"] for error in api.refused(name, id=first, **variables)] == [code], name
        assert [error["code"] for error in api.refused("Start", ids=[first])] == ["ILLEGAL_MOVE"]
        update(api, first, traffic=shares((good, 100)), size="SMALL")
        assert settled(api, first)["revision"] == before["revision"], "the same configuration is no deployment"
        for window in ({"since": "2030-01-01T00:00:00Z"}, {"since": "2001-01-01T00:00:00Z"}):
            answer = api.send(MEASURED, {"id": first, **window})
            assert answer["errors"][0]["path"][-1] == "metrics"
        answer = api.send(LOGGED, {"id": first, "first": 5, "after": "nonsense"})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert [record.getMessage() for record in caplog.records] == []
    assert [error["code"] for error in api.refused("Deploy", input={"name": " ", "traffic": []})] == ["BAD_INPUT"]
    assert (
        api.send(operation("Ask"), {"id": "endpoint_none", "inputs": ["a"]})["data"]["endpointQuery"]["errors"][0][
            "code"
        ]
        == "NOT_FOUND"
    )
