"""Exports: every format says what GraphQL says, to the owner and to a viewer, and nothing else is answered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.access.conftest import People
from tests.api_client import Client
from tests.lineage import loop
from tests.lineage.chain import SHEET, TABLE, TEMPLATE, TEST_SHEET, VERSION
from tests.lineage.loop import ENDPOINT, TASK
from tests.lineage.written import READERS, Written

from begat.gql import export

AT = "2026-03-02T00:00:00.000Z"
WALK = """
query Walk($id: ID!, $depth: Int, $filter: LineageFilter) {
  asset(id: $id) {
    up: upstream(depth: $depth, filter: $filter) { ...Walk }
    down: downstream(depth: $depth, filter: $filter) { ...Walk }
  }
}
fragment Walk on LineageWalk {
  at completeness { complete reason omitted { kind count } }
  nodes(first: 1000) {
    nodes { id kind depth hidden asset { id statusName retention } } edges { from to relation via } totalCount
  }
}
"""


@pytest.fixture
def told(people: People) -> People:
    """A begat that holds the whole loop, in which much is in the trash or out of sight."""
    people.graph(loop.write)

    async def more(graph: Any) -> None:
        await graph.execute("MATCH (n:TrainingJob) SET n.project = 'project_secret'")
        await graph.execute(
            "MATCH (n:Asset {id: $id}) SET n.name = $name, n.retention = 'TRASHED'",
            id=SHEET,
            name="=cmd|\"<b>&\x01\u2028{}; -->\n%% ]]>'é",
        )

    people.graph(more)
    return people


def viewer(people: People, name: str) -> Client:
    """Somebody who sees the default project only."""
    person = people.person(name)

    async def admit(graph: Any) -> None:
        await graph.execute(
            "MATCH (p:Principal {name: $name}) MATCH (j:Project {id: 'project_default'}) "
            "CREATE (p)-[:HAS_ROLE {role: 'VIEWER'}]->(j)",
            name=name,
        )

    people.graph(admit)
    return person


def said(walk: dict[str, Any]) -> dict[str, Any]:
    """What GraphQL says, in the form of `Written`. A row or an immutable node has not the status of its asset."""
    page = walk["nodes"]
    nodes = {}
    for hit in page["nodes"]:
        asset = hit["asset"] or {}
        status = asset.get("statusName") if hit["id"] == asset.get("id") else None
        nodes[hit["id"]] = (hit["kind"], hit["depth"], hit["hidden"], status, asset.get("retention"))
    edges = {(edge["from"], edge["to"], edge["relation"], edge["via"]) for edge in page["edges"]}
    assert len(nodes) == int(page["totalCount"])
    return {"nodes": nodes, "edges": edges, "complete": str(walk["completeness"]["complete"]).lower()}


def equal(written: Written, walk: dict[str, Any]) -> None:
    told = said(walk)
    assert written.nodes == told["nodes"]
    assert written.edges == told["edges"]
    assert written.about["complete"] == told["complete"]
    assert written.about["at"] == AT.lower()
    assert (int(written.about["nodeCount"]), int(written.about["edgeCount"])) == (
        len(told["nodes"]),
        len(told["edges"]),
    )


QUESTIONS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (VERSION, {}, {}),
    (TABLE, {"level": "VERSION"}, {"level": "version"}),
    (TASK, {"versions": "ALL", "rows": True}, {"versions": "ALL", "rows": "true"}),
    (SHEET, {"kinds": ["MODEL_VERSION", "ENDPOINT"]}, {"kinds": "MODEL_VERSION,ENDPOINT"}),
    (ENDPOINT, {"level": "VERSION", "deleted": "BRIDGE", "stopAt": ["SNAPSHOT"]}, {}),
]
"""Where a walk starts, its filter, and the same in an address where that is not the filter's own words."""


def address(filter: dict[str, Any], other: dict[str, str]) -> dict[str, str]:
    def text(value: Any) -> str:
        return ",".join(value) if isinstance(value, list) else str(value)

    return {**{name: text(value) for name, value in filter.items()}, **other, "asOf": AT}


def test_every_format_says_what_graphql_says_to_everybody(told: People) -> None:
    owner, vera = told.person("root", admin=True), viewer(told, "vera")
    hidden = 0
    for who, questions in ((owner, QUESTIONS[1:3]), (vera, QUESTIONS)):
        for start, filter, other in questions:
            asked = who.ask(WALK, id=start, depth=25, filter={**filter, "asOf": AT})["asset"]
            for direction in ("up", "down"):
                hidden += sum(hit["hidden"] for hit in asked[direction]["nodes"]["nodes"])
                for format, read in READERS.items():
                    given = {"id": start, "direction": direction, "depth": "25", "format": format.lower()}
                    answer = who.http.get("/lineage/export", params={**given, **address(filter, other)})
                    assert answer.status_code == 200, answer.text
                    written = read(answer.content.decode())
                    equal(written, asked[direction])
                    assert next(iter(written.starts)) == start
    assert hidden > 6


def test_a_hidden_node_tells_its_kind_and_depth_and_nothing_else(told: People) -> None:
    vera = viewer(told, "vera")
    for format in READERS:
        given = {"id": TEMPLATE, "direction": "DOWN", "depth": "all", "format": format}
        text = vera.http.get("/lineage/export", params=given).text
        assert "hidden_" in text
        assert not [name for name in ("sheet_test", "tsheet_test", "endpoint_secret", "job_fit") if name in text]


def test_the_contracts_operation_answers_the_same_text(told: People) -> None:
    owner = told.person("root", admin=True)
    for format, read in READERS.items():
        answer = owner.run("LineageExport", id=VERSION, direction="UP", depth=3, format=format)
        given = {
            "id": VERSION,
            "direction": "UP",
            "depth": "3",
            "format": format,
            "asOf": read(answer["text"]).about["at"].upper(),
        }
        same = read(owner.http.get("/lineage/export", params=given).text)
        written = read(answer["text"])
        assert (written.nodes, written.edges) == (same.nodes, same.edges)
        assert (len(written.nodes), len(written.edges)) == (int(answer["nodeCount"]), int(answer["edgeCount"]))
        assert answer["completeness"]["complete"] is True


def test_what_is_too_much_for_one_text_is_refused_with_the_address_that_streams_it(
    told: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, filter = told.person("root", admin=True), {"level": "VERSION", "versions": "ALL", "rows": True, "asOf": AT}
    query = """query($id: ID!, $filter: LineageFilter) {
      lineageExport(id: $id, direction: DOWN, depth: 25, format: CSV, filter: $filter) { text nodeCount } }"""
    whole = owner.ask(query, id=TABLE, filter=filter)["lineageExport"]
    most = int(whole["nodeCount"])
    assert most > 5
    monkeypatch.setattr(export, "MOST", most)
    assert owner.ask(query, id=TABLE, filter=filter)["lineageExport"] == whole

    monkeypatch.setattr(export, "MOST", most - 1)
    answer = owner.send(query, {"id": TABLE, "filter": filter})
    (error,) = answer["errors"]
    assert (error["path"][0], error["extensions"]["code"]) == ("lineageExport", "LIMIT")
    assert (f"{most} nodes" in error["message"], f"at most {most - 1}" in error["message"]) == (True, True)
    assert (address := re.search(r"GET (/lineage/export\S+)", error["extensions"]["hint"]))
    assert owner.http.get(address[1]).text == whole["text"]


def test_a_file_has_its_type_and_a_name_that_is_safe_everywhere(told: People) -> None:
    owner = told.person("root", admin=True)
    types = {}
    for format in READERS:
        given = {"id": f"{SHEET}:v1", "direction": "DOWN", "format": format, "level": "VERSION"}
        answer = owner.http.get("/lineage/export", params=given)
        types[format] = answer.headers["content-type"]
        name = re.fullmatch(r'attachment; filename="([\w.-]+)"', answer.headers["content-disposition"])
        assert name
        assert name[1].startswith("lineage-sheet_train-v1-down-2")
        assert answer.headers["cache-control"] == "no-store"
        assert "content-length" not in answer.headers, "it is streamed"
    assert types["GRAPHML"] == "application/graphml+xml; charset=utf-8"
    assert types["CYCLONEDX"] == "application/vnd.cyclonedx+json; version=1.6"


def test_what_is_wrong_is_told_before_a_file_begins(told: People) -> None:
    owner, vera, nobody = told.person("root", admin=True), viewer(told, "vera"), told.client(None)
    good = {"id": VERSION, "direction": "UP"}

    def refused(who: Client, **given: str) -> tuple[int, str, list[str]]:
        answer = who.http.get("/lineage/export", params={**good, **given})
        error = answer.json()["errors"][0]
        assert answer.headers["content-type"] == "application/json"
        return answer.status_code, error["extensions"]["code"], error["extensions"]["path"]

    assert refused(nobody) == (401, "UNAUTHENTICATED", [])
    for hidden in (TEST_SHEET, f"{TEST_SHEET}:v1", "sheet_none", "x\n", "é"):
        assert refused(vera, id=hidden) == (404, "NOT_FOUND", ["id"])
    wrong = {"direction": "SIDEWAYS", "depth": "0", "format": "pdf", "level": "x", "rows": "maybe", "asOf": "yesterday"}
    wrong |= {"kinds": "SHEET,NONE", "relations": "INCLUDES", "id": "", "dpeth": "1"}
    for name, value in wrong.items():
        assert refused(owner, **{name: value}) == (400, "BAD_INPUT", [name]), name
    assert owner.http.post("/lineage/export", params=good).status_code == 405
    assert json.loads(owner.http.get("/lineage/export?id=a&id=b&direction=UP").text)["errors"]
