"""TrainingJob in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.access.scope import SCOPE
from begat.find import filters
from begat.find.lists import Condition
from begat.gql import asset, inputs, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, from_json, needs, rows, selected
from begat.gql.connections import Connection
from begat.gql.context import Context, Info
from begat.gql.inputs import AssetFilter
from begat.gql.lists import listed
from begat.gql.running import LongRunning
from begat.gql.scalars import JSON
from begat.graph.statement import projection
from begat.kinds.model.graphql import Model, ModelVersion
from begat.kinds.qa_pair.kind import Split
from begat.kinds.training_job.kind import TRAINING_JOB

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.training_sheet.graphql import TrainingSheet
    from begat.kinds.training_sheet.snapshot import Snapshot


@strawberry.enum(
    description="The life of a training job. QUEUED, RUNNING and CANCELING are unfinished; LOST: the platform does not "
    "know it any more."
)
class TrainingJobStatus(Enum):
    """States of a TrainingJob."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELING = "CANCELING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    LOST = "LOST"


@strawberry.type(description="What a finished model is measured on.")
class PlannedEvaluation:
    """An entry of the job's evaluateOn."""

    training_sheet_id: strawberry.Private[str]
    snapshot_id: strawberry.Private[str]
    split: Split | None = strawberry.field(description="The split; null: all rows of the snapshot.")

    @strawberry.field(description="The training sheet; null where it is hidden.")
    async def training_sheet(
        self, info: Info
    ) -> Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")] | None:
        return await _training_sheet(info, self.training_sheet_id)

    @strawberry.field(description="Its frozen rows; null where they are hidden.")
    async def snapshot(
        self, info: Info
    ) -> Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")] | None:
        return await _snapshot(info, self.snapshot_id)


def _planned(text: str) -> list[PlannedEvaluation]:
    return [
        PlannedEvaluation(
            training_sheet_id=one["trainingSheet"],
            snapshot_id=one["snapshot"],
            split=None if one["split"] is None else Split(one["split"]),
        )
        for one in from_json(text)
    ]


@strawberry.type(description="One training of a model on frozen rows. Its inputs are fixed at its creation.")
class TrainingJob(Asset, LongRunning):
    """A row of a TrainingJob node."""

    status: TrainingJobStatus = column("n.status", "Where it stands.", TrainingJobStatus)
    trainer: str = column("n.trainer", "How it trains: one of `trainers`.")
    hyperparameters: JSON = column(
        "n.hyperparameters",
        "The settings, an object by name, defaults filled in; once it succeeded, those really used.",
        lambda text: from_json(text),
    )
    splits: list[Split] = column(
        "n.splits", "The splits that it learns from.", lambda text: [Split(name) for name in from_json(text)]
    )
    evaluate_on: list[PlannedEvaluation] = column("n.evaluateOn", "What the model is measured on, in order.", _planned)
    platform_url: str | None = column("n.platformUrl", "Where the platform shows it; null on this machine.")
    train_rows: int | None = column("n.trainRows", "How many rows it learned from; null before it succeeded.")
    cpu_seconds: float | None = column("n.cpuSeconds", "What it cost, in CPU seconds; null before it succeeded.")
    available_actions: list[AvailableAction] = actions(TRAINING_JOB)

    @strawberry.field(description="The training sheet; null where it is hidden.", metadata=needs("n.trainingSheet"))
    async def training_sheet(
        self, info: Info
    ) -> Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")] | None:
        return await _training_sheet(info, self.row["n.trainingSheet"])

    @strawberry.field(description="The frozen rows that it learns from.", metadata=needs("n.snapshot"))
    async def snapshot(
        self, info: Info
    ) -> Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")] | None:
        return await _snapshot(info, self.row["n.snapshot"])

    @strawberry.field(description="The model that it makes a version of.", metadata=needs("n.model"))
    async def model(self, info: Info) -> Model | None:
        return await asset.linked(info, self.row["n.model"], Model)

    @strawberry.field(
        description="The model version that it started from; null where it started anew, or where that is hidden.",
        metadata=needs("n.baseModelVersion"),
    )
    async def base_model_version(self, info: Info) -> ModelVersion | None:
        return await asset.linked(info, self.row["n.baseModelVersion"], ModelVersion)

    @strawberry.field(description="The model version that it made; null where it has made none.")
    async def produced(self, info: Info) -> ModelVersion | None:
        return await info.context.batch(_produced, self.row["n.id"], selected(info, ModelVersion))

    @strawberry.field(
        description="The job that this one repeats; null where it repeats none.", metadata=needs("n.retryOf")
    )
    async def retry_of(self, info: Info) -> TrainingJob | None:
        return await asset.linked(info, self.row["n.retryOf"], TrainingJob)

    @strawberry.field(description="The jobs that repeat it, oldest first: all but the last of them did not succeed.")
    async def retries(self, info: Info) -> list[TrainingJob]:
        return await info.context.batch(_retries, self.row["n.id"], selected(info, TrainingJob))

    retry_reason: str | None = column("n.retryReason", "Why it repeats the other job, where that was said.")


async def _training_sheet(info: Info, id: str) -> TrainingSheet | None:
    from begat.kinds.training_sheet.graphql import TrainingSheet  # it may show its jobs

    return await asset.linked(info, id, TrainingSheet)


async def _snapshot(info: Info, id: str) -> Snapshot | None:
    from begat.kinds.training_sheet.snapshot import Snapshot  # it knows model versions, which know jobs

    return await versions.linked(info, id, Snapshot)


async def _produced(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[ModelVersion | None]:
    names = tuple(dict.fromkeys((*columns, "n.job")))
    values = await context.graph.read(
        f"MATCH (j:TrainingJob)<-[:PRODUCED_BY]-(n:ModelVersion) WHERE j.id IN $ids AND {SCOPE} "
        f"RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found = {row["n.job"]: ModelVersion(row=row) for row in rows(names, values or [])}
    return [found.get(key) for key in keys]


async def _retries(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[list[TrainingJob]]:
    names = tuple(dict.fromkeys((*columns, "n.retryOf")))
    values = await context.graph.read(
        f"MATCH (j:TrainingJob)<-[:RETRY_OF]-(n:TrainingJob) WHERE j.id IN $ids AND {SCOPE} "
        f"RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found: dict[str, list[TrainingJob]] = {}
    for row in sorted(rows(names, values or []), key=lambda row: str(row["n.id"])):
        found.setdefault(row["n.retryOf"], []).append(TrainingJob(row=row))
    return [found.get(key, []) for key in keys]


@strawberry.input(description="What training jobs can be filtered by; all that is given must hold.")
class TrainingJobFilter(AssetFilter):
    """See AssetFilter."""

    training_sheet_id: strawberry.ID | None = strawberry.field(default=None, description="On this training sheet.")
    snapshot_id: strawberry.ID | None = strawberry.field(default=None, description="On this snapshot.")
    model_id: strawberry.ID | None = strawberry.field(default=None, description="For this model.")
    base_model_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="That started from this model version."
    )
    trainer: str | None = strawberry.field(default=None, description="By this trainer.")


def conditions(where: TrainingJobFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is not None:
        held += [
            *filters.equals("n.trainingSheet", "training_sheet", where.training_sheet_id, "where", "trainingSheetId"),
            *filters.equals("n.snapshot", "snapshot", where.snapshot_id, "where", "snapshotId"),
            *filters.equals("n.model", "model", where.model_id, "where", "modelId"),
            *filters.equals("n.baseModelVersion", "base", where.base_model_version_id, "where", "baseModelVersionId"),
            *filters.equals("n.trainer", "trainer", where.trainer, "where", "trainer"),
        ]
    return held


@strawberry.type
class TrainingJobQuery:
    """Queries of this kind."""

    @strawberry.field(description="A training job by its id; null where it is unknown or hidden.")
    async def training_job(self, info: Info, id: strawberry.ID) -> TrainingJob | None:
        found = await fetch_one(info, id, base=TrainingJob)
        return found if isinstance(found, TrainingJob) else None

    training_jobs: Connection[TrainingJob] = listed(
        TrainingJob, "Training jobs, LIVE ones unless asked.", filter=TrainingJobFilter, conditions=conditions
    )
