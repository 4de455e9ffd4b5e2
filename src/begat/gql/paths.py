"""The shortest paths between two nodes, in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from begat.core import times
from begat.gql import asset, export, hits
from begat.gql.asset import Asset
from begat.gql.columns import asks, selected
from begat.gql.completeness import Completeness, completeness
from begat.gql.context import Info
from begat.gql.hits import LineageHit, LineageRelation
from begat.lineage.between import ways
from begat.lineage.question import Direction

__all__ = ["LineagePathsQuery", "export"]  # which gives Direction its name in GraphQL


@strawberry.type(description="One way of lineage from one node to another. No node is twice in it.")
class LineagePath:
    """See lineage.between.Way."""

    hits: Sequence[LineageHit] = strawberry.field(
        description="The nodes from `from` to `to`, both too: immutable nodes, as only these were made from each "
        "other. The depth of each is its place, from 0; a hidden one has an id that stands for it in this answer only."
    )
    relations: list[LineageRelation] = strawberry.field(
        description="How each two hits that follow each other are joined; one less than hits."
    )
    length: int = strawberry.field(description="How many relations it has.")
    direction: Direction = strawberry.field(
        description="UP: each hit was made from the next one. DOWN: each was made from the one before."
    )


@strawberry.type(description="The shortest paths between two nodes.")
class LineagePaths:
    """See lineage.between.Ways."""

    paths: list[LineagePath] = strawberry.field(description="The shortest first; none where nothing joins the two.")
    completeness: Completeness = strawberry.field(
        description="Whether this is all there is. LIMIT: there are more paths, or longer ones, than are shown; "
        "HIDDEN: some hits are out of the caller's sight."
    )


@strawberry.type
class LineagePathsQuery:
    """The query of paths."""

    @strawberry.field(
        description="How two nodes are joined by lineage: the shortest paths between two assets, immutable nodes or "
        "rows, whichever was made from the other. Fails with NOT_FOUND where one of them is unknown or hidden."
    )
    async def lineage_paths(
        self,
        info: Info,
        from_: Annotated[strawberry.ID, strawberry.argument(name="from")],
        to: strawberry.ID,
        first: int | None = None,
    ) -> LineagePaths:
        context = info.context
        size = 10 if first is None else first
        found = await ways(context.graph, context.viewer, context.secret, (from_, to), size, times.now())
        shown = hits.NONE
        if asks(info, "paths", "hits", "asset"):
            wanted = list(dict.fromkeys(hit.asset for way in found.ways for hit in way.hits if not hit.hidden))
            columns = selected(info, Asset, "paths", "hits", "asset")
            shown = hits.Assets.of(await asset.load_rows(context, wanted, columns))
        return LineagePaths(
            paths=[
                LineagePath(
                    hits=hits.rows(way.hits, shown),
                    relations=[LineageRelation(relation) for relation in way.relations],
                    length=len(way.relations),
                    direction=way.direction,
                )
                for way in found.ways
            ],
            completeness=completeness(found.completeness),
        )
