"""The filters a template may use: Jinja's own by name and meaning, each with a bound on what it builds.

Not here, on purpose: ``attr``, ``map``, ``select`` and their like (they reach for names), ``format``, ``center`` and
``batch`` (they build any size from nothing), ``random`` (a prompt is repeatable), and everything for HTML.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from begat.core.templates.budget import MAX_VALUE, Refused, made

_WORD = re.compile(r"\w+")
_WORD_BREAK = re.compile(r"([-\s({\[<]+)")


class Missing:
    """A name or item that is not there: only ``default`` and ``is defined`` may look at it."""

    def __init__(self, message: str, variable: str | None = None) -> None:
        self.message = message
        self.variable = variable


NO_ELSE: Final = Missing("The condition is false and there is no else.")
"""What ``'x' if false`` is: missing for ``default``, and an empty text everywhere else."""


def _sequence(value: Any) -> list[Any]:
    if isinstance(value, str | list | tuple | Mapping):
        return list(value)
    raise Refused(f"{type_name(value)} is no list.")


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    raise Refused(f"{type_name(value)} is no number.")


def _whole(value: Any, low: int, high: int, what: str) -> int:
    if isinstance(value, int) and low <= value <= high:
        return int(value)
    raise Refused(f"{what} is a whole number from {low} to {high}.")


def _fold(value: Any, case_sensitive: Any) -> Any:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def _first(value: Any) -> Any:
    items = _sequence(value)
    return items[0] if items else Missing("The list is empty and has no first item.")


def _last(value: Any) -> Any:
    items = _sequence(value)
    return items[-1] if items else Missing("The list is empty and has no last item.")


def _float(value: Any, default: Any = 0.0) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return default


def _int(value: Any, default: Any = 0, base: Any = 10) -> Any:
    try:
        return int(value, _whole(base, 0, 36, "The base")) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        try:
            return int(float(value))  # "42.9"
        except (TypeError, ValueError, OverflowError):
            return default


def _join(value: Any, d: Any = "") -> str:
    items, between = [text(item) for item in _sequence(value)], text(d)
    made(sum(map(len, items)) + len(between) * len(items))
    return between.join(items)


def _length(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise Refused(f"{type_name(value)} has no length.")


def _extreme(choose: Callable[..., Any], value: Any, case_sensitive: Any) -> Any:
    items = _sequence(value)
    if not items:
        return Missing("The list is empty.")
    return choose(items, key=lambda item: _fold(item, case_sensitive))


def _max(value: Any, case_sensitive: Any = False) -> Any:
    return _extreme(max, value, case_sensitive)


def _min(value: Any, case_sensitive: Any = False) -> Any:
    return _extreme(min, value, case_sensitive)


def _replace(s: Any, old: Any, new: Any, count: Any = None) -> str:
    source, search, by = text(s), text(old), text(new)
    times = source.count(search) if count is None else _whole(count, -1, MAX_VALUE, "The count")
    times = source.count(search) if times < 0 else min(times, source.count(search))
    made(len(source) + times * max(len(by) - len(search), 0))
    return source.replace(search, by, times)


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else _sequence(value)[::-1]


def _round(value: Any, precision: Any = 0, method: Any = "common") -> Any:
    places = _whole(precision, -15, 15, "The precision")
    if method == "common":
        return round(_number(value), places)
    if method in ("ceil", "floor"):
        by = 10**places
        return (math.ceil if method == "ceil" else math.floor)(_number(value) * by) / by
    raise Refused("The method of round is 'common', 'ceil' or 'floor'.")


def _sort(value: Any, reverse: Any = False, case_sensitive: Any = False) -> list[Any]:
    return sorted(_sequence(value), key=lambda item: _fold(item, case_sensitive), reverse=bool(reverse))


def _sum(value: Any, start: Any = 0) -> Any:
    return sum((_number(item) for item in _sequence(value)), _number(start))


def _title(s: Any) -> str:
    return "".join(item[0].upper() + item[1:].lower() for item in _WORD_BREAK.split(text(s)) if item)


def _tojson(value: Any, indent: Any = None) -> str:
    # For a model, not for a web page: nothing is escaped that JSON does not demand.
    spaces = None if indent is None else _whole(indent, 0, 8, "The indent")
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=spaces, sort_keys=True).iterencode(value):
        size += len(part)
        made(size)
        parts.append(part)
    return "".join(parts)


def _trim(value: Any, chars: Any = None) -> str:
    return text(value).strip(None if chars is None else text(chars))


def _truncate(s: Any, length: Any = 255, killwords: Any = False, end: Any = "...", leeway: Any = 5) -> str:
    source, tail = text(s), text(end)
    most = _whole(length, 0, MAX_VALUE, "The length")
    if most < len(tail):
        raise Refused(f"The length is at least that of the end, {len(tail)}.")
    if len(source) <= most + _whole(leeway, 0, MAX_VALUE, "The leeway"):
        return source
    cut = source[: most - len(tail)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + tail


def _unique(value: Any, case_sensitive: Any = False) -> list[Any]:
    seen: dict[Any, Any] = {}
    for item in _sequence(value):
        seen.setdefault(_fold(item, case_sensitive), item)
    return list(seen.values())


def _indent(s: Any, width: Any = 4, first: Any = False) -> str:
    space = " " * _whole(width, 0, 100, "The width")
    lines = (text(s) + "\n").splitlines()
    made(sum(map(len, lines)) + len(lines) * (len(space) + 1))
    return (space if first else "") + "\n".join([lines[0], *(space + line if line else line for line in lines[1:])])


def _items(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.items())
    raise Refused(f"{type_name(value)} has no items.")


def _default(value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    return default_value if isinstance(value, Missing) or (boolean and not value) else value


def text(value: Any) -> str:
    """``value`` as it is written into a prompt, as Jinja writes it: ``str`` of it."""
    if isinstance(value, str):
        return value
    try:
        return str(value)
    except ValueError:
        raise Refused("A number has more than 4,300 digits.") from None


def type_name(value: Any) -> str:
    """What a person calls the sort of ``value``."""
    names = {
        bool: "A truth value",
        int: "A number",
        float: "A number",
        str: "A text",
        list: "A list",
        dict: "A mapping",
    }
    return "null" if value is None else names.get(type(value), "This value")


Table: TypeAlias = Mapping[str, Callable[..., Any]]

FILTERS: Final[Table] = {
    "abs": lambda value: abs(_number(value)),
    "capitalize": lambda s: text(s).capitalize(),
    "count": _length,
    "d": _default,
    "default": _default,
    "first": _first,
    "float": _float,
    "indent": _indent,
    "int": _int,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _sequence,
    "lower": lambda s: text(s).lower(),
    "max": _max,
    "min": _min,
    "replace": _replace,
    "reverse": _reverse,
    "round": _round,
    "sort": _sort,
    "string": text,
    "sum": _sum,
    "title": _title,
    "tojson": _tojson,
    "trim": _trim,
    "truncate": _truncate,
    "unique": _unique,
    "upper": lambda s: text(s).upper(),
    "wordcount": lambda s: len(_WORD.findall(text(s))),
}
"""By name; the first argument is what is left of the bar. A ``Missing`` among the results means: nothing there."""

LENIENT: Final = frozenset({"default", "d"})
"""The filters that may look at what is missing."""
