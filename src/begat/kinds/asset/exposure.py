"""exposure in GraphQL: which models learned from this pair, feedback, label, source row or asset, and what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.gql.columns import asks
from begat.gql.completeness import Completeness, completeness
from begat.gql.context import Info
from begat.gql.scalars import BigInt
from begat.kinds.asset.named import named_assets, named_versions
from begat.lineage.rows import Exposure as Learned
from begat.lineage.rows import Live, exposure, live, told
from begat.lineage.shares import Share, traffic_share

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.training_sheet.snapshot import Snapshot


@strawberry.type(description="A live endpoint, and how much of its traffic goes to model versions that learned.")
class ExposedShare:
    """See lineage.shares.Share."""

    share: strawberry.Private[Share]

    @strawberry.field(description="The endpoint.")
    async def endpoint(self, info: Info) -> Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")]:
        from begat.kinds.endpoint.graphql import Endpoint

        return (await named_assets(info, Endpoint, [self.share.endpoint]))[0]

    @strawberry.field(description="How much of its traffic goes to them together, in whole percent, 0 to 100.")
    def percent(self) -> int:
        return self.share.percent

    @strawberry.field(description="Those of them that it serves and the caller may see, by id.")
    async def model_versions(
        self, info: Info
    ) -> list[Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")]]:
        from begat.kinds.model.graphql import ModelVersion

        return await named_assets(info, ModelVersion, self.share.model_versions)


@strawberry.type(
    description="What learned from something: by the splits that were trained on, not by those only tested on; and "
    "what was started from a model that had learned from it. What the caller may not see is left out and counted in "
    "completeness."
)
class Exposure:
    """See lineage.rows.Exposure."""

    found: strawberry.Private[Learned]
    now: strawberry.Private[Live]

    @strawberry.field(description="How many rows made of it a model learned from.")
    def rows(self) -> BigInt:
        return BigInt(self.found.rows)

    @strawberry.field(description="The snapshots through which these rows were learned, by id.")
    async def snapshots(
        self, info: Info
    ) -> list[Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")]]:
        from begat.kinds.training_sheet.snapshot import Snapshot

        return await named_versions(info, Snapshot, "Snapshot", self.found.snapshots)

    @strawberry.field(
        description="The model versions that learned from it, or were started from one that did, by id; of a model "
        "also those that were started from it."
    )
    async def model_versions(
        self, info: Info
    ) -> list[Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")]]:
        from begat.kinds.model.graphql import ModelVersion

        return await named_assets(info, ModelVersion, self.found.model_versions)

    @strawberry.field(description="The live endpoints that answer by any of these model versions, by id.")
    async def endpoints(self, info: Info) -> list[Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")]]:
        from begat.kinds.endpoint.graphql import Endpoint

        return await named_assets(info, Endpoint, [share.endpoint for share in self.now.shares])

    @strawberry.field(
        description="How much of the traffic of these endpoints goes to these model versions, 0 to 1: the mean of "
        "their percents. Each endpoint counts the same, however much it is asked. Null where none is live."
    )
    def traffic_share(self) -> float | None:
        return traffic_share(self.now.shares)

    @strawberry.field(description="The same endpoints, each with its share, by id.")
    def shares(self) -> list[ExposedShare]:
        return [ExposedShare(share=share) for share in self.now.shares]

    @strawberry.field(description="Whether this is all there is.")
    def completeness(self) -> Completeness:
        return completeness(told(self.found, self.now))


@strawberry.type
class LineageQuery:
    """Questions that begin at a row as well as at an asset."""

    @strawberry.field(
        description="Which models learned from a pair, a feedback, a label, an asset or a version of one (id), or from "
        "a source row (sheetId and itemRef), and which live endpoints answer by them. Fails with NOT_FOUND where that "
        "is unknown or hidden."
    )
    async def exposure(
        self,
        info: Info,
        id: strawberry.ID | None = None,
        sheet_id: strawberry.ID | None = None,
        item_ref: str | None = None,
    ) -> Exposure:
        context = info.context
        found = await exposure(context.graph, context.viewer, id=id, sheet=sheet_id, item_ref=item_ref)
        asked = any(asks(info, name) for name in ("endpoints", "trafficShare", "shares", "completeness"))
        now = await live(context.graph, context.viewer, found) if asked else Live()
        return Exposure(found=found, now=now)
