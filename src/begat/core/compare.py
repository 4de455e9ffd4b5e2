"""The difference of two states, as a list of paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HIDDEN = frozenset({"updatedAt", "updatedBy", "revision", "key", "id", "kind", "createdAt", "createdBy"})
"""What every change moves, or nothing ever does."""


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(path, before, after) of each property that differs, in path order; None stands for an absent one.

    A path is the property's name, and for structured values the steps in it: ``columns.2.name``.
    """
    found: list[tuple[str, Any, Any]] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in HIDDEN:
            _compare(name, before.get(name), after.get(name), found)
    return found


def _compare(path: str, before: Any, after: Any, found: list[tuple[str, Any, Any]]) -> None:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            _compare(f"{path}.{key}", before.get(key), after.get(key), found)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            _compare(f"{path}.{place}", old, new, found)
    else:
        found.append((path, before, after))
