"""Columns of scalars and enums, and of lists of them, completed at once and exactly as graphql-core would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice
from math import isfinite
from types import NoneType
from typing import Any, TypeAlias

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)

Column: TypeAlias = Sequence[Any]
Leaf: TypeAlias = Callable[[Column], Column]


class Surprise(Exception):  # noqa: N818 - no mistake: graphql-core's own completion says what is wrong, if anything is
    """The fast path cannot complete this; nothing of what it made is used."""


def leaf(
    type_: GraphQLOutputType, decode: Callable[[Any], Any] | None = None, *, required: bool = False
) -> Leaf | None:
    """What completes a column of this type, each of its values through ``decode`` first where it is not null; None for
    objects. It raises whatever it likes where a value does not fit, which a null does where one is ``required``."""
    if isinstance(type_, GraphQLNonNull):
        return leaf(type_.of_type, decode, required=True)
    if isinstance(type_, GraphQLEnumType):
        return _Enum(type_.coerce_output_value, decode, required=required)
    found: Leaf | None = None
    if isinstance(type_, GraphQLList):
        inner = leaf(type_.of_type)
        found = None if inner is None else _Lists(inner, required=required)
    elif isinstance(type_, GraphQLScalarType):
        found = _Scalar(type_, required=required)
    return found if found is None or decode is None else _Decoded(decode, found)


def lists_in(column: Column) -> list[Sequence[Any]]:
    """The lists of a column that are not null; raises Surprise where something else is in it."""
    found = [value for value in column if value is not None]
    if not set(map(type, found)) <= {list, tuple}:
        raise Surprise
    return found


def regrouped(column: Column, done: Sequence[Any]) -> Column:
    """The completed items in lists as the column's."""
    rest = iter(done)
    return [None if value is None else list(islice(rest, len(value))) for value in column]


def spreading(values: Column) -> tuple[Column, Callable[[Column], Column]]:
    """Each of the values once, and what spreads what was made of them over all. Only of texts and nulls: other values
    can be equal and yet not the same."""
    if not set(map(type, values)) <= {str, NoneType}:
        return values, lambda done: done
    distinct = list(dict.fromkeys(values))
    if len(distinct) == len(values):
        return values, lambda done: done
    return distinct, lambda done: list(map(dict(zip(distinct, done, strict=True)).__getitem__, values))


class _Decoded:
    def __init__(self, decode: Callable[[Any], Any], leaf: Leaf) -> None:
        self.decode = decode
        self.leaf = leaf

    def __call__(self, column: Column) -> Column:
        distinct, spread = spreading(column)
        return spread(self.leaf([None if value is None else self.decode(value) for value in distinct]))


class _Lists:
    def __init__(self, inner: Leaf, *, required: bool) -> None:
        self.inner = inner
        self.required = required

    def __call__(self, column: Column) -> Column:
        if self.required and None in column:
            raise Surprise
        lists = lists_in(column)
        items = list(chain.from_iterable(lists))
        done = self.inner(items)
        if done is items and tuple not in set(map(type, lists)):
            return column  # as they are
        return regrouped(column, done)


class _Enum:
    """Its names are kept: they are as few as the enum's values."""

    def __init__(self, coerce: Callable[[Any], str], decode: Callable[[Any], Any] | None, *, required: bool) -> None:
        self.coerce = coerce
        self.decode = decode
        self.names: dict[Any, str | None] = {} if required else {None: None}

    def __call__(self, column: Column) -> Column:
        try:
            return list(map(self.names.__getitem__, column))
        except KeyError:
            self.names.update({value: self._name(value) for value in set(column) - self.names.keys()})
            return list(map(self.names.__getitem__, column))

    def _name(self, value: Any) -> str:
        if value is None:
            raise Surprise
        return self.coerce(value if self.decode is None else self.decode(value))


_EXACT: dict[GraphQLScalarType, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
    GraphQLInt: int,
    GraphQLFloat: float,
}


class _Scalar:
    def __init__(self, type_: GraphQLScalarType, *, required: bool) -> None:
        self.coerce = type_.coerce_output_value
        self.required = required
        exact = _EXACT.get(type_, str if self.coerce is str else None)
        self.exact = exact
        self.as_it_is = frozenset() if exact is None else frozenset({exact} if required else {exact, NoneType})

    def __call__(self, column: Column) -> Column:
        """As graphql-core's coercion; values of exactly the type that it leaves as it is are not coerced one by one."""
        kinds = set(map(type, column))
        if kinds <= self.as_it_is:
            held = column if NoneType not in kinds else [value for value in column if value is not None]
            if self._in_range(held):
                return column
        if self.required and NoneType in kinds:
            raise Surprise
        return [None if value is None else self._coerced(value) for value in column]

    def _in_range(self, values: Column) -> bool:
        if self.exact is int and values:
            return bool(min(values) >= GRAPHQL_MIN_INT and max(values) <= GRAPHQL_MAX_INT)
        return self.exact is not float or all(map(isfinite, values))

    def _coerced(self, value: Any) -> Any:
        done = self.coerce(value)
        if done is None or done is Undefined or isinstance(value, Exception):
            raise Surprise
        return done
