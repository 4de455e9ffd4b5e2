"""The list of assets of all kinds, which counts itself by kind."""

from __future__ import annotations

import strawberry

from begat.find import lists
from begat.gql import inputs
from begat.gql.asset import Asset, AssetKind, build
from begat.gql.columns import asks
from begat.gql.connections import Connection, listing
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter, AssetOrder
from begat.gql.scalars import BigInt


@strawberry.type(description="How many assets of one kind a list holds.")
class AssetFacet:
    """A kind and a number."""

    kind: AssetKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="How many paging through the whole list yields; at least 1.")


@strawberry.type(name="AssetConnection", description="A page of a list.")
class Assets(Connection[Asset]):
    """A page of assets, with the facets of the whole list."""

    facets: list[AssetFacet] = strawberry.field(
        description="The whole list counted by kind, in the order of their names; kinds of which it holds none are "
        "left out. Computed only where it is selected."
    )


async def faceted(
    info: Info, where: AssetFilter | None, order_by: AssetOrder | None, first: int, after: str | None
) -> Assets:
    """A page of assets; the facets take one statement, and are the total's too, where it is selected."""
    held = inputs.conditions(where)
    page = await listing(
        info, Asset, "Asset", build, held, order=inputs.order(order_by), first=first, after=after, total=False
    )
    counts: dict[str, int] = {}
    if asks(info, "facets") or asks(info, "totalCount"):
        counts = await lists.counts(info.context.graph, info.context.viewer, "Asset", "n.kind", held)
    return Assets(
        nodes=page.nodes,
        edges=page.edges,
        page_info=page.page_info,
        total_count=BigInt(sum(counts.values())),
        facets=[AssetFacet(kind=AssetKind(kind), count=BigInt(count)) for kind, count in sorted(counts.items())],
    )
