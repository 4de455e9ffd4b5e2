"""Lineage over HTTP: the contract's operations, unchanged, on a small whole life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from begat.access import tokens
from begat.config import Settings
from begat.core import times
from begat.graph.driver import Graph
from tests.api_client import Client, client, operation, serving
from tests.conftest import Database, settings_for, wipe
from tests.lineage import chain
from tests.lineage.chain import JOB, LABEL, LEARNED, MODEL, SHEET, TABLE, TEMPLATE, TEST, TRAINING, VERSION

COMPLETE: dict[str, Any] = {"complete": True, "reason": None, "omitted": [], "continueAfter": None}


@pytest.fixture(scope="module")
def told(served: tuple[str, Settings], database: Database) -> Iterator[Client]:
    """A client of a begat that holds the whole life. It is written once: who changes it, changes it back."""

    async def tell() -> None:
        async with database.connect() as graph:
            await wipe(graph)
            await chain.write(graph)

    anyio.run(tell)
    with client(*served) as one:
        yield one


@pytest.fixture(scope="module")
def viewer(told: Client, database: Database) -> Iterator[Client]:
    """A client of somebody who is a viewer of the default project only."""

    async def admit() -> str:
        async with database.connect() as graph:
            return await _admit(graph)

    token = anyio.run(admit)
    settings = settings_for(database, auth="tokens")
    with serving(settings) as address, client(address, settings, token) as one:
        yield one


async def _admit(graph: Graph) -> str:
    token = await tokens.create(graph, "vera")
    await graph.execute(
        "MATCH (p:Principal {name: 'vera'}) MATCH (j:Project {id: 'project_default'}) "
        "CREATE (p)-[:HAS_ROLE {role: 'VIEWER'}]->(j)"
    )
    return token


def hits(walk: dict[str, Any]) -> list[tuple[str, int]]:
    return [(hit["id"], hit["depth"]) for hit in walk["nodes"]["nodes"]]


def edges(walk: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(edge["from"], edge["relation"], edge["to"]) for edge in walk["nodes"]["edges"]}


def test_a_table_is_used_by_the_sheet_that_reads_it(told: Client) -> None:
    used = told.run("UsedBy", id=TABLE)["usedBy"]
    (edge,) = used["edges"]
    assert (edge["relation"], edge["versionNumbers"], edge["node"]["id"]) == ("READS", [], SHEET)
    assert used["totalCount"] == 1


def test_a_template_is_used_by_training_sheets_that_name_its_first_version(told: Client) -> None:
    used = told.run("UsedBy", id=TEMPLATE)["usedBy"]
    assert [(edge["node"]["id"], edge["versionNumbers"]) for edge in used["edges"]] == [(TEST, [1]), (TRAINING, [1])]


def test_a_test_sheet_is_used_by_the_model_that_was_measured_on_it_but_is_not_where_it_came_from(told: Client) -> None:
    (edge,) = told.run("UsedBy", id=TEST)["usedBy"]["edges"]
    assert (edge["relation"], edge["node"]["id"], edge["versionNumbers"]) == ("EVALUATED_ON", VERSION, [1])
    up = told.run("Upstream", id=VERSION, depth=25)["upstream"]
    assert TEST not in dict(hits(up))
    every = told.run("Upstream", id=VERSION, depth=25, filter={"versions": "ALL"})["upstream"]
    assert dict(hits(every))[TEST] == 1


def test_users_are_paged(told: Client) -> None:
    query = """query($id: ID!, $after: String) { asset(id: $id) { usedBy(first: 1, after: $after) {
      edges { node { id } } totalCount pageInfo { hasNextPage endCursor } } } }"""
    first = told.ask(query, id=TEMPLATE)["asset"]["usedBy"]
    second = told.ask(query, id=TEMPLATE, after=first["pageInfo"]["endCursor"])["asset"]["usedBy"]
    assert [page["edges"][0]["node"]["id"] for page in (first, second)] == [TEST, TRAINING]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    wrong = told.send(query, {"id": SHEET, "after": first["pageInfo"]["endCursor"]})
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_INPUT"


def test_upstream_of_a_model_version_is_everything_it_came_from_by_hops(told: Client) -> None:
    walk = told.run("Upstream", id=VERSION, depth=25)["upstream"]
    assert hits(walk) == [(JOB, 1), (TRAINING, 2), (SHEET, 3), (TEMPLATE, 3), (TABLE, 4)]
    assert edges(walk) == {
        (VERSION, "PRODUCED_BY", JOB),
        (JOB, "TRAINED_ON", TRAINING),
        (TRAINING, "BUILT_FROM", SHEET),
        (TRAINING, "PROMPTED_BY", TEMPLATE),
        (SHEET, "READS", TABLE),
    }
    assert walk["counts"][0] == {"depth": 1, "kind": "TRAINING_JOB", "count": 1}
    assert (walk["nodes"]["totalCount"], walk["completeness"]) == (5, COMPLETE)
    assert hits(told.run("Upstream", id=MODEL, depth=2)["upstream"]) == [(JOB, 1), (TRAINING, 2)]


def test_upstream_is_one_hop_deep_where_unsaid(told: Client) -> None:
    assert hits(told.run("Upstream", id=VERSION)["upstream"]) == [(JOB, 1)]


def test_pages_of_a_walk_carry_its_moment(told: Client) -> None:
    first = told.run("Upstream", id=VERSION, depth=25, first=2)["upstream"]
    after = first["nodes"]["pageInfo"]["endCursor"]
    second = told.run("Upstream", id=VERSION, depth=25, first=3, after=after)["upstream"]
    assert hits(first) + hits(second) == hits(told.run("Upstream", id=VERSION, depth=25)["upstream"])
    assert (first["nodes"]["pageInfo"]["hasNextPage"], second["nodes"]["pageInfo"]["hasNextPage"]) == (True, False)
    assert second["at"] == first["at"]
    assert edges(first) | edges(second) == edges(told.run("Upstream", id=VERSION, depth=25)["upstream"])
    others: list[dict[str, Any]] = [
        {"depth": 24},
        {"filter": {"asOf": "2026-03-02T00:00:00Z"}},
        {"filter": {"rows": True}},
    ]
    for other in others:
        answer = told.send(operation("Upstream"), {"id": VERSION, "depth": 25, "after": after, **other})
        assert answer["errors"][0]["message"] == "This cursor is of another walk."


def test_pages_of_a_walk_of_a_moment_to_come_are_of_the_one_when_it_was_asked(told: Client) -> None:
    later = {"asOf": times.later(60)}
    first = told.run("Upstream", id=VERSION, depth=25, first=2, filter=later)["upstream"]
    after = first["nodes"]["pageInfo"]["endCursor"]
    second = told.run("Upstream", id=VERSION, depth=25, first=3, after=after, filter=later)["upstream"]
    assert second["at"] == first["at"] < later["asOf"]
    assert hits(first) + hits(second) == hits(told.run("Upstream", id=VERSION, depth=25)["upstream"])


def test_the_next_page_may_be_asked_of_a_begat_whose_clock_is_behind(
    told: Client, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = """query($id: ID!, $after: String) { asset(id: $id) { usedBy(first: 1, after: $after) {
        edges { hidden kind } pageInfo { hasNextPage endCursor } } } }"""
    with monkeypatch.context() as ahead:
        ahead.setattr(times, "now", lambda: times.later(2))
        first = told.run("Upstream", id=VERSION, depth=25, first=2)["upstream"]
        users = viewer.ask(used, id=TEMPLATE)["asset"]["usedBy"]
    after = first["nodes"]["pageInfo"]["endCursor"]
    second = told.run("Upstream", id=VERSION, depth=25, first=3, after=after)["upstream"]
    assert hits(first) + hits(second) == hits(told.run("Upstream", id=VERSION, depth=25)["upstream"])
    assert users["edges"] == [{"hidden": True, "kind": "TRAINING_SHEET"}]
    more = viewer.ask(used, id=TEMPLATE, after=users["pageInfo"]["endCursor"])["asset"]["usedBy"]
    assert more["edges"] == [{"hidden": False, "kind": "TRAINING_SHEET"}]


def test_downstream_of_a_table_ends_at_the_model(told: Client) -> None:
    walk = told.run("Downstream", id=TABLE, depth=25)["downstream"]
    assert hits(walk) == [(SHEET, 1), (TRAINING, 2), (JOB, 3), (VERSION, 4)]


def test_at_level_version_a_walk_shows_what_was_really_used(told: Client) -> None:
    walk = told.run("Upstream", id=JOB, depth=25, filter={"level": "VERSION"})["upstream"]
    assert hits(walk) == [(f"{TRAINING}:s1", 1), (f"{SHEET}:v1", 2), (f"{TEMPLATE}:v1", 2), (TABLE, 3)]
    (snapshot, *_, table) = walk["nodes"]["nodes"]
    assert (snapshot["kind"], snapshot["asset"]["id"]) == ("SNAPSHOT", TRAINING)
    assert snapshot["version"] == {"id": f"{TRAINING}:s1", "number": 1}
    assert (table["kind"], table["version"]) == ("SOURCE_TABLE", None)


def test_kinds_that_are_not_asked_for_are_passed_through(told: Client) -> None:
    walk = told.run("Upstream", id=VERSION, depth=25, filter={"kinds": ["SOURCE_TABLE", "TRAINING_SHEET"]})["upstream"]
    assert hits(walk) == [(TRAINING, 2), (TABLE, 4)]
    assert [(edge["from"], edge["to"], edge["via"]) for edge in walk["nodes"]["edges"]] == [
        (VERSION, TRAINING, 1),
        (TRAINING, TABLE, 1),
    ]


def test_a_walk_goes_no_further_than_it_is_told(told: Client) -> None:
    stop = {"stopAt": ["TRAINING_SHEET"]}
    assert hits(told.run("Upstream", id=VERSION, depth=25, filter=stop)["upstream"]) == [(JOB, 1), (TRAINING, 2)]
    only = {"relations": ["PRODUCED_BY"]}
    assert hits(told.run("Upstream", id=VERSION, depth=25, filter=only)["upstream"]) == [(JOB, 1)]


def test_rows_and_labels_are_entered_only_on_demand(told: Client) -> None:
    walk = told.run("Upstream", id=JOB, depth=2, filter={"rows": True})["upstream"]
    assert {hit["id"] for hit in walk["nodes"]["nodes"]} >= {LEARNED, LABEL}
    pair = next(hit for hit in walk["nodes"]["nodes"] if hit["id"] == LEARNED)
    assert (pair["kind"], pair["asset"]["id"], pair["depth"]) == ("QA_PAIR", TRAINING, 2)
    assert hits(told.run("Downstream", id=LABEL, depth=3)["downstream"]) == [(TRAINING, 1), (JOB, 2), (VERSION, 3)]


def test_what_is_in_the_trash_is_shown_bridged_or_left_out(told: Client) -> None:
    told.done("Trash", ids=[TRAINING])

    def up(deleted: str) -> list[tuple[str, int]]:
        return hits(told.run("Upstream", id=VERSION, depth=25, filter={"deleted": deleted})["upstream"])

    whole = [(JOB, 1), (TRAINING, 2), (SHEET, 3), (TEMPLATE, 3), (TABLE, 4)]
    try:
        assert up("INCLUDE") == whole
        assert up("BRIDGE") == [hit for hit in whole if hit[0] != TRAINING]
        assert up("EXCLUDE") == [(JOB, 1)]
    finally:
        told.done("Restore", ids=[TRAINING])


def test_sources_are_the_tables_where_it_began(told: Client) -> None:
    sources = told.run("Sources", id=VERSION)["sources"]
    assert [(hit["id"], hit["depth"]) for hit in sources["nodes"]["nodes"]] == [(TABLE, 4)]
    query = """query($id: ID!) { asset(id: $id) { sources(filter: { kinds: [TEMPLATE] }) {
      nodes { nodes { id } edges { from to via } } } } }"""
    found = told.ask(query, id=VERSION)["asset"]["sources"]["nodes"]
    assert found == {"nodes": [{"id": TEMPLATE}], "edges": [{"from": VERSION, "to": TEMPLATE, "via": 2}]}


def test_as_of_answers_as_it_was_then(told: Client) -> None:
    def up(id: str, moment: str) -> list[tuple[str, int]]:
        return hits(told.run("LineageAsOf", id=id, asOf=moment)["upstream"])

    assert up(TRAINING, "2026-03-01T00:00:02Z")[0] == (f"{SHEET}:v1", 1)
    assert up(SHEET, "2026-03-01T00:00:01Z") == [(TABLE, 1)]
    assert up(SHEET, "2026-03-01T00:00:00Z") == []
    down = {"asOf": "2026-03-01T00:00:02Z"}
    assert hits(told.run("Downstream", id=TABLE, depth=9, filter=down)["downstream"]) == [(SHEET, 1), (TRAINING, 2)]


def test_the_lineage_of_a_model_version_names_exactly_what_made_it(told: Client) -> None:
    found = told.run("ModelLineage", id=VERSION)["lineage"]
    assert found == {
        "job": {"id": JOB, "hyperparameters": {"c": 1}},
        "snapshots": [{"id": f"{TRAINING}:s1", "sha256": f"sha of {TRAINING}"}],
        "trainingSheets": [{"id": TRAINING, "name": TRAINING}],
        "templateVersions": [{"id": f"{TEMPLATE}:v1", "number": 1, "template": {"name": TEMPLATE}}],
        "sheetVersions": [{"id": f"{SHEET}:v1", "number": 1, "sheet": {"name": SHEET}}],
        "tables": [{"fullName": "local.bank.train"}],
        "labels": {"totalCount": 1},
        "baseModels": [],
        "completeness": COMPLETE,
    }
    query = """query($id: ID!) { modelVersion(id: $id) { lineage {
      splits { split rows } generations { id sha256 } labels(first: 1) { nodes { id value } } } } }"""
    assert told.ask(query, id=VERSION)["modelVersion"]["lineage"] == {
        "splits": [{"split": "TRAIN", "rows": 1}],
        "generations": [{"id": f"{TRAINING}:g1", "sha256": "read"}],
        "labels": {"nodes": [{"id": f"{LABEL}:v1", "value": "top_up"}]},
    }
    (error,) = told.send(query.replace("first: 1", 'first: 1, after: "x"'), {"id": VERSION})["errors"]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "cursor" in error["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"id": LEARNED},
        {"id": LABEL},
        {"id": f"{LABEL}:v1"},
        {"id": TABLE},
        {"id": SHEET},
        {"id": f"{SHEET}:v1"},
        {"id": TEMPLATE},
        {"id": TRAINING},
        {"id": f"{TRAINING}:s1"},
        {"sheetId": SHEET, "itemRef": "1"},
    ],
)
def test_a_model_learned_from_what_its_split_was_made_of(told: Client, asked: dict[str, str]) -> None:
    found = told.run("Exposure", **asked)
    assert [version["id"] for version in found["modelVersions"]] == [VERSION]
    assert [snapshot["id"] for snapshot in found["snapshots"]] == [f"{TRAINING}:s1"]
    assert (found["rows"], found["completeness"]) == (1, COMPLETE)


@pytest.mark.parametrize(
    "asked",
    [
        {"id": chain.CHECKED},
        {"id": chain.TESTED},
        {"id": TEST},
        {"id": f"{SHEET}:v2"},
        {"id": VERSION},
        {"sheetId": chain.TEST_SHEET, "itemRef": "1"},
        {"sheetId": SHEET, "itemRef": "2"},
        {"sheetId": SHEET, "itemRef": "nowhere"},
    ],
)
def test_no_model_learned_from_what_it_was_only_tested_on(told: Client, asked: dict[str, str]) -> None:
    found = told.run("Exposure", **asked)
    assert (found["rows"], found["snapshots"], found["modelVersions"]) == (0, [], [])


def test_a_job_exposes_the_version_it_produced(told: Client) -> None:
    assert [version["id"] for version in told.run("Exposure", id=JOB)["modelVersions"]] == [VERSION]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"id": "pair_nowhere"}, "NOT_FOUND"),
        ({"id": "sheet_nowhere:v1"}, "NOT_FOUND"),
        ({"id": "\0"}, "NOT_FOUND"),
        ({"sheetId": "sheet_nowhere", "itemRef": "1"}, "NOT_FOUND"),
        ({"sheetId": TEMPLATE, "itemRef": "1"}, "NOT_FOUND"),
        ({}, "BAD_INPUT"),
        ({"sheetId": SHEET}, "BAD_INPUT"),
        ({"id": LEARNED, "itemRef": "1"}, "BAD_INPUT"),
    ],
)
def test_exposure_of_what_is_unknown_is_refused(told: Client, asked: dict[str, str], code: str) -> None:
    answer = told.send(operation("Exposure"), asked)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


@pytest.mark.parametrize(
    "variables",
    [
        {"depth": 0},
        {"depth": -1},
        {"after": "nonsense"},
        {"first": 1001},
        {"filter": {"kinds": ["SNAPSHOT"]}},
        {"filter": {"kinds": ["MODEL"]}},
        {"filter": {"stopAt": ["MODEL"]}},
        {"filter": {"relations": ["INCLUDES"]}},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(told: Client, variables: dict[str, Any]) -> None:
    answer = told.send(operation("Upstream"), {"id": VERSION, **variables})
    assert answer["errors"][0]["extensions"]["code"] in ("BAD_INPUT", "LIMIT")


def test_a_viewer_gets_the_owners_answer_with_what_he_may_not_see_hidden(told: Client, viewer: Client) -> None:
    every = {"versions": "ALL"}
    owners = told.run("Upstream", id=VERSION, depth=25, filter=every)["upstream"]
    seen = viewer.run("Upstream", id=VERSION, depth=25, filter=every)["upstream"]
    assert seen["counts"] == owners["counts"]
    assert seen["nodes"]["totalCount"] == owners["nodes"]["totalCount"]
    hidden = {hit["id"] for hit in seen["nodes"]["nodes"] if hit["hidden"]}
    assert len(hidden) == 2  # the test sheet's training sheet and sheet; its table is in no project
    assert {hit["id"] for hit in owners["nodes"]["nodes"]} - {hit["id"] for hit in seen["nodes"]["nodes"]} == {
        TEST,
        chain.TEST_SHEET,
    }
    assert all(hit["asset"] is None and hit["version"] is None for hit in seen["nodes"]["nodes"] if hit["hidden"])
    assert {end for edge in edges(seen) for end in (edge[0], edge[2])} >= hidden
    assert seen["completeness"] == {
        "complete": False,
        "reason": "HIDDEN",
        "omitted": [{"kind": "SHEET", "count": 1}, {"kind": "TRAINING_SHEET", "count": 1}],
        "continueAfter": None,
    }
    text = viewer.http.post(
        "/graphql", json={"query": operation("Upstream"), "variables": {"id": VERSION, "depth": 25, "filter": every}}
    ).text
    assert TEST not in text
    assert chain.TEST_SHEET not in text


def test_a_hidden_hit_can_be_paged_past(viewer: Client) -> None:
    every: dict[str, Any] = {"versions": "ALL"}
    whole = viewer.run("Upstream", id=VERSION, depth=25, filter=every)["upstream"]
    kinds: list[tuple[str, int]] = []
    after = None
    while True:
        page = viewer.run("Upstream", id=VERSION, depth=25, filter=every, first=1, after=after)["upstream"]["nodes"]
        kinds += [(hit["kind"], hit["depth"]) for hit in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert kinds == [(hit["kind"], hit["depth"]) for hit in whole["nodes"]["nodes"]]


def test_a_hidden_user_is_counted_and_not_named(viewer: Client) -> None:
    query = (
        """query($id: ID!) { asset(id: $id) { usedBy(first: 5) { totalCount edges { hidden kind node { id } } } } }"""
    )
    used = viewer.ask(query, id=TEMPLATE)["asset"]["usedBy"]
    assert used["totalCount"] == 2
    assert {"hidden": True, "kind": "TRAINING_SHEET", "node": None} in used["edges"]
    assert {"hidden": False, "kind": "TRAINING_SHEET", "node": {"id": TRAINING}} in used["edges"]


def test_exposure_of_what_may_not_be_seen_is_as_of_what_does_not_exist(viewer: Client) -> None:
    for asked in ({"id": chain.TESTED}, {"id": TEST}, {"sheetId": chain.TEST_SHEET, "itemRef": "1"}):
        answer = viewer.send(operation("Exposure"), asked)
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert answer["errors"][0]["message"].startswith("There is no")
