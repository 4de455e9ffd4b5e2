"""Snapshot in GraphQL: frozen rows with their splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.gql import versions
from begat.gql.columns import column, from_json, needs
from begat.gql.context import Info
from begat.gql.scalars import JSON, BigInt
from begat.kinds.qa_pair.kind import Split
from begat.kinds.training_sheet.generation import training_sheet

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.training_sheet.graphql import TrainingSheet


@strawberry.type(description="How many rows a snapshot has in a split.")
class SnapshotSplit:
    """Splits without rows are left out."""

    split: Split = strawberry.field(description="The split.")
    rows: BigInt = strawberry.field(description="How many rows it has.")


def _splits(text: str) -> list[SnapshotSplit]:
    return [SnapshotSplit(split=Split(one["split"]), rows=BigInt(one["rows"])) for one in from_json(text)]


@strawberry.type(
    description="A frozen set of approved pairs with their splits; jobs learn from these and nothing else."
)
class Snapshot(versions.Version):
    """A row of a Snapshot node."""

    sha256: str = column("n.sha256", "The sha256 of the rows' canonical JSON lines, which also names their file.")
    rows: BigInt = column("n.rows", "How many pairs it holds.", BigInt)
    splits: list[SnapshotSplit] = column("n.splits", "How many rows are in each split.", _splits)
    manifest: JSON = column(
        "n.manifest",
        "An object: approved, leftOut (by status), splits, withoutSplit (counted as TRAIN), labels, labeledRows, "
        "generations.",
        from_json,
    )

    @strawberry.field(description="The training sheet whose pairs it froze.", metadata=needs("n.asset"))
    async def training_sheet(
        self, info: Info
    ) -> Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")] | None:
        return await training_sheet(info, self.row["n.asset"])
