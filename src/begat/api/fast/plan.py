"""What completes a selection of one type, and the plans of each document."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, GroupedFieldSet, collect_fields
from graphql.execution.executor import Executor
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from begat.api.fast.call import Call
from begat.api.fast.leaf import Leaf, Surprise, leaf
from begat.api.fast.shape import Shape, shape
from begat.gql.columns import ONCE, VALUE, Keyed, Mention, Value

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
    return Plan(type_, parts, shape(keys) if keys else None, columns, leaves)


def _part(key: str, definition: GraphQLField, declared: StrawberryField, fields: FieldDetailsList) -> Part:
    source: Source = declared.metadata.get(VALUE)
    if source is None and declared.is_basic_field:
        source = declared.python_name
    done, column = leaf(definition.type), None
    if isinstance(source, Value | str):
        column = leaf(definition.type, source.decode) if isinstance(source, Value) else done
    call = Call(declared, declared.base_resolver) if declared.base_resolver else None
    return Part(key, source, definition, declared, fields, done, column, call)


@dataclass
class Planned:
    """The plans of one operation under one set of @skip and @include values. They live as long as the operation does,
    whose nodes name them."""

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    most: int
    plans: dict[tuple[Any, ...], Plan] = field(default_factory=dict)
    columns: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    """Plan.columns, each once."""
    root: Plan | None = None
    fields: int = 0
    """How many fields the plans have: a kilobyte each."""

    def plan(self, executor: Executor[Any], type_: GraphQLObjectType, details: FieldDetailsList) -> Plan:
        """The plan of this selection, made once; raises Surprise where there are too many."""
        name = (type_.name, *(id(one.node) for one in details))
        found = self.plans.get(name)
        if found is None:
            if len(self.plans) >= self.most:
                raise Surprise
            selected = executor.collect_subfields(type_, details).grouped_field_set
            found = self.plans[name] = self._planned(executor, type_, selected)
            if found.columns is not None:
                found.columns = self.columns.setdefault(found.columns, found.columns)
        return found

    def plan_of_root(self, executor: Executor[Any]) -> Plan:
        """The plan of all that a query selects, made once."""
        if self.root is None:
            schema, operation = executor.schema, executor.operation
            type_ = schema.get_root_type(operation.operation)
            assert type_ is not None  # noqa: S101 - the document is valid
            selected, new, _ = collect_fields(schema, executor.fragments, executor.variable_values, type_, operation)
            if new:
                raise Surprise
            self.root = self._planned(executor, type_, selected)
        return self.root

    def _planned(self, executor: Executor[Any], type_: GraphQLObjectType, selected: GroupedFieldSet) -> Plan:
        found = plan(executor, type_, selected)
        self.fields += len(found.parts)
        return found


class Plans:
    """The plans of the operations that were last used, ``keep`` of them; for one event loop."""

    def __init__(self, keep: int = 256, most: int = 1_000, fields: int = 50_000) -> None:
        """At most ``most`` selections are planned of one operation: the rest is graphql-core's. Fewer operations are
        kept where their plans have more than so many ``fields``: a large one has thousands, under each set of @skip and
        @include values."""
        self.keep = keep
        self.fields = fields
        self.most = most
        self.completed = 0
        """How many queries, and fields of mutations, the fast path completed."""
        self.surprised = 0
        """How many it left to graphql-core."""
        self.runtime: dict[tuple[GraphQLOutputType, type], GraphQLObjectType] = {}
        """The object type of each Python type, where a field of that type of the schema may show it."""
        self._kept: OrderedDict[tuple[Any, ...], Planned] = OrderedDict()
        self._looks: OrderedDict[int, _Look] = OrderedDict()
        self._once: frozenset[str] | None = None

    def of(self, executor: Executor[Any]) -> Planned:
        """The plans of this executor's operation."""
        operation = executor.operation
        coerced = executor.variable_values.coerced
        key = (
            id(operation),
            *map(coerced.get, self._look(executor).conditions),
        )  # null is an error, which is not false
        found = self._kept.get(key)
        if found is None:
            found = Planned(operation, executor.fragments, self.most)
            self._kept[key] = found
            while len(self._kept) > self.keep or sum(one.fields for one in self._kept.values()) > self.fields:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found

    def clear(self) -> None:
        """Forgets all plans."""
        self._kept.clear()
        self._looks.clear()

    def __len__(self) -> int:
        """How many plans are kept."""
        return sum(len(one.plans) for one in self._kept.values())

    def once(self, executor: Executor[Any]) -> bool:
        """Whether this executor's operation may select a field that is not to be executed twice."""
        return self._look(executor).once

    def _look(self, executor: Executor[Any]) -> _Look:
        operation = executor.operation
        found = self._looks.get(id(operation))
        if found is None:
            if self._once is None:
                self._once = _once(executor.schema)
            definitions = [operation, *executor.fragment_definitions.values()]
            nodes = [node for one in definitions for node in _nodes(one.selection_set)]
            names = {name for node in nodes for name in _conditions(node)}
            once = any(isinstance(node, FieldNode) and node.name.value in self._once for node in nodes)
            found = self._looks[id(operation)] = _Look(operation, tuple(sorted(names)), once)
            if len(self._looks) > self.keep:
                self._looks.popitem(last=False)
        return found


@dataclass(slots=True)
class _Look:
    """What an operation's document tells, whatever its variables are."""

    operation: OperationDefinitionNode
    conditions: tuple[str, ...]
    """The variables that decide which fields are selected."""
    once: bool
    """Whether it has a field that is not to be executed twice."""


def _once(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the fields that no request executes twice."""
    types = [one for one in schema.type_map.values() if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)]
    declared = [
        (name, one.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF))
        for type_ in types
        for name, one in type_.fields.items()
    ]
    return frozenset(name for name, one in declared if isinstance(one, StrawberryField) and one.metadata.get(ONCE))


def _nodes(selections: SelectionSetNode) -> Iterable[SelectionNode]:
    """All that a selection holds, its spreads not followed."""
    for node in selections.selections:
        yield node
        inner = getattr(node, "selection_set", None)
        if inner is not None:
            yield from _nodes(inner)


def _conditions(node: SelectionNode) -> Iterable[str]:
    """The variables of its @skip and @include."""
    for directive in node.directives or ():
        for argument in directive.arguments or ():
            if directive.name.value in ("skip", "include") and isinstance(argument.value, VariableNode):
                yield argument.value.name.value
