"""Scalars: times, JSON and counts that can pass 32 bits."""

from __future__ import annotations

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from begat.core import times
from begat.core.errors import Problem

DateTime = NewType("DateTime", str)
JSON = NewType("JSON", object)
BigInt = NewType("BigInt", int)


def _time(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("A DateTime is text like 2026-11-24T07:35:28Z.")
    try:
        return times.parse(value)
    except Problem as problem:
        raise ValueError(" ".join(filter(None, (problem.message, problem.hint)))) from problem


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53 - 1:
        raise ValueError("A BigInt is a whole number of at most 53 bits.")
    return value


SCALARS: dict[Any, ScalarDefinition] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment as ISO 8601 text, answered in UTC with milliseconds: 2026-11-24T07:35:28.123Z.",
        serialize=str,
        parse_value=_time,
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    ),
    JSON: strawberry.scalar(
        name="JSON", description="Any JSON value.", serialize=lambda value: value, parse_value=lambda value: value
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number that may pass 32 bits, at most 2^53 - 1.",
        serialize=lambda value: value,
        parse_value=_count,
    ),
}
