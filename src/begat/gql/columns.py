"""Every field is declared once: as a column (a Cypher expression over `n`) or as a batch function that needs columns.

A list or a node is then asked for exactly the columns that its selection needs, in one statement.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import strawberry
from graphql import FieldNode
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from begat.access import mentions
from begat.gql.below import Below, below
from begat.gql.context import Context, Info, Row

COLUMNS = "columns"
VALUE = "value"
ONCE = "once"
"""In the metadata of a field that does more than answer, be it asking a model: no request executes it twice."""
IDENTITY = ("n.id", "n.kind")
"""What every object needs to be what it is, whatever was selected."""


@dataclass(frozen=True, slots=True)
class Value:
    """A field that is a column's value, through ``decode`` where it is not null."""

    expression: str
    decode: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Mention(Value):
    """A value that may mention ids which the caller does not see: the field's resolver then says what is shown."""

    def plain(self, context: Context, values: Sequence[Any]) -> bool:
        """Whether nothing has to be looked up to show these values of the column."""
        return context.viewer.admin or not mentions.mentioned(values)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A field that a column's value stands for: ``load(info, value)``, or null where the column is null. Objects with
    equal values have one and the same."""

    expression: str
    load: Callable[[Info, Any], Awaitable[Any]]


def column(
    expression: str, description: str, decode: Callable[[Any], Any] | None = None, *, name: str | None = None
) -> Any:
    """A field that is the value of ``expression``, through ``decode`` where it is not null. ``decode`` makes the same
    of equal values. ``name`` is the field's in GraphQL where Python cannot spell it."""

    def resolve(root: Any) -> Any:
        value = root.row[expression]
        return value if decode is None or value is None else decode(value)

    metadata = {COLUMNS: (expression,), VALUE: Value(expression, decode)}
    return strawberry.field(resolver=resolve, name=name, description=description, metadata=metadata)


def keyed(expression: str, of: type, description: str, load: Callable[[Info, Any], Awaitable[Any]]) -> Any:
    """A nullable field of the type ``of``: what the value of ``expression`` stands for, which ``load`` batches over the
    objects of a level."""

    async def resolve(root: Any, info: Info) -> Any:
        key = root.row[expression]
        return None if key is None else await load(info, key)

    resolve.__annotations__ = {"root": Any, "info": Info, "return": of | None}
    metadata = {COLUMNS: (expression,), VALUE: Keyed(expression, load)}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)


def mentioning(
    expression: str,
    of: Any,
    description: str,
    decode: Callable[[Any], Any] | None = None,
    make: Callable[[Any], Any] | None = None,
) -> Any:
    """A field of the type ``of``: what ``make`` makes of a column's value, through ``decode``, once it is as the caller
    may see it (access.mentions). Null where the column is."""

    def made(value: Any) -> Any:
        return value if make is None else make(value)

    def plainly(value: Any) -> Any:
        return made(value if decode is None else decode(value))

    mention = Mention(expression, None if decode is make is None else plainly)

    def resolve(root: Any, info: Info) -> Any:
        value = root.row[expression]
        if value is None:
            return None
        return plainly(value) if mention.plain(info.context, [value]) else hidden(info, value)

    async def hidden(info: Info, value: Any) -> Any:
        return made(await info.context.batch(_shown, value, decode))

    resolve.__annotations__ = {"root": Any, "info": Info, "return": of}
    metadata = {COLUMNS: (expression,), VALUE: mention}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)


async def _shown(context: Context, values: Sequence[Any], decode: Callable[[Any], Any] | None) -> list[Any]:
    decoded = [value if decode is None else decode(value) for value in values]
    return await mentions.shown(context.graph, context.viewer, decoded)


def needs(*expressions: str) -> dict[str, Any]:
    """The metadata of a batch field: the columns that its resolver reads from `self.row`."""
    return {COLUMNS: expressions}


def from_json(text: str) -> Any:
    """A structured property, which the graph keeps as JSON text."""
    return orjson.loads(text)


def to_json(value: Any) -> str:
    """The text under which the graph keeps a structured property; equal values give equal texts."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def selected(info: Info, base: type, *path: str) -> tuple[str, ...]:
    """The columns that the current field's selection needs of ``base`` under ``path`` (field names, as in GraphQL)."""
    return selected_below(below(info._raw_info), base, *path)


def selected_below(field: Below, base: type, *path: str) -> tuple[str, ...]:
    """As `selected`, of any field."""
    return field.at(*path).once(base, lambda found: _needed(base, found.fields))


def of_page(info: Info, base: type) -> tuple[str, ...]:
    """The columns that the current field's selection, a connection, needs of the ``base`` that it is a page of."""
    return tuple(dict.fromkeys((*selected(info, base, "nodes"), *selected(info, base, "edges", "node"))))


def asks(info: Info, *path: str) -> bool:
    """Whether the current field's selection holds a field at ``path``."""
    return below(info._raw_info).asks(*path)


def named(info: Info, name: str) -> Sequence[FieldNode]:
    """The fields of this name in the current field's selection: several where they have aliases."""
    return below(info._raw_info).named(name)


def rows(columns: Iterable[str], values: Iterable[list[Any]]) -> list[Row]:
    """Rows of the lists that a statement collected."""
    names = tuple(columns)
    return [dict(zip(names, value, strict=True)) for value in values]


def _needed(base: type, names: Iterable[str]) -> tuple[str, ...]:
    declared = _declared(base)
    wanted = {expression for name in names for expression in declared.get(name, ())}
    return (*IDENTITY, *sorted(wanted - set(IDENTITY)))


@cache
def _declared(base: type) -> dict[str, tuple[str, ...]]:
    """Columns by GraphQL field name: of the type and, for an interface, of all types that implement it."""
    found: dict[str, tuple[str, ...]] = {}
    kinds: list[type] = [base, *_subclasses(base)]
    for kind in kinds:
        definition = get_object_definition(kind)
        for field in definition.fields if definition else ():
            expressions = field.metadata.get(COLUMNS, ())
            name = field.graphql_name or to_camel_case(field.python_name)
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *expressions)))
    return found


def _subclasses(base: type[Any]) -> Iterable[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from _subclasses(kind)
