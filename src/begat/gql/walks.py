"""Walks from a node as fields: a line each where the node is, one resolver here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from begat.gql.columns import needs
from begat.gql.context import Info
from begat.lineage.question import Direction

if TYPE_CHECKING:  # a circle: the hits of a walk show nodes
    from begat.gql.lineage import LineageFilter, LineageWalk


def upstream(description: str) -> Any:
    """The field of what the node was made from."""
    return _walking(Direction.UP, description)


def downstream(description: str) -> Any:
    """The field of what was made from the node."""
    return _walking(Direction.DOWN, description)


def _walking(direction: Direction, description: str) -> Any:
    def resolve(
        root: Any,
        info: Info,
        depth: int | None = None,
        filter: Annotated[LineageFilter, strawberry.lazy("begat.gql.lineage")] | None = None,
    ) -> Annotated[LineageWalk, strawberry.lazy("begat.gql.lineage")]:
        from begat.gql import ahead  # see above
        from begat.gql.lineage import hops, question, walk

        known = ahead.walk(info, root.row["n.id"])
        # Where it is known it is there at once, so that the fast path need not wait for it; else graphql-core does.
        asked = known or walk(info, root.row, question(direction, hops(depth), filter), filter)
        return cast("LineageWalk", asked)

    return strawberry.field(resolver=resolve, description=description, metadata=needs("n.kind"))
