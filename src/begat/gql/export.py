"""A walk as a text in a format of others, in GraphQL: for small ones; `GET /lineage/export` has no limit."""

from __future__ import annotations

from enum import Enum
from typing import Any
from urllib.parse import urlencode

import strawberry
from strawberry.utils.str_converters import to_camel_case

from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.completeness import Completeness, completeness
from begat.gql.context import Info
from begat.gql.lineage import LineageFilter, hops, question
from begat.gql.scalars import BigInt
from begat.lineage.export.asked import document
from begat.lineage.export.formats import Format, pieces
from begat.lineage.question import Direction, Question

MOST = 5_000
"""Nodes that are answered as one text."""

strawberry.enum(Direction, name="Direction", description="Which way a walk goes.")
strawberry.enum(Format, name="LineageFormat", description="The formats in which a walk can be written down.")


@strawberry.type(description="A walk, written down.")
class LineageExport:
    """See lineage.export.document.Document."""

    text: str = strawberry.field(description="The document.")
    node_count: BigInt = strawberry.field(description="How many nodes were found; where it began is not counted.")
    edge_count: BigInt = strawberry.field(description="How many edges the document holds.")
    completeness: Completeness = strawberry.field(description="Whether this is all there is.")


@strawberry.type
class LineageExportQuery:
    """The query of exports."""

    @strawberry.field(
        description="The walk from an asset, an immutable node or a row as a text in this format, depth hops (1 where "
        "unsaid). At most 5,000 nodes; GET /lineage/export streams more. Fails with NOT_FOUND where the id is unknown "
        "or hidden."
    )
    async def lineage_export(
        self,
        info: Info,
        id: strawberry.ID,
        direction: Direction,
        format: Format,
        depth: int | None = None,
        filter: LineageFilter | None = None,
    ) -> LineageExport:
        context = info.context
        asked = question(direction, hops(depth), filter)
        at = None if filter is None else filter.as_of
        found = await document(context.graph, context.viewer, context.secret, id, asked, times.now(), at)
        if found.node_count > MOST:
            raise Problem(
                Code.LIMIT,
                f"These are {found.node_count} nodes; one answer holds at most {MOST}.",
                path=("depth",),
                hint=f"Ask for less, or GET {address(id, asked, format, filter)} (which streams it).",
            )
        text = "".join([piece async for piece in pieces(context.graph, context.viewer, found, format)])
        return LineageExport(
            text=text,
            node_count=BigInt(found.node_count),
            edge_count=BigInt(len(found.edges)),
            completeness=completeness(found.completeness),
        )


def address(id: str, asked: Question, format: Format, filter: LineageFilter | None) -> str:
    """Where the same walk is streamed."""
    values: dict[str, Any] = {"id": id, "direction": asked.direction, "depth": asked.depth, "format": format}
    if filter is not None:
        values |= {to_camel_case(name): value for name, value in vars(filter).items()}
    said = {name: _text(value) for name, value in values.items() if value is not None}
    return f"/lineage/export?{urlencode(said)}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Enum) else value)
