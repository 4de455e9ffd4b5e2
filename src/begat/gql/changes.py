"""`assetChanged`: what happens to some assets, as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from begat.core.errors import Code, Problem
from begat.gql.asset import Asset, linked
from begat.gql.context import Info
from begat.gql.scalars import DateTime


@strawberry.type(description="One change of one watched asset: an entry of its history, as soon as it is committed.")
class AssetChange:
    """An event, and the asset's id to fetch it by."""

    id: strawberry.ID = strawberry.field(
        description="The event's id: the revision's name (`<asset>:r<number>`) and the place in this stream. "
        "Sent as after it resumes behind this event, with the same ids, through any instance."
    )
    at: DateTime = strawberry.field(description="When it was done.")
    action: str = strawberry.field(description="What was done: create, update, or the move's name.")
    asset_id: strawberry.Private[str]

    @strawberry.field(
        description="The asset as it is when the event is sent, so a later change may be in it already; "
        "null where it can no longer be seen."
    )
    async def asset(self, info: Info) -> Asset | None:
        return await linked(info, self.asset_id, Asset)


@strawberry.type
class AssetSubscription:
    """What every kind of asset tells."""

    @strawberry.subscription(
        description="Every change of the assets that the caller may see, each once; of one asset in the order of its "
        "revisions. Ids that are unknown or hidden are silent until they can be seen. It begins now, or behind the "
        "event that after names. A client that reads too slowly is told so, and resumes by after."
    )
    async def asset_changed(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Ids of assets, 1 to 1,000.")],
        after: Annotated[
            strawberry.ID | None, strawberry.argument(description="The last event's id, to resume with the same ids.")
        ] = None,
    ) -> AsyncGenerator[AssetChange, None]:
        context = info.context
        if context.feed is None:
            raise Problem(Code.UNAVAILABLE, "This begat tells no changes.", path=("ids",))
        async with context.feed.watching(ids, context.place or after, context.viewer, context.token) as watcher:
            context.place = watcher.place
            async with aclosing(watcher.events()) as events:
                async for event in events:
                    context.viewer = watcher.viewer
                    context.place = watcher.place
                    yield AssetChange(
                        id=strawberry.ID(context.place),
                        at=DateTime(event.at),
                        action=event.action,
                        asset_id=event.asset,
                    )
