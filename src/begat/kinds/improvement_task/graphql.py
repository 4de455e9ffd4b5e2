"""ImprovementTask in GraphQL: reading."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.access.scope import SCOPE
from begat.gql import asset, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, needs, rows, selected
from begat.gql.connections import Connection
from begat.gql.context import Context, Info
from begat.gql.lists import listed
from begat.gql.scalars import DateTime
from begat.graph.statement import projection
from begat.kinds.improvement_task import raised
from begat.kinds.improvement_task.expected import ExpectedImpact, expected
from begat.kinds.improvement_task.filters import ImprovementTaskFilter, ImprovementTaskOrder, conditions, order
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK, ImprovementTaskStatus, Priority, TaskSource
from begat.kinds.improvement_task.raised import RaisedFrom
from begat.kinds.model.evaluation import Evaluation

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint


@strawberry.type(
    description="Something to be mended, raised from feedback, monitors or a suggestion, and closed with evidence."
)
class ImprovementTask(Asset):
    """A row of an ImprovementTask node."""

    status: ImprovementTaskStatus = column("n.status", "Where it stands.", ImprovementTaskStatus)
    priority: Priority = column("n.priority", "How urgent people find it.", Priority)
    assignee: str | None = column("n.assignee", "Who is to do it; null where nobody is.")
    raised_by: list[TaskSource] = column(
        "n.sources", "The sorts of what it was raised from.", lambda names: [TaskSource(name) for name in names]
    )
    suggestion: strawberry.ID | None = column("n.suggestion", "The key of the suggestion that it was raised by.")
    expected_impact: ExpectedImpact = expected()
    close_reason: str | None = column("n.closeReason", "Why it was closed, where that was said.")
    closed_at: DateTime | None = column("n.closedAt", "When it was closed; null while it is not.")
    available_actions: list[AvailableAction] = actions(IMPROVEMENT_TASK)

    @strawberry.field(
        description="The feedback and monitors that it was raised from, in the order of id; at most 1,000. None of a "
        "suggestion that no feedback speaks for.",
        metadata=needs("n.id"),
    )
    async def raised_from(self, info: Info, first: int = 1000) -> list[RaisedFrom]:
        return (await info.context.batch(raised.load, self.row["n.id"]))[: max(first, 0)]

    @strawberry.field(
        description="The endpoints that it is about; hidden ones are left out.", metadata=needs("n.endpoints")
    )
    async def endpoints(self, info: Info) -> list[Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")]]:
        from begat.kinds.endpoint.graphql import Endpoint  # it shows drift and feedback, which show tasks

        columns = selected(info, Endpoint)
        load = [info.context.batch(asset.load, id, columns) for id in self.row["n.endpoints"] or ()]
        return [found for found in await asyncio.gather(*load) if isinstance(found, Endpoint)]

    @strawberry.field(
        description="What resolved it, as its closing says; null where nothing is said, or where it is hidden.",
        metadata=needs("n.resolvedBy"),
    )
    async def resolved_by(self, info: Info) -> Asset | None:
        return await asset.linked(info, self.row["n.resolvedBy"], Asset)

    @strawberry.field(
        description="The measure before, as its closing says; null without one, or where it is hidden.",
        metadata=needs("n.before"),
    )
    async def before(self, info: Info) -> Evaluation | None:
        return await _evaluation(info, self.row["n.before"])

    @strawberry.field(description="The measure after: of the same metric, on the same rows.", metadata=needs("n.after"))
    async def after(self, info: Info) -> Evaluation | None:
        return await _evaluation(info, self.row["n.after"])


async def _evaluation(info: Info, id: str | None) -> Evaluation | None:
    return await versions.linked(info, id, Evaluation)


async def of_source(info: Info, label: str, id: str, first: int) -> list[ImprovementTask]:
    """The tasks that were raised from a feedback or a monitor, oldest first; batched over the nodes of a level."""
    found = await info.context.batch(_of_sources, id, label, selected(info, ImprovementTask))
    return found[: max(first, 0)]


async def _of_sources(
    context: Context, keys: Sequence[str], label: str, columns: tuple[str, ...]
) -> list[list[ImprovementTask]]:
    values = await context.graph.read(
        f"MATCH (s:{label})<-[:RAISED_FROM]-(n:ImprovementTask) WHERE s.id IN $ids AND {SCOPE} "
        f"WITH s, n ORDER BY n.id RETURN collect([s.id, {projection(columns)}])",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found: dict[str, list[ImprovementTask]] = {}
    for source, value in values or []:
        found.setdefault(source, []).extend(ImprovementTask(row=row) for row in rows(columns, [value]))
    return [found.get(key, []) for key in keys]


@strawberry.type
class ImprovementTaskQuery:
    """Queries of this kind."""

    @strawberry.field(description="An improvement task by its id; null where it is unknown or hidden.")
    async def improvement_task(self, info: Info, id: strawberry.ID) -> ImprovementTask | None:
        found = await fetch_one(info, id, base=ImprovementTask)
        return found if isinstance(found, ImprovementTask) else None

    improvement_tasks: Connection[ImprovementTask] = listed(
        ImprovementTask,
        "Improvement tasks, LIVE ones unless asked: the backlog.",
        filter=ImprovementTaskFilter,
        conditions=conditions,
        orders=ImprovementTaskOrder,
        order=order,
    )
