"""What every kind shares: reading any asset by id, and the acts on retention and tags."""

from __future__ import annotations

from collections.abc import Callable

import strawberry

from begat.change import moves
from begat.change.many import Act
from begat.core import plan
from begat.core.errors import Code, Problem
from begat.find.lists import MOST
from begat.gql.asset import Asset, Node, fetch, fetch_one
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter, AssetOrder
from begat.gql.payloads import Moved
from begat.gql.selections import REASON, selecting
from begat.kinds.asset.faceted import Assets, faceted
from begat.kinds.registry import KINDS


@strawberry.type
class AssetQuery:
    """Queries over all kinds."""

    @strawberry.field(description="Any asset by its id, as Relay asks; null where it is unknown or hidden.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await fetch_one(info, id)

    @strawberry.field(
        description="Assets by their ids, at most 1,000, each in the place of its id; null where it is unknown."
    )
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        if len(ids) > MOST:
            raise Problem(Code.LIMIT, f"At most {MOST} ids at once.", path=("ids",), hint="Ask several times.")
        found = await fetch(info, list(dict.fromkeys(ids)))
        return [found.get(id) for id in ids]

    @strawberry.field(description="Any asset by its id; null where it is unknown or hidden.")
    async def asset(self, info: Info, id: strawberry.ID) -> Asset | None:
        return await fetch_one(info, id)

    @strawberry.field(description="Assets of all kinds, LIVE ones unless asked.")
    async def assets(
        self,
        info: Info,
        where: AssetFilter | None = None,
        order_by: AssetOrder | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Assets:
        return await faceted(info, where, order_by, first, after)


def _retain(name: str) -> Callable[..., Act]:
    def prepare(info: Info, reason: str | None, impact_token: str | None = None) -> Act:
        planned = plan.read(info.context.secret, impact_token, name, "impactToken") if impact_token else None
        return moves.retention_move(KINDS, name, reason, planned=planned)

    return prepare


async def _impact_token(info: Info, chosen: list[str]) -> str:
    """The signed plan of trashing these assets, as they are now."""
    shown = await moves.shown(info.context.graph, info.context.viewer, KINDS, chosen)
    return plan.sign(info.context.secret, "trash", shown)


@strawberry.type
class AssetMutation:
    """Mutations on every kind."""

    asset_archive: Moved[Asset] = selecting(
        Asset,
        _retain("archive"),
        "Puts assets aside: they leave default lists and new work; traces stay. Refused for a model that serves.",
    )
    asset_trash: Moved[Asset] = selecting(
        Asset,
        _retain("trash"),
        "Puts assets in the trash, from which they can be restored. What is in use needs a dry run's token.",
        {"impact_token": str | None, **REASON},
        token=_impact_token,
    )
    asset_restore: Moved[Asset] = selecting(
        Asset, _retain("restore"), "Takes assets out of the archive or the trash, back to where they were."
    )
    asset_tag: Moved[Asset] = selecting(
        Asset,
        lambda info, add, remove: moves.tag(KINDS, add or (), remove or ()),
        "Adds and removes tags.",
        {"add": list[str] | None, "remove": list[str] | None},
    )
