"""Bulk jobs: an act on more items than a caller waits for, in parts that are each done once, also through a crash.

A job is ``(:BulkJob {id, kind, act, action, arguments, actor, viewer, status, total, createdAt, startedAt, finishedAt,
workedAt, failure})`` and its parts are ``(:BulkPart {key, job, number, items, size, done, changed, outcomes})``, where
``items`` is JSON ``[[id, revision | null]...]`` and ``outcomes`` JSON as `outcome_json` makes it. A part's items are
changed in the transaction that marks it done.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from begat.access import rights
from begat.access.scope import Viewer
from begat.change.background import Background, LeaseLost
from begat.change.many import BATCH, Act, Outcome, Target, apply
from begat.change.write import Change, write
from begat.core import ids
from begat.core.errors import Code, Problem, not_found
from begat.core.roles import Role
from begat.graph.driver import Graph

log = logging.getLogger("begat.work")

Acts = Mapping[str, Callable[[Mapping[str, Any]], Act]]
"""How to make each act again from its arguments, by the name that `Act.job` holds."""

UNFINISHED = ("QUEUED", "RUNNING")


async def create(graph: Graph, viewer: Viewer, what: Act, chosen: Sequence[Target]) -> str:
    """A queued job that does ``what`` to each target with the caller's rights; its id."""
    id = ids.new("bulk")

    async def work(change: Change) -> str:
        change.create(
            ("BulkJob",),
            {
                "id": id,
                "kind": "BULK_JOB",
                "act": what.job,
                "action": what.name,
                "arguments": orjson.dumps(dict(what.arguments)).decode(),
                "actor": viewer.name,
                "viewer": _viewer_json(viewer),
                "status": "QUEUED",
                "total": len(chosen),
                "createdAt": change.at,
                "workedAt": change.at,
            },
        )
        for number, start in enumerate(range(0, len(chosen), BATCH)):
            part = chosen[start : start + BATCH]
            change.create(
                ("BulkPart",),
                {
                    "key": f"{id}|{number}",
                    "job": id,
                    "number": number,
                    "items": orjson.dumps([[target.id, target.revision] for target in part]).decode(),
                    "size": len(part),
                    "done": False,
                    "changed": 0,
                },
            )
        return id

    return await write(graph, viewer, work)


async def cancel(graph: Graph, viewer: Viewer, id: str) -> str:
    """Ends a job that is not finished; what is done stays done. Raises NOT_FOUND or ILLEGAL_MOVE."""

    async def work(change: Change) -> str:
        job = await change.lock_one(id, "id", label="BulkJob")
        if not viewer.admin and job["actor"] != viewer.name:
            raise not_found(id, "id")
        if job["status"] not in UNFINISHED:
            raise Problem(
                Code.ILLEGAL_MOVE, f"The job is {job['status'].lower()} already.", id=id, hint="Nothing is left to end."
            )
        change.set(id, {"status": "CANCELED", "finishedAt": change.at})
        return id

    return await write(graph, viewer, work)


def step(acts: Acts) -> Callable[[Background], Awaitable[bool]]:
    """The loop's step: one part of the job that waited longest. A job whose act is not among these is left to the
    instance, newer or older, that knows it."""

    async def one(work: Background) -> bool:
        job = await work.graph.read(
            "MATCH (j:BulkJob) WHERE j.status IN $unfinished AND j.act IN $acts WITH j "
            "ORDER BY j.workedAt, j.id LIMIT 1 RETURN [j.id, j.act, j.arguments, j.viewer]",
            unfinished=list(UNFINISHED),
            acts=list(acts),
        )
        if job is None:
            return False
        id, name, arguments, viewer = job
        try:
            what = acts[name](orjson.loads(arguments))
            caller = await rights.still(work.graph, _viewer(viewer))
            await work.write(partial(_part, id=id, what=what), caller)
        except LeaseLost:
            raise
        except Problem as refused:
            if refused.code is Code.UNAVAILABLE:
                raise
            await work.write(partial(_fail, id=id, problem=refused))
        except Exception:
            log.exception("a fault in bulk job %s", id)
            fault = Problem(Code.UNAVAILABLE, "begat met a fault of its own; its log says more.", id=id)
            await work.write(partial(_fail, id=id, problem=fault))
        return True

    return one


async def _part(change: Change, id: str, what: Act) -> None:
    job = (await change.lock([id], "BulkJob")).get(id)
    if job is None or job["status"] not in UNFINISHED:
        return
    part = await change.read(
        "MATCH (p:BulkPart {job: $id}) WHERE p.done = false WITH p ORDER BY p.number LIMIT 1 RETURN [p.key, p.items]",
        id=id,
    )
    progress = {"status": "RUNNING", "startedAt": job.get("startedAt", change.at), "workedAt": change.at}
    if part:
        key, items = part
        outcomes = await apply(change, what, [Target(*item) for item in orjson.loads(items)])
        await change.read(
            "MATCH (p:BulkPart {key: $key}) SET p.done = true, p.changed = $changed, p.outcomes = $outcomes RETURN 1",
            key=key,
            changed=sum(outcome.ok for outcome in outcomes),
            outcomes=orjson.dumps([outcome_json(outcome) for outcome in outcomes]).decode(),
        )
    else:
        # In a change after that of the last part: Neo4j shows a new status before its indexes know what the same
        # commit changed, and whoever saw the job's end would not find all that it did.
        progress |= {"status": "SUCCEEDED", "finishedAt": change.at}
    change.set(id, progress)


async def _fail(change: Change, id: str, problem: Problem) -> None:
    job = (await change.lock([id], "BulkJob")).get(id)
    if job is not None and job["status"] in UNFINISHED:
        failure = {"code": problem.code.value, "message": problem.message}
        change.set(id, {"status": "FAILED", "failure": orjson.dumps(failure).decode(), "finishedAt": change.at})


def outcome_json(outcome: Outcome) -> list[Any]:
    """An outcome as a part keeps it."""
    problem = outcome.problem
    said = None if problem is None else [problem.code.value, problem.message, problem.hint]
    return [outcome.id, outcome.ok, outcome.status_before, outcome.status_after, outcome.revision, said]


def outcome_of(action: str, kept: list[Any]) -> Outcome:
    """An outcome that a part keeps."""
    id, ok, before, after, revision, said = kept
    problem = None if said is None else Problem(Code(said[0]), said[1], hint=said[2], id=id)
    return Outcome(id, ok, action, before, after, revision, problem)


def _viewer_json(viewer: Viewer) -> str:
    return orjson.dumps(
        {
            "name": viewer.name,
            "admin": viewer.admin,
            "groups": sorted(viewer.groups),
            "roles": {project: role.name for project, role in viewer.roles.items()},
            "request": viewer.request_id,
        }
    ).decode()


def _viewer(text: str) -> Viewer:
    kept = orjson.loads(text)
    roles = {project: Role[role] for project, role in kept["roles"].items()}
    return Viewer(kept["name"], kept["admin"], frozenset(kept["groups"]), roles, kept["request"])
