"""Monitors over HTTP: made, fired by what really happened, taken up, recovered; and what is refused."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import anyio

from begat.core import times
from begat.platforms.local.telemetry import LocalTelemetry
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.watched import endpoint, records

SHOWN = """query($id: ID!) { monitor(id: $id) {
  statusName metric above window minSamples lastValue lastSamples lastVerdict lastAt breaches breachedAt webhook
  endpoint { id name } availableActions { action allowed } history { nodes { action actor } }
  upstream { nodes { nodes { id } } }
  alerts { totalCount nodes { revision firedAt windowEnd value above acknowledgedAt acknowledgedBy endedAt recovered } }
  deliveries { totalCount } dryRun(since: "2020-01-01T00:00:00Z", until: "2020-01-01T00:00:10Z") { fired { value } }
} }"""
ACKNOWLEDGE = "mutation($ids: [ID!]) { monitorAcknowledge(ids: $ids) { changed errors { message } } }"
SILENCE = """mutation($ids: [ID!], $until: DateTime) {
  monitorSilence(ids: $ids, until: $until) { changed nodes { silencedUntil } errors { code path } } }"""
UPDATE = """mutation($id: ID!, $input: MonitorUpdateInput!) {
  monitorUpdate(id: $id, input: $input) { node { above window webhook revision } errors { code path message } } }"""
MOVED = """mutation($ids: [ID!]) { done: %s(ids: $ids) { changed outcomes { error { code } } } }"""
SECRET = "mutation($id: ID!) { monitorWebhookSecret(id: $id) { secret errors { code } } }"


def made(database: Database) -> str:
    """An endpoint; its id."""

    async def work() -> str:
        async with database.connect() as graph:
            return await endpoint(graph)

    return anyio.run(work)


def shown(api: Client, id: str, *statuses: str) -> dict[str, Any]:
    """The monitor, once it has one of these statuses."""
    data = api.wait(SHOWN, lambda data: not statuses or data["monitor"]["statusName"] in statuses, id=id)
    found: dict[str, Any] = data["monitor"]
    return found


def test_a_monitor_fires_by_itself_is_taken_up_and_recovers(api: Client, database: Database) -> None:
    bank = made(database)
    input = {
        "name": "errors",
        "endpointId": bank,
        "metric": "ERROR_RATE",
        "above": 0.5,
        "recoverBelow": 0.1,
        "window": 1,
    }
    created = api.done("MonitorCreate", input={**input, "idempotencyKey": "1"})["node"]
    assert (created["statusName"], created["kind"]) == ("ACTIVE", "MONITOR")
    id = created["id"]
    assert api.done("MonitorCreate", input={**input, "idempotencyKey": "1"})["node"]["id"] == id
    quiet = shown(api, id)
    assert quiet["endpoint"] == {"id": bank, "name": "bank"}
    assert [hit["id"] for hit in quiet["upstream"]["nodes"]["nodes"]] == [bank]
    assert quiet["dryRun"] == {"fired": []}

    with contextlib.closing(LocalTelemetry(database.home)) as log:
        records(log, bank, times.now(), ["UNAVAILABLE"] * 40)
        loud = shown(api, id, "ALERTING")
        (alert,) = loud["alerts"]["nodes"]
        assert (alert["value"], alert["above"], alert["endedAt"]) == (1.0, 0.5, None)
        assert loud["breachedAt"] == alert["windowEnd"]
        assert {one["action"] for one in loud["availableActions"] if one["allowed"]} >= {"acknowledge", "pause"}
        assert not {one["action"] for one in loud["availableActions"]} & {"breach", "recover"}
        # Windows without requests do not end it.
        assert api.ask(ACKNOWLEDGE, ids=[id])["monitorAcknowledge"]["changed"] == 1
        records(log, bank, times.now(), [None] * 40)
        calm = shown(api, id, "ACTIVE")
    (ended,) = calm["alerts"]["nodes"]
    assert (ended["recovered"], ended["acknowledgedBy"]) == (True, "me")
    assert ended["endedAt"] > ended["firedAt"]
    assert [one["action"] for one in calm["history"]["nodes"]] == ["recover", "acknowledge", "breach", "create"]
    assert (calm["breachedAt"], calm["deliveries"]["totalCount"]) == (None, 0)

    for name, status in (("Archive", "PAUSED"), ("Restore", "PAUSED")):
        api.done(name, ids=[id])
        assert shown(api, id)["statusName"] == status
    assert api.ask(MOVED % "monitorResume", ids=[id])["done"]["changed"] == 1
    refused = api.ask(MOVED % "monitorResume", ids=[id])["done"]["outcomes"]
    assert refused[0]["error"]["code"] == "ILLEGAL_MOVE"


def test_a_create_that_is_repeated_is_answered_also_when_its_silence_is_over(api: Client, database: Database) -> None:
    until = times.later(3)
    input = {"name": "errors", "endpointId": made(database), "metric": "ERROR_RATE", "above": 0.5, "window": 60}
    input |= {"silencedUntil": until, "idempotencyKey": "k"}
    id = api.done("MonitorCreate", input=input)["node"]["id"]
    while times.now() <= until:
        time.sleep(0.1)
    assert api.done("MonitorCreate", input=input)["node"]["id"] == id
    assert api.refused("MonitorCreate", input={**input, "idempotencyKey": "new"})[0]["path"] == [
        "input",
        "silencedUntil",
    ]


def test_what_cannot_be_meant_is_refused_and_nothing_is_made(api: Client, database: Database) -> None:
    bank = made(database)
    good: dict[str, Any] = {"name": "w", "endpointId": bank, "metric": "ERROR_RATE", "above": 0.1, "window": 60}
    for change, code, field in (
        ({"window": None}, "BAD_INPUT", "window"),
        ({"above": None}, "BAD_INPUT", "above"),
        ({"above": 2}, "BAD_INPUT", "above"),
        ({"name": " "}, "BAD_INPUT", "name"),
        ({"endpointId": "endpoint_none"}, "NOT_FOUND", "endpointId"),
        ({"projectId": "project_other"}, "BAD_INPUT", "projectId"),
        ({"webhook": "http://127.0.0.1/"}, "BAD_INPUT", "webhook"),
        ({"webhook": "http://me:secret@example.org/"}, "BAD_INPUT", "webhook"),
        ({"silencedUntil": "2020-01-01T00:00:00Z"}, "BAD_INPUT", "silencedUntil"),
    ):
        (error,) = api.refused("MonitorCreate", input={**good, **change})
        assert (error["code"], error["path"]) == (code, ["input", field]), error
        assert "secret" not in str(error)
    assert api.ask("{ monitors { totalCount } }")["monitors"]["totalCount"] == 0

    id = api.done("MonitorCreate", input={**good, "webhook": "https://example.org/hook"})["node"]["id"]
    (error,) = api.ask(UPDATE, id=id, input={"above": None})["monitorUpdate"]["errors"]
    assert error["path"] == ["input", "above"]
    changed = api.ask(UPDATE, id=id, input={"above": 0.2, "webhook": None})["monitorUpdate"]
    assert changed == {"node": {"above": 0.2, "window": 60, "webhook": None, "revision": 2}, "errors": []}
    (error,) = api.ask(SILENCE, ids=[id], until="2020-01-01T00:00:00Z")["monitorSilence"]["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["until"])
    until = times.later(60)
    assert api.ask(SILENCE, ids=[id], until=until)["monitorSilence"]["nodes"] == [{"silencedUntil": until}]
    assert api.ask(SILENCE, ids=[id])["monitorSilence"]["nodes"] == [{"silencedUntil": None}]
    assert api.ask(SECRET, id=id)["monitorWebhookSecret"]["secret"].startswith("whsec_")
    assert api.ask(SECRET, id=bank)["monitorWebhookSecret"] == {"secret": None, "errors": [{"code": "NOT_FOUND"}]}
    data = api.send(SHOWN.replace("2020-01-01T00:00:10Z", "2020-01-03T00:00:00Z"), {"id": id})
    assert [error["extensions"]["code"] for error in data["errors"]] == ["LIMIT"]  # 2,880 windows of a minute
