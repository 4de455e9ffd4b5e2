"""Evaluation in GraphQL: a metric of one model version, measured once on one frozen split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.access.scope import SCOPE
from begat.core.ids import MAX_LENGTH
from begat.find import filters
from begat.find.lists import by_ids
from begat.gql import asset, versions
from begat.gql.columns import column, needs, rows, selected
from begat.gql.connections import Connection, listing
from begat.gql.context import Context, Info
from begat.graph.statement import projection
from begat.kinds.qa_pair.kind import Split

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.training_sheet.snapshot import Snapshot


@strawberry.type(description="A metric of one model version, measured once on one split of one snapshot.")
class Evaluation(versions.Version):
    """A row of an Evaluation node."""

    metric: str = column("n.metric", "What was measured: accuracy or macro_f1.")
    split: Split | None = column("n.split", "The split that it was measured on; null: all rows of the snapshot.", Split)
    value: float = column("n.value", "The value, a fraction from 0 to 1.")
    sample_size: int = column("n.sampleSize", "How many rows it was measured on.")
    low: float | None = column("n.low", "The lower end of its 95 % interval; null where the metric has none.")
    high: float | None = column("n.high", "The upper end of its 95 % interval; null where the metric has none.")

    @strawberry.field(description="The frozen rows that it was measured on.", metadata=needs("n.snapshot"))
    async def snapshot(
        self, info: Info
    ) -> Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")] | None:
        from begat.kinds.training_sheet.snapshot import Snapshot  # it knows model versions, which know evaluations

        return await versions.linked(info, self.row["n.snapshot"], Snapshot)

    @strawberry.field(description="The version that was measured.", metadata=needs("n.asset"))
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        from begat.kinds.model.graphql import ModelVersion  # it shows its evaluations

        return await asset.linked(info, self.row["n.asset"], ModelVersion)


async def load(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[list[Evaluation]]:
    """The evaluations of each model version of a level, in the order of their numbers; one statement."""
    names = tuple(dict.fromkeys((*columns, "n.asset", "n.number")))
    values = await context.graph.read(
        f"MATCH (n:Version) WHERE n.asset IN $ids AND n:Evaluation AND {SCOPE} RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found: dict[str, list[Evaluation]] = {}
    for row in sorted(rows(names, values or []), key=lambda row: int(row["n.number"])):
        found.setdefault(row["n.asset"], []).append(Evaluation(row=row))
    return [found.get(key, []) for key in keys]


@strawberry.input(description="What evaluations can be filtered by; all that is given must hold.")
class EvaluationFilter:
    """See `EvaluationQuery.evaluations`."""

    model_version_id: strawberry.ID | None = strawberry.field(default=None, description="Of this model version.")
    snapshot_id: strawberry.ID | None = strawberry.field(default=None, description="Measured on this snapshot.")
    metric: str | None = strawberry.field(default=None, description="Of this metric.")
    split: list[Split] | None = strawberry.field(default=None, description="Measured on one of these splits.")


@strawberry.type
class EvaluationQuery:
    """Queries of evaluations."""

    @strawberry.field(description="An evaluation by its id; null where it is unknown or hidden.")
    async def evaluation(self, info: Info, id: strawberry.ID) -> Evaluation | None:
        if len(id) > MAX_LENGTH:
            return None
        columns = selected(info, Evaluation)
        values = await by_ids(info.context.graph, info.context.viewer, "Evaluation", [id], columns)
        return next((Evaluation(row=row) for row in rows(columns, values)), None)

    @strawberry.field(description="Evaluations of all model versions, by id.")
    async def evaluations(
        self, info: Info, where: EvaluationFilter | None = None, first: int = 50, after: str | None = None
    ) -> Connection[Evaluation]:
        where = where or EvaluationFilter()
        splits = None if where.split is None else [split.value for split in where.split]
        held = [
            *filters.equals("n.asset", "model_version", where.model_version_id, "where", "modelVersionId"),
            *filters.equals("n.snapshot", "snapshot", where.snapshot_id, "where", "snapshotId"),
            *filters.equals("n.metric", "metric", where.metric, "where", "metric"),
            *filters.one_of("n.split", "split", splits, "where", "split"),
        ]
        return await listing(info, Evaluation, "Evaluation", Evaluation, held, first=first, after=after)
