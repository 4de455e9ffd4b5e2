"""The loop that starts jobs on the platform, follows them and keeps what came of them.

The job's node is the intent and its id the platform's token: whatever is repeated after a crash, starts nothing twice
and registers nothing twice.
"""

from __future__ import annotations

import logging
from typing import Any

import anyio.to_thread

from begat.change import assets
from begat.change.background import Background, LeaseLost
from begat.change.write import Change, Properties
from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.running import failure_json
from begat.kinds.model import versions
from begat.kinds.training_job import spec
from begat.kinds.training_job.kind import TRAINING_JOB, UNFINISHED
from begat.kinds.training_job.outcome import keep
from begat.platforms.ports import TrainingState, TrainingStatus

log = logging.getLogger("begat.training")

CANCELED = Problem(Code.PLATFORM, "Its training job was canceled before it was registered.")

GIVE_UP_SECONDS = 600.0
"""How long a platform may be away before the job fails: no job waits for ever."""


async def step(work: Background) -> bool:
    """Looks at every unfinished job once, those that shall end first. There is never more to do at once."""
    found: list[Properties] = await work.graph.read(
        "MATCH (n:TrainingJob) WHERE n.status IN $unfinished RETURN collect(properties(n))", unfinished=list(UNFINISHED)
    )
    for job in sorted(found, key=lambda job: (job["status"] != "CANCELING", job["id"])):
        try:
            await _follow(work, job)
        except LeaseLost:
            raise
        except Problem as problem:
            await _trouble(work, job, problem)
        except Exception:
            # A fault of begat's own must neither hold up the other jobs nor leave this one unfinished for ever.
            log.exception("a fault while following training job %s", job["id"])
            await _trouble(
                work, job, Problem(Code.UNAVAILABLE, "A fault inside begat keeps this training from going on.")
            )
    return False


async def move(work: Background, id: str, name: str, **properties: Any) -> None:
    """Makes a move of the lifecycle where it is legal now; else somebody was quicker, and the next look sees that."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        chosen = TRAINING_JOB.lifecycle.move(name)
        if node["status"] in chosen.sources:
            named = {**properties, "unreachableSince": None}
            await assets.edit(change, TRAINING_JOB, node, named, name, status=chosen.target)
            # A job that ends without a model leaves no version that waits to be registered.
            if chosen.target not in UNFINISHED and (version := await versions.begun_by(change, id)) is not None:
                await versions.failed(change, version, properties.get("failure") or failure_json(CANCELED))

    await work.write(act)


async def _follow(work: Background, job: Properties) -> None:
    training, id = work.platform.training, job["id"]
    if job["status"] == "CANCELING":
        await anyio.to_thread.run_sync(training.cancel, id)
    status = await anyio.to_thread.run_sync(training.status, id)
    if status.state is TrainingState.LOST and job["status"] != "CANCELING":
        # It was never begun, or what ran it is gone: the platform begins it (again) and says when it gives up.
        wanted = await spec.of(work.graph, work.platform.registry, job)
        await anyio.to_thread.run_sync(training.start, id, wanted)
        status = await anyio.to_thread.run_sync(training.status, id)
    await _record(work, job, status)


async def _record(work: Background, job: Properties, status: TrainingStatus) -> None:
    id, state = job["id"], status.state
    if state in (TrainingState.RUNNING, TrainingState.SUCCEEDED) and job["status"] == "QUEUED":
        await move(work, id, "start", startedAt=status.started_at or times.now(), platformUrl=status.url)
    progress = {"progressDone": status.done, "progressTotal": status.total}
    ended = {**progress, "finishedAt": status.finished_at or times.now()}
    if state is TrainingState.SUCCEEDED:
        await keep(work, job, status)
    elif state is TrainingState.FAILED:
        await move(work, id, "fail", **ended, failure=_failure(status))
    elif job["status"] == "CANCELING" and state in (TrainingState.CANCELED, TrainingState.LOST):
        await move(work, id, "canceled", **ended)
    elif state is TrainingState.CANCELED:
        problem = Problem(Code.PLATFORM, "The training was canceled on the platform, not here.")
        await move(work, id, "fail", **ended, failure=failure_json(problem))
    elif state is TrainingState.LOST:
        await move(work, id, "lose", **ended, failure=_failure(status))
    elif any(job.get(name) != value for name, value in progress.items()) or "unreachableSince" in job:
        await _progress(work, id, {**progress, "unreachableSince": None})


async def _progress(work: Background, id: str, progress: dict[str, Any]) -> None:
    """How far it is, without a Revision each time: the history keeps what was decided, not what was watched."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        if node["status"] in UNFINISHED:
            change.set(id, progress)

    await work.write(act)


async def _trouble(work: Background, job: Properties, problem: Problem) -> None:
    """A platform that is away is asked again for a while; what it refuses ends the job with its reason."""
    since = job.get("unreachableSince") or times.now()
    waited = times.seconds_between(since, times.now())
    log.warning("training job %s: %s", job["id"], problem.message)
    if problem.code is Code.UNAVAILABLE and waited < GIVE_UP_SECONDS:
        await _progress(work, job["id"], {"unreachableSince": since})
    else:
        await move(work, job["id"], "fail", finishedAt=times.now(), failure=failure_json(problem))


def _failure(status: TrainingStatus) -> str:
    if status.failure is None:
        return failure_json(Problem(Code.PLATFORM, "The platform gives no reason."))
    return failure_json(Problem(status.failure.code, status.failure.message))
