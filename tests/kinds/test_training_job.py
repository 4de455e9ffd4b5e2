"""Training jobs: what they are asked for, what they refuse, and what a real training leaves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.api_client import Client, operation
from tests.conftest import Database
from tests.kinds.frozen import Frozen, freeze, rows
from tests.kinds.test_model import made

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "LOST")


def train(api: Client, sheet: Frozen, **more: Any) -> dict[str, Any]:
    """Queues a small training; the job."""
    input = {"name": "first", "trainingSheetId": sheet.sheet, "model": "intents", **more}
    node: dict[str, Any] = api.done("Train", input=input)["node"]
    return node


def refused(api: Client, sheet: str, **more: Any) -> dict[str, Any]:
    """The one error of a training that must be refused, and leaves nothing."""
    errors = api.refused("Train", input={"name": "x", "trainingSheetId": sheet, "model": "intents", **more})
    assert len(errors) == 1, errors
    assert api.run("Assets", where={"kinds": ["TRAINING_JOB", "MODEL"]})["totalCount"] == 0
    return errors[0]


def ended(api: Client, id: str) -> dict[str, Any]:
    """The job, once it has ended."""
    data = api.wait(operation("Job"), lambda data: data["trainingJob"]["statusName"] in ENDED, id=id)
    job: dict[str, Any] = data["trainingJob"]
    return job


@pytest.fixture
def sheet(api: Client, database: Database) -> Frozen:
    return freeze(database, api.home, "questions", rows())


def test_a_training_leaves_a_registered_version_that_is_measured_on_the_frozen_test_rows(
    api: Client, sheet: Frozen
) -> None:
    queued = train(api, sheet, description="a first try", tags=["bank"], hyperparameters={"c": 2})
    # It is queued; by the time it is read back, the platform may have begun.
    assert queued["statusName"] in ("QUEUED", "RUNNING")
    assert queued["progress"]["done"] == 0
    job = ended(api, queued["id"])
    assert job["statusName"] == "SUCCEEDED"
    assert job["failure"] is None
    assert job["progress"]["done"] == job["progress"]["total"] > 0
    assert queued["createdAt"] <= job["startedAt"] <= job["finishedAt"]
    assert job["hyperparameters"]["c"] == 2.0
    assert job["hyperparameters"]["word_ngram_max"] == 2
    assert (job["platformUrl"], job["retryOf"]) == (None, None)
    assert job["snapshot"]["sha256"] == sheet.sha256
    assert job["snapshot"]["splits"] == [{"split": "TRAIN", "rows": 36}, {"split": "TEST", "rows": 9}]
    made = job["produced"]
    assert (made["name"], made["number"], made["statusName"]) == ("intents v1", 1, "READY")
    accuracy, macro = made["evaluations"]
    assert (accuracy["metric"], accuracy["split"], accuracy["sampleSize"]) == ("accuracy", "TEST", 9)
    assert accuracy["value"] > 0.5
    assert accuracy["snapshot"]["id"] == sheet.snapshot
    assert macro["metric"] == "macro_f1"
    actions = [entry["action"] for entry in api.run("History", id=job["id"])["history"]["nodes"]]
    assert actions == ["succeed", "start", "create"]


def test_the_file_that_is_registered_is_the_one_that_was_trained(api: Client, sheet: Frozen) -> None:
    id = train(api, sheet)["id"]
    made = ended(api, id)["produced"]["id"]
    shown = api.ask(
        "query($id: ID!) { modelVersion(id: $id) { sha256 uri trainer trainRows hyperparameters status owner "
        "job { id trainRows cpuSeconds } model { name champion { id } versions { nodes { id } totalCount } } } }",
        id=made,
    )["modelVersion"]
    assert (shown["job"]["id"], shown["trainRows"], shown["job"]["trainRows"]) == (id, 36, 36)
    assert shown["job"]["cpuSeconds"] > 0
    assert shown["owner"] == "me"
    assert (api.home / "models" / "files" / f"{shown['sha256']}.joblib").is_file()
    assert shown["uri"].startswith("local:models/model_")
    assert shown["model"] == {
        "name": "intents",
        "champion": None,
        "versions": {"nodes": [{"id": made}], "totalCount": 1},
    }


def test_rows_that_were_never_split_are_all_learned_and_another_sheet_is_measured_whole(
    api: Client, database: Database
) -> None:
    learned = freeze(database, api.home, "train", rows("TRAIN"))
    unseen = freeze(database, api.home, "test", [{**row, "split": "TRAIN"} for row in rows("TEST")])
    id = train(api, learned, evaluateOn=[unseen.sheet, unseen.sheet])["id"]
    measured = ended(api, id)["produced"]["evaluations"]
    assert [(one["metric"], one["split"], one["sampleSize"]) for one in measured] == [
        ("accuracy", None, 9),
        ("macro_f1", None, 9),
    ]
    assert {one["snapshot"]["id"] for one in measured} == {unseen.snapshot}
    planned = api.ask(
        "query($id: ID!) { trainingJob(id: $id) { splits "
        "evaluateOn { split trainingSheet { name } snapshot { id } } } }",
        id=id,
    )["trainingJob"]
    assert planned["splits"] == ["TRAIN"]
    assert planned["evaluateOn"] == [
        {"split": None, "trainingSheet": {"name": "test"}, "snapshot": {"id": unseen.snapshot}}
    ]


def test_two_sheets_with_the_same_rows_are_measured_once_and_each_gets_its_evaluations(
    api: Client, database: Database
) -> None:
    learned = freeze(database, api.home, "train", rows("TRAIN"))
    twins = [freeze(database, api.home, name, rows("TEST"), ids=["pair_twin"] * 9) for name in ("a", "b")]
    assert twins[0].sha256 == twins[1].sha256
    made = ended(api, train(api, learned, evaluateOn=[twin.sheet for twin in twins])["id"])["produced"]
    assert [one["snapshot"]["id"] for one in made["evaluations"]] == [
        twin.snapshot for twin in twins for _ in ("accuracy", "macro_f1")
    ]


def test_the_next_training_of_a_model_makes_its_next_version(api: Client, sheet: Frozen) -> None:
    for number in (1, 2):
        made = ended(api, train(api, sheet, hyperparameters={"seed": number})["id"])["produced"]
        assert (made["number"], made["name"]) == (number, f"intents v{number}")
    models = api.run("Models")["nodes"]
    assert len(models) == 1
    assert [version["number"] for version in models[0]["versions"]["nodes"]] == [2, 1]


def test_an_approved_sheet_is_frozen_by_the_job_and_another_split_makes_another_snapshot(
    api: Client, database: Database
) -> None:
    sheet = freeze(database, api.home, "approved", rows(), status="APPROVED", frozen=False)
    split = {"train": 0.5, "validation": 0.2, "test": 0.3, "seed": 7, "stratifyByAnswer": True}
    own, other = (train(api, sheet, name=name, **more) for name, more in (("own", {}), ("other", {"split": split})))
    jobs = [ended(api, job["id"]) for job in (own, other)]
    assert [job["statusName"] for job in jobs] == ["SUCCEEDED", "SUCCEEDED"]
    assert jobs[0]["snapshot"]["splits"] == [{"split": "TRAIN", "rows": 36}, {"split": "TEST", "rows": 9}]
    sizes = {part["split"]: part["rows"] for part in jobs[1]["snapshot"]["splits"]}
    assert sum(sizes.values()) == 45
    assert set(sizes) == {"TRAIN", "VALIDATION", "TEST"}
    assert jobs[1]["produced"]["evaluations"][0]["sampleSize"] == sizes["TEST"]
    again = train(api, sheet, name="again", split=split)
    assert ended(api, again["id"])["snapshot"]["id"] == jobs[1]["snapshot"]["id"]


def test_what_a_job_learned_from_is_an_edge_from_its_birth(api: Client, sheet: Frozen, database: Database) -> None:
    id = train(api, sheet)["id"]
    api.done("JobCancel", ids=[id])
    assert ended(api, id)["statusName"] == "CANCELED"
    assert api.run("UsedBy", id=sheet.sheet)["usedBy"]["edges"][0]["node"]["id"] == id


def test_bad_settings_are_all_named_at_once(api: Client, sheet: Frozen) -> None:
    errors = api.refused(
        "Train",
        input={
            "name": "x",
            "trainingSheetId": sheet.sheet,
            "model": "intents",
            "hyperparameters": {"c": -1, "max_iter": "many", "colour": "red"},
        },
    )
    assert sorted(tuple(error["path"]) for error in errors) == [
        ("input", "hyperparameters", "c"),
        ("input", "hyperparameters", "colour"),
        ("input", "hyperparameters", "max_iter"),
    ]
    assert refused(api, sheet.sheet, trainer="")["path"] == ["input", "trainer"]
    assert refused(api, sheet.sheet, evaluateOn=[f"tsheet_{n}" for n in range(21)])["path"] == ["input", "evaluateOn"]
    assert refused(api, sheet.sheet, trainer="magic")["path"] == ["input", "trainer"]
    assert refused(api, sheet.sheet, hyperparameters=[1])["path"] == ["input", "hyperparameters"]
    assert refused(api, sheet.sheet, split={"train": 0.5})["path"] == ["input", "split"]
    assert refused(api, sheet.sheet, split={"train": 2, "test": -1}, name=" ")["path"] == ["input", "name"]


def test_nothing_to_learn_from_is_refused(api: Client, database: Database) -> None:
    measured = freeze(database, api.home, "only test", rows("TEST"))
    error = refused(api, measured.sheet)
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "trainingSheetId"])
    error = refused(api, measured.sheet, split={"test": 1})
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "split"])


def test_a_sheet_that_is_not_ready_is_refused_with_its_status(api: Client, database: Database, sheet: Frozen) -> None:
    draft = freeze(database, api.home, "draft", rows(), status="IN_REVIEW", frozen=False)
    error = refused(api, draft.sheet)
    assert (error["code"], error["path"]) == ("ILLEGAL_MOVE", ["input", "trainingSheetId"])
    assert "IN_REVIEW" in error["message"]
    approved = freeze(database, api.home, "approved", rows(), status="APPROVED", frozen=False)
    error = refused(api, sheet.sheet, evaluateOn=[sheet.sheet, approved.sheet])
    assert (error["code"], error["path"]) == ("ILLEGAL_MOVE", ["input", "evaluateOn", "1"])
    assert refused(api, "tsheet_none")["code"] == "NOT_FOUND"
    assert refused(api, sheet.sheet, evaluateOn=["tsheet_none"])["path"] == ["input", "evaluateOn", "0"]
    api.done("Archive", ids=[draft.sheet, sheet.sheet])
    assert refused(api, sheet.sheet)["code"] == "ILLEGAL_MOVE"


def test_measuring_on_what_was_learned_says_nothing_and_is_refused(api: Client, database: Database) -> None:
    sheet = freeze(database, api.home, "train", rows("TRAIN"))
    assert refused(api, sheet.sheet, evaluateOn=[sheet.sheet])["path"] == ["input", "evaluateOn", "0"]


def test_rows_whose_label_prohibits_training_are_counted_and_named(api: Client, database: Database) -> None:
    sheet = freeze(
        database, api.home, "governed", rows(), prohibits={1: ["TRAINING"], 2: ["TRAINING"], 40: ["TRAINING"]}
    )
    error = refused(api, sheet.sheet)
    assert (error["code"], error["path"]) == ("GUARD_FAILED", ["input", "trainingSheetId"])
    assert error["message"].startswith("2 rows have")
    labels = api.run("Assets", where={"kinds": ["CANONICAL_LABEL"]}, first=10)["nodes"]
    named = re.findall(r"(\S+) \(([^ )]+)\)", error["message"])
    assert [pair for pair, _ in named] == sheet.pairs[:2]
    assert {label for _, label in named} < {label["id"] for label in labels}
    assert sheet.pairs[39] not in error["message"], "it is a TEST row, which is not learned"


def test_rows_whose_label_prohibits_evaluation_are_not_measured(api: Client, database: Database) -> None:
    learned = freeze(database, api.home, "free", rows("TRAIN"))
    governed = freeze(database, api.home, "governed", rows("TEST"), prohibits={3: ["EVALUATION"]})
    error = refused(api, learned.sheet, evaluateOn=[governed.sheet])
    assert (error["code"], error["path"]) == ("GUARD_FAILED", ["input", "evaluateOn", "0"])
    assert governed.pairs[2] in error["message"]


def test_the_same_create_twice_with_one_key_makes_one_job(api: Client, database: Database) -> None:
    sheet = freeze(database, api.home, "approved", rows(), status="APPROVED", frozen=False)
    first, again = (train(api, sheet, idempotencyKey="k")["id"] for _ in range(2))
    assert first == again
    assert api.run("Assets", where={"kinds": ["TRAINING_JOB"]})["totalCount"] == 1
    other = {"name": "y", "trainingSheetId": sheet.sheet, "model": "intents", "idempotencyKey": "k"}
    assert api.refused("Train", input=other)[0]["path"] == ["input", "idempotencyKey"]
    api.done("JobCancel", ids=[first])
    ended(api, first)


def test_a_training_that_cannot_succeed_fails_with_its_reason(api: Client, database: Database) -> None:
    one = [{**row, "answer": "always"} for row in rows("TRAIN")]
    sheet = freeze(database, api.home, "one answer", one)
    job = ended(api, train(api, sheet)["id"])
    assert job["statusName"] == "FAILED"
    assert job["failure"]["code"] == "BAD_INPUT"
    assert "same answer" in job["failure"]["message"]
    assert job["produced"] is None
    assert job["finishedAt"]


def test_a_model_that_is_not_for_new_work_is_not_trained(api: Client, sheet: Frozen) -> None:
    create = "mutation($name: String!) { modelCreate(input: { name: $name }) { node { id } errors { code } } }"
    id = api.ask(create, name="intents")["modelCreate"]["node"]["id"]
    input = {"name": "x", "trainingSheetId": sheet.sheet, "model": "intents"}
    api.ask("mutation($ids: [ID!]) { modelDeprecate(ids: $ids) { changed } }", ids=[id])
    assert api.refused("Train", input=input)[0]["path"] == ["input", "model"]
    api.ask("mutation($ids: [ID!]) { modelReinstate(ids: $ids) { changed } }", ids=[id])
    api.done("Trash", ids=[id])
    assert api.refused("Train", input=input)[0]["code"] == "ILLEGAL_MOVE"


def test_a_chat_model_elsewhere_is_not_trained(api: Client, sheet: Frozen, database: Database) -> None:
    made(database, 0, external=True, key="project_default|Model|external|gpt")
    error = api.refused("Train", input={"name": "x", "trainingSheetId": sheet.sheet, "model": "external|gpt"})[0]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "model"])


def test_jobs_are_listed_by_sheet_and_model_and_their_descriptions_can_be_changed(api: Client, sheet: Frozen) -> None:
    id = train(api, sheet)["id"]
    api.done("JobCancel", ids=[id])
    ended(api, id)
    listed = "query($where: TrainingJobFilter) { trainingJobs(where: $where) { nodes { id model { id } } totalCount } }"
    found = api.ask(listed, where={"trainingSheetId": sheet.sheet, "trainer": "linear_svm"})["trainingJobs"]
    assert [node["id"] for node in found["nodes"]] == [id]
    model = found["nodes"][0]["model"]["id"]
    assert api.ask(listed, where={"modelId": model, "status": ["CANCELED"]})["trainingJobs"]["totalCount"] == 1
    assert api.ask(listed, where={"modelId": "model_other"})["trainingJobs"]["totalCount"] == 0
    update = (
        "mutation($id: ID!, $input: TrainingJobUpdateInput!, $rev: Int) { trainingJobUpdate(id: $id, input: $input, "
        "expectedRevision: $rev) { node { name description } errors { code path } } }"
    )
    changed = api.ask(update, id=id, input={"name": "renamed", "description": "why"})["trainingJobUpdate"]
    assert changed == {"node": {"name": "renamed", "description": "why"}, "errors": []}
    stale = api.ask(update, id=id, input={"name": "late"}, rev=1)["trainingJobUpdate"]
    assert (stale["node"]["name"], stale["errors"][0]["code"]) == ("renamed", "CONFLICT")


def test_trainers_can_be_asked_for_with_their_settings(api: Client) -> None:
    found = api.ask(
        "{ trainers { name default description hyperparameters { name type default minimum maximum choices } } }"
    )["trainers"]
    assert [one["name"] for one in found if one["default"]] == ["linear_svm"]
    c = next(one for one in found[0]["hyperparameters"] if one["name"] == "c")
    assert (c["type"], c["default"], c["minimum"]) == ("NUMBER", 1.0, 0.0001)
