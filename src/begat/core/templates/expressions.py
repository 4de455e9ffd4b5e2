"""Evaluates checked expressions over JSON values. It calls nothing but the listed filters and tests."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import nodes

from begat.core.templates import filters, tests
from begat.core.templates.budget import MAX_INPUT as BEYOND
from begat.core.templates.budget import Budget, Refused, made, size_of
from begat.core.templates.filters import Missing, type_name
from begat.core.templates.places import problem_at
from begat.core.templates.rules import keywords, row_column

MAX_INTEGER = 10**30

_ARITHMETIC: Final[Mapping[type[nodes.Node], Callable[[Any, Any], Any]]] = {
    nodes.Add: operator.add,
    nodes.Sub: operator.sub,
    nodes.Mul: operator.mul,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
    nodes.Mod: operator.mod,
}
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


class Expressions:
    """The values of one template's expressions, while it is evaluated for one row."""

    def __init__(self, field: str, values: Mapping[str, Any]) -> None:
        self.field = field
        self.scopes: list[dict[str, Any]] = [{}]
        self.budget = Budget()
        self._values = values

    def value(self, node: nodes.Node | None) -> Any:
        """The node's value, which must be there."""
        value = self.peek(node)
        if value is filters.NO_ELSE:
            return ""
        if isinstance(value, Missing):
            assert node is not None  # noqa: S101 - None has the value None
            problem = problem_at(node, self.field, value.message)
            if value.variable is not None:
                problem.path = ("values", value.variable)
                problem.hint = f"Provide {value.variable!r}, or use the filter `default`."
            raise problem
        return value

    def peek(self, node: nodes.Node | None) -> Any:
        """The node's value or Missing."""
        self.budget.step()
        column = row_column(node) if isinstance(node, nodes.Getitem) else None
        if column is not None:
            return self._variable(column)
        match node:
            case None:
                return None
            case nodes.Name():
                return self._name(node.name)
            case nodes.Const():
                return node.value
            case nodes.TemplateData():
                return node.data
            case nodes.Getattr():
                return self._item(self.value(node.node), node.attr)
            case nodes.Getitem():
                return self._item(self.value(node.node), self._subscript(node.arg))
            case nodes.Filter():
                return self._filter(node)
            case nodes.Test():
                return self._test(node)
            case nodes.CondExpr():
                if self.value(node.test):
                    return self.peek(node.expr1)
                if node.expr2 is None:
                    return filters.NO_ELSE
                return self.peek(node.expr2)
            case nodes.And():
                return self.value(node.left) and self.value(node.right)
            case nodes.Or():
                return self.value(node.left) or self.value(node.right)
            case nodes.Not():
                return not self.value(node.node)
            case nodes.Neg():
                return -_number(self.value(node.node))
            case nodes.Pos():
                return +_number(self.value(node.node))
            case nodes.Compare():
                return self._compare(node)
            case nodes.BinExpr():
                return self._arithmetic(node)
            case nodes.Concat():
                return self._made("".join(self._texts(node.nodes)))
            case nodes.List() | nodes.Tuple():
                values = [self.value(item) for item in node.items]
                return self._made(tuple(values) if isinstance(node, nodes.Tuple) else values)
            case nodes.Dict():
                return self._made({self.value(pair.key): self.value(pair.value) for pair in node.items})
        raise AssertionError(f"{type(node).__name__} was not refused")  # the rules and this match are one list

    def _name(self, name: str) -> Any:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self._variable(name)

    def _variable(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        return Missing(f"There is no value for the variable {name!r}.", name)

    def _subscript(self, node: nodes.Node) -> Any:
        if isinstance(node, nodes.Slice):
            return slice(*(self.value(part) for part in (node.start, node.stop, node.step)))
        return self.value(node)

    def _item(self, value: Any, key: Any) -> Any:
        if isinstance(key, slice):
            self.budget.step(self.size(value))
            return value[key]
        if isinstance(value, Mapping):
            found = key in value
        else:
            found = isinstance(value, str | list | tuple) and isinstance(key, int) and -len(value) <= key < len(value)
        return value[key] if found else Missing(f"{type_name(value)} has no {str(key)[:100]!r}.")

    def _filter(self, node: nodes.Filter) -> Any:
        lenient = node.name in filters.LENIENT
        value, arguments, options = self._operands(node, lenient=lenient)
        size = 0 if lenient else self.size(value)
        # Sorting compares each item several times.
        self.budget.step(size * size.bit_length() if node.name == "sort" else size)
        result = filters.FILTERS[node.name](value, *arguments, **options)
        return result if lenient else self._made(result)

    def _test(self, node: nodes.Test) -> bool:
        value, arguments, options = self._operands(node, lenient=node.name in tests.LENIENT)
        self.budget.step(self.size(value) + sum(map(self.size, arguments)))
        return bool(tests.TESTS[node.name](value, *arguments, **options))

    def _operands(self, node: nodes.Filter | nodes.Test, *, lenient: bool) -> tuple[Any, list[Any], dict[str, Any]]:
        value = self.peek(node.node) if lenient else self.value(node.node)
        options = {name: self.value(option) for name, option in keywords(node).items()}
        return value, [self.value(argument) for argument in node.args], options

    def _compare(self, node: nodes.Compare) -> Any:
        left = self.value(node.expr)
        result: Any = True
        for operand in node.ops:
            right = self.value(operand.expr)
            self.budget.step(self.size(left) + self.size(right))
            result = _COMPARISONS[operand.op](left, right)
            if not result:
                break
            left = right
        return result

    def _arithmetic(self, node: nodes.BinExpr) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node, nodes.Add) and type(left) is type(right) and isinstance(left, str | list | tuple):
            made(self.size(left) + self.size(right))
            return self._made(left + right)
        result = _ARITHMETIC[type(node)](_number(left), _number(right))
        return _number(result)

    def _texts(self, parts: Iterable[nodes.Node]) -> Iterable[str]:
        total = 0
        for part in parts:
            value = self.value(part)
            total += self.size(value)
            made(total)
            yield filters.text(value)

    def size(self, value: Any) -> int:
        """Roughly its characters."""
        return size_of(value, BEYOND)

    def _made(self, value: Any) -> Any:
        if isinstance(value, str | list | tuple | Mapping):
            size = self.size(value)
            made(size)
            self.budget.step(size)
        return value


def _number(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise Refused(f"{type_name(value)} is no number. (Text is joined by `~`.)")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Refused("This number has more than 30 digits.")
    return value
