"""How far a training sheet's review is, in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.access.scope import SCOPE
from begat.gql.context import Context
from begat.gql.scalars import BigInt
from begat.kinds.qa_pair.filters import QaPairFilter  # noqa: F401 - names the enums below, which it does first
from begat.kinds.qa_pair.kind import QaPairSource, QaPairStatus
from begat.review.measures import Given, Measures, measure


@strawberry.type(description="How many pairs are in a status.")
class PairStatusCount:
    """One part of the total."""

    status: QaPairStatus = strawberry.field(description="The status.")
    count: BigInt = strawberry.field(description="How many pairs.")


@strawberry.type(description="How many pairs were answered by a source.")
class PairSourceCount:
    """One part of the total."""

    source: QaPairSource = strawberry.field(description="The source.")
    count: BigInt = strawberry.field(description="How many pairs.")


@strawberry.type(description="What one reviewer did in a training sheet; void verdicts are left out.")
class ReviewerProgress:
    """See measures.Reviewed."""

    reviewer: str = strawberry.field(description="Who.")
    decided: BigInt = strawberry.field(description="How many pairs he approved or rejected.")
    approval_rate: float | None = strawberry.field(description="The share of these that he approved, 0 to 1.")
    mean_seconds_per_review: float | None = strawberry.field(
        description="Mean seconds between his verdicts on what his queue served, pauses over 300 left out; null before "
        "two."
    )


@strawberry.type(description="How far the review of a training sheet is, counted now.")
class ReviewProgress:
    """See measures.Measures."""

    total: BigInt = strawberry.field(description="All pairs.")
    decided: BigInt = strawberry.field(description="Approved and rejected pairs.")
    percent: float | None = strawberry.field(description="Decided of all, 0 to 100; null without pairs.")
    approval_rate: float | None = strawberry.field(description="Approved of decided, 0 to 1; null before the first.")
    mean_seconds_per_review: float | None = strawberry.field(
        description="Mean seconds between a reviewer's verdicts on what his queue served, pauses over 300 and void "
        "verdicts left out; null before two."
    )
    seconds_left: float | None = strawberry.field(
        description="Seconds of one reviewer's work on what is not decided, at that mean; null before five timed "
        "verdicts."
    )
    by_status: list[PairStatusCount] = strawberry.field(description="Pairs by status; they add up to the total.")
    by_source: list[PairSourceCount] = strawberry.field(description="Pairs by source; they add up to the total.")
    by_reviewer: list[ReviewerProgress] = strawberry.field(description="Reviewers by name.")


async def load(context: Context, keys: Sequence[str]) -> list[ReviewProgress]:
    """The progress of each training sheet; two statements for all of a level."""
    sheets = list(dict.fromkeys(keys))
    counted = await context.graph.read(
        f"UNWIND $ids AS id MATCH (n:QaPair {{trainingSheet: id}}) WHERE {SCOPE} "
        "WITH id, n.status AS status, n.source AS source, count(n) AS count "
        "RETURN collect([id, status, source, count])",
        ids=sheets,
        **context.viewer.scope,
    )
    verdicts = await context.graph.read(
        f"UNWIND $ids AS id MATCH (n:Review {{trainingSheet: id}}) WHERE n.void = false AND {SCOPE} "
        "RETURN collect([id, n.reviewer, n.verdict, n.at, n.seconds])",
        ids=sheets,
        **context.viewer.scope,
    )
    counts: dict[str, list[tuple[str, str, int]]] = {}
    for sheet, status, source, count in counted or []:
        counts.setdefault(sheet, []).append((status, source, count))
    given: dict[str, list[Given]] = {}
    for sheet, *verdict in verdicts or []:
        given.setdefault(sheet, []).append(Given(*verdict))
    return [_progress(measure(counts.get(key, []), given.get(key, []))) for key in keys]


def _progress(found: Measures) -> ReviewProgress:
    return ReviewProgress(
        total=BigInt(found.total),
        decided=BigInt(found.decided),
        percent=found.percent,
        approval_rate=found.approval_rate,
        mean_seconds_per_review=found.mean_seconds,
        seconds_left=found.seconds_left,
        by_status=[
            PairStatusCount(status=status, count=BigInt(found.by_status[status.value]))
            for status in QaPairStatus
            if status.value in found.by_status
        ],
        by_source=[
            PairSourceCount(source=source, count=BigInt(found.by_source[source.value]))
            for source in QaPairSource
            if source.value in found.by_source
        ],
        by_reviewer=[
            ReviewerProgress(
                reviewer=name,
                decided=BigInt(one.decided),
                approval_rate=one.approval_rate,
                mean_seconds_per_review=one.mean_seconds,
            )
            for name, one in found.by_reviewer.items()
        ],
    )
