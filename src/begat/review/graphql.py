"""The daily work on pairs in GraphQL: the queue, verdicts, assignments, edits, skips and comments."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET

from begat.change.many import Act
from begat.core import ids
from begat.core.errors import Problem, Problems
from begat.gql.columns import asks
from begat.gql.connections import Connection
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error
from begat.gql.payloads import Moved, Payload, acted, moved
from begat.gql.scalars import BigInt, DateTime
from begat.gql.selections import REASON, Arguments, selecting
from begat.kinds.qa_pair import acts, filters, regeneration
from begat.kinds.qa_pair.filters import QaPairFilter
from begat.kinds.qa_pair.graphql import QaPair, fetch
from begat.review import assignments, comments, decisions, queue
from begat.review.comments import Comment


@strawberry.enum(
    description="What a reviewer is handed: PENDING are pairs that wait for a first verdict or are disputed, EXPERT "
    "are pairs that were flagged for somebody who knows better."
)
class ReviewQueue(Enum):
    """Names of queue.QUEUES."""

    PENDING = "PENDING"
    EXPERT = "EXPERT"


@strawberry.type(description="The pairs that the caller holds now.")
class ReviewNextPayload:
    """See queue.Served."""

    nodes: list[QaPair] = strawberry.field(description="In the order to be reviewed; each until its leasedUntil.")
    remaining: BigInt = strawberry.field(
        description="How many pairs of the queue the caller could take, these included. Those that others hold, that "
        "are assigned to others or that the caller skipped are not counted."
    )
    errors: list[UserError] = strawberry.field(description="Why none was handed out; empty where that went well.")


@strawberry.input(description="What to change of a pair; what is not named stays.")
class QaPairUpdateInput:
    """Neither can be empty."""

    question: str | None = strawberry.field(default=UNSET, description="The question, at most 100,000 characters.")
    answer: str | None = strawberry.field(default=UNSET, description="The answer, at most 100,000 characters.")


def _pairs(prepare: Callable[..., Act], description: str, arguments: Arguments = REASON, *, wakes: bool = False) -> Any:
    return selecting(
        QaPair,
        prepare,
        description,
        arguments,
        filter=QaPairFilter,
        conditions=filters.selecting,
        fetch=fetch,
        wakes=wakes,
    )


@strawberry.type
class ReviewQuery:
    """Queries of reviews."""

    @strawberry.field(description="The comments on a pair or an asset, oldest first.")
    async def comments(
        self, info: Info, subject_id: strawberry.ID, first: int = 50, after: str | None = None
    ) -> Connection[Comment]:
        return await comments.of(info, subject_id, first, after)


@strawberry.type
class ReviewMutation:
    """Mutations of pairs."""

    @strawberry.mutation(
        description="Hands the caller the next undecided pairs of a training sheet, for 15 minutes: those that he "
        "holds already, then others by position. No pair is handed to two reviewers at once. At most 1,000 at once."
    )
    async def review_next(
        self,
        info: Info,
        training_sheet_id: strawberry.ID,
        first: int | None = None,
        queue: ReviewQueue = ReviewQueue.PENDING,
    ) -> ReviewNextPayload:
        return await _next(info, training_sheet_id, 50 if first is None else first, queue.value)

    qa_pair_approve: Moved[QaPair] = _pairs(
        lambda info, reason: decisions.decide("approve", reason),
        "Approves pairs: each is the caller's review. What is decided already is named, the rest is done.",
    )
    qa_pair_reject: Moved[QaPair] = _pairs(
        lambda info, reason: decisions.decide("reject", reason),
        "Rejects pairs with a reason, which reads back: each is the caller's review. Rejected pairs stay "
        "out of snapshots.",
    )
    qa_pair_flag: Moved[QaPair] = _pairs(
        lambda info, reason: decisions.decide("flag", reason),
        "Flags pairs with a reason: they are undecided and wait in the EXPERT queue for a verdict.",
    )
    qa_pair_reopen: Moved[QaPair] = _pairs(
        lambda info, reason: decisions.reopen(reason),
        "Takes decisions and flags back: the pairs are PENDING again and their reviews no longer count.",
    )
    qa_pair_assign: Moved[QaPair] = _pairs(
        lambda info, reviewer: assignments.assign(reviewer),
        "Assigns undecided pairs to a reviewer, whose queue alone serves them then; null: to nobody.",
        {"reviewer": str | None},
    )

    qa_pair_regenerate: Moved[QaPair] = _pairs(
        lambda info, reason: regeneration.regenerate(ids.new("regen"), reason),
        "Has failed and undecided pairs answered anew, by their training sheet's method, in a generation of its own: "
        "they are GENERATING until then, and then PENDING or FAILED. Others go on reviewing the rest.",
        wakes=True,
    )
    qa_pair_regenerate_cancel: Moved[QaPair] = _pairs(
        lambda info, reason: regeneration.cancel(reason),
        "Takes a regeneration back: pairs that are GENERATING are what they were before.",
    )

    @strawberry.mutation(
        description="Takes pairs out of the caller's own queue until then, for good where unsaid; a time that is past "
        "brings them back. Others still get them. At most 1,000."
    )
    async def review_skip(
        self, info: Info, ids: list[strawberry.ID] | None, reason: str | None = None, until: DateTime | None = None
    ) -> Moved[QaPair]:
        return await moved(info, QaPair, lambda: queue.skip(reason, until), ids=ids, fetch=fetch)

    @strawberry.mutation(
        description="Changes a pair's question or answer. A decided, flagged or failed one waits for a review again, "
        "and reviews of what it said before are void. Refused where the training sheet is approved or finalized."
    )
    async def qa_pair_update(
        self, info: Info, id: strawberry.ID, input: QaPairUpdateInput, expected_revision: int | None = None
    ) -> Payload[QaPair]:
        named: dict[str, Any] = {name: getattr(input, name) for name in acts.TEXTS if getattr(input, name) is not UNSET}

        async def work() -> str:
            return await acts.update(info.context, id, named, expected_revision)

        node, errors = await acted(info, QaPair, work, fetch=fetch)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Says something about a pair or an asset; at most 10,000 characters.")
    async def comment_add(self, info: Info, subject_id: strawberry.ID, text: str) -> Payload[Comment]:
        async def work() -> str:
            return await comments.add(info.context.graph, info.context.viewer, subject_id, text)

        node, errors = await acted(info, Comment, work, fetch=comments.fetch)
        return Payload(node=node, errors=errors)


async def _next(info: Info, sheet: str, first: int, name: str) -> ReviewNextPayload:
    context = info.context
    try:
        served = await queue.take(context.graph, context.viewer, sheet, first, name)
    except (Problem, Problems) as refused:
        errors = [user_error(problem) for problem in problems_of(refused)]
        return ReviewNextPayload(nodes=[], remaining=BigInt(0), errors=errors)
    found = await fetch(info, served.pairs, "nodes") if asks(info, "nodes") else {}
    nodes = [found[id] for id in served.pairs if id in found]
    return ReviewNextPayload(nodes=nodes, remaining=BigInt(served.remaining), errors=[])
