"""Who may start a training from which model version."""

from __future__ import annotations

from tests.access.conftest import People, project
from tests.api_client import Client
from tests.kinds.frozen import freeze, rows
from tests.kinds.served import altered
from tests.kinds.test_training_job import ended, train

SHOWN = """query($id: ID!) { trainingJob(id: $id) { statusName baseModelVersion { id }
  produced { lineage { baseModels { id } completeness { complete omitted { kind count } } } } } }"""


def test_a_model_version_out_of_sight_cannot_be_started_from_and_is_not_told_of(people: People, admin: Client) -> None:
    home, away = project(admin, "a", ann="EDITOR"), project(admin, "b", bob="OWNER")
    ann = people.person("ann")
    sheet = freeze(people.database, admin.home, "questions", rows(), project=home)
    wanted = {"projectId": home, "trainer": "naive_bayes"}
    base = ended(ann, train(ann, sheet, **wanted)["id"])["produced"]["id"]
    job = train(ann, sheet, baseModelVersionId=base, **wanted)["id"]
    assert ended(ann, job)["statusName"] == "SUCCEEDED"
    assert ann.ask(SHOWN, id=job)["trainingJob"]["baseModelVersion"] == {"id": base}

    altered(people.database, base, project=away)
    shown = ann.ask(SHOWN, id=job)["trainingJob"]
    assert shown["baseModelVersion"] is None
    lineage = shown["produced"]["lineage"]
    assert (lineage["baseModels"], lineage["completeness"]["complete"]) == ([], False)
    assert lineage["completeness"]["omitted"] == [{"kind": "MODEL_VERSION", "count": 1}]
    input = {"name": "x", "trainingSheetId": sheet.sheet, "model": "intents", **wanted}
    foreign, unknown = (
        ann.refused("Train", input={**input, "baseModelVersionId": id})[0] for id in (base, "mver_none")
    )
    assert (foreign["code"], foreign["path"]) == ("NOT_FOUND", ["input", "baseModelVersionId"])
    assert foreign["message"].replace(base, "") == unknown["message"].replace("mver_none", "")

    altered(people.database, job, status="LOST")
    refused = ann.refused("JobRetry", ids=[job])[0]
    assert (refused["code"], base in str(refused)) == ("GUARD_FAILED", False), "a retry asks for the right again"
