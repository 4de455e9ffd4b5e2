"""What every list of assets can be filtered by."""

from __future__ import annotations

from collections.abc import Sequence

from begat.core.errors import bad_input
from begat.core.text import check_text
from begat.find.lists import Condition

MOST_VALUES = 1_000


def one_of(expression: str, parameter: str, values: Sequence[str] | None, *path: str) -> list[Condition]:
    """The value is one of these; no condition where the caller named none."""
    if values is None:
        return []
    if len(values) > MOST_VALUES:
        raise bad_input(f"At most {MOST_VALUES} values.", *path)
    for place, value in enumerate(values):
        check_text(value, *path, place, max_length=10_000)
    return [Condition(f"{expression} IN ${parameter}", {parameter: list(values)})]


def equals(expression: str, parameter: str, value: str | None, *path: str) -> list[Condition]:
    """The value is this one; no condition where the caller named none."""
    if value is None:
        return []
    return [Condition(f"{expression} = ${parameter}", {parameter: check_text(value, *path, max_length=10_000)})]


def contains(expressions: Sequence[str], parameter: str, text: str | None, *path: str) -> list[Condition]:
    """One of the texts holds this one, whatever the case."""
    if text is None or not text.strip():
        return []
    needle = check_text(text, *path, max_length=1_000).strip().lower()
    either = " OR ".join(f"toLower({expression}) CONTAINS ${parameter}" for expression in expressions)
    return [Condition(either, {parameter: needle})]


def between(expression: str, parameter: str, start: str | None, end: str | None, *path: str) -> list[Condition]:
    """From ``start`` (inclusive) to ``end`` (exclusive). Raises BAD_INPUT where they are reversed."""
    if start is not None and end is not None and start > end:
        raise bad_input("The range ends before it begins.", *path, hint="Swap from and to.")
    found = []
    if start is not None:
        found.append(Condition(f"{expression} >= ${parameter}_from", {f"{parameter}_from": start}))
    if end is not None:
        found.append(Condition(f"{expression} < ${parameter}_to", {f"{parameter}_to": end}))
    return found


def tagged(tags: Sequence[str] | None, *path: str) -> list[Condition]:
    """Has all of these tags."""
    if not tags:
        return []
    if len(tags) > 50:
        raise bad_input("At most 50 tags.", *path)
    return [Condition("all(tag IN $tags WHERE tag IN n.tags)", {"tags": [check_text(tag, *path) for tag in tags]})]


UNUSED = Condition(
    "NOT (n)<-[]-(:Asset) AND NOT (n)<-[:OF]-(:Version)<--(:Version) AND NOT (n)<-[:OF]-(:Version)<--(:Asset)"
)
"""Nothing was made from it: no edge points to it or to an immutable node of it, but for its own."""
