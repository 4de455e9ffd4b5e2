"""The tests (``x is ...``) a template may use: Jinja's own by name and meaning."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from begat.core.templates.filters import Missing


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _contains(value: Any, seq: Any) -> bool:
    return bool(value in seq)


TESTS: Final[Mapping[str, Callable[..., bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: not isinstance(value, Missing),
    "divisibleby": lambda value, num: value % num == 0 if _number(value) and _number(num) else False,
    "eq": operator.eq,
    "equalto": operator.eq,
    "even": lambda value: value % 2 == 0 if _number(value) else False,
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "ge": operator.ge,
    "gt": operator.gt,
    "in": _contains,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "iterable": lambda value: isinstance(value, str | list | tuple | Mapping),
    "le": operator.le,
    "lt": operator.lt,
    "mapping": lambda value: isinstance(value, Mapping),
    "ne": operator.ne,
    "none": lambda value: value is None,
    "number": _number,
    "odd": lambda value: value % 2 == 1 if _number(value) else False,
    "sequence": lambda value: isinstance(value, str | list | tuple | Mapping),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "undefined": lambda value: isinstance(value, Missing),
}
"""By name; the first argument is what is left of ``is``."""

LENIENT: Final = frozenset({"defined", "undefined"})
"""The tests that may look at what is missing."""
