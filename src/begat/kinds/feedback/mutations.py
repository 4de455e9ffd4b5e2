"""Mutations of feedback."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from begat.change import many
from begat.core.errors import Code, Problem, bad_input
from begat.find import lists
from begat.find.lists import Condition
from begat.gql.columns import selected
from begat.gql.context import Info
from begat.gql.errors import UserError
from begat.gql.outcomes import Outcome, outcome
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.selections import selecting
from begat.gql.versions import by_id
from begat.kinds.feedback import acts, moves, pairs
from begat.kinds.feedback.acts import NewFeedback
from begat.kinds.feedback.filters import FeedbackFilter, conditions
from begat.kinds.feedback.graphql import Feedback, fetch
from begat.kinds.feedback.kind import LABEL, Rating
from begat.kinds.feedback.pairs import Added
from begat.kinds.feedback.rules import SAID
from begat.kinds.training_sheet.generation import Generation
from begat.kinds.training_sheet.graphql import TrainingSheet


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


@strawberry.type(description="The answer to adding corrections to a training sheet.")
class AddFromFeedbackPayload:
    """See pairs.Added."""

    done: strawberry.Private[Added]
    node: TrainingSheet | None = strawberry.field(description="The training sheet as it is now; null where refused.")
    errors: list[UserError] = strawberry.field(description="Why the request as a whole was refused.")

    @strawberry.field(description="How many pairs were made.")
    def added(self) -> int:
        return len(self.done.pairs)

    @strawberry.field(description="How many feedbacks had a pair in the training sheet already.")
    def skipped(self) -> int:
        return sum(one.ok and one.action == pairs.SKIP for one in self.done.outcomes)

    @strawberry.field(
        description="What became of each feedback, in the order asked: its action is `add`, or `skip` where the "
        "training sheet has its pair already."
    )
    def outcomes(self, first: int | None = None) -> list[Outcome]:
        kept = self.done.outcomes if first is None else self.done.outcomes[: max(first, 0)]
        return [outcome(one) for one in kept]

    @strawberry.field(
        description="The generations that were made, one for each template version that worded questions."
    )
    async def generations(self, info: Info) -> list[Generation]:
        found = await by_id(info.context, self.done.generations, "Generation", selected(info, Generation))
        return [Generation(row=row) for row in found if row is not None]


async def _chosen(
    info: Info, named: list[strawberry.ID] | None, where: list[Condition] | None, expected: int | None
) -> list[str]:
    """The feedbacks that are to be added: those named or those selected. A feedback without a correction is not meant
    by a selection."""
    if (named is None) == (where is None):
        raise bad_input("Give feedbackIds or where.", "feedbackIds", hint="One of them, and not both.")
    if where is None:
        return [target.id for target in many.targets(named, None) or ()]
    held = [*where, Condition("n.correction IS NOT NULL")]
    found = await lists.chosen(info.context.graph, info.context.viewer, LABEL, held, pairs.MOST + 1)
    if expected is not None and len(found) != expected:
        number = f"{len(found)}" if len(found) <= pairs.MOST else f"more than {pairs.MOST}"
        raise Problem(
            Code.CONFLICT,
            f"The filter selects {number} corrections by now, not {expected}.",
            path=("expectedCount",),
            hint="Look at the selection again.",
        )
    return found


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

    @strawberry.mutation(
        description="Makes pairs of corrections, PENDING and in a generation of its own: the question as it was asked, "
        "the correction as its answer. The training sheet is a DRAFT (which then can be submitted) or IN_REVIEW. Where "
        "it has a feedback's pair already, that is skipped; what cannot become a pair is refused by itself. At most "
        "1,000 at once."
    )
    async def training_sheet_add_from_feedback(
        self,
        info: Info,
        id: strawberry.ID,
        feedback_ids: list[strawberry.ID] | None = None,
        where: FeedbackFilter | None = None,
        expected_count: int | None = None,
        template_id: strawberry.ID | None = None,
        expected_revision: int | None = None,
    ) -> AddFromFeedbackPayload:
        context, done = info.context, Added()

        async def work() -> str:
            nonlocal done
            held = None if where is None else conditions(where)
            chosen = await _chosen(info, feedback_ids, held, expected_count)
            done = await pairs.add(context.graph, context.viewer, id, chosen, template_id, expected_revision)
            return str(id)

        node, errors = await acted(info, TrainingSheet, work)
        return AddFromFeedbackPayload(done=done, node=node, errors=errors)
