"""Bulk jobs: more than a thousand items, in parts that are each done once, with what is left of the caller's rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from begat.access import rights, tokens
from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import bulk, many, moves
from begat.change.background import Background, LeaseLost, acquire
from begat.change.many import Act, Target
from begat.change.write import Change, write
from begat.core import times
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.kinds.registry import KINDS
from begat.kinds.sheet.kind import SHEET
from begat.platforms.local.platform import open_platform
from begat.platforms.platform import Platform
from begat.review import assignments, decisions
from begat.work.acts import ACTS
from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import on, reviewer, seed, seeded

JOB = """query($id: ID!) { bulkJob(id: $id) { id action statusName createdBy startedAt finishedAt changed failed
  progress { done total } failure { code message } outcomes(first: 1000, failed: true) { id ok error { code } } } }"""
CANCEL = "mutation($id: ID!) { bulkJobCancel(id: $id) { node { statusName } errors { code } } }"
ENDED = ("SUCCEEDED", "FAILED", "CANCELED")


def wait(api: Client, id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.wait(JOB, lambda data: data["bulkJob"]["statusName"] in ENDED, id=id)["bulkJob"]
    return found


def newest(api: Client) -> str:
    """The id of the job that was asked for last."""
    return str(api.ask("{ bulkJobs(first: 1) { nodes { id } } }")["bulkJobs"]["nodes"][0]["id"])


def test_more_than_a_thousand_pairs_are_approved_by_a_job(api: Client, database: Database) -> None:
    made = seeded(database, 1_450)
    api.done("Reject", ids=made.pairs[:3], reason="no")
    answer = api.done("Approve", where={"trainingSheetId": made.sheet}, expectedCount=1_450)
    assert (answer["matched"], answer["changed"], answer["outcomes"]) == (1_450, 0, [])
    assert answer["job"]["progress"]["total"] == 1_450
    job = wait(api, answer["job"]["id"])
    assert (job["statusName"], job["action"], job["createdBy"]) == ("SUCCEEDED", "approve", "me")
    assert job["progress"] == {"done": 1_450, "total": 1_450}
    assert (job["changed"], job["failed"], job["failure"]) == (1_447, 3, None)
    assert sorted(outcome["id"] for outcome in job["outcomes"]) == sorted(made.pairs[:3])
    assert {outcome["error"]["code"] for outcome in job["outcomes"]} == {"ILLEGAL_MOVE"}
    counted = api.ask(
        "query($w: QaPairFilter) { qaPairs(where: $w) { totalCount nodes { reviews { reviewer } } } }",
        w={"trainingSheetId": made.sheet, "status": ["APPROVED"]},
    )["qaPairs"]
    assert counted["totalCount"] == 1_447
    assert {len(node["reviews"]) for node in counted["nodes"]} == {1}


def test_a_canceled_job_keeps_what_is_done_and_does_no_more(api: Client, database: Database) -> None:
    made = seeded(database, 6_000)
    job = api.done("Approve", ids=made.pairs)["job"]
    api.wait(JOB, lambda data: data["bulkJob"]["progress"]["done"] > 0, id=job["id"])
    canceled = api.ask(CANCEL, id=job["id"])["bulkJobCancel"]
    assert canceled == {"node": {"statusName": "CANCELED"}, "errors": []}
    kept = api.ask(JOB, id=job["id"])["bulkJob"]
    assert 0 < kept["changed"] < 6_000
    # A job that was asked for later ends only when the loop has moved on from the canceled one.
    api.done("Reject", ids=made.pairs[-1_001:], reason="no")
    assert wait(api, newest(api))["changed"] == 1_001
    assert api.ask(JOB, id=job["id"])["bulkJob"]["changed"] == kept["changed"]
    count = "query($w: QaPairFilter) { qaPairs(where: $w) { totalCount } }"
    approved = api.ask(count, w={"trainingSheetId": made.sheet, "status": ["APPROVED"]})["qaPairs"]["totalCount"]
    assert approved == kept["changed"]
    again = api.ask(CANCEL, id=job["id"])["bulkJobCancel"]
    assert (again["errors"][0]["code"], again["node"]["statusName"]) == ("ILLEGAL_MOVE", "CANCELED")


def test_all_or_nothing_is_refused_above_a_thousand(api: Client, database: Database) -> None:
    made = seeded(database, 1_001)
    refused = api.run("Approve", ids=made.pairs, onError="ALL_OR_NOTHING")
    assert (refused["errors"][0]["code"], refused["errors"][0]["path"]) == ("LIMIT", ["onError"])
    assert api.run("Approve", ids=made.pairs, onError="ALL_OR_NOTHING", dryRun=True) == refused
    assert api.ask("{ bulkJobs { totalCount } }")["bulkJobs"]["totalCount"] == 0


def test_a_dry_run_of_more_than_a_thousand_tells_at_once(api: Client, database: Database) -> None:
    made = seeded(database, 1_001)
    answer = api.done("Approve", ids=made.pairs, dryRun=True)
    assert (answer["matched"], answer["changed"], answer["job"]) == (1_001, 1_001, None)


@pytest.mark.parametrize("dry", [False, True])
def test_what_is_no_job_takes_no_more_than_a_thousand(api: Client, dry: bool) -> None:
    retry = "mutation($ids: [ID!], $dry: Boolean) { trainingJobRetry(ids: $ids, dryRun: $dry) { errors { code } } }"
    refused = api.ask(retry, ids=[f"job_{number}" for number in range(1_001)], dry=dry)["trainingJobRetry"]
    assert refused == {"errors": [{"code": "LIMIT"}]}


def test_a_dry_run_of_all_or_nothing_locks_not_all_at_once(
    api: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = seeded(database, 201)
    sizes: list[int] = []
    apply = many.apply

    async def counted(change: Change, what: Act, batch: Sequence[Target]) -> list[many.Outcome]:
        sizes.append(len(batch))
        return await apply(change, what, batch)

    monkeypatch.setattr(many, "apply", counted)
    api.done("Approve", ids=made.pairs, onError="ALL_OR_NOTHING", dryRun=True)
    assert sizes == [200, 1]


def test_stale_items_of_a_job_are_named_as_conflicts(api: Client, database: Database) -> None:
    made = seeded(database, 1_001)
    items = [{"id": id, "revision": 1 if place else 9} for place, id in enumerate(made.pairs)]
    approve = "mutation($items: [ItemInput!]) { qaPairApprove(items: $items) { job { id } errors { code } } }"
    job = wait(api, api.ask(approve, items=items)["qaPairApprove"]["job"]["id"])
    assert job["outcomes"] == [{"id": made.pairs[0], "ok": False, "error": {"code": "CONFLICT"}}]


def test_assets_move_by_jobs_too(api: Client, database: Database) -> None:
    ids = on(database, many_sheets)
    where = {"kinds": ["SHEET"]}
    api.done("Tag", ids=[*ids, "sheet_unknown"], add=["x"], remove=[])
    job = wait(api, newest(api))
    assert [(outcome["id"], outcome["error"]["code"]) for outcome in job["outcomes"]] == [
        ("sheet_unknown", "NOT_FOUND")
    ]
    assert api.run("Assets", where={**where, "tags": ["x"]})["totalCount"] == len(ids)
    api.done("Archive", where=where, expectedCount=len(ids))
    assert wait(api, newest(api))["changed"] == len(ids)
    assert api.run("Assets", where=where)["totalCount"] == 0
    history = api.run("History", id=ids[0])["history"]["nodes"]
    assert [(entry["action"], entry["actor"]) for entry in history] == [("archive", "me"), ("tag", "me")]


async def many_sheets(graph: Graph) -> list[str]:
    """A thousand drafts and one, as the database keeps them."""

    async def work(change: Change) -> list[str]:
        made = [f"sheet_{number}" for number in range(1_001)]
        for id in made:
            change.create(
                SHEET.labels(),
                {
                    "id": id,
                    "kind": "SHEET",
                    "project": DEFAULT_PROJECT,
                    "name": id,
                    "owner": "me",
                    "tags": [],
                    "status": "DRAFT",
                    "retention": "LIVE",
                    "revision": 1,
                    "version": 1,
                    "createdAt": change.at,
                    "updatedAt": change.at,
                },
            )
        return made

    return await write(graph, single_user(), work)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform; no act of these jobs asks it for anything."""
    opened = open_platform(tmp_path, tmp_path / "tables", None, None)
    yield opened
    opened.close()


async def working(graph: Graph, platform: Platform, holder: str = "one") -> Background:
    """A worker of these tests' own, beside a begat that may serve on the same graph."""
    lease = await acquire(graph, "bulk-in-tests", holder)
    assert lease is not None
    return Background(graph, platform, lease)


async def asked(graph: Graph, viewer: Viewer, pairs: Sequence[str]) -> str:
    """A job that only the test's own worker can do: its act is known to no other."""
    what = replace(decisions.decide("approve"), job="TEST.approve")
    return await bulk.create(graph, viewer, what, [Target(id) for id in pairs])


STEP = bulk.step({"TEST.approve": lambda arguments: decisions.decide("approve", arguments["reason"])})


async def outcomes(graph: Graph, job: str) -> list[list[Any]]:
    found = await graph.read(
        "MATCH (p:BulkPart {job: $job}) WHERE p.done = true WITH p ORDER BY p.number RETURN collect(p.outcomes)",
        job=job,
    )
    return [outcome for part in found for outcome in orjson.loads(part)]


@pytest.mark.anyio
async def test_a_job_acts_with_what_is_left_of_its_callers_rights(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 401)
    await tokens.create(graph, "ann")
    await graph.execute(
        "MATCH (p:Principal {name: 'ann'}) MATCH (j:Project {id: 'project_default'}) "
        "CREATE (p)-[:HAS_ROLE {role: 'REVIEWER'}]->(j)"
    )
    job = await asked(graph, reviewer("ann"), made.pairs)
    work = await working(graph, platform)
    assert await STEP(work)
    await graph.execute("MATCH (:Principal)-[r:HAS_ROLE]->(:Project) SET r.role = 'VIEWER'")
    assert await STEP(work)
    await graph.execute("MATCH (:Principal)-[r:HAS_ROLE]->(:Project) DELETE r")
    assert await STEP(work)
    assert await STEP(work), "its end is a step of its own"
    assert not await STEP(work)
    found = await outcomes(graph, job)
    assert [outcome[0] for outcome in found] == made.pairs
    said = [outcome[5] and outcome[5][0] for outcome in found]
    assert said == [*[None] * 200, *["FORBIDDEN"] * 200, "NOT_FOUND"]
    assert await graph.read("MATCH (r:Review) RETURN collect(DISTINCT r.reviewer)") == ["ann"]
    assert await graph.read("MATCH (j:BulkJob) RETURN [j.status, j.finishedAt IS NOT NULL]") == ["SUCCEEDED", True]


@pytest.mark.anyio
async def test_a_group_that_no_token_has_any_more_gives_no_right(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 401)
    token = await tokens.create(graph, "ann", groups=["crew", "night"])
    await graph.execute(
        "MATCH (j:Project {id: 'project_default'}) CREATE (p:Principal {name: 'group:crew'}) "
        "CREATE (p)-[:HAS_ROLE {role: 'REVIEWER'}]->(j)"
    )
    ann = await tokens.authenticate(graph, token, "req_1")
    assert ann is not None
    job = await asked(graph, ann, made.pairs)
    work = await working(graph, platform)
    assert await STEP(work)
    await tokens.revoke(graph, "ann")
    await tokens.create(graph, "ann", groups=["night", "day"])
    assert (await rights.still(graph, ann)).groups == {"night"}
    assert await STEP(work)
    await tokens.create(graph, "ann", groups=["crew"])
    assert (await rights.still(graph, ann)).groups == {"crew", "night"}
    assert await STEP(work)
    said = [outcome[5] and outcome[5][0] for outcome in await outcomes(graph, job)]
    assert said == [*[None] * 200, *["NOT_FOUND"] * 200, None]


@pytest.mark.anyio
async def test_a_role_that_was_granted_later_is_not_used(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 1)
    await tokens.create(graph, "ann", admin=True)
    job = await asked(graph, reviewer("ann", role=Role.VIEWER), made.pairs)
    await graph.execute(
        "MATCH (p:Principal {name: 'ann'}) MATCH (j:Project {id: 'project_default'}) "
        "CREATE (p)-[:HAS_ROLE {role: 'OWNER'}]->(j)"
    )
    await STEP(await working(graph, platform))
    assert (await outcomes(graph, job))[0][5][0] == "FORBIDDEN"


@pytest.mark.anyio
async def test_a_holder_that_was_replaced_does_nothing_more(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 300)
    job = await asked(graph, single_user(), made.pairs)
    old = await working(graph, platform, "old")
    assert await STEP(old)
    await graph.execute("MATCH (l:Lease {name: 'bulk-in-tests'}) SET l.until = $past", past=times.later(-1))
    new = await working(graph, platform, "new")
    with pytest.raises(LeaseLost):
        await STEP(old)
    assert len(await outcomes(graph, job)) == 200
    assert await STEP(new)
    assert await STEP(new), "its end is a step of its own"
    assert not await STEP(new)
    assert await graph.read("MATCH (r:Review) RETURN [count(r), count(DISTINCT r.pair)]") == [300, 300]


@pytest.mark.anyio
async def test_jobs_take_turns(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 601)
    first = await asked(graph, single_user(), made.pairs[:600])
    second = await asked(graph, single_user(), made.pairs[600:])
    work = await working(graph, platform)
    assert await STEP(work)
    assert await STEP(work)
    assert (len(await outcomes(graph, first)), len(await outcomes(graph, second))) == (200, 1)


@pytest.mark.anyio
async def test_a_job_whose_act_met_a_fault_says_so_and_ends(
    graph: Graph, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    made = await seed(graph, 201)
    job = await asked(graph, single_user(), made.pairs)

    async def broken(*_: object) -> dict[str, Any]:
        raise RuntimeError("a secret of the driver's")

    def act(_: Mapping[str, Any]) -> Act:
        return replace(decisions.decide("approve"), apply=broken)

    assert await bulk.step({"TEST.approve": act})(await working(graph, platform))
    status, failure = await graph.read("MATCH (j:BulkJob {id: $id}) RETURN [j.status, j.failure]", id=job)
    assert status == "FAILED"
    assert "secret" not in failure
    assert "a fault in bulk job" in caplog.text
    assert await graph.read("MATCH (r:Review) RETURN count(r)") == 0


@pytest.mark.anyio
async def test_an_act_that_this_begat_does_not_know_is_left_to_one_that_does(graph: Graph, platform: Platform) -> None:
    made = await seed(graph, 1)
    job = await asked(graph, single_user(), made.pairs)
    assert not await bulk.step({})(await working(graph, platform))
    assert await graph.read("MATCH (j:BulkJob {id: $id}) RETURN j.status", id=job) == "QUEUED"


@pytest.mark.anyio
async def test_a_job_is_its_callers_own(graph: Graph) -> None:
    made = await seed(graph, 1)
    job = await asked(graph, reviewer("ann"), made.pairs)
    with pytest.raises(Problem) as refused:
        await bulk.cancel(graph, reviewer("bob"), job)
    assert refused.value.code is Code.NOT_FOUND
    await bulk.cancel(graph, reviewer("ann"), job)
    assert await graph.read("MATCH (j:BulkJob {id: $id}) RETURN j.status", id=job) == "CANCELED"


def test_every_act_on_many_can_be_made_again_from_what_a_job_keeps() -> None:
    acts = [
        decisions.decide("approve"),
        decisions.decide("reject", "no"),
        decisions.decide("flag", "hm"),
        decisions.reopen("why"),
        assignments.assign("bob"),
        moves.tag(KINDS, ["a"], ["b"]),
        moves.retention_move(KINDS, "trash", "old", planned={"sheet_1": (3, "digest")}),
        *(moves.status_move(SHEET, move.name) for move in SHEET.lifecycle.moves),
    ]
    for act in acts:
        assert act.job is not None
        kept = orjson.loads(orjson.dumps(dict(act.arguments)))
        again = ACTS[act.job](kept)
        assert (again.name, again.job, again.role, again.label, again.arguments) == (
            act.name,
            act.job,
            act.role,
            act.label,
            act.arguments,
        )
