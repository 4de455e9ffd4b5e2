"""What completes a selection of one type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import Executor
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from begat.api.fast.call import Call
from begat.api.fast.leaf import Leaf, Surprise, leaf
from begat.api.fast.shape import Shape, shape
from begat.gql.columns import VALUE, Keyed, Mention, Value

Source: TypeAlias = Value | Keyed | str | None
"""Where a field's values come from: a column, what a column's values stand for, an attribute, or a resolver (None)."""


@dataclass(slots=True)
class Part:
    """One field of a selection."""

    key: str
    """The name in the answer."""
    source: Source
    definition: GraphQLField
    declared: StrawberryField
    details: FieldDetailsList
    leaf: Leaf | None
    """What completes what its resolver says, where that is no object."""
    column: Leaf | None
    """What completes what its source says, likewise."""
    call: Call | None
    """Its resolver, if it has one."""
    waits: bool = False
    """Whether it was seen to wait for the database below its own value, so that it cannot be completed at once."""

    @property
    def nodes(self) -> list[FieldNode]:
        """Its fields in the document."""
        return [one.node for one in self.details]


@dataclass(slots=True)
class Plan:
    """A selection of one object type. Parts that are None are `__typename`."""

    type: GraphQLObjectType
    parts: list[Part | None]
    shape: Shape | None
    """None where nothing is selected, as @skip and @include can say."""
    columns: tuple[tuple[str, Value, str], ...] | None
    """Where it is made of columns' values alone: name in the answer, column and type of each. Selections of other types
    that are made of the same give the same; those of one operation then have the same tuple."""
    leaves: list[tuple[str, Leaf]] | None
    """Where it is made of columns' values alone, whoever asks: their names, and what completes each."""


def plan(executor: Executor[Any], type_: GraphQLObjectType, selected: GroupedFieldSet) -> Plan:
    """The plan of a selection, which holds the fields that graphql-core says. Raises Surprise for what begat never
    sends."""
    parts: list[Part | None] = []
    keys = []
    for key, fields in selected.items():
        if any(one.fragment_variable_values is not None or one.defer_usage is not None for one in fields):
            raise Surprise
        node = fields[0].node
        definition = executor.schema.get_field(type_, node.name.value)
        if definition is None:
            continue
        declared = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        keys.append(key)
        if node.name.value == "__typename":
            parts.append(None)
        elif isinstance(declared, StrawberryField) and not declared.extensions:
            parts.append(_part(key, definition, declared, fields))
        else:
            raise Surprise
    found = [(part, part.source, part.column) for part in parts if part and isinstance(part.source, Value)]
    columns, leaves = None, None
    if len(found) == len(parts) and all(column for _, _, column in found):
        columns = tuple((part.key, source, str(part.definition.type)) for part, source, _ in found)
        if not any(isinstance(source, Mention) for _, source, _ in found):
            leaves = [(source.expression, column) for _, source, column in found if column]
    return Plan(type_, parts, shape(tuple(keys)) if keys else None, columns, leaves)


def _part(key: str, definition: GraphQLField, declared: StrawberryField, fields: FieldDetailsList) -> Part:
    source: Source = declared.metadata.get(VALUE)
    if source is None and declared.is_basic_field:
        source = declared.python_name
    done, column = leaf(definition.type), None
    if isinstance(source, Value | str):
        decode = source.decode if isinstance(source, Value) else None
        column = done if decode is None else leaf(definition.type, decode)
    resolver = declared.base_resolver
    call = Call(declared, resolver, definition, fields[0].node) if resolver else None
    return Part(key, source, definition, declared, fields, done, column, call)
