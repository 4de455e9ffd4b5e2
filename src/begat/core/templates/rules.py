"""What a template may say, checked before it is ever evaluated, and which variables it asks for."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from jinja2 import nodes

from begat.core.errors import Problem, bad_input
from begat.core.templates import filters, tests
from begat.core.templates.places import Place, problem_at, tree
from begat.core.text import check_text

MAX_DEPTH = 60
MAX_LOOPS = 3
MAX_NODES = 5_000

LOOP_NAMES: Final = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem".split()  # noqa: SIM905
)

_HINT = "A prompt template has {{ variables }} with filters, if, for and set, and nothing else."
_WORDS: Final[dict[type[nodes.Node], str]] = {
    nodes.Call: "A call",
    nodes.Include: "`include`",
    nodes.Import: "`import`",
    nodes.FromImport: "`from ... import`",
    nodes.Extends: "`extends`",
    nodes.Block: "`block`",
    nodes.Macro: "`macro`",
    nodes.CallBlock: "`call`",
    nodes.FilterBlock: "`filter`",
    nodes.AssignBlock: "A `set` block",
    nodes.With: "`with`",
    nodes.Scope: "`autoescape`",
    nodes.NSRef: "A namespace",
    nodes.Pow: "`**`",
}
_PLAIN: Final = (
    nodes.Add,
    nodes.And,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Dict,
    nodes.Div,
    nodes.FloorDiv,
    nodes.List,
    nodes.Mod,
    nodes.Mul,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Pair,
    nodes.Pos,
    nodes.Slice,
    nodes.Sub,
    nodes.TemplateData,
    nodes.Tuple,
)
"""Expressions that need no check of their own, only of their parts."""


@dataclass
class Uses:
    """The free names of a template: where each is used first, and which are used where they must be there."""

    first: dict[str, tuple[int, int]] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)

    def add(self, name: str, place: int, *, needed: bool) -> None:
        """Record one use."""
        key = place.sort_key if isinstance(place, Place) else (int(place), 0)
        self.first[name] = min(key, self.first.get(name, key))
        if needed:
            self.needed.add(name)


def checked(source: str, field: str) -> tuple[nodes.Template, Uses]:
    """The syntax tree of ``source`` and its variables, or the first reason in reading order why it is refused."""
    check = _Check(field)
    template = tree(source, field)
    try:
        check.block(template.body, frozenset(), 0)
    except RecursionError:
        raise bad_input("The template is nested too deeply.", "input", field, hint="Nest less.") from None
    return template, check.uses


def row_column(node: nodes.Node) -> str | None:
    """``First name`` where the node is ``row["First name"]``."""
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and node.node.name == "row":
        key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        return key if isinstance(key, str) else None
    return None


def keywords(node: nodes.Filter | nodes.Test) -> dict[str, nodes.Expr]:
    """The named arguments of a filter or test."""
    return {str(pair.key): pair.value for pair in node.kwargs}  # Keywords, whose key is a str; Jinja's hint says Pair


class _Check:
    """Walks in the order of evaluation and knows at each point which names the template has bound itself."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.uses = Uses()
        self._nodes = 0

    def block(self, body: Iterable[nodes.Node], bound: frozenset[str], loops: int) -> frozenset[str]:
        """Check statements; the names bound after them."""
        for node in body:
            bound = self._statement(node, bound, loops)
        return bound

    def _statement(self, node: nodes.Node, bound: frozenset[str], loops: int) -> frozenset[str]:
        self._count(node, loops)
        match node:
            case nodes.Output():
                for part in node.nodes:
                    self._expression(part, bound, 0)
            case nodes.Assign():
                self._expression(node.node, bound, 0)
                return bound | self._targets(node.target)
            case nodes.If():
                self._expression(node.test, bound, 0)
                branches = [self.block(node.body, bound, loops)]
                for other in node.elif_:
                    self._expression(other.test, bound, 0)
                    branches.append(self.block(other.body, bound, loops))
                branches.append(self.block(node.else_, bound, loops))
                # Bound for certain is only what every way through binds.
                return branches[0].intersection(*branches[1:])
            case nodes.For():
                self._loop(node, bound, loops)
            case _:
                raise self._refused(node)
        return bound

    def _loop(self, node: nodes.For, bound: frozenset[str], loops: int) -> None:
        if loops == MAX_LOOPS:
            raise problem_at(node, self.field, f"Loops are nested at most {MAX_LOOPS} deep.")
        if node.recursive:
            raise problem_at(node, self.field, "A recursive loop is not allowed.", hint=_HINT)
        self._expression(node.iter, bound, 0)
        inner = bound | self._targets(node.target)
        if node.test is not None:
            self._expression(node.test, inner - {"loop"}, 0)
        self.block(node.body, inner | {"loop"}, loops + 1)
        self.block(node.else_, bound, loops)

    def _targets(self, target: nodes.Node) -> frozenset[str]:
        names = target.items if isinstance(target, nodes.Tuple) else [target]
        for name in names:
            if not isinstance(name, nodes.Name):
                raise self._refused(name)
            if name.name in ("loop", "row"):
                raise problem_at(name, self.field, f"`{name.name}` has a meaning of its own.", hint="Use another name.")
        return frozenset(name.name for name in names if isinstance(name, nodes.Name))

    def _expression(self, node: nodes.Node, bound: frozenset[str], depth: int, *, needed: bool = True) -> None:
        self._count(node, depth)
        column = row_column(node)
        if column is not None:
            check_text(column, "input", self.field)
            self.uses.add(column, node.lineno, needed=needed)
            return
        match node:
            case nodes.Name():
                self._name(node, bound, needed=needed)
            case nodes.Const():
                self._constant(node)
            case nodes.Getattr():
                self._attribute(node, bound)
            case nodes.Filter():
                self._call(node, "filter", filters.FILTERS)
                self._operands(node, bound, depth, needed=node.name not in filters.LENIENT)
            case nodes.Test():
                self._call(node, "test", tests.TESTS)
                self._operands(node, bound, depth, needed=node.name not in tests.LENIENT)
            case nodes.Getitem() if isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("__"):
                raise problem_at(node, self.field, f"`{node.arg.value}` is not allowed.", hint=_HINT)
            case nodes.Mul() if any(_is_text(side) for side in (node.left, node.right)):
                raise problem_at(node, self.field, "`*` multiplies numbers, not text.", hint=_HINT)
            case nodes.Getitem():
                pass
            case _ if not isinstance(node, _PLAIN):
                raise self._refused(node)
        if not isinstance(node, nodes.Getattr | nodes.Filter | nodes.Test):
            for child in node.iter_child_nodes():
                self._expression(child, bound, depth + 1)
        elif isinstance(node, nodes.Getattr) and not _is_loop(node, bound):
            self._expression(node.node, bound, depth + 1)

    def _operands(self, node: nodes.Filter | nodes.Test, bound: frozenset[str], depth: int, *, needed: bool) -> None:
        assert node.node is not None  # noqa: S101 - _call has refused the other
        self._expression(node.node, bound, depth + 1, needed=needed)
        for argument in [*node.args, *keywords(node).values()]:
            self._expression(argument, bound, depth + 1)

    def _name(self, node: nodes.Name, bound: frozenset[str], *, needed: bool) -> None:
        if node.name == "loop":
            hint = "Inside a for, loop.index, loop.first, loop.last and their like are allowed."
            raise problem_at(node, self.field, "`loop` is no value of its own.", hint=hint)
        if node.name not in bound:
            self.uses.add(node.name, node.lineno, needed=needed)

    def _constant(self, node: nodes.Const) -> None:
        if isinstance(node.value, str):
            try:
                check_text(node.value)
            except Problem as problem:
                raise problem_at(node, self.field, problem.message, hint=problem.hint) from None
        elif isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            raise problem_at(node, self.field, "This number is too large.")

    def _attribute(self, node: nodes.Getattr, bound: frozenset[str]) -> None:
        if node.attr.startswith("_"):
            raise problem_at(node, self.field, f"`.{node.attr}` is not allowed: names with an underscore are private.")
        if _is_loop(node, bound) and node.attr not in LOOP_NAMES:
            raise problem_at(node, self.field, f"There is no `loop.{node.attr}` here.")

    def _call(self, node: nodes.Filter | nodes.Test, what: str, known: filters.Table) -> None:
        if node.name not in known or node.node is None:
            hint = f"Allowed are {', '.join(sorted(known))}."
            raise problem_at(node, self.field, f"The {what} `{node.name}` is not allowed.", hint=hint)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise problem_at(node, self.field, "`*` and `**` arguments are not allowed.", hint=_HINT)
        try:
            inspect.signature(known[node.name]).bind(None, *node.args, **keywords(node))
        except TypeError as error:
            raise problem_at(node, self.field, f"The {what} `{node.name}`: {error}.") from None

    def _count(self, node: nodes.Node, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise problem_at(node, self.field, f"The template has more than {MAX_NODES:,} parts.", hint="Shorten it.")
        if depth > MAX_DEPTH:
            raise problem_at(node, self.field, "This expression is nested too deeply.", hint="Use `set` for its parts.")

    def _refused(self, node: nodes.Node) -> Problem:
        word = _WORDS.get(type(node), f"`{type(node).__name__.lower()}`")
        hint = "Use a filter, such as {{ text | upper }}." if isinstance(node, nodes.Call) else _HINT
        return problem_at(node, self.field, f"{word} is not allowed in a template.", hint=hint)


def _is_loop(node: nodes.Getattr, bound: frozenset[str]) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == "loop" and "loop" in bound


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const | nodes.List | nodes.Tuple) and not (
        isinstance(node, nodes.Const) and isinstance(node.value, int | float)
    )
