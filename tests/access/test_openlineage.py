"""Lineage of tables as others say it, sent by the official OpenLineage client over HTTP with a token as its API key."""

from __future__ import annotations

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client import event_v2 as events
from openlineage.client.facet_v2 import schema_dataset
from openlineage.client.transport.http import (
    ApiKeyTokenProvider,
    HttpCompression,
    HttpConfig,
    HttpTransport,
    TokenProvider,
)
from requests import HTTPError
from tests.access.conftest import People, project, sheet
from tests.api_client import Client

from begat.core import times
from begat.kinds.source_table.acts import id_of

DB = "postgres://db:5432"


class Job:
    """A job of somebody's scheduler, sending events of its runs."""

    def __init__(
        self, address: str, token: str | None, name: str, namespace: str = "airflow", *, packed: bool = False
    ) -> None:
        auth = ApiKeyTokenProvider({"apiKey": token}) if token else TokenProvider({})
        config = HttpConfig(address, auth=auth, compression=HttpCompression.GZIP if packed else None)
        self.client = OpenLineageClient(transport=HttpTransport(config))
        self.job = events.Job(namespace, name)

    def run(self) -> events.Run:
        """A new run."""
        return events.Run(str(uuid4()))

    def say(
        self,
        run: events.Run,
        state: str,
        inputs: tuple[str, ...] = (),
        outputs: tuple[str, ...] = (),
        at: int = 0,
        year: int = 2025,
    ) -> None:
        """An event of a run: it reads and writes these tables, in the `at`th second."""
        self.client.emit(
            events.RunEvent(
                eventType=events.RunState[state],
                eventTime=f"{year}-11-24T10:00:{at:02d}.123456+01:00",
                run=run,
                job=self.job,
                producer="urn:test",
                inputs=[_dataset(events.InputDataset, name) for name in inputs],
                outputs=[_dataset(events.OutputDataset, name) for name in outputs],
            )
        )


def _dataset(kind: Any, name: str) -> Any:
    fields = [schema_dataset.SchemaDatasetFacetFields("id", "INT"), schema_dataset.SchemaDatasetFacetFields("text")]
    facets = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)}
    namespace = "local" if name.startswith("test.") else DB
    return kind(namespace, name, facets=facets)


def fed_by(people: People) -> dict[tuple[str, str], list[str]]:
    """The sources of every edge, by the names of its ends."""

    async def read(graph: Any) -> Any:
        return await graph.read(
            "MATCH (a:SourceTable)-[e:FED_BY]->(b:SourceTable) RETURN collect([a.name, b.name, e.source])"
        )

    found: dict[tuple[str, str], list[str]] = {}
    for output, input, source in people.graph(read):
        found.setdefault((output, input), []).append(source)
    return {pair: sorted(sources) for pair, sources in found.items()}


@pytest.fixture
def world(people: People, admin: Client) -> tuple[People, str, str]:
    """An editor's token and his project, in which a sheet reads the table local.test.questions."""
    id = project(admin, "bank", eddy="EDITOR", vera="VIEWER")
    return people, people.token("eddy"), id


def test_what_feeds_a_sheets_table_is_told_by_the_official_client(world: tuple[People, str, str]) -> None:
    people, token, bank = world
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


def test_a_job_takes_back_only_what_itself_said(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load, copy = Job(people.address, token, "load"), Job(people.address, token, "copy")
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",))
    copy.say(copy.run(), "COMPLETE", ("a", "b"), ("c",))
    again = load.run()
    load.say(again, "RUNNING", ("b",), ("c", "d"), 5)
    both = ["airflow/copy", "airflow/load"]
    assert fed_by(people) == {("c", "a"): both, ("c", "b"): both, ("d", "b"): ["airflow/load"]}, "a run that goes on"
    load.say(again, "COMPLETE", (), (), 6)
    expected = {("c", "a"): ["airflow/copy"], ("c", "b"): both, ("d", "b"): ["airflow/load"]}
    assert fed_by(people) == expected
    load.say(again, "COMPLETE", (), (), 6)  # sent again, as after a lost answer
    failed, silent, late = load.run(), load.run(), load.run()
    load.say(failed, "FAIL", ("z",), ("c",), 7)
    load.say(silent, "COMPLETE", (), (), 8)
    load.say(late, "COMPLETE", ("b",), ("c",), 2)  # a run from before that one, told late
    assert fed_by(people) == expected


def test_jobs_whose_namespaces_and_names_read_alike_together_are_two(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    one, other = Job(people.address, token, "b", "team/a"), Job(people.address, token, "a/b", "team")
    one.say(one.run(), "COMPLETE", ("x",), ("y",))
    other.say(other.run(), "COMPLETE", ("z",), ("y",), 1)
    assert fed_by(people) == {("y", "x"): ["team/a/b"], ("y", "z"): ["team/a/b"]}


def test_a_run_that_says_it_is_of_the_future_is_of_the_moment_when_it_is_told(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load = Job(people.address, token, "load")
    load.say(load.run(), "COMPLETE", ("a", "b"), ("c",), year=2999)
    load.say(load.run(), "COMPLETE", ("b",), ("c",), year=2999)
    assert fed_by(people) == {("c", "b"): ["airflow/load"]}


def test_an_old_event_that_comes_again_does_not_bring_back_what_was_taken_back(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load = Job(people.address, token, "load")
    first, second = load.run(), load.run()
    load.say(first, "COMPLETE", ("a", "b"), ("c",), 1)
    load.say(second, "COMPLETE", ("b", "d"), ("c",), 3)
    now = {("c", "b"): ["airflow/load"], ("c", "d"): ["airflow/load"]}
    assert fed_by(people) == now
    load.say(first, "COMPLETE", ("a", "b"), ("c",), 1)
    load.say(load.run(), "COMPLETE", ("b", "e"), ("c",), 2)  # a run from between the two, told late
    assert fed_by(people) == now
    load.say(second, "START", ("e",), ("c",), 0)  # the beginning of the latest run, told after its end
    assert fed_by(people) == {**now, ("c", "e"): ["airflow/load"]}


def test_what_was_taken_back_is_still_in_answers_as_of_before(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load, api = Job(people.address, token, "load"), people.client(token)

    def up(**filter: str) -> list[str]:
        walk = api.run("Upstream", id=id_of(f"{DB}/c"), depth=3, filter=filter)["upstream"]
        assert {edge["relation"] for edge in walk["nodes"]["edges"]} <= {"FED_BY"}
        assert len(walk["nodes"]["edges"]) == len(walk["nodes"]["nodes"])
        return sorted(hit["asset"]["name"] for hit in walk["nodes"]["nodes"])

    said: list[tuple[str, list[str]]] = []
    for second, inputs in enumerate((("a", "b"), ("b",), ("a", "b"), ("b",))):
        load.say(load.run(), "COMPLETE", inputs, ("c",), second)
        said.append((times.now(), list(inputs)))
        time.sleep(0.002)  # so that each moment is before what comes next
        assert up() == list(inputs)
    for moment, names in said:
        assert up(asOf=moment) == names


def test_pages_that_were_begun_before_something_was_taken_back_show_it(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load, api = Job(people.address, token, "load"), people.client(token)
    lists = {
        "usedBy(first: 1, after: $after) { totalCount edges { node { name } } pageInfo { endCursor } }": "a",
        "usedBy(first: 1, after: $after) { edges { node { name } } pageInfo { endCursor } }": "a",
        "downstream { nodes(first: 1, after: $after) { nodes { asset { name } } pageInfo { endCursor } } }": "a",
        """upstream { nodes(first: 1, after: $after) {
          totalCount nodes { asset { name } } pageInfo { endCursor } } }""": "c",
        """upstream { completeness { complete } nodes(first: 1, after: $after) {
          nodes { asset { name } } edges { to } pageInfo { endCursor } } }""": "c",
    }

    def page(list: str, after: str | None = None) -> tuple[set[str], str]:
        query = f"query ($id: ID!, $after: String) {{ asset(id: $id) {{ {list} }} }}"
        (found,) = api.ask(query, id=id_of(f"{DB}/{lists[list]}"), after=after)["asset"].values()
        found = found.get("nodes", found)
        users = list.startswith("usedBy")
        hits = [edge["node"] for edge in found["edges"]] if users else [hit["asset"] for hit in found["nodes"]]
        return {hit["name"] for hit in hits}, found["pageInfo"]["endCursor"]

    load.say(load.run(), "COMPLETE", ("a", "b"), ("c", "d"), 1)
    first = {one: page(one) for one in lists}
    time.sleep(0.002)  # so that it is taken back later than these pages were asked for
    load.say(load.run(), "COMPLETE", ("e",), ("c",), 2)
    for one, (shown, cursor) in first.items():
        expected = {"c", "d"} if lists[one] == "a" else {"a", "b"}
        assert shown | page(one, cursor)[0] == expected, one
        assert page(one)[0] == (set() if lists[one] == "a" else {"e"}), one


def test_what_is_said_again_is_seen_again_and_known_since_the_first_time(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    load = Job(people.address, token, "load")

    async def told(graph: Any) -> Any:
        return await graph.read("MATCH ()-[e:FED_BY]->() RETURN [e.since, e.seen, e.source, e.by]")

    run = load.run()
    load.say(run, "START", ("a",), ("b",))
    first = people.graph(told)
    load.say(run, "COMPLETE", ("a",), ("b",), 1)
    second = people.graph(told)
    assert (first[0], first[2:]) == (second[0], second[2:])
    assert first[1] < second[1]
    assert first[2:] == ["airflow/load", "eddy"]


def test_events_of_a_job_and_of_a_dataset_are_kept_too(world: tuple[People, str, str]) -> None:
    people, token, _ = world
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


def test_senders_at_the_same_moment_leave_one_edge_for_each_pair_and_source(world: tuple[People, str, str]) -> None:
    people, token, _ = world
    jobs = [Job(people.address, token, name) for name in ("load", "copy") for _ in range(3)]

    def send(job: Job) -> None:
        run = job.run()
        job.say(run, "START", ("a", "b"), ("c",))
        job.say(run, "COMPLETE", ("b", "c"), ("d",), 1)

    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(send, jobs))
    both = ["airflow/copy", "airflow/load"]
    pairs = [(output, input) for output in "cd" for input in "abc" if output != input]
    assert fed_by(people) == dict.fromkeys(pairs, both)


def test_who_may_not_and_what_is_no_event_changes_nothing(world: tuple[People, str, str]) -> None:
    people, token, _ = world
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


def test_a_body_that_was_compressed_in_several_parts_is_read_whole(world: tuple[People, str, str]) -> None:
    people, token, _ = world
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
