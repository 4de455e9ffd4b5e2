"""How the resolver of a field is called: as strawberry does, but what is the same at each request is found out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from begat.gql.arguments import Arguments
from begat.gql.context import Info


class Call:
    """The resolver of one field of a document."""

    __slots__ = ("_arguments", "_asked", "_function", "_info", "_objects", "_of_self")

    def __init__(
        self, field: StrawberryField, resolver: StrawberryResolver[Any], definition: GraphQLField, node: FieldNode
    ) -> None:
        self._asked = field, definition, node
        self._arguments: Arguments | None = None
        self._function = cast("Callable[..., Any]", resolver.wrapped_func)
        self._of_self = bool(resolver.self_parameter)
        self._objects = [one.name for one in (resolver.parent_parameter, resolver.root_parameter) if one]
        self._info = resolver.info_parameter.name if resolver.info_parameter else None

    def of(self, variables: VariableValues, info: Info) -> Callable[[Any], Any]:
        """What asks it of one object after the other; raises where the arguments are wrong."""
        if self._arguments is None:
            self._arguments = Arguments(*self._asked, info.schema)
        arguments = dict(self._arguments.of(variables))
        if self._info is not None:
            arguments[self._info] = info
        function, names = self._function, self._objects
        if self._of_self:
            return lambda one: function(one, **arguments)
        return lambda one: function(**arguments, **dict.fromkeys(names, one))
