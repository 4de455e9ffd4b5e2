"""What a task was raised from: feedback and monitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.access.scope import predicate
from begat.gql import asset
from begat.gql.completeness import HitKind
from begat.gql.context import Context, Info

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.feedback.graphql import Feedback
    from begat.kinds.monitor.graphql import Monitor

_SOURCES = (
    f"MATCH (t:ImprovementTask)-[:RAISED_FROM]->(s) WHERE t.id IN $ids AND {predicate('s')} "
    "WITH t, s ORDER BY s.id RETURN collect([t.id, s.id, s.kind])"
)


@strawberry.type(description="A feedback or a monitor that a task was raised from.")
class RaisedFrom:
    """The target of a RAISED_FROM edge."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    kind: HitKind = strawberry.field(description="FEEDBACK or MONITOR.")

    @strawberry.field(description="The feedback; null for a monitor.")
    async def feedback(self, info: Info) -> Annotated[Feedback, strawberry.lazy("begat.kinds.feedback.graphql")] | None:
        from begat.kinds.feedback.graphql import loaded  # it shows its tasks

        return await loaded(info, self.id) if self.kind is HitKind.FEEDBACK else None

    @strawberry.field(description="The monitor; null for a feedback.")
    async def monitor(self, info: Info) -> Annotated[Monitor, strawberry.lazy("begat.kinds.monitor.graphql")] | None:
        from begat.kinds.monitor.graphql import Monitor  # it shows its tasks

        if self.kind is not HitKind.MONITOR:
            return None
        return await asset.linked(info, self.id, Monitor)


async def load(context: Context, keys: Sequence[str]) -> list[list[RaisedFrom]]:
    """What each task of a level was raised from, as far as the caller sees it; one statement."""
    values = await context.graph.read(_SOURCES, ids=list(dict.fromkeys(keys)), **context.viewer.scope)
    found: dict[str, list[RaisedFrom]] = {}
    for task, id, kind in values or []:
        found.setdefault(task, []).append(RaisedFrom(id=strawberry.ID(id), kind=HitKind(kind)))
    return [found.get(key, []) for key in keys]
