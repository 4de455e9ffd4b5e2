"""The plans of operations: made once for each document, kept within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
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

from begat.api.fast.leaf import Surprise
from begat.api.fast.plan import Plan, plan
from begat.gql.columns import ONCE


@dataclass
class Planned:
    """The plans of one operation under one set of @skip and @include values. They live as long as the operation does,
    whose nodes name them."""

    look: _Look
    fragments: Mapping[str, FragmentDetails]
    most: int
    plans: dict[tuple[Any, ...], Plan] = field(default_factory=dict)
    columns: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    """Plan.columns, each once."""
    root: Plan | None = None
    fields: int = 0
    """How many fields the plans have: a kilobyte each."""

    def plan(self, executor: Executor[Any], type_: GraphQLObjectType, details: FieldDetailsList) -> Plan:
        """The plan of this selection, made once. Raises Surprise where planning takes too much, remembered with the
        operation: what was planned in vain once is not planned again."""
        name = (type_.name, *(id(one.node) for one in details))
        found = self.plans.get(name)
        if found is None:
            look = self.look
            if look.plainly or self.fields + len(self.plans) * (1 + look.fragments // 16) >= self.most:
                look.plainly = True
                self.plans.clear()
                self.fields = 0
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

    def __init__(self, keep: int = 256, most: int = 2_000, fields: int = 50_000) -> None:
        """An operation whose planning takes as long as that of so many fields, ``most``, is graphql-core's: what each
        type of a level has of its own multiplies below it. A field takes 10 to 25 us; so does a selection, and so do 16
        fragments, of which it may meet all that there are. Fewer operations are kept where their plans have more than
        so many ``fields``: a large one has a thousand, under each set of @skip and @include values."""
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
        look = self._look(executor)
        coerced = executor.variable_values.coerced
        conditions = map(coerced.get, look.conditions)  # null is an error, which is not false
        key = (id(look.operation), *conditions)
        found = self._kept.get(key)
        if found is None:
            found = Planned(look, executor.fragments, self.most)
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

    def plainly(self, executor: Executor[Any]) -> bool:
        """Whether this executor's operation is graphql-core's from the beginning."""
        return self._look(executor).plainly

    def _look(self, executor: Executor[Any]) -> _Look:
        operation = executor.operation
        found = self._looks.get(id(operation))
        if found is None:
            if self._once is None:
                self._once = _once(executor.schema)
            definitions = [operation, *executor.fragment_definitions.values()]
            nodes = [node for one in definitions for node in _nodes(one.selection_set)]
            names = {name for node in nodes for name in _conditions(node)}
            fields = [node for node in nodes if isinstance(node, FieldNode)]
            once = any(node.name.value in self._once for node in fields)
            found = _Look(operation, tuple(sorted(names)), len(nodes) - len(fields), once)
            self._looks[id(operation)] = found
            if len(self._looks) > self.keep:
                self._looks.popitem(last=False)
        return found


@dataclass(slots=True)
class _Look:
    """What an operation's document tells, whatever its variables are."""

    operation: OperationDefinitionNode
    conditions: tuple[str, ...]
    """The variables that decide which fields are selected."""
    fragments: int
    """How many fragments are used in it."""
    plainly: bool
    """Whether it is left to graphql-core: it has a field that is not to be executed twice, or took too much to plan."""


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
