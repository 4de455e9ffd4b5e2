"""What an operation may make the server do, computed before anything is executed.

The unit is a value of the answer. A list counts as often as it may have items: its ``first`` or its ids, given,
by variables or by default; what a field does beyond its values says `begat.api.prices`. It is the most that can come of
the operation: both sides of an @include and the fields of every type of a node count.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.pyutils import Undefined

from begat.api.limits import MOST_TOLD, Exceeded, Limits, measure, numbers, report
from begat.api.prices import (
    DEPTHLESS,
    HOP,
    HOPS,
    INTROSPECTION,
    LARGEST,
    LARGEST_PAGE,
    LIST,
    PAGE,
    PER_ROW,
    PLATFORM,
    STATEMENT,
)

Variables: TypeAlias = Mapping[str, Any]
Number: TypeAlias = int | Callable[[Variables], int]
"""A number that holds for a document, or that its variables say."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What an operation costs, and what its document holds."""

    cost: Number
    report: dict[str, dict[str, int]]
    """The document's measures beside their limits."""


class Costs:
    """The bills of one schema's operations, the last used ``keep`` of them; for one event loop."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, keep: int = 256) -> None:
        self.schema = schema
        self.limits = limits
        self.keep = keep
        self._kept: OrderedDict[tuple[str, str | None], Bill] = OrderedDict()

    def check(
        self, text: str, document: DocumentNode, operation: OperationDefinitionNode, variables: Variables
    ) -> dict[str, Any]:
        """The answer's extensions: what the valid operation in ``text`` costs with these variables, as they were sent,
        and what its document holds. Raises LIMIT where it costs too much."""
        key = (text, operation.name.value if operation.name else None)
        bill = self._kept.get(key)
        if bill is None:
            bill = Bill(_Reckoner(self.schema, document, operation).total(), report(measure(document), self.limits))
            if len(text) <= 20_000:  # as documents are kept
                self._kept[key] = bill
                if len(self._kept) > self.keep:
                    self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        cost = bill.cost if isinstance(bill.cost, int) else bill.cost(variables)
        told: dict[str, Mapping[str, Any]] = {"cost": numbers(cost, self.limits.cost), "limits": bill.report}
        if cost > self.limits.cost:
            shown = str(cost) if cost < MOST_TOLD else "over 10^12"
            raise Exceeded(
                f"The operation may cost {shown}; the limit is {self.limits.cost}.",
                "Ask for smaller pages and fewer hops, or send several requests.",
                **told,
            )
        return told


class _Reckoner:
    """Reckons one operation; each selection set and each fragment once.

    A selection set costs a sum and, for each item of the page it stands in, another: the lists directly in it that have
    no ``first`` of their own, as a connection's nodes, are of that page.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.reckoned: dict[str, tuple[Number, Number]] = {}
        self.defaults = {one.variable.name.value: one.default_value for one in operation.variable_definitions or ()}
        root = schema.get_root_type(operation.operation)
        assert root is not None  # noqa: S101 - the document is valid
        self.root: GraphQLNamedType = root
        self.introspects = introspects(operation)

    def total(self) -> Number:
        """What the operation costs."""
        once, each = self.of_set(self.operation.selection_set, self.root)
        return _sum((once, _product(LIST, each)))

    def of_set(self, selections: SelectionSetNode, parent: GraphQLNamedType) -> tuple[Number, Number]:
        once: list[Number] = []
        each: list[Number] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                found = self.of_field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                found = self.of_set(
                    node.selection_set, self.schema.type_map[condition.name.value] if condition else parent
                )
            else:
                assert isinstance(node, FragmentSpreadNode)  # noqa: S101 - there are no other selections
                found = self.of_fragment(node.name.value)
            once.append(found[0])
            each.append(found[1])
        return _sum(once), _sum(each)

    def of_fragment(self, name: str) -> tuple[Number, Number]:
        if name not in self.reckoned:
            fragment = self.fragments[name]
            condition = self.schema.type_map[fragment.type_condition.name.value]
            self.reckoned[name] = self.of_set(fragment.selection_set, condition)
        return self.reckoned[name]

    def of_field(self, node: FieldNode, parent: GraphQLNamedType) -> tuple[Number, Number]:
        name = node.name.value
        definition = self.schema.get_field(parent, name)  # type: ignore[arg-type] # a valid field's parent has fields
        if name == "__typename" or definition is None:
            return 1, 0
        if self.introspects and parent is self.root:
            return INTROSPECTION, 0
        named = get_named_type(definition.type)
        price = self.price(node, definition, parent.name, named.name)
        if is_leaf_type(named) or node.selection_set is None:
            return price, 0
        once, each = self.of_set(node.selection_set, named)
        page = self.page(node, definition, LARGEST.get(f"{parent.name}.{name}", LARGEST_PAGE))
        if not isinstance(get_nullable_type(definition.type), GraphQLList):
            return _sum((price, once, _product(LIST if page is None else page, each))), 0
        item = _sum((1, once, _product(LIST, each)))
        item = _sum((item, PER_ROW.get(f"{parent.name}.{name}", 0)))
        if parent.name.startswith("__"):
            page = len(self.schema.type_map) if name == "types" else LIST
        return (price, item) if page is None else (_sum((price, _product(page, item))), 0)

    def price(self, node: FieldNode, definition: GraphQLField, parent: str, named: str) -> Number:
        """What a field costs besides what is selected of it."""
        name = node.name.value
        price = 1 + PLATFORM.get(f"{parent}.{name}", 0) + (STATEMENT if "first" in definition.args else 0)
        if named not in HOPS:
            return price
        if "depth" not in definition.args:
            return price + HOP * HOPS[named]
        hops = self.number(node, "depth", DEPTHLESS.get(name, HOPS[named]), LARGEST_PAGE)
        return _sum((price, _product(HOP, hops)))

    def page(self, node: FieldNode, definition: GraphQLField, most: int) -> Number | None:
        """How many items a field may have, by its arguments, and at ``most``; None where they do not say."""
        if "first" in definition.args:
            default = definition.args["first"].default_value
            ids = self.length(node)
            listed = isinstance(get_nullable_type(definition.type), GraphQLList)
            if default in (None, Undefined) and listed and ids is None and _argument(node, "first") is None:
                return None  # all that there are, as the outcomes of a move
            if default in (None, Undefined) and ids is not None:
                return self.number(node, "first", ids, most)
            usual = PAGE if default in (None, Undefined) else min(int(default), PAGE)
            return self.number(node, "first", usual, most)
        return self.length(node)

    def number(self, node: FieldNode, argument: str, default: Number, most: int) -> Number:
        """An argument that is an Int."""
        value = _argument(node, argument)
        if isinstance(value, VariableNode):
            name = value.name.value
            fallback = self.defaults.get(name)
            otherwise = _capped(int(fallback.value), most) if isinstance(fallback, IntValueNode) else default

            def said(variables: Variables) -> int:
                given = variables.get(name)
                if type(given) is int:
                    return _capped(given, most)
                return otherwise if isinstance(otherwise, int) else otherwise(variables)

            return said
        return _capped(int(value.value[:12]), most) if isinstance(value, IntValueNode) else default

    def length(self, node: FieldNode) -> Number | None:
        """How many ids, items or rows are asked for by name."""
        for argument in node.arguments or ():
            if argument.name.value in ("ids", "items", "itemRefs"):
                value = argument.value
                if isinstance(value, ListValueNode):
                    return _capped(len(value.values), LARGEST_PAGE)
                if isinstance(value, VariableNode):
                    return _listed(value.name.value)
        return None


def introspects(operation: OperationDefinitionNode) -> bool:
    """Whether an operation asks for nothing but the schema, directly, so that its answer depends on nothing else."""
    asked = [
        one.name.value if isinstance(one, FieldNode) and not one.directives else ""
        for one in operation.selection_set.selections
    ]
    return any(name in ("__schema", "__type") for name in asked) and all(name.startswith("__") for name in asked)


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next((one.value for one in node.arguments or () if one.name.value == name), None)


def _listed(name: str) -> Number:
    def said(variables: Variables) -> int:
        given = variables.get(name)
        return _capped(len(given), LARGEST_PAGE) if isinstance(given, list) else 1

    return said


def _capped(number: int, most: int) -> int:
    return min(max(number, 0), most)


def _sum(numbers: Iterable[Number]) -> Number:
    fixed, moving = 0, []
    for number in numbers:
        if isinstance(number, int):
            fixed += number
        else:
            moving.append(number)
    if not moving:
        return fixed
    if len(moving) == 1 and not fixed:
        return moving[0]
    return lambda variables: fixed + sum(one(variables) for one in moving)


def _product(one: Number, other: Number) -> Number:
    if isinstance(one, int) and isinstance(other, int):
        return one * other
    if one == 0 or other == 0:
        return 0
    if isinstance(one, int):
        assert not isinstance(other, int)  # noqa: S101 - said above
        return lambda variables: one * other(variables)
    if isinstance(other, int):
        return lambda variables: one(variables) * other
    return lambda variables: one(variables) * other(variables)
