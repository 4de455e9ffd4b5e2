"""Mutations of improvement tasks."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from begat.core.errors import bad_input
from begat.gql import inputs
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.selections import REASON, selecting
from begat.kinds.improvement_task import acts, closing
from begat.kinds.improvement_task.filters import ImprovementTaskFilter, conditions
from begat.kinds.improvement_task.graphql import ImprovementTask
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK, Priority
from begat.kinds.improvement_task.rules import Evidence


@strawberry.input(description="A new improvement task.")
class ImprovementTaskCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    raised_from: list[strawberry.ID] = strawberry.field(
        description="1 to 1,000 ids of feedback and monitors, of one project: what it is to mend."
    )
    priority: Priority | None = strawberry.field(default=None, description="NORMAL where unsaid.")
    assignee: str | None = strawberry.field(
        default=None, description="A person with a role in the project; nobody where unsaid."
    )
    description: str | None = strawberry.field(default=None, description="What is to be done.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="The project of what it is raised from, which it is where unsaid."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of an improvement task; what is not named stays.")
class ImprovementTaskUpdateInput:
    """What it was raised from is fixed."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")
    priority: Priority | None = strawberry.field(default=UNSET, description="How urgent it is.")
    assignee: str | None = strawberry.field(default=UNSET, description="Who is to do it; null: nobody.")
    impact_override: float | None = strawberry.field(
        default=UNSET,
        description="Stands in the place of the computed score, in the order too, at once; from 0, in requests a day. "
        "Needs a reason. null takes it away.",
    )
    reason: str | None = strawberry.field(default=None, description="Why; it is kept in the history.")


@strawberry.input(
    description="What speaks for closing: before and after, two evaluations of one metric on the same frozen rows and "
    "split of which the second is better; or a reason; or both."
)
class CloseEvidenceInput:
    """See rules.Evidence."""

    resolved_by: strawberry.ID | None = strawberry.field(default=None, description="The asset that resolved it.")
    before: strawberry.ID | None = strawberry.field(
        default=None, description="The evaluation before, `<model version>:e1`."
    )
    after: strawberry.ID | None = strawberry.field(default=None, description="The evaluation after.")
    reason: str | None = strawberry.field(
        default=None, description="Why it is closed; needed without evaluations. At most 2,000 characters."
    )


def _named(input: ImprovementTaskUpdateInput) -> dict[str, Any]:
    named = check_common(inputs.given(input, UPDATABLE))
    rest = {"priority": "priority", "assignee": "assignee", "impact_override": "impactOverride"}
    named |= inputs.given(input, rest)
    if "priority" in named:
        if named["priority"] is None:
            raise bad_input("priority cannot be null.", "input", "priority", hint="Leave it out to keep it.")
        named["priority"] = named["priority"].value
    return named


def _evidence(input: CloseEvidenceInput | None) -> Evidence | None:
    return None if input is None else Evidence(input.resolved_by, input.before, input.after, input.reason)


def _move(name: str, description: str) -> Any:
    return move(
        IMPROVEMENT_TASK, ImprovementTask, name, description, filter=ImprovementTaskFilter, conditions=conditions
    )


def _only_tasks(where: ImprovementTaskFilter) -> Any:
    return [*conditions(where), inputs.of_kind(IMPROVEMENT_TASK)]


@strawberry.type
class ImprovementTaskMutation:
    """Mutations of this kind."""

    @strawberry.mutation(
        description="Raises a task from feedback and monitors. It is in their project, and its impact is measured at "
        "once."
    )
    async def improvement_task_create(self, info: Info, input: ImprovementTaskCreateInput) -> Payload[ImprovementTask]:
        new = acts.NewTask(
            name=input.name,
            raised_from=input.raised_from,
            priority=(input.priority or Priority.NORMAL).value,
            assignee=input.assignee,
            description=input.description,
            tags=input.tags or (),
            project=input.project_id,
            key=input.idempotency_key,
        )
        node, errors = await acted(info, ImprovementTask, lambda: acts.create(info.context, new))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Changes a task's name, description, tags, owner, priority or assignee, or overrides its impact."
    )
    async def improvement_task_update(
        self, info: Info, id: strawberry.ID, input: ImprovementTaskUpdateInput, expected_revision: int | None = None
    ) -> Payload[ImprovementTask]:
        async def work() -> str:
            return await acts.update(info.context, id, _named(input), input.reason, expected_revision)

        node, errors = await acted(info, ImprovementTask, work)
        return Payload(node=node, errors=errors)

    improvement_task_assign: Moved[ImprovementTask] = selecting(
        ImprovementTask,
        lambda info, assignee, reason: acts.assign(assignee, reason),
        "Gives tasks to a person who sees their project; null: to nobody.",
        {"assignee": str | None, **REASON},
        filter=ImprovementTaskFilter,
        conditions=_only_tasks,
    )
    improvement_task_start: Moved[ImprovementTask] = _move("start", "Says that somebody works on it.")
    improvement_task_resolve: Moved[ImprovementTask] = _move("resolve", "Says that what was to be done is done.")
    improvement_task_close: Moved[ImprovementTask] = selecting(
        ImprovementTask,
        lambda info, evidence: closing.close(_evidence(evidence)),
        "Closes tasks, with evidence or a reason. begat opens one again where the metric falls back to what it was "
        "before, or where a monitor that it was raised from fires again.",
        {"evidence": CloseEvidenceInput | None},
        filter=ImprovementTaskFilter,
        conditions=_only_tasks,
        wakes=True,
    )
    improvement_task_dismiss: Moved[ImprovementTask] = _move("dismiss", "Says that nothing is to be done, and why.")
    improvement_task_reopen: Moved[ImprovementTask] = move(
        IMPROVEMENT_TASK,
        ImprovementTask,
        "reopen",
        "Takes the end back, with the evidence of it; the history keeps that.",
        filter=ImprovementTaskFilter,
        conditions=conditions,
        act=acts.reopen,
    )
