"""Columns to objects, by a comprehension that is generated for each number of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Shape = Callable[..., list[dict[str, Any]]]
"""Of as many columns as it has keys, the objects."""


@lru_cache(maxsize=64)
def _maker(count: int) -> Callable[..., Shape]:
    places = range(count)
    keys = ", ".join(f"k{place}" for place in places)
    columns = ", ".join(f"c{place}" for place in places)
    values = ", ".join(f"v{place}" for place in places)
    pairs = ", ".join(f"k{place}: v{place}" for place in places)
    text = f"lambda {keys}: lambda {columns}: [{{{pairs}}} for {values}, in zip({columns}, strict=True)]"
    maker: Callable[..., Shape] = eval(text)  # noqa: S307 - its text is made of one number, of nothing that came from outside
    return maker


def shape(keys: Sequence[str]) -> Shape:
    """What makes objects with these keys."""
    return _maker(len(keys))(*keys)
