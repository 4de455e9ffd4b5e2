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


def leaf(type_: GraphQLOutputType) -> Leaf | None:
    """What completes a column of this type; None for objects. It raises whatever it likes where a value does not
    fit."""
    if isinstance(type_, GraphQLNonNull):
        inner = leaf(type_.of_type)
        return None if inner is None else _NonNull(inner)
    if isinstance(type_, GraphQLList):
        inner = leaf(type_.of_type)
        return None if inner is None else _Lists(inner)
    if isinstance(type_, GraphQLEnumType):
        return _Enum(type_.coerce_output_value)
    return _Scalar(type_) if isinstance(type_, GraphQLScalarType) else None


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


class _NonNull:
    def __init__(self, inner: Leaf) -> None:
        self.inner = inner

    def __call__(self, column: Column) -> Column:
        done = self.inner(column)
        if None in done:
            raise Surprise
        return done


class _Lists:
    def __init__(self, inner: Leaf) -> None:
        self.inner = inner

    def __call__(self, column: Column) -> Column:
        lists = lists_in(column)
        items = list(chain.from_iterable(lists))
        done = self.inner(items)
        if done is items and tuple not in set(map(type, lists)):
            return column  # as they are
        return regrouped(column, done)


class _Enum:
    def __init__(self, coerce: Callable[[Any], str]) -> None:
        self.coerce = coerce

    def __call__(self, column: Column) -> Column:
        names = {value: None if value is None else self.coerce(value) for value in dict.fromkeys(column)}
        return list(map(names.__getitem__, column))


_EXACT: dict[GraphQLScalarType, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
    GraphQLInt: int,
    GraphQLFloat: float,
}


class _Scalar:
    def __init__(self, type_: GraphQLScalarType) -> None:
        self.coerce = type_.coerce_output_value
        exact = _EXACT.get(type_, str if self.coerce is str else None)
        self.exact = exact
        self.as_it_is = frozenset() if exact is None else frozenset({exact, NoneType})

    def __call__(self, column: Column) -> Column:
        """As graphql-core's coercion; values of exactly the type that it leaves as it is are not coerced one by one."""
        kinds = set(map(type, column))
        if kinds <= self.as_it_is:
            held = column if NoneType not in kinds else [value for value in column if value is not None]
            if self._in_range(held):
                return column
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
