"""The contract's Paths and Facets, unchanged, over HTTP on a small whole life."""

from __future__ import annotations

from typing import Any

import anyio

from tests.api_client import Client, operation
from tests.conftest import Database
from tests.lineage import chain
from tests.lineage.chain import JOB, LEARNED, MODEL, SHEET, TABLE, TEMPLATE, TRAINING, VERSION


def test_paths_lead_both_ways_and_facets_count_what_pages_show(api: Client, database: Database) -> None:
    async def tell() -> None:
        async with database.connect() as graph:
            await chain.write(graph)

    anyio.run(tell)
    _paths(api)
    _facets(api)


def _paths(api: Client) -> None:
    up = api.run("Paths", **{"from": MODEL, "to": TABLE})
    assert [hit["id"] for hit in up["paths"][0]["hits"]] == [
        *(VERSION, JOB, f"{TRAINING}:s1", f"{SHEET}:v1", TABLE),
    ]
    assert up["paths"][0]["relations"] == ["PRODUCED_BY", "TRAINED_ON", "BUILT_FROM", "READS"]
    assert up["paths"][0]["length"] == 4
    assert [hit["depth"] for hit in up["paths"][0]["hits"]] == [0, 1, 2, 3, 4]
    assert up["paths"][0]["hits"][2]["asset"]["id"] == TRAINING
    assert up["completeness"]["complete"] is True

    down = api.run("Paths", **{"from": TABLE, "to": MODEL})
    assert [path["hits"][::-1] for path in _flat(down)] == [path["hits"] for path in _flat(up)]
    assert len(api.run("Paths", **{"from": LEARNED, "to": MODEL}, first=1)["paths"]) == 1
    assert api.run("Paths", **{"from": TABLE, "to": TEMPLATE})["paths"] == []
    assert api.run("Paths", **{"from": MODEL, "to": VERSION})["paths"] == [], "a version is no way from its model"

    for ends in ({"from": "sheet_none", "to": TABLE}, {"from": TABLE, "to": "sheet_none"}):
        refused = api.send(operation("Paths"), ends)["errors"][0]
        assert refused["extensions"]["code"] == "NOT_FOUND", refused
        assert refused["extensions"].get("id") == "sheet_none"
    refused = api.send(operation("Paths"), {"from": TABLE, "to": MODEL, "first": 101})["errors"][0]
    assert refused["extensions"]["code"] == "LIMIT"


def _flat(found: dict[str, Any]) -> list[dict[str, list[str]]]:
    return [{"hits": [hit["id"] for hit in path["hits"]]} for path in found["paths"]]


def _facets(api: Client) -> None:
    for where in (None, {"kinds": ["SHEET", "MODEL"]}, {"text": "train"}, {"retention": ["TRASHED"]}):
        facets = api.run("Facets", where=where)
        kinds, after = [], None
        while True:
            page = api.run("Assets", where=where, first=3, after=after)
            kinds += [node["kind"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert facets["facets"] == [{"kind": kind, "count": kinds.count(kind)} for kind in sorted(set(kinds))], where
        assert facets["totalCount"] == len(kinds)
    assert len(api.run("Facets")["facets"]) == 8
