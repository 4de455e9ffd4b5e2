"""exposure in GraphQL: which models learned from this pair, label, source row or asset."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.core import times
from begat.gql import asset, versions
from begat.gql.columns import selected
from begat.gql.context import Info
from begat.gql.lineage import Completeness, completeness
from begat.gql.scalars import BigInt
from begat.lineage.rows import Exposure as Learned
from begat.lineage.rows import exposure as learned

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.training_sheet.snapshot import Snapshot


@strawberry.type(
    description="What learned from something: by the splits that were trained on, not by those only tested on. What "
    "the caller may not see is left out and counted in completeness."
)
class Exposure:
    """See lineage.rows.Exposure."""

    found: strawberry.Private[Learned]

    @strawberry.field(description="How many rows made of it a model learned from.")
    def rows(self) -> BigInt:
        return BigInt(self.found.rows)

    @strawberry.field(description="The snapshots through which these rows were learned, by id.")
    async def snapshots(
        self, info: Info
    ) -> list[Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")]]:
        from begat.kinds.training_sheet.snapshot import Snapshot

        columns = selected(info, Snapshot)
        wanted = self.found.snapshots
        found = await asyncio.gather(*(info.context.batch(versions.by_id, id, "Snapshot", columns) for id in wanted))
        return [Snapshot(row=row) for row in found if row is not None]

    @strawberry.field(description="The model versions that learned from it, by id.")
    async def model_versions(
        self, info: Info
    ) -> list[Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")]]:
        from begat.kinds.model.graphql import ModelVersion

        columns = selected(info, ModelVersion)
        wanted = self.found.model_versions
        found = await asyncio.gather(*(info.context.batch(asset.load, id, columns) for id in wanted))
        return [one for one in found if isinstance(one, ModelVersion)]

    @strawberry.field(description="Whether this is all there is.")
    def completeness(self) -> Completeness:
        return completeness(self.found.completeness)


@strawberry.type
class LineageQuery:
    """Questions that begin at a row as well as at an asset."""

    @strawberry.field(
        description="Which models learned from a pair, a label, an asset or a version of one (id), or from a source "
        "row (sheetId and itemRef). Fails with NOT_FOUND where that is unknown or hidden."
    )
    async def exposure(
        self,
        info: Info,
        id: strawberry.ID | None = None,
        sheet_id: strawberry.ID | None = None,
        item_ref: str | None = None,
    ) -> Exposure:
        context = info.context
        found = await learned(context.graph, context.viewer, times.now(), id=id, sheet=sheet_id, item_ref=item_ref)
        return Exposure(found=found)
