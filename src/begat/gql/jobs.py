"""Bulk jobs in GraphQL: what a move of more than a thousand items goes on as."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import orjson
import strawberry

from begat.access.scope import Viewer
from begat.change import bulk
from begat.core.errors import Problem
from begat.find.lists import Condition, Order, check_first
from begat.gql.columns import column, needs, rows, selected
from begat.gql.connections import Connection, listing
from begat.gql.context import Context, Info, Row
from begat.gql.errors import UserError, user_error
from begat.gql.outcomes import Outcome, outcome
from begat.gql.running import Failure, Progress, failed
from begat.gql.scalars import BigInt, DateTime
from begat.graph.statement import projection


@strawberry.enum(
    description="QUEUED and RUNNING are unfinished. SUCCEEDED has tried every item, FAILED met a fault that ended it, "
    "CANCELED was ended by somebody; what was done by then stays done."
)
class BulkJobStatus(Enum):
    """States of a bulk job."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@strawberry.type(
    description="A move of more than 1,000 items, which goes on after the answer. Its caller and admins see it."
)
class BulkJob:
    """A row of a BulkJob node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id.")
    action: str = column("n.action", "The move that it makes, as the outcomes name it.")
    status: BulkJobStatus = column("n.status", "Where it stands.", BulkJobStatus)
    status_name: str = column("n.status", "The status, as text.")
    created_at: DateTime = column("n.createdAt", "When it was asked for.")
    created_by: str = column("n.actor", "Who asked; it acts with what is left of his rights.")
    started_at: DateTime | None = column("n.startedAt", "When its first items were done; null before.")
    finished_at: DateTime | None = column("n.finishedAt", "When it ended; null while it has not.")
    failure: Failure | None = failed("Why it ended early; items that failed are outcomes.")

    @strawberry.field(description="How many of its items were tried.", metadata=needs("n.id", "n.total"))
    async def progress(self, info: Info) -> Progress:
        done, _ = await info.context.batch(_counts, self.row["n.id"])
        return Progress(done=BigInt(done), total=BigInt(self.row["n.total"]))

    @strawberry.field(description="How many items were done so far.", metadata=needs("n.id"))
    async def changed(self, info: Info) -> BigInt:
        return BigInt((await info.context.batch(_counts, self.row["n.id"]))[1])

    @strawberry.field(description="How many items were tried and not done.", metadata=needs("n.id"))
    async def failed(self, info: Info) -> BigInt:
        done, changed = await info.context.batch(_counts, self.row["n.id"])
        return BigInt(done - changed)

    @strawberry.field(
        description="What became of the items that were tried so far, in the order asked; at most 1,000 at once. "
        "failed: true gives only those that were not done, false only those that were.",
        metadata=needs("n.id", "n.action"),
    )
    async def outcomes(self, info: Info, first: int = 100, skip: int = 0, failed: bool | None = None) -> list[Outcome]:
        check_first(first)
        kept = await info.context.batch(_outcomes, self.row["n.id"])
        wanted = [entry for entry in kept if failed is None or entry[1] is not failed]
        start = max(skip, 0)
        return [outcome(bulk.outcome_of(self.row["n.action"], entry)) for entry in wanted[start : start + first]]


async def _counts(context: Context, keys: Sequence[str]) -> list[tuple[int, int]]:
    found = await context.graph.read(
        "MATCH (p:BulkPart) WHERE p.job IN $ids AND p.done = true WITH p.job AS job, sum(p.size) AS done, "
        "sum(p.changed) AS changed RETURN collect([job, done, changed])",
        ids=list(dict.fromkeys(keys)),
    )
    counts = {job: (done, changed) for job, done, changed in found or []}
    return [counts.get(key, (0, 0)) for key in keys]


async def _outcomes(context: Context, keys: Sequence[str]) -> list[list[list[Any]]]:
    found = await context.graph.read(
        "MATCH (p:BulkPart) WHERE p.job IN $ids AND p.done = true WITH p ORDER BY p.number "
        "RETURN collect([p.job, p.outcomes])",
        ids=list(dict.fromkeys(keys)),
    )
    kept: dict[str, list[list[Any]]] = {}
    for job, outcomes in found or []:
        kept.setdefault(job, []).extend(orjson.loads(outcomes))
    return [kept.get(key, []) for key in keys]


def _own(viewer: Viewer) -> Condition:
    return Condition("$scope_all OR n.actor = $actor", {"actor": viewer.name})


async def fetch(info: Info, id: str, *path: str) -> BulkJob | None:
    """The job, where the caller may see it, with the columns that the selection under ``path`` needs."""
    columns = selected(info, BulkJob, *path)
    viewer = info.context.viewer
    found = await info.context.graph.read(
        f"MATCH (n:BulkJob {{id: $id}}) WHERE $all OR n.actor = $actor RETURN {projection(columns)}",
        id=id,
        all=viewer.admin,
        actor=viewer.name,
    )
    return None if found is None else BulkJob(row=rows(columns, [found])[0])


@strawberry.type(description="The answer to an act on one bulk job.")
class BulkJobPayload:
    """See Payload."""

    node: BulkJob | None = strawberry.field(description="The job as it is now.")
    errors: list[UserError] = strawberry.field(description="Why it was not done; empty where it was.")


@strawberry.type
class BulkJobQuery:
    """Queries of bulk jobs."""

    @strawberry.field(description="A bulk job by its id; null where it is unknown or somebody else's.")
    async def bulk_job(self, info: Info, id: strawberry.ID) -> BulkJob | None:
        return await fetch(info, id) if len(id) <= 200 else None

    @strawberry.field(description="The caller's bulk jobs (an admin sees all), newest first.")
    async def bulk_jobs(
        self, info: Info, status: list[BulkJobStatus] | None = None, first: int = 50, after: str | None = None
    ) -> Connection[BulkJob]:
        held = [_own(info.context.viewer)]
        if status is not None:
            held.append(Condition("n.status IN $status", {"status": [one.value for one in status]}))
        return await listing(
            info,
            BulkJob,
            "BulkJob",
            BulkJob,
            held,
            order=Order("ID_DESC", descending=True),
            first=first,
            after=after,
        )


@strawberry.type
class BulkJobMutation:
    """Mutations of bulk jobs."""

    @strawberry.mutation(description="Ends a bulk job that is not finished. What is done stays done.")
    async def bulk_job_cancel(self, info: Info, id: strawberry.ID) -> BulkJobPayload:
        try:
            await bulk.cancel(info.context.graph, info.context.viewer, id)
        except Problem as refused:
            node = await fetch(info, id, "node") if refused.id == id else None
            return BulkJobPayload(node=node, errors=[user_error(refused)])
        return BulkJobPayload(node=await fetch(info, id, "node"), errors=[])
