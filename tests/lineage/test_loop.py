"""Lineage of what serves, watches and improves, over HTTP: walks across endpoints, live exposure and impact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from begat.access import tokens
from begat.config import Settings
from begat.core import times
from begat.core.ids import new
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Origin
from tests.api_client import Client, client, serving
from tests.conftest import Database, settings_for, wipe
from tests.lineage import chain, loop
from tests.lineage.chain import JOB, LABEL, LEARNED, MODEL, SHEET, TABLE, TEMPLATE, TRAINING, VERSION
from tests.lineage.loop import (
    CORRECTED,
    ENDPOINT,
    FAILED,
    FEEDBACK,
    HIDDEN,
    MENDED,
    MONITOR,
    PAUSED,
    RETRY,
    SNAPSHOT,
    STOPPED,
    TASK,
)

COMPLETE: dict[str, Any] = {"complete": True, "reason": None, "omitted": [], "continueAfter": None}
ALL = {"versions": "ALL"}
VERSIONS = {"level": "VERSION"}
BEFORE = {"asOf": "2026-03-01T00:00:05.500Z"}
"""After the complaint and before anything was mended."""


@pytest.fixture(scope="module")
def told(served: tuple[str, Settings], database: Database) -> Iterator[Client]:
    """A client of a begat that holds the whole loop. It is written once: who changes it, changes it back."""

    async def tell() -> None:
        async with database.connect() as graph:
            await wipe(graph)
            await loop.write(graph)

    anyio.run(tell)
    with client(*served) as one:
        yield one


@pytest.fixture(scope="module")
def eddy(told: Client, database: Database) -> Iterator[Client]:
    """A client of somebody who is an editor of the default project and sees no other."""

    async def admit() -> str:
        async with database.connect() as graph:
            token = await tokens.create(graph, "eddy")
            await graph.execute(
                "MATCH (p:Principal {name: 'eddy'}) MATCH (j:Project {id: 'project_default'}) "
                "CREATE (p)-[:HAS_ROLE {role: 'EDITOR'}]->(j)"
            )
            return token

    settings = settings_for(database, auth="tokens")
    with serving(settings) as address, client(address, settings, anyio.run(admit)) as one:
        yield one


@pytest.fixture(scope="module")
def asked(told: Client, database: Database) -> None:
    """Within the last seven days, 14 questions to the endpoint, and 7 to the one of the other project."""
    telemetry = LocalTelemetry(database.home)
    try:
        for endpoint, count in ((ENDPOINT, 14), (HIDDEN, 7), (STOPPED, 3)):
            for number in range(count):
                at = times.later(-3600 * number - 60)
                record = (new("req"), at, endpoint, f"{endpoint}:v1", VERSION, None, 3.0, 1.0, 0.001, 1, None, None)
                telemetry.append(Inference(*record, Origin.QUERY))
    finally:
        telemetry.close()


def walk(told: Client, direction: str, id: str, **filter: Any) -> list[tuple[str, int]]:
    found = told.run(direction, id=id, depth=25, first=100, filter=filter)[direction.lower()]
    assert found["completeness"] == COMPLETE
    return [(hit["id"], hit["depth"]) for hit in found["nodes"]["nodes"]]


def edges(told: Client, direction: str, id: str, depth: int, **filter: Any) -> set[tuple[str, str, str]]:
    found = told.run(direction, id=id, depth=depth, first=100, filter=filter)[direction.lower()]["nodes"]["edges"]
    return {(edge["from"], edge["relation"], edge["to"]) for edge in found}


def test_a_table_is_followed_down_to_endpoints_monitors_and_tasks(told: Client) -> None:
    assert walk(told, "Downstream", TABLE) == [
        (SHEET, 1),
        (TRAINING, 2),
        (FAILED, 3),
        (JOB, 3),
        (RETRY, 3),
        (VERSION, 4),
        (MENDED, 4),
        (HIDDEN, 5),
        (STOPPED, 5),
        (ENDPOINT, 5),
        (MONITOR, 6),
        (PAUSED, 6),
        (TASK, 7),
    ]


def test_a_task_is_followed_up_to_tables_through_the_feedback_and_the_monitor_that_raised_it(told: Client) -> None:
    found = walk(told, "Upstream", TASK)
    assert found[:5] == [(FEEDBACK, 1), (MONITOR, 1), (ENDPOINT, 2), (VERSION, 2), (JOB, 3)]
    assert dict(found)[MENDED] == 3
    assert dict(found)[RETRY] == 4
    assert dict(found)[FAILED] == 5
    assert dict(found)[TABLE] == 6
    raised = {(TASK, "RAISED_FROM", FEEDBACK), (TASK, "RAISED_FROM", MONITOR)}
    beyond = {(MONITOR, "WATCHES", ENDPOINT), (FEEDBACK, "ABOUT", ENDPOINT), (FEEDBACK, "ABOUT", VERSION)}
    # An endpoint and what it serves now: there is an edge wherever both ends are shown.
    assert edges(told, "Upstream", TASK, 2) == raised | beyond | {(ENDPOINT, "SERVES", VERSION)}


def test_a_monitor_watches_what_serves_then(told: Client) -> None:
    def up(**filter: Any) -> list[tuple[str, int]]:
        return [hit for hit in walk(told, "Upstream", MONITOR, **VERSIONS, **filter) if hit[1] <= 2]

    first, second = f"{ENDPOINT}:v1", f"{ENDPOINT}:v2"
    assert up() == [(second, 1), (VERSION, 2), (MENDED, 2)]
    assert up(**BEFORE) == [(first, 1), (VERSION, 2)]
    assert up(**ALL) == [(first, 1), (second, 1), (VERSION, 2), (MENDED, 2)]
    assert edges(told, "Upstream", MONITOR, 1, **VERSIONS, **ALL) == {
        (MONITOR, "WATCHES", first),
        (MONITOR, "WATCHES", second),
    }


def test_a_walk_from_an_endpoint_starts_at_what_serves_else_at_the_latest(told: Client) -> None:
    def up(id: str, **filter: Any) -> list[str]:
        return [hit for hit, depth in walk(told, "Upstream", id, **filter) if depth == 1]

    assert up(ENDPOINT) == [VERSION, MENDED]
    assert up(ENDPOINT, **BEFORE) == [VERSION]
    assert up(STOPPED) == [MENDED]
    assert walk(told, "Downstream", ENDPOINT) == [(MONITOR, 1), (PAUSED, 1), (TASK, 2)]
    assert walk(told, "Downstream", ENDPOINT, versions="CURRENT") == walk(told, "Downstream", ENDPOINT)
    assert walk(told, "Downstream", VERSION, versions="CURRENT", **BEFORE)[-1] == (TASK, 3)


def test_feedback_is_entered_only_on_demand_and_leads_to_what_learned_from_it(told: Client) -> None:
    down = dict(walk(told, "Downstream", f"{VERSION}"))
    assert FEEDBACK not in down
    assert MENDED not in down
    every = dict(walk(told, "Downstream", VERSION, rows=True))
    assert [every[id] for id in (FEEDBACK, CORRECTED, TRAINING, RETRY, MENDED)] == [1, 2, 3, 4, 5]
    query = """query($id: ID!) { feedback(id: $id) { upstream(filter: { level: VERSION }) { nodes { nodes { id } } }
      downstream(depth: 4, filter: { rows: true }) { nodes { nodes { id } edges { relation } } } } }"""
    found = told.ask(query, id=FEEDBACK)["feedback"]
    assert [hit["id"] for hit in found["upstream"]["nodes"]["nodes"]] == [f"{ENDPOINT}:v1", VERSION]
    assert {hit["id"] for hit in found["downstream"]["nodes"]["nodes"]} == {
        TASK,
        CORRECTED,
        TRAINING,
        FAILED,
        RETRY,
        MENDED,
    }
    assert {edge["relation"] for edge in found["downstream"]["nodes"]["edges"]} >= {
        "CORRECTS",
        "RAISED_FROM",
        "RETRY_OF",
    }


@pytest.mark.parametrize(
    ("used", "users"),
    [
        (ENDPOINT, [(MONITOR, "WATCHES", []), (PAUSED, "WATCHES", [])]),
        (MONITOR, [(TASK, "RAISED_FROM", [])]),
        (MENDED, [(STOPPED, "SERVES", []), (ENDPOINT, "SERVES", [])]),
        (FAILED, [(RETRY, "RETRY_OF", [])]),
        (TASK, []),
    ],
)
def test_what_is_used_by_what(told: Client, used: str, users: list[tuple[str, str, list[int]]]) -> None:
    found = told.run("UsedBy", id=used)["usedBy"]["edges"]
    assert [(edge["node"]["id"], edge["relation"], edge["versionNumbers"]) for edge in found] == users


@pytest.mark.parametrize(
    ("asked_of", "versions", "shares"),
    [
        ({"id": LEARNED}, [VERSION, MENDED], {HIDDEN: 100, ENDPOINT: 100}),
        ({"id": LABEL}, [VERSION, MENDED], {HIDDEN: 100, ENDPOINT: 100}),
        ({"sheetId": SHEET, "itemRef": "1"}, [VERSION, MENDED], {HIDDEN: 100, ENDPOINT: 100}),
        ({"id": CORRECTED}, [MENDED], {ENDPOINT: 60}),
        ({"id": FEEDBACK}, [MENDED], {ENDPOINT: 60}),
        ({"id": f"{TRAINING}:s1"}, [VERSION], {HIDDEN: 100, ENDPOINT: 40}),
        ({"id": SNAPSHOT}, [MENDED], {ENDPOINT: 60}),
        ({"id": RETRY}, [MENDED], {ENDPOINT: 60}),
        ({"id": FAILED}, [], {}),
        ({"id": chain.CHECKED}, [], {}),
        ({"id": TASK}, [], {}),
    ],
)
def test_exposure_names_live_endpoints_and_how_much_of_their_traffic(
    told: Client, asked_of: dict[str, str], versions: list[str], shares: dict[str, int]
) -> None:
    found = told.run("LiveExposure", **asked_of)
    assert [version["id"] for version in found["modelVersions"]] == versions
    assert [endpoint["id"] for endpoint in found["endpoints"]] == list(shares)
    share = sum(shares.values()) / (100 * len(shares)) if shares else None
    assert (found["trafficShare"], found["completeness"]) == (share, COMPLETE)
    query = """query($id: ID, $sheetId: ID, $itemRef: String) {
      exposure(id: $id, sheetId: $sheetId, itemRef: $itemRef) {
        shares { endpoint { id } percent modelVersions { id } } } }"""
    detailed = told.ask(query, **asked_of)["exposure"]["shares"]
    assert {one["endpoint"]["id"]: one["percent"] for one in detailed} == shares
    assert {version["id"] for one in detailed for version in one["modelVersions"]} <= set(versions)


def test_exposure_counts_endpoints_that_the_caller_may_not_see(eddy: Client) -> None:
    found = eddy.run("LiveExposure", id=f"{TRAINING}:s1")
    assert ([endpoint["id"] for endpoint in found["endpoints"]], found["trafficShare"]) == ([ENDPOINT], 0.4)
    assert found["completeness"]["omitted"] == [{"kind": "ENDPOINT", "count": 1}]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("id", "live", "requests"),
    [
        (TABLE, (2, 2, 1), 3.0),
        (VERSION, (2, 0, 1), 3.0),
        (MENDED, (1, 0, 1), 2.0),
        (FAILED, (1, 1, 1), 2.0),
        (ENDPOINT, (0, 0, 1), 2.0),
        (STOPPED, (0, 0, 0), None),
        (MONITOR, (0, 0, 0), None),
    ],
)
def test_impact_tells_what_is_live_among_all_dependents(
    told: Client, id: str, live: tuple[int, int, int], requests: float | None
) -> None:
    found = told.run("Impact", id=id, action="TRASH")["impact"]
    assert tuple(found["live"][name] for name in ("endpoints", "models", "monitors")) == live
    assert found["requestsPerDay"] == requests
    down = told.run("Downstream", id=id, depth=25, first=1)["downstream"]
    assert found["dependents"] == down["nodes"]["totalCount"] == sum(one["count"] for one in found["byKind"])
    assert {one["kind"] for one in found["byKind"]} == {one["kind"] for one in down["counts"]}
    assert found["completeness"] == COMPLETE


@pytest.mark.usefixtures("asked")
def test_impact_counts_hidden_dependents_and_keeps_their_traffic_to_itself(told: Client, eddy: Client) -> None:
    owners, seen = (one.run("Impact", id=TABLE, action="ARCHIVE")["impact"] for one in (told, eddy))
    assert (seen["dependents"], seen["live"], seen["byKind"]) == (
        owners["dependents"],
        owners["live"],
        owners["byKind"],
    )
    assert seen["requestsPerDay"] == 2.0
    assert seen["completeness"]["omitted"] == [{"kind": "ENDPOINT", "count": 1}]
    assert [error["code"] for error in seen["blockers"]] == ["FORBIDDEN", "ILLEGAL_MOVE"]


def test_an_endpoint_that_served_it_once_is_a_dependent_and_not_live(told: Client, database: Database) -> None:
    async def deploy(number: int, shares: dict[str, int]) -> None:
        async with database.connect() as graph:
            await loop.redeploy(graph, number, shares)

    before = told.run("ModelLineage", id=VERSION)["lineage"]
    anyio.run(deploy, 3, {MENDED: 100})
    try:
        found = told.run("Impact", id=VERSION, action="ARCHIVE")["impact"]
        assert found["live"] == {"endpoints": 1, "models": 0, "monitors": 0}
        assert dict(walk(told, "Downstream", VERSION))[ENDPOINT] == 1
        assert told.run("LiveExposure", id=f"{TRAINING}:s1")["trafficShare"] == 1.0
        assert walk(told, "Upstream", MONITOR, **VERSIONS)[:2] == [(f"{ENDPOINT}:v3", 1), (MENDED, 2)]
    finally:
        anyio.run(deploy, 4, {VERSION: 40, MENDED: 60})  # a rollback to what the second version served
    # What made a model is told by what never changes: no deploy, no rollback and no retry alters it.
    assert told.run("ModelLineage", id=VERSION)["lineage"] == before
    mended = told.run("ModelLineage", id=MENDED)["lineage"]
    assert (mended["job"]["id"], [snapshot["id"] for snapshot in mended["snapshots"]]) == (RETRY, [SNAPSHOT])
    assert [table["fullName"] for table in mended["tables"]] == ["local.bank.train"]
    query = "query($id: ID!) { modelVersion(id: $id) { lineage { generations { id } splits { split rows } } } }"
    assert told.ask(query, id=MENDED)["modelVersion"]["lineage"] == {
        "generations": [{"id": f"{TRAINING}:g1"}, {"id": f"{TRAINING}:g2"}],
        "splits": [{"split": "TRAIN", "rows": 2}],
    }
    assert told.run("LiveExposure", id=f"{TRAINING}:s1")["trafficShare"] == 0.7


EVERYTHING = (TABLE, SHEET, TEMPLATE, LABEL, TRAINING, JOB, MODEL, VERSION, MENDED, ENDPOINT, STOPPED, MONITOR, TASK)
UPDATES = {
    SHEET: "sheetUpdate",
    TEMPLATE: "templateUpdate",
    LABEL: "canonicalLabelUpdate",
    TRAINING: "trainingSheetUpdate",
    JOB: "trainingJobUpdate",
    MODEL: "modelUpdate",
    VERSION: "modelVersionUpdate",
    ENDPOINT: "endpointUpdate",
    TASK: "improvementTaskUpdate",
}
PLAN = "allowed blockers { code message } dependents"
PLANNED = f"""query($ids: [ID!]!, $action: ImpactAction) {{
  nodes(ids: $ids) {{ ... on Asset {{ id impact(action: $action) {{ {PLAN} }} }} }} }}"""

OUTCOMES = f"outcomes {{ id ok error {{ code message }} impact {{ {PLAN} }} }}"


def planned(caller: Client, action: str) -> dict[str, dict[str, Any]]:
    """The impact of the action on everything, by id."""
    nodes = caller.ask(PLANNED, ids=EVERYTHING, action=action)["nodes"]
    return {node["id"]: node["impact"] for node in nodes}


@pytest.mark.parametrize("retention", ["LIVE", "ARCHIVED", "TRASHED"])
def test_a_plan_and_the_act_never_disagree(told: Client, eddy: Client, database: Database, retention: str) -> None:
    async def retain(to: str) -> None:
        async with database.connect() as graph:
            ids = list(EVERYTHING[1:])  # a table has none
            await graph.execute("MATCH (n:Asset) WHERE n.id IN $ids SET n.retention = $to", ids=ids, to=to)

    anyio.run(retain, retention)
    try:
        for caller in (told, eddy):
            for action, name in (("ARCHIVE", "assetArchive"), ("TRASH", "assetTrash")):
                plans = planned(caller, action)
                act = f"{name}(ids: $ids, dryRun: true) {{ {OUTCOMES} }}"
                for outcome in caller.ask(f"mutation($ids: [ID!]) {{ {act} }}", ids=EVERYTHING)[name]["outcomes"]:
                    plan = plans[outcome["id"]]
                    assert outcome["impact"] == plan
                    assert plan["allowed"] == outcome["ok"], (action, outcome)
                    assert outcome["error"] == next(iter(plan["blockers"]), None)
            plans = planned(caller, "UPDATE")
            for id, name in UPDATES.items():
                act = f'{name}(id: "{id}", input: {{ tags: ["{retention}"] }}) {{ errors {{ code message }} }}'
                # An act stops at the first reason, a plan names all.
                assert caller.ask(f"mutation {{ {act} }}")[name]["errors"] == plans[id]["blockers"][:1], id
            assert not any(plan["allowed"] for plan in planned(caller, "PURGE").values()), "begat does not purge yet"
    finally:
        anyio.run(retain, "LIVE")
