"""The verdicts on a pair, as its history shows them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import strawberry

from begat.access.scope import predicate
from begat.gql.context import Context
from begat.gql.scalars import DateTime


@strawberry.enum(description="What a reviewer said.")
class VerdictWord(Enum):
    """See rules.Verdict."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    FLAG = "FLAG"


@strawberry.type(description="One reviewer's verdict on a pair, as it was then.")
class Review:
    """A Review node."""

    id: strawberry.ID = strawberry.field(description="The global id.")
    reviewer: str = strawberry.field(description="Who gave it.")
    verdict: VerdictWord = strawberry.field(description="What was said.")
    reason: str | None = strawberry.field(description="Why, where it was said.")
    at: DateTime = strawberry.field(description="When.")
    seconds: float | None = strawberry.field(
        description="Seconds since the pair was handed to the reviewer, at most 900; null where it was not."
    )
    void: bool = strawberry.field(description="Whether it no longer counts, as the pair was edited or reopened since.")


async def load(context: Context, keys: Sequence[str]) -> list[list[Review]]:
    """The reviews of each pair, newest first; one statement for all pairs of a level."""
    found = await context.graph.read(
        f"UNWIND $ids AS id MATCH (r:Review {{pair: id}}) WHERE {predicate('r')} WITH r ORDER BY r.at DESC, r.id "
        "RETURN collect([r.pair, r.id, r.reviewer, r.verdict, r.reason, r.at, r.seconds, r.void])",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    reviews: dict[str, list[Review]] = {}
    for pair, id, reviewer, verdict, reason, at, seconds, void in found or []:
        review = Review(
            id=strawberry.ID(id),
            reviewer=reviewer,
            verdict=VerdictWord(verdict),
            reason=reason,
            at=DateTime(at),
            seconds=seconds,
            void=void,
        )
        reviews.setdefault(pair, []).append(review)
    return [reviews.get(key, []) for key in keys]
