"""feedbackClusters: the issues that recur in feedback, with their members and their trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.change.write import Properties
from begat.core.clusters import returns
from begat.find import lists
from begat.find.lists import check_first
from begat.gql import asset
from begat.gql.columns import of_page, rows
from begat.gql.connections import Connection, PageInfo, connection, page_info, sliced
from begat.gql.context import Context, Info
from begat.gql.scalars import BigInt, DateTime
from begat.gql.windows import WIDTH, Bucket, begin
from begat.kinds.feedback.graphql import Feedback
from begat.kinds.feedback.kind import LABEL
from begat.kinds.suggestion.acts import decided
from begat.kinds.suggestion.corrections import issue_key
from begat.kinds.suggestion.faults import Faults, Issue, faults_of
from begat.kinds.suggestion.finding import check_least, period, project_of
from begat.kinds.suggestion.kind import SuggestionStatus

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.improvement_task.graphql import ImprovementTask

SMALLEST = 2
"""Feedbacks of an issue that recurs, where the caller names no other number."""


@strawberry.type(description="How much feedback of a cluster was given in one bucket of time.")
class ClusterBucket:
    """A point of a trend; buckets without any are left out."""

    at: DateTime = strawberry.field(description="When the bucket begins.")
    count: BigInt = strawberry.field(description="How many feedbacks.")


@strawberry.type(
    description="An issue that recurs in feedback: answers that were corrected alike, or remarks and questions whose "
    "texts are alike. A text joins the oldest issue that it is like, so later feedback never changes earlier issues."
)
class FeedbackCluster:
    """An issue with its members in the window."""

    issue: strawberry.Private[Issue]
    held: strawberry.Private[Properties | None]
    key: strawberry.ID = strawberry.field(
        description="Names it, in whatever window it is seen; improvementSuggestionAccept and Dismiss take it."
    )
    label: str = strawberry.field(description="`answer → correction`, or the first text, at most 120 characters of it.")
    answer: str | None = strawberry.field(description="The answer that is corrected; null where texts are alike.")
    correction: str | None = strawberry.field(description="What it is corrected to; null where texts are alike.")
    size: BigInt = strawberry.field(description="How many feedbacks of the window it has.")
    share: float | None = strawberry.field(
        description="Of the answers that anybody judged in the window those that it is about, 0 to 1; null where none "
        "was judged."
    )
    first_at: DateTime = strawberry.field(description="When its oldest feedback of the window was given.")
    last_at: DateTime = strawberry.field(description="When its newest was.")
    status: SuggestionStatus = strawberry.field(
        description="What was decided on it. A DISMISSED one is listed again once it has grown."
    )

    @strawberry.field(description="Its feedback of the window, newest first.")
    async def members(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Feedback]:
        check_first(first)
        ids = [one.id for one in reversed(self.issue.members)]
        page, cursors, more = sliced(ids, ids, first, after)
        found = await info.context.batch(_members, tuple(page), of_page(info, Feedback))
        shown = {one.row["n.id"]: one for one in found}
        kept = [id for id in cursors if id in shown]
        return connection([shown[id] for id in kept], kept, has_next=more, after=after, total=len(ids))

    @strawberry.field(description="How much of it was given when: by DAY where unsaid, oldest first.")
    def trend(self, bucket: Bucket | None = None) -> list[ClusterBucket]:
        length = bucket or Bucket.DAY
        counts = Counter(one.at[: WIDTH[length]] for one in self.issue.members)
        return [ClusterBucket(at=begin(length, name), count=BigInt(counts[name])) for name in sorted(counts)]

    @strawberry.field(description="The task that it became; null where it did not.")
    async def task(
        self, info: Info
    ) -> Annotated[ImprovementTask, strawberry.lazy("begat.kinds.improvement_task.graphql")] | None:
        from begat.kinds.improvement_task.graphql import ImprovementTask  # a circle

        id = (self.held or {}).get("task")
        return await asset.linked(info, id, ImprovementTask)


@strawberry.type(description="A page of clusters, largest first.")
class FeedbackClusters:
    """Found anew each time."""

    nodes: list[FeedbackCluster] = strawberry.field(description="The clusters of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: BigInt = strawberry.field(description="How many there are in all.")
    judged: BigInt = strawberry.field(description="How many answers of the window anybody judged.")
    complete: bool = strawberry.field(
        description="false: there is more than the newest 5,000 feedbacks that find fault, 2,000 of them without a "
        "correction, which are looked at."
    )


@strawberry.type
class FeedbackClusterQuery:
    """Queries of clusters."""

    @strawberry.field(
        description="The issues that recur in an endpoint's feedback that finds fault, from since (30 days ago where "
        "unsaid) to until (now where unsaid). Dismissed feedback is in none, and a dismissed cluster is left out "
        "until it has half as much feedback again, and at least 3 more, unless status asks for it. An endpoint that is "
        "unknown or hidden is NOT_FOUND."
    )
    async def feedback_clusters(
        self,
        info: Info,
        endpoint_id: strawberry.ID,
        since: DateTime | None = None,
        until: DateTime | None = None,
        status: list[SuggestionStatus] | None = None,
        least: int = SMALLEST,
        first: int = 50,
        after: str | None = None,
    ) -> FeedbackClusters:
        context = info.context
        check_first(first)
        least = check_least(least, "least")
        await project_of(context.graph, context.viewer, endpoint_id, "endpointId")
        faults = await faults_of(context.graph, endpoint_id, period(since, until))
        held = await decided(context, endpoint_id)
        nodes = [_shown(endpoint_id, issue, faults, held) for issue in faults.issues if len(issue.members) >= least]
        kept = [one for one in nodes if (_listed(one) if status is None else one.status in status)]
        page, keys, more = sliced(kept, [str(one.key) for one in kept], first, after)
        return FeedbackClusters(
            nodes=page,
            page_info=page_info(keys, has_next=more, after=after),
            total_count=BigInt(len(kept)),
            judged=BigInt(faults.judged),
            complete=faults.complete,
        )


def _listed(one: FeedbackCluster) -> bool:
    if one.status is not SuggestionStatus.DISMISSED or one.held is None:
        return True
    return returns(len(one.issue.whole.members), one.held["size"])


def _shown(endpoint: str, issue: Issue, faults: Faults, held: dict[str, Properties]) -> FeedbackCluster:
    key = issue_key(endpoint, issue)
    decision = held.get(key)
    return FeedbackCluster(
        issue=issue,
        held=decision,
        key=strawberry.ID(key),
        label=issue.whole.label,
        answer=issue.whole.answer,
        correction=issue.whole.correction,
        size=BigInt(len(issue.members)),
        share=min(1.0, len(issue.judged) / faults.judged) if faults.judged else None,
        first_at=DateTime(issue.members[0].at),
        last_at=DateTime(issue.members[-1].at),
        status=SuggestionStatus.OPEN if decision is None else SuggestionStatus(decision["status"]),
    )


async def _members(context: Context, keys: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> list[list[Feedback]]:
    """The feedback of the pages of all clusters of a level, in one statement."""
    wanted = sorted({id for key in keys for id in key})
    values = await lists.by_ids(context.graph, context.viewer, LABEL, wanted, columns)
    found = {row["n.id"]: Feedback(row=row) for row in rows(columns, values)}
    return [[found[id] for id in key if id in found] for key in keys]
