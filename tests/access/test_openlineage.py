"""Lineage of tables as others say it, sent by the official OpenLineage client over HTTP with a token as its API key."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import zlib
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openlineage.client import event_v2 as events
from requests import HTTPError
from tests.access.conftest import People, sheet
from tests.access.jobs import DB, Job, fed_by

from begat.api import openlineage
from begat.kinds.source_table.acts import id_of
from begat.kinds.source_table.feeding import Fed


def test_what_feeds_a_sheets_table_is_told_by_the_official_client(sender: tuple[People, str, str]) -> None:
    people, token, bank = sender
    eddy = people.client(token)
    made = sheet(eddy, bank)
    load, copy = Job(people.address, token, "load"), Job(people.address, token, "copy", packed=True)
    first = load.run()
    load.say(first, "START", ("shop.public.orders", "shop.public.people"))
    load.say(first, "COMPLETE", (), ("test.questions",), 1)
    other = copy.run()
    copy.say(other, "COMPLETE", ("shop.public.orders",), ("test.questions",), 2)
    both = ["airflow/copy", "airflow/load"]
    assert fed_by(people) == {("questions", "orders"): both, ("questions", "people"): ["airflow/load"]}

    walk = eddy.run("Upstream", id=made, depth=5)["upstream"]
    names = {hit["asset"]["name"]: hit["depth"] for hit in walk["nodes"]["nodes"]}
    assert names == {"questions": 1, "orders": 2, "people": 2}
    fed = [edge for edge in walk["nodes"]["edges"] if edge["relation"] == "FED_BY"]
    assert len(fed) == 2, "two sources say the same: one edge of an answer"
    orders = id_of(f"{DB}/shop.public.orders")
    [use] = eddy.run("UsedBy", id=orders)["usedBy"]["edges"]
    assert (use["relation"], use["node"]["id"]) == ("FED_BY", id_of("local.test.questions"))
    table = eddy.ask("query ($id: ID!) { sourceTable(id: $id) { fullName columns { name type } } }", id=orders)
    assert table["sourceTable"]["fullName"] == f"{DB}/shop.public.orders"
    assert table["sourceTable"]["columns"] == [{"name": "id", "type": "INT"}, {"name": "text", "type": ""}]


def test_events_of_a_job_and_of_a_dataset_are_kept_too(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    load = Job(people.address, token, "load")
    said = {"eventTime": "2025-11-24T10:00:00Z", "producer": "urn:test"}
    load.client.emit(events.DatasetEvent(**said, dataset=events.StaticDataset("s3://bucket", "raw/2026.csv")))
    table = people.client(token).ask(
        "query ($id: ID!) { sourceTable(id: $id) { name fullName } }", id=id_of("s3://bucket/raw/2026.csv")
    )
    assert table["sourceTable"] == {"name": "2026.csv", "fullName": "s3://bucket/raw/2026.csv"}
    inputs, outputs = [events.InputDataset("s3://bucket", "raw/2026.csv")], [events.OutputDataset(DB, "orders")]
    load.client.emit(events.JobEvent(**said, job=load.job, inputs=inputs, outputs=outputs))
    assert fed_by(people) == {("orders", "2026.csv"): ["airflow/load"]}


def test_who_may_not_and_what_is_no_event_changes_nothing(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    for stranger, status in (
        (None, 401),
        ("begat_none", 401),
        (people.token("vera"), 403),
        (people.token("nina"), 403),
    ):
        job = Job(people.address, stranger, "load")
        with pytest.raises(HTTPError) as refused:
            job.say(job.run(), "COMPLETE", ("a",), ("b",))
        assert refused.value.response is not None
        assert refused.value.response.status_code == status

    table: dict[str, Any] = {"namespace": DB, "name": "a"}
    good: dict[str, Any] = {
        "eventTime": "2026-11-24T10:00:00Z",
        "run": {"runId": str(uuid4())},
        "job": {"namespace": "airflow", "name": "load"},
        "inputs": [table],
        "outputs": [{**table, "name": "b"}],
    }
    http = people.client(token).http

    def refusal(body: bytes, **headers: str) -> tuple[int, str, list[Any]]:
        answer: httpx.Response = http.post(
            "/api/v1/lineage", content=body, headers={"Content-Type": "application/json", **headers}
        )
        extensions = answer.json()["errors"][0]["extensions"]
        return answer.status_code, extensions["code"], extensions["path"]

    bad: list[tuple[dict[str, Any], list[Any]]] = [
        ({"eventTime": "yesterday"}, ["eventTime"]),
        ({"eventTime": None}, ["eventTime"]),
        ({"eventType": "DONE"}, ["eventType"]),
        ({"eventType": ["COMPLETE"]}, ["eventType"]),
        ({"run": {"runId": "1"}}, ["run", "runId"]),
        ({"run": []}, ["run"]),
        ({"job": None}, ["job"]),
        ({"job": {"namespace": "airflow", "name": "  "}}, ["job", "name"]),
        ({"inputs": {}}, ["inputs"]),
        ({"inputs": [table, {"name": "a"}]}, ["inputs", 1, "namespace"]),
        ({"outputs": [table, "b"]}, ["outputs", 1]),
        ({"outputs": [{**table, "name": "x" * 1001}]}, ["outputs", 0, "name"]),
        ({"outputs": [{**table, "name": "x\ny"}]}, ["outputs", 0, "name"]),
        ({"outputs": [{**table, "namespace": "begat"}]}, ["outputs", 0, "namespace"]),
    ]
    for wrong, path in bad:
        assert refusal(json.dumps({**good, **wrong}).encode()) == (422, "BAD_INPUT", path)
    many = [{**table, "name": str(number)} for number in range(201)]
    assert refusal(json.dumps({**good, "inputs": many}).encode()) == (422, "LIMIT", ["inputs"])
    wide = {**good, "inputs": many[:150], "outputs": many[:150]}
    assert refusal(json.dumps(wide).encode()) == (422, "LIMIT", ["outputs"])
    packed = gzip.compress(b" " * 50_000_000)
    assert len(packed) < 100_000
    assert refusal(packed, **{"Content-Encoding": "gzip"})[:2] == (413, "LIMIT")
    parts = [gzip.compress(part.encode()) for part in ("{", " " * 1_500_000, " " * 1_500_000)]
    assert refusal(b"".join(parts), **{"Content-Encoding": "gzip"})[:2] == (413, "LIMIT")
    assert refusal(parts[0] + b"no gzip", **{"Content-Encoding": "gzip"})[0] == 400
    assert refusal(gzip.compress(b"") * 1001, **{"Content-Encoding": "gzip"})[0] == 400
    assert refusal(b"", **{"Content-Encoding": "gzip"})[0] == 400
    assert refusal(b"no gzip", **{"Content-Encoding": "gzip"})[0] == 400
    assert refusal(gzip.compress(json.dumps(good).encode())[:-9], **{"Content-Encoding": "gzip"})[0] == 400
    assert refusal(b"{")[0] == 400
    assert refusal(b"[]")[0] == 400
    assert refusal(json.dumps(good).encode(), **{"Content-Type": "text/plain"})[0] == 415
    assert http.get("/api/v1/lineage").status_code == 405

    async def left(graph: Any) -> Any:
        return await graph.read("MATCH (n) WHERE n:SourceTable OR n:Feeder RETURN count(n)")

    assert people.graph(left) == 0
    assert http.post("/api/v1/lineage", json=good).json() == {"tables": 2, "asserted": 1, "renewed": 0, "retracted": 0}


@pytest.mark.anyio
async def test_events_are_kept_one_after_the_other_and_wait_no_longer_than_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of sixteen senders about the same tables some lost every race on the embedded graph, for 30 seconds."""
    at_once = most = 0
    pause = 0.02

    async def keep(*_: object) -> Fed:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(pause)
        at_once -= 1
        return Fed(1)

    async def enter(_: str | None) -> Any:
        return SimpleNamespace(graph=None, viewer=None)

    monkeypatch.setattr(openlineage, "feed", keep)
    event = {"eventTime": "2025-11-24T10:00:00Z", "job": {"namespace": "airflow", "name": "load"}}

    async def statuses(seconds: float, count: int) -> list[int]:
        app = openlineage.LineageEndpoint(enter, 1_000, seconds)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://begat") as http:
            answers = await asyncio.gather(*(http.post("/api/v1/lineage", json=event) for _ in range(count)))
        return sorted(answer.status_code for answer in answers)

    assert await statuses(30, 16) == [200] * 16
    assert most == 1
    pause = 0.5
    assert await statuses(0.3, 2) == [200, 503]


def test_a_body_that_was_compressed_in_several_parts_is_read_whole(sender: tuple[People, str, str]) -> None:
    people, token, _ = sender
    tables = [{"namespace": DB, "name": name} for name in "ab"]
    event = {
        "eventTime": "2025-11-24T10:00:00Z",
        "job": {"namespace": "airflow", "name": "load"},
        "inputs": tables[:1],
        "outputs": tables[1:],
    }
    text = json.dumps(event).encode()
    for place in (0, 1, len(text) // 2, len(text)):
        answer = people.client(token).http.post(
            "/api/v1/lineage",
            content=gzip.compress(text[:place]) + gzip.compress(text[place:]),
            headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        )
        assert answer.status_code == 200, answer.text
    assert fed_by(people) == {("b", "a"): ["airflow/load"]}


def test_a_body_in_many_parts_is_not_read_again_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = 0

    class Unpacker:
        def __init__(self, wbits: int) -> None:
            self.real = make(wbits=wbits)

        def decompress(self, packed: bytes, most: int) -> bytes:
            nonlocal handed
            handed += len(packed)
            return self.real.decompress(packed, most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    make = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Unpacker)
    text = os.urandom(1_000_000)
    packed = gzip.compress(b"") * (openlineage.MOST_PARTS - 1) + gzip.compress(text)
    assert openlineage.gunzip(packed, len(text)) == text
    assert handed < len(packed) + openlineage.MOST_PARTS * openlineage.PIECE
    assert len(openlineage.gunzip(packed, 1_000)) == 1_001
