"""Reads every format of exports back, each by its own library or schema, into one form that can be compared."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft202012Validator
from prov.model import ProvDocument
from referencing import Registry

OPENLINEAGE = Path(__file__).parent / "openlineage"
EVENTS = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
"""The schema that an event is of by exactly one of its definitions; the event says by which."""

Node = tuple[str, int, bool, str | None, str | None]
"""Kind, depth, whether it is hidden, status and retention."""


@dataclass
class Written:
    """What a document says. ``nodes`` are those that were found; where the walk began is in ``starts``."""

    nodes: dict[str, Node]
    starts: dict[str, Node]
    edges: set[tuple[str, str, str, int]]
    about: dict[str, str]
    """What all formats say of the document: at, start, direction, level, complete, nodeCount, edgeCount."""


def node(told: dict[str, Any]) -> Node:
    """A node of what a format tells of it."""
    hidden = str(told.get("hidden", "false")).lower() == "true"
    return told["kind"], int(told["depth"]), hidden, told.get("status") or None, told.get("retention") or None


def sorted_out(nodes: dict[str, Node], edges: list[tuple[str, str, str, int]], about: dict[str, Any]) -> Written:
    """The document of what it holds; each edge is there once, and joins nodes that are there."""
    assert len(set(edges)) == len(edges)
    assert {end for edge in edges for end in edge[:2]} <= nodes.keys()
    flat = {**about, **about.get("question", {}), **about.get("completeness", {})}
    names = ("at", "start", "direction", "level", "complete", "nodeCount", "edgeCount")
    return Written(
        {id: one for id, one in nodes.items() if one[1]},
        {id: one for id, one in nodes.items() if not one[1]},
        set(edges),
        {name: str(flat[name]).lower() for name in names},
    )


def json_graph(text: str) -> Written:
    """The JSON Graph Format."""
    graph = json.loads(text)["graph"]
    assert graph["directed"] is True
    nodes = {id: node(one["metadata"]) for id, one in graph["nodes"].items()}
    edges = [(one["source"], one["target"], one["relation"], one["metadata"]["via"]) for one in graph["edges"]]
    return sorted_out(nodes, edges, graph["metadata"])


def table(text: str) -> Written:
    """CSV."""
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert all(len(row) == 18 and None not in row for row in rows)
    nodes = {row["id"]: node(row) for row in rows if row["record"] in ("start", "node")}
    edges = [(row["from"], row["to"], row["relation"], int(row["via"])) for row in rows if row["record"] == "edge"]
    return sorted_out(nodes, edges, {row["key"]: row["value"] for row in rows if row["record"] == "about"})


def mermaid(text: str) -> Written:
    """Mermaid, whose only parser is its own JavaScript: by the grammar of what begat uses of it, to the last line."""
    about: dict[str, str] = {}
    nodes: dict[str, Node] = {}
    names: dict[str, str] = {}
    edges = []
    first, *lines = text.rstrip("\n").split("\n")
    assert first == "flowchart LR"
    for line in lines:
        if found := re.fullmatch(r"%% (n\d+): ([^{}]*)", line):
            told = dict(part.split("=", 1) for part in found[2].removesuffix(" hidden").split(" "))
            names[found[1]] = told["id"]
            nodes[told["id"]] = node({**told, "hidden": found[2].endswith(" hidden")})
        elif found := re.fullmatch(r"%% (\w+): ([^{}]*)", line):
            about[found[1]] = found[2]
        elif found := re.fullmatch(r'(n\d+) -- "(\w+)" --> (n\d+)', line):
            edges.append((names[found[1]], names[found[3]], found[2], 0))
        elif found := re.fullmatch(r'(n\d+) -\. "(\w+) via (\d+)" \.-> (n\d+)', line):
            edges.append((names[found[1]], names[found[4]], found[2], int(found[3])))
        else:
            assert re.fullmatch(r'classDef [\w:;,. -]+|n\d+\["[^"\[\]<>]*(<br/>\w+)?"\](:::\w+)?', line), line
    return sorted_out(nodes, edges, about)


def graphml(text: str) -> Written:
    """GraphML, by networkx; it drops a graph's own data, which the XML is asked for."""
    graph = networkx.parse_graphml(text, force_multigraph=True)
    assert graph.is_directed()
    nodes = {id: node(told) for id, told in graph.nodes(data=True)}
    edges = [(source, target, told["relation"], told["via"]) for source, target, told in graph.edges(data=True)]
    space = "{http://graphml.graphdrawing.org/xmlns}"
    data = ElementTree.fromstring(text).iterfind(f"{space}graph/{space}data")  # noqa: S314 - begat's own text
    return sorted_out(nodes, edges, {one.attrib["key"].removeprefix("graph."): one.text or "" for one in data})


def prov(text: str) -> Written:
    """PROV-JSON, by prov: its records and their attributes."""
    about: dict[str, str] = {}
    nodes: dict[str, Node] = {}
    edges = []
    for record in ProvDocument.deserialize(content=text, format="json").get_records():
        own = {name.localpart: value for name, value in record.attributes if name.namespace.prefix == "begat"}
        if record.is_element():
            assert record.identifier
            id = record.identifier.localpart
            if id == "walk":
                about = own
            else:
                nodes[id] = node(own)
                assert ("Activity" in record.get_type().localpart) == (own["kind"] == "TRAINING_JOB")
        else:
            ends = [value.localpart for _, value in record.formal_attributes[:2]]
            edges.append((ends[0], ends[1], own["relation"], own["via"]))
    return sorted_out(nodes, edges, about)


def cyclone_dx(text: str) -> Written:
    """CycloneDX, by its strict schema, which its library carries."""
    assert bom_validator().validate_str(text) is None
    bom = json.loads(text)
    nodes: dict[str, Node] = {}
    edges = []
    for one in (bom["metadata"]["component"], *bom["components"]):
        said = [(said["name"].removeprefix("begat:"), said["value"]) for said in one["properties"]]
        nodes[one["bom-ref"]] = node(dict(said))
        for name, value in said:
            if name.isupper():
                target, _, via = value.partition(" via=")
                edges.append((one["bom-ref"], target, name, int(via or 0)))
    depends = {one["ref"]: set(one.get("dependsOn", ())) for one in bom["dependencies"]}
    assert len(bom["dependencies"]) == len(nodes)
    assert depends == {id: {edge[1] for edge in edges if edge[0] == id} for id in nodes}
    about = {said["name"].removeprefix("begat:"): said["value"] for said in bom["metadata"]["properties"]}
    assert bom["compositions"][0]["aggregate"] == ("complete" if about["complete"] == "true" else "incomplete")
    return sorted_out(nodes, edges, about)


def open_lineage(text: str) -> Written:
    """OpenLineage: each event and each facet of theirs by the published schemas; each node is one event's subject."""
    about: dict[str, Any] = {}
    nodes: dict[str, Node] = {}
    edges = []
    inputs = set()
    for line in text.rstrip("\n").split("\n"):
        event = json.loads(line)
        kind = event["schemaURL"].rpartition("/")[2]
        for schema in (EVENTS, event["schemaURL"]):
            assert list(validator(schema).iter_errors(event)) == []
        if kind == "RunEvent":
            facet = event["job"]["facets"]["begat"]
        else:
            [subject] = [event["dataset"]] if kind == "DatasetEvent" else event["outputs"]
            facet = subject["facets"]["begat"]
            assert subject["name"] == facet["node"]["id"]
            if symlinks := subject["facets"].get("symlinks"):
                assert list(validator(symlinks["_schemaURL"]).iter_errors(symlinks)) == []
        about = about or facet["walk"]
        told = facet["node"]
        assert (kind == "RunEvent") == (told["kind"] == "TRAINING_JOB")
        nodes[told["id"]] = node(told)
        edges += [(told["id"], edge["to"], edge["relation"], edge["via"]) for edge in told["edges"]]
        inputs |= {(told["id"], one["name"]) for one in event.get("inputs", ())}
    jobs = {id for id, one in nodes.items() if one[0] == "TRAINING_JOB"}
    assert inputs == {edge[:2] for edge in edges if edge[1] not in jobs}
    return sorted_out(nodes, edges, about)


@cache
def bom_validator() -> JsonStrictValidator:
    """The library's own, which reads its schemas at its first use."""
    return JsonStrictValidator(SchemaVersion.V1_6)


READERS: dict[str, Callable[[str], Written]] = {
    "JSON": json_graph,
    "CSV": table,
    "MERMAID": mermaid,
    "GRAPHML": graphml,
    "OPENLINEAGE": open_lineage,
    "PROV": prov,
    "CYCLONEDX": cyclone_dx,
}


@cache
def validator(url: str) -> Draft202012Validator:
    """Of what the published schema says at this address."""
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator({"$ref": url}, registry=published(), format_checker=checker)


@cache
def published() -> Registry[Any]:
    """OpenLineage's own JSON schemas, by their addresses."""
    schemas = [json.loads(file.read_text()) for file in OPENLINEAGE.glob("*.json")]
    return Registry().with_contents((schema["$id"], schema) for schema in schemas)
