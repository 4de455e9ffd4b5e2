"""Renders a checked template: its statements; their expressions are next door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import nodes

from begat.core.errors import Code
from begat.core.templates import filters
from begat.core.templates.budget import Refused, TooMuch, made
from begat.core.templates.expressions import Expressions
from begat.core.templates.filters import Missing, type_name
from begat.core.templates.places import problem_at


def evaluate(template: nodes.Template, field: str, values: Mapping[str, Any]) -> str:
    """The text of one template. A Problem for what is missing or does not fit, LIMIT for what costs too much."""
    evaluation = _Evaluation(field, values)
    evaluation.run(template.body)
    return "".join(evaluation.parts)


class _Evaluation(Expressions):
    def __init__(self, field: str, values: Mapping[str, Any]) -> None:
        super().__init__(field, values)
        self.parts: list[str] = []

    def run(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            try:
                self._statement(node)
            except TooMuch as error:
                problem = problem_at(node, self.field, str(error), hint="Let the template do less, or shorten the row.")
                problem.code = Code.LIMIT
                raise problem from None
            except (Refused, TypeError, ValueError, ArithmeticError, RecursionError) as error:
                raise problem_at(node, self.field, _words(error)) from None

    def _statement(self, node: nodes.Node) -> None:
        self.budget.step()
        match node:
            case nodes.Output():
                for part in node.nodes:
                    self._write(part)
            case nodes.If():
                for branch in [node, *node.elif_]:
                    if self.value(branch.test):
                        return self.run(branch.body)
                self.run(node.else_)
            case nodes.Assign():
                self._bind(node.target, self.peek(node.node))
            case nodes.For():
                self._loop(node)
        return None

    def _write(self, part: nodes.Node) -> None:
        if isinstance(part, nodes.TemplateData):
            self.parts.append(self.budget.write(part.data))
            return
        value = self.value(part)
        if not isinstance(value, str):
            made(self.size(value))
            value = filters.text(value)
        self.parts.append(self.budget.write(value))

    def _bind(self, target: nodes.Node, value: Any) -> None:
        if isinstance(target, nodes.Name):
            self.scopes[-1][target.name] = value
        elif isinstance(target, nodes.Tuple):
            values = _items(value) if not isinstance(value, Missing) else []
            if len(values) != len(target.items):
                raise Refused(f"{len(target.items)} names cannot take {len(values)} values.")
            for name, item in zip(target.items, values, strict=True):
                self._bind(name, item)

    def _loop(self, node: nodes.For) -> None:
        items = _items(self.value(node.iter))
        if node.test is not None:
            items = [item for item in items if self._turn(node, item, {}, lambda: self.value(node.test))]
        count = len(items)
        for index, item in enumerate(items):
            loop = {
                "index": index + 1,
                "index0": index,
                "revindex": count - index,
                "revindex0": count - index - 1,
                "first": index == 0,
                "last": index == count - 1,
                "length": count,
                "depth": 1,  # of recursion, which is refused
                "depth0": 0,
            }
            if index:
                loop["previtem"] = items[index - 1]
            if index + 1 < count:
                loop["nextitem"] = items[index + 1]
            self._turn(node, item, {"loop": loop}, lambda: self.run(node.body))
        if not items:
            self.scopes.append({})
            self.run(node.else_)
            self.scopes.pop()

    def _turn(self, node: nodes.For, item: Any, scope: dict[str, Any], act: Callable[[], Any]) -> Any:
        self.budget.iterate()
        self.scopes.append(scope)
        self._bind(node.target, item)
        result = act()
        self.scopes.pop()
        return result


def _items(value: Any) -> list[Any]:
    if isinstance(value, str | list | tuple | Mapping):
        return list(value)
    raise Refused(f"{type_name(value)} is nothing to loop over.")


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "A value is nested too deeply."
    text = str(error)
    return text[:1].upper() + text[1:200].rstrip(".") + "."
