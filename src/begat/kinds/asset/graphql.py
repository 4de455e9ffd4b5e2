"""What every kind shares: reading any asset by id, and the acts on retention and tags."""

from __future__ import annotations

import strawberry

from begat.change import moves
from begat.change.many import Act, OnError
from begat.core import plan
from begat.core.errors import Code, Problem
from begat.find.lists import MOST
from begat.gql import inputs
from begat.gql.asset import Asset, Node, build, fetch, fetch_one
from begat.gql.connections import Connection, listing
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter, AssetOrder
from begat.gql.payloads import ItemInput, Moved, moved
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
    ) -> Connection[Asset]:
        return await listing(
            info,
            Asset,
            "Asset",
            build,
            inputs.conditions(where),
            order=inputs.order(order_by),
            first=first,
            after=after,
        )


async def _retain(
    info: Info,
    name: str,
    ids: list[strawberry.ID] | None,
    items: list[ItemInput] | None,
    where: AssetFilter | None,
    expected_count: int | None,
    on_error: OnError | None,
    dry_run: bool | None,
    reason: str | None,
    token: str | None = None,
) -> Moved[Asset]:
    def prepare() -> Act:
        planned = plan.read(info.context.secret, token, name, "impactToken") if token else None
        return moves.retention_move(KINDS, name, reason, planned=planned)

    return await moved(
        info,
        Asset,
        prepare,
        ids=ids,
        items=items,
        where=None if where is None else inputs.conditions(where),
        expected_count=expected_count,
        on_error=on_error,
        dry_run=dry_run,
    )


@strawberry.type
class AssetMutation:
    """Mutations on every kind."""

    @strawberry.mutation(description="Puts assets aside: they leave default lists and new work; traces stay.")
    async def asset_archive(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: AssetFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        dry_run: bool | None = None,
        reason: str | None = None,
    ) -> Moved[Asset]:
        return await _retain(info, "archive", ids, items, where, expected_count, on_error, dry_run, reason)

    @strawberry.mutation(
        description="Puts assets in the trash, from which they can be restored. What is in use needs a dry run's token."
    )
    async def asset_trash(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: AssetFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        impact_token: str | None = None,
        dry_run: bool | None = None,
        reason: str | None = None,
    ) -> Moved[Asset]:
        answer = await _retain(
            info, "trash", ids, items, where, expected_count, on_error, dry_run, reason, impact_token
        )
        if dry_run and not answer.errors:
            chosen = [outcome.id for outcome in answer.results]
            answer.token = await impact_token_of(info, "trash", chosen)
        return answer

    @strawberry.mutation(description="Takes assets out of the archive or the trash, back to where they were.")
    async def asset_restore(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: AssetFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        dry_run: bool | None = None,
        reason: str | None = None,
    ) -> Moved[Asset]:
        return await _retain(info, "restore", ids, items, where, expected_count, on_error, dry_run, reason)

    @strawberry.mutation(description="Adds and removes tags.")
    async def asset_tag(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: AssetFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        dry_run: bool | None = None,
        add: list[str] | None = None,
        remove: list[str] | None = None,
    ) -> Moved[Asset]:
        return await moved(
            info,
            Asset,
            lambda: moves.tag(KINDS, add or (), remove or ()),
            ids=ids,
            items=items,
            where=None if where is None else inputs.conditions(where),
            expected_count=expected_count,
            on_error=on_error,
            dry_run=dry_run,
        )


async def impact_token_of(info: Info, action: str, chosen: list[str]) -> str:
    """The signed plan of a destructive act on these assets, as they are now."""
    shown = await moves.shown(info.context.graph, info.context.viewer, KINDS, chosen)
    return plan.sign(info.context.secret, action, shown)
