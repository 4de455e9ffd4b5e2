"""Columns to objects: of a class for each set of keys, which the encoder of answers writes as JSON objects.

Beside dicts they take a third of the time to be made, a fifth of the memory, and none of the garbage collector's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import starmap
from typing import Any

import msgspec

Shape = Callable[..., list[msgspec.Struct]]
"""Of as many columns as it has keys, the objects."""


@lru_cache(maxsize=256)
def shape(keys: tuple[str, ...]) -> Shape:
    """What makes objects with these keys."""
    fields = [f"f{place}" for place in range(len(keys))]
    named = dict(zip(fields, keys, strict=True))
    # Nothing in an answer leads back to what holds it, so that it is freed without the collector.
    kind = msgspec.defstruct("Shown", fields, rename=named, eq=False, gc=False)

    def made(*columns: Sequence[Any]) -> list[msgspec.Struct]:
        return list(starmap(kind, zip(*columns, strict=True)))

    return made
