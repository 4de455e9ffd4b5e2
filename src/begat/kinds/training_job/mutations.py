"""Mutations of training jobs."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry import UNSET

from begat.change.many import OnError
from begat.gql import inputs
from begat.gql.asset import fetch
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.moves import move
from begat.gql.payloads import ItemInput, Moved, Payload, acted, moved
from begat.gql.scalars import JSON
from begat.kinds.training_job import acts, retrying
from begat.kinds.training_job.graphql import TrainingJob, TrainingJobFilter, conditions
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.kinds.training_sheet.inputs import SplitInput, new_split


@strawberry.input(description="A new training job.")
class TrainingJobCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    training_sheet_id: strawberry.ID = strawberry.field(
        description="The training sheet to learn from: FINALIZED, or APPROVED, which is frozen now."
    )
    model: str = strawberry.field(
        description="The name of the model that gets the version; made where the project has none of that name."
    )
    split: SplitInput | None = strawberry.field(
        default=None, description="Deals the same rows anew for this job; where unsaid they keep the splits they have."
    )
    base_model_version_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A READY model version with a registered file to start from: what it knows is kept, its answers "
        "too. The trainer is then its own, and what is unsaid of hyperparameters is as it was there.",
    )
    evaluate_on: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="FINALIZED training sheets, at most 20, to measure the model on: their TEST rows, or all rows "
        "where they have none. Its own TEST rows are measured in any case.",
    )
    trainer: str | None = strawberry.field(
        default=None, description="One of `trainers`; where unsaid the default one, or the base model's."
    )
    hyperparameters: JSON | None = strawberry.field(
        default=None, description="An object of the trainer's settings by name; defaults where unsaid."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a training job; what is not named stays.")
class TrainingJobUpdateInput:
    """Its inputs are fixed at its creation."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")


@strawberry.type
class TrainingJobMutation:
    """Mutations of this kind."""

    @strawberry.mutation(
        description="Freezes what is to be learned and queues a training of it; the answer comes at once. Poll the job."
    )
    async def training_job_create(self, info: Info, input: TrainingJobCreateInput) -> Payload[TrainingJob]:
        new = acts.NewJob(
            name=input.name,
            training_sheet=input.training_sheet_id,
            model=input.model,
            split=None if input.split is None else new_split(input.split),
            base=input.base_model_version_id,
            evaluate_on=input.evaluate_on or (),
            trainer=input.trainer,
            hyperparameters={} if input.hyperparameters is None else input.hyperparameters,
            description=input.description,
            tags=input.tags or (),
            project=input.project_id,
            key=input.idempotency_key,
        )
        node, errors = await acted(info, TrainingJob, lambda: acts.create(info.context, new))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Changes a job's name, description, tags or owner.")
    async def training_job_update(
        self, info: Info, id: strawberry.ID, input: TrainingJobUpdateInput, expected_revision: int | None = None
    ) -> Payload[TrainingJob]:
        async def work() -> str:
            named = check_common(inputs.given(input, UPDATABLE))
            return await acts.update(info.context, id, named, expected_revision)

        node, errors = await acted(info, TrainingJob, work)
        return Payload(node=node, errors=errors)

    training_job_cancel: Moved[TrainingJob] = move(
        TRAINING_JOB,
        TrainingJob,
        "cancel",
        "Asks jobs to end: CANCELING, and within a second CANCELED, or SUCCEEDED if that came first.",
        filter=TrainingJobFilter,
        conditions=conditions,
        act=acts.cancel,
    )

    @strawberry.mutation(
        description="Repeats jobs that are FAILED, CANCELED or LOST: each by a new job with the same frozen inputs. "
        "nodes are the new jobs, outcomes are about the old ones. Sent twice, it names the same new job."
    )
    async def training_job_retry(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: TrainingJobFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        dry_run: bool | None = None,
        reason: str | None = None,
    ) -> Moved[TrainingJob]:
        made: dict[str, str] = {}

        async def repeated(info: Info, wanted: Sequence[str], *path: str) -> dict[str, TrainingJob]:
            found = await fetch(info, [made[id] for id in wanted], *path, base=TrainingJob)
            jobs = {id: found.get(made[id]) for id in wanted}
            return {id: job for id, job in jobs.items() if isinstance(job, TrainingJob)}

        answer = await moved(
            info,
            TrainingJob,
            lambda: retrying.retry(made, reason),
            ids=ids,
            items=items,
            where=None if where is None else [*conditions(where), inputs.of_kind(TRAINING_JOB)],
            expected_count=expected_count,
            on_error=on_error,
            dry_run=dry_run,
            fetch=None if dry_run else repeated,
        )
        info.context.wake()
        return answer
