"""What a training that succeeded leaves: a registered file, a model version with its evaluations, the job's end."""

from __future__ import annotations

from collections.abc import Sequence

import anyio.to_thread

from begat.change import assets
from begat.change.background import Background
from begat.change.write import Change, Properties
from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.columns import to_json
from begat.gql.running import failure_json
from begat.kinds.model import versions
from begat.kinds.model.versions import Measured
from begat.kinds.training_job import spec
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.platforms.ports import TrainingResult, TrainingStatus


async def keep(work: Background, job: Properties, status: TrainingStatus) -> None:
    """Four steps, each of which can be repeated: the version's intent, the file in the registry, the evaluations, then
    version and job. UNAVAILABLE passes through, to be tried again."""
    result = status.result
    assert result is not None  # noqa: S101 - a platform that succeeded has one, said to the type checker
    begun = await work.write(lambda change: _begin(change, job["id"], result))
    if begun is None:
        return
    version, number = begun
    files = await spec.snapshots(work.graph, job)
    try:
        uri = await anyio.to_thread.run_sync(_register, work, job, files[job["snapshot"]].sha256, number, result)
    except Problem as problem:
        if problem.code is Code.UNAVAILABLE:
            raise
        refused = failure_json(problem)
        await work.write(lambda change: _refuse(change, job["id"], version, refused))
        return
    measured = spec.measured(job, files, result.evaluations)
    # In a change before that of the statuses: Neo4j shows these before its indexes know what the same commit created.
    await work.write(lambda change: _measure(change, job["id"], version, measured))
    await work.write(lambda change: _succeed(change, job["id"], version, uri, status, result))


def _register(work: Background, job: Properties, sha256: str, number: int, result: TrainingResult) -> str:
    # Under the model's id: its name is unique in its project only.
    return work.platform.registry.register(
        job["model"],
        number,
        result.model_file,
        result.model_sha256,
        {
            "job": job["id"],
            "trainer": job["trainer"],
            "hyperparameters": dict(result.hyperparameters),
            "snapshot": sha256,
            **({"base": job["baseModelVersion"]} if "baseModelVersion" in job else {}),
        },
    )


async def _begin(change: Change, id: str, result: TrainingResult) -> tuple[str, int] | None:
    job = await change.lock_one(id)
    if not _open(job, "succeed"):
        return None
    properties: Properties = {
        "sha256": result.model_sha256,
        "trainer": job["trainer"],
        "hyperparameters": to_json(dict(result.hyperparameters)),
        "trainRows": result.train_rows,
    }
    return await versions.begin(change, job, properties)


async def _measure(change: Change, id: str, version: str, measured: Sequence[Measured]) -> None:
    job = await change.lock_one(id)
    if _open(job, "succeed"):
        await versions.measure(change, version, measured)


async def _succeed(
    change: Change, id: str, version: str, uri: str, status: TrainingStatus, result: TrainingResult
) -> None:
    job = await change.lock_one(id)
    if not _open(job, "succeed"):
        return
    await versions.ready(change, version, uri)
    ended = {
        "hyperparameters": to_json(dict(result.hyperparameters)),
        "cpuSeconds": result.cpu_seconds,
        "trainRows": result.train_rows,
        "progressDone": status.total,
        "progressTotal": status.total,
        "finishedAt": status.finished_at or times.now(),
        "unreachableSince": None,
    }
    await assets.edit(change, TRAINING_JOB, job, ended, "succeed", status="SUCCEEDED")


async def _refuse(change: Change, id: str, version: str, failure: str) -> None:
    job = await change.lock_one(id)
    if not _open(job, "fail"):
        return
    await versions.failed(change, version, failure)
    ended = {"failure": failure, "finishedAt": times.now(), "unreachableSince": None}
    await assets.edit(change, TRAINING_JOB, job, ended, "fail", status="FAILED")


def _open(job: Properties, move: str) -> bool:
    return job["status"] in TRAINING_JOB.lifecycle.move(move).sources
