"""Training jobs that start from a model version: what can be one, what is kept of it, and what becomes of both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from begat.platforms.local.registry import LocalRegistry
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.frozen import ENDLESS, Frozen, Row, endless_rows, freeze, rows
from tests.kinds.served import altered, models
from tests.kinds.test_training_job import ended, train

SHOWN = """query($id: ID!) { trainingJob(id: $id) { trainer hyperparameters baseModelVersion { id number }
  upstream { nodes { edges { to relation } } } produced { id lineage { baseModels { id number }
    snapshots { id } completeness { complete } } } } }"""
LISTED = """query($where: TrainingJobFilter) { trainingJobs(where: $where) { nodes { id baseModelVersion { id } } } }"""
USERS = "query($id: ID!) { asset(id: $id) { usedBy { edges { relation node { id } } } } }"
RETIRE = "mutation($ids: [ID!]) { modelVersionRetire(ids: $ids) { changed } }"
IN_USE = """query($id: ID!) { asset(id: $id) { impact(action: TRASH) { allowed blockers { code message } } } }"""
OWN = ["input", "baseModelVersionId"]


def new_rows() -> list[Row]:
    """Rows of an answer that no base knows, and some to measure on, of those that it does."""
    top_up = ("How do I top up?", "Top up by cheque", "Can I top up?", "My top up failed")
    return [{"question": text, "answer": "top_up", "split": "TRAIN"} for text in top_up] + rows("TEST")


@pytest.fixture
def sheet(api: Client, database: Database) -> Frozen:
    return freeze(database, api.home, "questions", rows())


@pytest.fixture
def more(api: Client, database: Database) -> Frozen:
    return freeze(database, api.home, "more questions", new_rows())


@pytest.fixture
def base(api: Client, sheet: Frozen) -> str:
    """A version that a training made."""
    return str(
        ended(api, train(api, sheet, trainer="naive_bayes", hyperparameters={"alpha": 0.5})["id"])["produced"]["id"]
    )


def refused(api: Client, sheet: Frozen, base: str, **more: Any) -> dict[str, Any]:
    """The one error of a training that must not start from this, and leaves nothing."""
    before = api.run("Assets", where={"kinds": ["TRAINING_JOB"]})["totalCount"]
    input = {"name": "x", "trainingSheetId": sheet.sheet, "model": "intents", "baseModelVersionId": base, **more}
    (error,) = api.refused("Train", input=input)
    assert isinstance(error, dict)
    assert api.run("Assets", where={"kinds": ["TRAINING_JOB"]})["totalCount"] == before
    return error


def test_a_job_that_starts_from_a_version_knows_what_that_knew_and_its_lineage_says_so(
    api: Client, sheet: Frozen, more: Frozen, base: str
) -> None:
    job = ended(api, train(api, more, baseModelVersionId=base)["id"])
    assert job["statusName"] == "SUCCEEDED", job["failure"]
    accuracy = job["produced"]["evaluations"][0]
    assert (accuracy["metric"], accuracy["sampleSize"], accuracy["value"]) == ("accuracy", 9, 1.0)
    shown = api.ask(SHOWN, id=job["id"])["trainingJob"]
    assert (shown["trainer"], shown["hyperparameters"]["alpha"]) == ("naive_bayes", 0.5), "as the base was trained"
    assert shown["baseModelVersion"] == {"id": base, "number": 1}
    edges = {(edge["relation"], edge["to"]) for edge in shown["upstream"]["nodes"]["edges"]}
    assert edges == {("TRAINED_ON", more.sheet), ("STARTED_FROM", base)}
    assert shown["produced"]["lineage"] == {
        "baseModels": [{"id": base, "number": 1}],
        "snapshots": [{"id": more.snapshot}],
        "completeness": {"complete": True},
    }, "and not what the base learned from: that is in its own lineage"
    users = api.ask(USERS, id=base)["asset"]["usedBy"]["edges"]
    assert users == [{"relation": "STARTED_FROM", "node": {"id": job["id"]}}]
    manifests = [json.loads(file.read_bytes()) for file in (api.home / "models" / "names").glob("*/2.json")]
    assert base in [kept["metadata"].get("base") for kept in manifests], "the platform's registry is told"

    found = api.ask(LISTED, where={"baseModelVersionId": base})["trainingJobs"]["nodes"]
    assert found == [{"id": job["id"], "baseModelVersion": {"id": base}}]
    others = api.ask(LISTED, where={"trainingSheetId": sheet.sheet})["trainingJobs"]["nodes"]
    assert [one["baseModelVersion"] for one in others] == [None]


def test_without_a_base_the_same_rows_teach_one_answer_only(api: Client, more: Frozen) -> None:
    job = ended(api, train(api, more, trainer="naive_bayes")["id"])
    assert (job["statusName"], job["failure"]["code"]) == ("FAILED", "BAD_INPUT")


def test_settings_must_agree_with_the_base(api: Client, more: Frozen, base: str) -> None:
    error = refused(api, more, base, trainer="linear_svm")
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "trainer"])
    assert "naive_bayes" in error["message"]
    assert refused(api, more, base, trainer="magic")["path"] == ["input", "trainer"]
    error = refused(api, more, base, hyperparameters={"char_ngram_max": 3})
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "hyperparameters", "char_ngram_max"])
    assert error["hint"] == "Leave it out, or name 5; start anew to choose it."
    id = train(api, more, baseModelVersionId=base, hyperparameters={"alpha": 2, "char_ngram_max": 5})["id"]
    assert ended(api, id)["hyperparameters"]["alpha"] == 2.0


def test_what_cannot_be_started_from_is_refused_each_for_its_reason(
    api: Client, more: Frozen, database: Database
) -> None:
    plain, *others = models(database, api.home, 8)
    waiting, failed, external, bare, retired, archived, trashed = others
    model = api.ask("query($id: ID!) { modelVersion(id: $id) { model { id } } }", id=plain)["modelVersion"]["model"][
        "id"
    ]
    altered(database, waiting, status="REGISTERING")
    altered(database, failed, status="FAILED")
    altered(database, external, external=True)
    altered(database, bare, uri=None)
    api.ask(RETIRE, ids=[retired])
    api.done("Archive", ids=[archived])
    api.done("Trash", ids=[trashed])
    for id, code, words in (
        ("mver_none", "NOT_FOUND", "mver_none"),
        ("", "NOT_FOUND", ""),
        (model, "BAD_INPUT", "This is no model version"),
        (more.sheet, "BAD_INPUT", "This is no model version"),
        (waiting, "ILLEGAL_MOVE", "is REGISTERING"),
        (failed, "ILLEGAL_MOVE", "is FAILED"),
        (retired, "ILLEGAL_MOVE", "is RETIRED"),
        (archived, "ILLEGAL_MOVE", "is archived"),
        (trashed, "ILLEGAL_MOVE", "is trashed"),
        (external, "BAD_INPUT", "chat model elsewhere"),
        (bare, "BAD_INPUT", "has no registered file"),
        (plain, "BAD_INPUT", "does not say how it was trained"),
    ):
        error = refused(api, more, id)
        assert (error["code"], error["path"]) == (code, OWN), (id, error)
        assert words in error["message"]
        assert error["hint"] or code == "NOT_FOUND"


def test_a_base_is_in_use_until_its_job_has_ended(api: Client, more: Frozen, base: str, database: Database) -> None:
    model = api.ask("query($id: ID!) { modelVersion(id: $id) { model { id } } }", id=base)["modelVersion"]["model"][
        "id"
    ]
    busy = train(api, freeze(database, api.home, "endless", endless_rows()), model="other", **ENDLESS)["id"]
    waiting = train(api, more, model="other", baseModelVersionId=base)["id"]  # for the one worker of trainings
    for used in (base, model):
        error = api.refused("Trash", ids=[used])[0]
        assert (error["code"], waiting in error["message"]) == ("IN_USE", True)
        (blocker,) = api.ask(IN_USE, id=used)["asset"]["impact"]["blockers"]
        assert (blocker["code"], waiting in blocker["message"]) == ("IN_USE", True)
    api.done("JobCancel", ids=[waiting, busy])
    assert {ended(api, id)["statusName"] for id in (waiting, busy)} == {"CANCELED"}
    assert api.ask(IN_USE, id=base)["asset"]["impact"] == {"allowed": True, "blockers": []}
    api.done("Trash", ids=[base])
    shown = api.ask(SHOWN, id=waiting)["trainingJob"]
    assert shown["baseModelVersion"]["id"] == base, "it stays what it was"


def test_a_retry_starts_from_the_same_version_and_asks_again_whether_it_can(
    api: Client, more: Frozen, base: str, database: Database
) -> None:
    first = train(api, more, baseModelVersionId=base)["id"]
    ended(api, first)
    altered(database, first, status="LOST")
    api.ask(RETIRE, ids=[base])
    error = api.refused("JobRetry", ids=[first])[0]
    assert (error["code"], "is RETIRED" in error["message"]) == ("ILLEGAL_MOVE", True)
    api.ask("mutation($ids: [ID!]) { modelVersionReinstate(ids: $ids) { changed } }", ids=[base])
    (retry,) = api.done("JobRetry", ids=[first])["nodes"]
    done = ended(api, retry["id"])
    assert done["statusName"] == "SUCCEEDED"
    shown = api.ask(SHOWN, id=retry["id"])["trainingJob"]
    assert shown["baseModelVersion"]["id"] == base
    assert {edge["relation"] for edge in shown["upstream"]["nodes"]["edges"]} == {
        "TRAINED_ON",
        "STARTED_FROM",
        "RETRY_OF",
    }
    assert [one["id"] for one in shown["produced"]["lineage"]["baseModels"]] == [base]


def test_the_same_create_twice_with_one_key_is_answered_also_when_the_base_is_gone_by_then(
    api: Client, more: Frozen, base: str
) -> None:
    first = train(api, more, baseModelVersionId=base, idempotencyKey="k")["id"]
    ended(api, first)
    api.done("Trash", ids=[base])
    assert train(api, more, baseModelVersionId=base, idempotencyKey="k")["id"] == first
    assert refused(api, more, base, idempotencyKey="other")["path"] == OWN


@pytest.mark.parametrize("gone", [True, False])
def test_a_base_whose_file_is_gone_or_altered_fails_the_job_and_says_so(
    api: Client, more: Frozen, base: str, gone: bool
) -> None:
    uri = api.ask("query($id: ID!) { modelVersion(id: $id) { uri } }", id=base)["modelVersion"]["uri"]
    file = LocalRegistry(api.home).open(uri)
    kept = file.read_bytes()
    file.unlink()
    if not gone:
        file.write_bytes(kept[:-1])
    try:
        job = ended(api, train(api, more, baseModelVersionId=base)["id"])
    finally:
        file.unlink(missing_ok=True)
        file.write_bytes(kept)
    wanted = ("NOT_FOUND", "does not exist any more") if gone else ("PLATFORM", "not the one that was registered")
    assert (job["statusName"], job["failure"]["code"]) == ("FAILED", wanted[0])
    assert wanted[1] in job["failure"]["message"]
