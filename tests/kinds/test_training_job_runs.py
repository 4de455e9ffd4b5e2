"""Runs of training jobs: killed, canceled and waiting ones, over HTTP and with real workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api_client import Client, operation
from tests.conftest import Database
from tests.kinds.frozen import ENDLESS, Frozen, endless_rows, freeze, rows
from tests.kinds.test_training_job import ended, train
from tests.platforms.local.training_samples import until, workers_at

UNFINISHED = """{ trainingJobs(first: 100, where: {
  status: ["QUEUED", "RUNNING", "CANCELING"], retention: [LIVE, ARCHIVED, TRASHED] }) { nodes { id statusName } } }"""


@pytest.fixture
def endless(api: Client, database: Database) -> Iterator[Frozen]:
    """A sheet whose training takes many minutes. What is not ended in the end is canceled, also what waits: the next
    test's training would wait behind it."""
    yield freeze(database, api.home, "noise", endless_rows())
    left = [job for job in api.ask(UNFINISHED)["trainingJobs"]["nodes"] if job["statusName"] != "CANCELING"]
    api.run("JobCancel", ids=[job["id"] for job in left])
    api.wait(UNFINISHED, lambda data: not data["trainingJobs"]["nodes"])


def running(api: Client, id: str) -> Path:
    """The folder of the job's run, once its worker runs and the job says so."""
    api.wait(operation("Job"), lambda data: data["trainingJob"]["statusName"] == "RUNNING", id=id)
    folder = api.home / "runs" / id
    until(lambda: bool(workers_at(folder)))
    return folder


def test_a_killed_worker_leaves_the_job_failed_with_the_reason(api: Client, endless: Frozen) -> None:
    id = train(api, endless, **ENDLESS)["id"]
    folder = running(api, id)
    for worker in workers_at(folder):
        os.kill(worker, signal.SIGKILL)
    job = ended(api, id)
    assert job["statusName"] == "FAILED"
    assert job["failure"]["code"] == "PLATFORM"
    assert "SIGKILL" in job["failure"]["message"]
    assert job["produced"] is None
    assert api.refused("JobCancel", ids=[id])[0]["code"] == "ILLEGAL_MOVE"


def test_a_running_job_is_canceled_within_a_second_and_a_second_cancel_changes_nothing(
    api: Client, endless: Frozen
) -> None:
    id = train(api, endless, **ENDLESS)["id"]
    folder = running(api, id)
    start = time.monotonic()
    outcome = api.done("JobCancel", ids=[id])["outcomes"][0]
    assert (outcome["statusBefore"], outcome["statusAfter"]) == ("RUNNING", "CANCELING")
    again = api.refused("JobCancel", ids=[id])
    job = ended(api, id)
    took = time.monotonic() - start
    assert job["statusName"] == "CANCELED"
    # A second to end, and what two requests and one look at the job cost on a busy machine.
    assert took < 2.5, took
    assert again[0]["code"] == "ILLEGAL_MOVE"
    assert not workers_at(folder)
    assert job["produced"] is None
    actions = [entry["action"] for entry in api.run("History", id=id)["history"]["nodes"]]
    assert actions == ["canceled", "cancel", "start", "create"]


def test_a_job_that_waits_behind_another_is_canceled_without_ever_running(api: Client, endless: Frozen) -> None:
    first, second = (train(api, endless, name=name, **ENDLESS)["id"] for name in ("first", "second"))
    running(api, first)
    assert api.run("Job", id=second)["statusName"] == "QUEUED"
    api.done("JobCancel", ids=[second, first])
    jobs = [ended(api, id) for id in (first, second)]
    assert [job["statusName"] for job in jobs] == ["CANCELED", "CANCELED"]
    assert jobs[1]["startedAt"] is None


def test_progress_is_shown_while_it_runs_and_is_no_revision(api: Client, endless: Frozen) -> None:
    id = train(api, endless, **ENDLESS)["id"]
    running(api, id)
    data = api.wait(operation("Job"), lambda data: data["trainingJob"]["progress"]["done"] > 0, id=id)
    job = data["trainingJob"]
    assert 0 < job["progress"]["done"] < job["progress"]["total"]
    assert job["revision"] == 2, "create and start"
    assert job["finishedAt"] is None
    api.done("JobCancel", ids=[id])
    ended(api, id)


def test_a_job_that_has_not_ended_is_in_use_until_a_plan_says_otherwise(api: Client, endless: Frozen) -> None:
    id = train(api, endless, **ENDLESS)["id"]
    running(api, id)
    assert api.refused("Trash", ids=[id])[0]["code"] == "IN_USE"
    model = api.ask("query($id: ID!) { trainingJob(id: $id) { model { id } } }", id=id)["trainingJob"]["model"]["id"]
    assert api.refused("Trash", ids=[model])[0]["code"] == "IN_USE"
    assert api.refused("Trash", ids=[endless.sheet])[0]["code"] == "IN_USE"
    found = {one["action"]: one for one in api.run("Actions", id=id)["availableActions"]}
    assert found["cancel"]["allowed"] is True
    assert "succeed" not in found, "only the platform makes this move"
    api.done("JobCancel", ids=[id])
    ended(api, id)
    api.done("Trash", ids=[id])


def test_jobs_canceled_by_filter_are_those_of_one_model(api: Client, endless: Frozen, database: Database) -> None:
    other = freeze(database, api.home, "other", rows())
    mine = [train(api, endless, name=name, **ENDLESS)["id"] for name in ("a", "b")]
    kept = train(api, other, model="other")["id"]
    model = api.ask("query($id: ID!) { trainingJob(id: $id) { model { id } } }", id=mine[0])["trainingJob"]["model"]
    cancel = (
        "mutation($where: TrainingJobFilter, $count: Int) { trainingJobCancel(where: $where, expectedCount: $count) "
        "{ matched changed errors { code } } }"
    )
    answer: Any = api.ask(cancel, where={"modelId": model["id"]}, count=2)["trainingJobCancel"]
    assert answer == {"matched": 2, "changed": 2, "errors": []}
    assert [ended(api, id)["statusName"] for id in mine] == ["CANCELED", "CANCELED"]
    assert ended(api, kept)["statusName"] == "SUCCEEDED"
