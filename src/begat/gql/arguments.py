"""What a field of a document passes to its resolver: as strawberry converts it, what never changes only once, and what
a variable says as it was coerced."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryOptional, StrawberryType
from strawberry.types.field import StrawberryField

_UNCHANGING = (str, int, float, Enum, type(None))
"""What is kept for the next request. Lists and inputs are each request's own: what one resolver changed would else be
what the next request asks."""


def _plain(type_: StrawberryType | type) -> bool:
    """Whether values of this type are passed as graphql-core gives them."""
    if type(type_) is StrawberryOptional:
        type_ = type_.of_type
    return type_ in (str, int, float, bool, strawberry.ID)


class Arguments:
    """The arguments of one field of a document."""

    __slots__ = ("_convert", "_definition", "_kept", "_named", "_node", "_plainly", "_schema", "_variables")

    def __init__(
        self, field: StrawberryField, definition: GraphQLField, node: FieldNode, schema: strawberry.Schema
    ) -> None:
        self._definition = definition
        self._node = node
        self._schema = schema
        name = schema.config.name_converter.from_argument
        self._convert = [(name(one), one.python_name, one.type, _plain(one.type)) for one in field.arguments]
        said = {one.name.value: one.value for one in node.arguments or ()}
        by_variables = {name: value.name.value for name, value in said.items() if isinstance(value, VariableNode)}
        varying = [one for one in self._convert if one[0] in by_variables]
        self._variables = [by_variables[name] for name, *_ in varying]
        self._named = [python_name for _, python_name, *_ in varying]
        self._plainly = all(plain for *_, plain in varying)
        self._kept: Mapping[str, Any] | None = None if self._convert else {}
        """What no variable says, where all that variables say is passed as it is."""

    def of(self, variables: VariableValues) -> Mapping[str, Any]:
        """By the names of the resolver's parameters; raises GraphQLError, and what conversion raises."""
        if self._kept is not None:
            values = list(map(variables.coerced.get, self._variables))
            if None not in values:  # null may be an error, and what is unsaid a default
                return {**self._kept, **dict(zip(self._named, values, strict=True))}
        given = get_argument_values(self._definition, self._node, variables)
        registry, config = self._schema.schema_converter.scalar_registry, self._schema.config
        found = {
            python_name: given[name] if plain else convert_argument(given[name], type_, registry, config, path=(name,))
            for name, python_name, type_, plain in self._convert
            if name in given
        }
        kept = {name: value for name, value in found.items() if name not in self._named}
        if self._plainly and all(isinstance(value, _UNCHANGING) for value in kept.values()):
            self._kept = kept
        return found
