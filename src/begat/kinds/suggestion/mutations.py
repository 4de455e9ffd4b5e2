"""Mutations of suggestions."""

from __future__ import annotations

import strawberry

from begat.core.errors import Problem, Problems
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error
from begat.gql.payloads import Payload, acted
from begat.gql.scalars import DateTime
from begat.kinds.improvement_task.graphql import ImprovementTask
from begat.kinds.improvement_task.kind import Priority
from begat.kinds.suggestion import acts
from begat.kinds.suggestion.acts import Accepted
from begat.kinds.suggestion.graphql import ImprovementSuggestion, by_key
from begat.kinds.suggestion.kind import parsed


@strawberry.type(description="The answer to a decision on a suggestion.")
class SuggestionPayload:
    """What was decided."""

    node: ImprovementSuggestion | None = strawberry.field(
        description="The suggestion with the decision; null where that was refused, or taken back."
    )
    errors: list[UserError] = strawberry.field(description="Why it was not done; empty where it was.")


@strawberry.type
class SuggestionMutation:
    """Mutations of suggestions and of issues that recur in feedback."""

    @strawberry.mutation(
        description="Makes a task of a suggestion, or of a cluster of feedback, raised from the feedback that speaks "
        "for it (the newest 1,000). Sent twice it is one task. since and until as in the list that showed it."
    )
    async def improvement_suggestion_accept(
        self,
        info: Info,
        key: strawberry.ID,
        name: str | None = None,
        priority: Priority | None = None,
        assignee: str | None = None,
        since: DateTime | None = None,
        until: DateTime | None = None,
    ) -> Payload[ImprovementTask]:
        wanted = Accepted(name, (priority or Priority.NORMAL).value, assignee)
        node, errors = await acted(info, ImprovementTask, lambda: acts.accept(info.context, key, wanted, since, until))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Says of a suggestion, or of a cluster of feedback, that nothing is to be done. A suggestion stays "
        "dismissed; a cluster returns when it has half as much feedback again, and at least 3 more."
    )
    async def improvement_suggestion_dismiss(
        self,
        info: Info,
        key: strawberry.ID,
        reason: str,
        since: DateTime | None = None,
        until: DateTime | None = None,
    ) -> SuggestionPayload:
        try:
            await acts.dismiss(info.context, key, reason, since, until)
        except (Problem, Problems) as refused:
            return SuggestionPayload(node=None, errors=[user_error(problem) for problem in problems_of(refused)])
        return SuggestionPayload(node=await by_key(info.context, parsed(key)[0], key), errors=[])

    @strawberry.mutation(description="Takes the dismissal of a suggestion back.")
    async def improvement_suggestion_reopen(self, info: Info, key: strawberry.ID) -> SuggestionPayload:
        try:
            await acts.reopen(info.context, key)
        except (Problem, Problems) as refused:
            return SuggestionPayload(node=None, errors=[user_error(problem) for problem in problems_of(refused)])
        return SuggestionPayload(node=None, errors=[])
