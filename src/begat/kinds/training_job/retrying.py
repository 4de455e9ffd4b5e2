"""Retrying jobs that did not succeed: each by a new job with the same frozen inputs, linked by ``RETRY_OF``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from begat.change import assets
from begat.change.many import Act
from begat.change.write import Change, Properties
from begat.core.errors import Code, Problem
from begat.core.lifecycle import illegal, states
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.gql.columns import from_json
from begat.kinds.model import acts as models
from begat.kinds.training_job import bases, spec
from begat.kinds.training_job.inputs import refuse_unfit
from begat.kinds.training_job.kind import TRAINING_JOB, UNFINISHED
from begat.kinds.training_job.rules import gone

RETRYABLE = states("FAILED", "CANCELED", "LOST")
STANDING = (*UNFINISHED, "SUCCEEDED")
"""A retry in one of these is the only one: who asks again is told of it."""
SAME = (
    "name",
    "description",
    "tags",
    "trainingSheet",
    "snapshot",
    "model",
    "trainer",
    "splits",
    "evaluateOn",
    "baseModelVersion",
)
"""What a retry takes as it is; its hyperparameters too, as no training that failed has replaced them."""


def retry(made: dict[str, str], reason: str | None = None) -> Act:
    """A new QUEUED job for each; ``made`` gets its id by the retried job's. Asked again while that is unfinished, or
    once it has succeeded, it names the same one.

    Raises ILLEGAL_MOVE for a job that did not fail, or that is archived, and what speaks today against its model, its
    base model, its training sheets and the use of their labels.
    """
    reason = check_reason(reason)

    async def prepare(change: Change, nodes: list[Properties]) -> Mapping[str, Properties]:
        # After the jobs and so in id order: `job_` comes before `model_`, `mver_` and `tsheet_`.
        wanted = {id for node in nodes if node["kind"] == TRAINING_JOB.name for id in _names(node)}
        return await change.lock(wanted)

    async def apply(change: Change, node: Properties, locked: Any) -> Properties:
        if node["kind"] != TRAINING_JOB.name:
            raise Problem(Code.BAD_INPUT, "This is no training job.", id=node["id"])
        if node["status"] not in RETRYABLE:
            raise illegal("retry", node["status"], RETRYABLE, node["id"])
        assets.refuse_retired(node)
        tried = await _retries(change, node["id"])
        for one in tried:
            if one["status"] in STANDING and one["retention"] in ("LIVE", "ARCHIVED"):
                made[node["id"]] = one["id"]
                return node
        _refuse_unfit_model(locked.get(node["model"]), node)
        _refuse_unfit_base(locked, node)
        await refuse_unfit(change, locked, node)
        made[node["id"]] = await _create(change, node, 1 + len(tried), reason)
        return node

    return Act("retry", Role.EDITOR, apply, prepare=prepare, sources=RETRYABLE)


def _names(job: Properties) -> list[str]:
    base = [job["baseModelVersion"]] if job.get("baseModelVersion") else []
    return [job["model"], *base, job["trainingSheet"], *(one.training_sheet for one in spec.planned(job))]


async def _retries(change: Change, id: str) -> list[Properties]:
    found: list[Properties] = await change.read(
        "MATCH (:TrainingJob {id: $id})<-[:RETRY_OF]-(n:TrainingJob) RETURN collect(properties(n))", id=id
    )
    return sorted(found, key=lambda job: str(job["id"]))


def _refuse_unfit_model(model: Properties | None, job: Properties) -> None:
    if model is None:
        raise gone("Its model", job)
    models.refuse_unfit(model, "ids")


def _refuse_unfit_base(locked: Mapping[str, Properties], job: Properties) -> None:
    id = job.get("baseModelVersion")
    if id is None:
        return
    if id not in locked:
        raise gone("The model version that it starts from", job)
    bases.refuse_unfit(locked[id], id, "ids")


async def _create(change: Change, job: Properties, number: int, reason: str | None) -> str:
    new = await assets.create(
        change,
        TRAINING_JOB,
        job["project"],
        {
            **{name: job.get(name) for name in SAME},
            "hyperparameters": job["hyperparameters"],
            "retryOf": job["id"],
            "retryReason": reason,
            "progressDone": 0,
            "progressTotal": 0,
            # Of two that retry one job at once, the loser finds this taken at its commit and reads again.
            "key": assets.natural_key(TRAINING_JOB, job["project"], f"retry|{job['id']}|{number}"),
        },
        links=[("RETRY_OF", job["id"], "TrainingJob"), *bases.links(job.get("baseModelVersion"))],
    )
    for split in from_json(job["splits"]):
        change.link("TRAINED_ON", new["id"], job["snapshot"], "Snapshot", split=split)
    return str(new["id"])
