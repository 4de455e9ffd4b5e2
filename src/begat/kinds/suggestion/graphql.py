"""Suggestions in GraphQL: what begat noticed, with its evidence, and what was decided on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access import mentions
from begat.change.write import Properties
from begat.find.lists import check_first
from begat.gql import asset
from begat.gql.columns import from_json
from begat.gql.connections import PageInfo, page_info, sliced
from begat.gql.context import Context, Info
from begat.gql.errors import UserError, user_error
from begat.gql.scalars import JSON, BigInt, DateTime
from begat.kinds.suggestion.acts import decided
from begat.kinds.suggestion.finding import check_least, find, period, project_of
from begat.kinds.suggestion.kind import LEAST, Found, SuggestionKind, SuggestionStatus

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.improvement_task.graphql import ImprovementTask


@strawberry.type(
    description="Something that could be mended, as begat sees it by itself; accepted it becomes an improvement task."
)
class ImprovementSuggestion:
    """See kind.Found; what was decided and is not found any more is shown as it was."""

    key: strawberry.ID = strawberry.field(description="Names it: the same thing has the same key whenever it is found.")
    kind: SuggestionKind = strawberry.field(description="What was noticed.")
    status: SuggestionStatus = strawberry.field(description="What was decided on it.")
    title: str = strawberry.field(description="It in one line.")
    severity: float | None = strawberry.field(
        description="How much it matters, 0 to 1: the share of the judged answers, of the rows or of the rows that the "
        "model was asked; of a drifted field how far it is beyond its threshold. Null where nothing tells."
    )
    count: BigInt = strawberry.field(description="How often it was seen.")
    total: BigInt | None = strawberry.field(
        description="Of how many: judged answers, or rows; null where there is no whole."
    )
    sample_ids: list[strawberry.ID] = strawberry.field(
        description="Its evidence, at most 10 ids: feedback, newest first, or pairs."
    )
    evidence: strawberry.Private[Mapping[str, Any]]
    found: bool = strawberry.field(description="Whether it is found now; false: it was decided on before.")
    decided_at: DateTime | None = strawberry.field(description="When it was decided on; null while it is OPEN.")
    decided_by: str | None = strawberry.field(description="Who did.")
    reason: str | None = strawberry.field(description="Why it was dismissed.")
    task_id: strawberry.Private[str | None]

    @strawberry.field(description="The figures behind it, an object by name; ids of what is hidden are null.")
    async def figures(self, info: Info) -> JSON:
        return await info.context.batch(_figures, self)

    @strawberry.field(description="The status, as text.")
    def status_name(self) -> str:
        return self.status.value

    @strawberry.field(description="The task that it became; null where it did not.")
    async def task(
        self, info: Info
    ) -> Annotated[ImprovementTask, strawberry.lazy("begat.kinds.improvement_task.graphql")] | None:
        from begat.kinds.improvement_task.graphql import ImprovementTask  # a circle

        return await asset.linked(info, self.task_id, ImprovementTask)


@strawberry.type(description="A kind of suggestion that could not be asked now.")
class SkippedSuggestions:
    """The others are complete."""

    kind: SuggestionKind = strawberry.field(description="Which kind.")
    error: UserError = strawberry.field(description="Why.")


@strawberry.type(description="A page of suggestions, most severe first.")
class ImprovementSuggestions:
    """They are found anew each time."""

    nodes: list[ImprovementSuggestion] = strawberry.field(description="The suggestions of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: BigInt = strawberry.field(description="How many there are in all.")
    skipped: list[SkippedSuggestions] = strawberry.field(
        description="The kinds that could not be asked, as where nothing serves."
    )


def shown(found: Found | None, held: Properties | None) -> ImprovementSuggestion:
    """A suggestion as it is found now, or as it was when it was decided on, with the decision."""
    status = SuggestionStatus.OPEN if held is None else SuggestionStatus(held["status"])
    decision = held or {}
    if found is None:
        assert held is not None  # noqa: S101 - it is one of the two, said to the type checker
        found = Found(
            held["key"],
            SuggestionKind(held["kind"]),
            held["title"],
            held.get("severity"),
            held["count"],
            held.get("total"),
            held["samples"],
            from_json(held["figures"]),
        )
        now = False
    else:
        now = True
    return ImprovementSuggestion(
        key=strawberry.ID(found.key),
        kind=found.kind,
        status=status,
        title=found.title,
        severity=found.severity,
        count=BigInt(found.count),
        total=None if found.total is None else BigInt(found.total),
        sample_ids=[strawberry.ID(id) for id in found.samples],
        evidence=found.figures,
        found=now,
        decided_at=decision.get("at"),
        decided_by=decision.get("by"),
        reason=decision.get("reason"),
        task_id=decision.get("task"),
    )


async def _figures(context: Context, found: Sequence[ImprovementSuggestion]) -> list[JSON]:
    """The figures of the suggestions of one endpoint, as far as the caller sees what they mention."""
    return await mentions.shown(context.graph, context.viewer, [dict(one.evidence) for one in found])


async def by_key(context: Context, endpoint: str, key: str) -> ImprovementSuggestion | None:
    """A suggestion that was decided on, as it was then."""
    held = (await decided(context, endpoint)).get(key)
    return None if held is None else shown(None, held)


@strawberry.type
class SuggestionQuery:
    """Queries of suggestions."""

    @strawberry.field(
        description="What could be mended at an endpoint, from since (30 days ago where unsaid) to until (now where "
        "unsaid); OPEN ones unless asked. Nothing is asked of a language model. An endpoint that is unknown or hidden "
        "is NOT_FOUND."
    )
    async def improvement_suggestions(
        self,
        info: Info,
        endpoint_id: strawberry.ID,
        kinds: list[SuggestionKind] | None = None,
        status: list[SuggestionStatus] | None = None,
        since: DateTime | None = None,
        until: DateTime | None = None,
        least: int = LEAST,
        first: int = 50,
        after: str | None = None,
    ) -> ImprovementSuggestions:
        context = info.context
        check_first(first)
        wanted = set(SuggestionKind if kinds is None else kinds)
        await project_of(context.graph, context.viewer, endpoint_id, "endpointId")
        window = period(since, until)
        all = await find(
            context.graph,
            context.viewer,
            context.platform,
            endpoint_id,
            window,
            wanted,
            check_least(least, "least"),
        )
        held = await decided(context, endpoint_id)
        nodes = [shown(one, held.pop(one.key, None)) for one in all.found]
        gone = [shown(None, one) for _, one in sorted(held.items())]
        statuses = set([SuggestionStatus.OPEN] if status is None else status)
        kept = [one for one in [*nodes, *gone] if one.kind in wanted and one.status in statuses]
        page, keys, more = sliced(kept, [str(one.key) for one in kept], first, after)
        return ImprovementSuggestions(
            nodes=page,
            page_info=page_info(keys, has_next=more, after=after),
            total_count=BigInt(len(kept)),
            skipped=[SkippedSuggestions(kind=kind, error=user_error(problem)) for kind, problem in all.skipped.items()],
        )
