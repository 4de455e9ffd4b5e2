"""An asset and the walk that is asked of it, in one statement: a query of one walk waits for the database once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import strawberry
from graphql import FieldNode, GraphQLError, GraphQLInterfaceType
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from begat.core.errors import Problem
from begat.core.ids import PREFIXES, prefix_of
from begat.gql import lineage
from begat.gql.arguments import Arguments
from begat.gql.below import below
from begat.gql.columns import named
from begat.gql.context import Info, Row
from begat.lineage.question import ROW_KINDS, Direction

_WALKS = {"upstream": Direction.UP, "downstream": Direction.DOWN}


async def asset(info: Info, id: str, columns: tuple[str, ...]) -> Row | None:
    """The asset's columns, where the current field is an asset of which just one walk is asked: the walk is then known
    when its own turn comes. None where it is not so, and for whatever has to be asked or refused in the usual way."""
    found = [node for name in _WALKS for node in named(info, name)]
    kind = PREFIXES.get(prefix_of(id))
    if len(found) != 1 or kind is None or kind in ROW_KINDS or ":" in id:
        return None
    (node,) = found
    try:
        walked, arguments = _arguments(info, node)
        depth, filter = lineage.hops(arguments.get("depth")), arguments.get("filter")
        asked = lineage.question(_WALKS[node.name.value], depth, filter)
        one, row = await lineage.walk_with(info.context, id, kind, lineage.asking(walked, asked, filter), columns)
    except (Problem, GraphQLError, ValueError):
        return None  # it comes again where it belongs, at the walk
    if not row:
        return None
    info.context.ahead[_place(walked, id)] = one
    return dict(zip(columns, row, strict=True))


def walk(info: Info, id: str) -> lineage.LineageWalk | None:
    """The current field, a walk from this asset, where it came with the asset."""
    return info.context.ahead.get(_place(info, id))


def _place(info: Info, asset: str) -> tuple[object, ...]:
    """A field of the document, and of what: its arguments are the same throughout a request."""
    return asset, *map(id, info._raw_info.field_nodes)


def _arguments(info: Info, node: FieldNode) -> tuple[Info, Mapping[str, Any]]:
    """What the walk's own resolver would get."""
    raw = info._raw_info
    interface = cast(GraphQLInterfaceType, raw.schema.type_map["Asset"])
    definition = interface.fields[node.name.value]
    field: StrawberryField = definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    walk: Info = strawberry.Info(_raw_info=raw._replace(field_nodes=[node]), _field=field)
    arguments = below(raw).once(Arguments, lambda _: Arguments(field, definition, node, info.schema))
    variables = VariableValues(sources={}, coerced=info.variable_values)  # the container that strawberry took them from
    return walk, arguments.of(variables)
