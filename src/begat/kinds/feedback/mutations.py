"""Mutations of feedback."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from begat.gql.context import Info
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.selections import selecting
from begat.kinds.feedback import acts, moves
from begat.kinds.feedback.acts import NewFeedback
from begat.kinds.feedback.filters import FeedbackFilter, conditions
from begat.kinds.feedback.graphql import Feedback, fetch
from begat.kinds.feedback.kind import Rating
from begat.kinds.feedback.rules import SAID


@strawberry.input(
    description="What somebody says of an answer: at least one of rating, correction and comment. Sent again by the "
    "same person about the same answer it changes what he said: what is not named stays, null takes it back."
)
class FeedbackSubmitInput:
    """See acts.NewFeedback."""

    request_id: strawberry.ID | None = strawberry.field(default=None, description="The request that was answered.")
    endpoint_id: strawberry.ID | None = strawberry.field(
        default=None, description="Or the endpoint as a whole: the version that serves now."
    )
    position: int | None = strawberry.field(
        default=None, description="Which of the request's answers, from 0; the first where unsaid."
    )
    rating: Rating | None = strawberry.field(default=UNSET, description="Whether the answer was good.")
    correction: str | None = strawberry.field(
        default=UNSET, description="What would have been the right answer, at most 100,000 characters."
    )
    comment: str | None = strawberry.field(default=UNSET, description="Anything else, at most 10,000 characters.")
    by: str | None = strawberry.field(
        default=None, description="On whose behalf; the caller's own where unsaid. At most 200 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="A request sent twice under one key is done once; 1 to 200 characters."
    )


def new_feedback(input: FeedbackSubmitInput) -> NewFeedback:
    """The input as the act takes it."""
    named: dict[str, Any] = {name: getattr(input, name) for name in SAID if getattr(input, name) is not UNSET}
    if isinstance(named.get("rating"), Rating):
        named["rating"] = named["rating"].value
    return NewFeedback(input.request_id, input.endpoint_id, input.position, named, input.by, input.idempotency_key)


def _move(name: str, description: str) -> Any:
    return selecting(
        Feedback,
        lambda info, reason: moves.move(name, reason),
        description,
        filter=FeedbackFilter,
        conditions=conditions,
        fetch=fetch,
    )


@strawberry.type
class FeedbackMutation:
    """Mutations of this row."""

    @strawberry.mutation(
        description="Says something of an answer, by the id of its request, or of an endpoint. It is counted for the "
        "version that answered; sent twice it is one feedback. Calls of begat's own (tests, generations) take none."
    )
    async def feedback_submit(self, info: Info, input: FeedbackSubmitInput) -> Payload[Feedback]:
        context = info.context

        async def work() -> str:
            return await acts.submit(context.graph, context.viewer, context.platform.telemetry, new_feedback(input))

        node, errors = await acted(info, Feedback, work, fetch=fetch)
        return Payload(node=node, errors=errors)

    feedback_triage: Moved[Feedback] = _move("triage", "Says that somebody has looked at it and means to do something.")
    feedback_resolve: Moved[Feedback] = _move("resolve", "Says that what was triaged is done.")
    feedback_dismiss: Moved[Feedback] = _move("dismiss", "Says that nothing follows from it.")
    feedback_reopen: Moved[Feedback] = _move("reopen", "Takes the end of it back: it is NEW again.")
