"""Stored states, definitions and records mention ids: each is shown only to who sees what it names.

An id that nothing has is left out like one that is hidden: else who writes an id into a setting of his own would read
from it whether there is such a thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from re import Match
from typing import Any

from begat.access.scope import SCOPE, Viewer
from begat.core.ids import MENTION, asset_of, label_of, prefix_of
from begat.graph.driver import Graph

HIDDEN = "(hidden)"
"""What stands for an id inside a longer text."""

_SEEN = (
    f"CALL () {{ MATCH (n:Asset) WHERE n.id IN $assets AND {SCOPE} RETURN collect(n.id) AS assets }} "
    f"CALL () {{ MATCH (n:Row) WHERE n.id IN $rows AND {SCOPE} RETURN collect(n.id) AS rows }} RETURN assets + rows"
)


def mentioned(value: Any) -> set[str]:
    """The ids that a value, of JSON's types, mentions."""
    if isinstance(value, str):
        return set(MENTION.findall(value))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {id for part in parts for id in mentioned(part)}


async def shown(graph: Graph, viewer: Viewer, values: Sequence[Any], known: Iterable[str] = ()) -> list[Any]:
    """The values, of JSON's types, as the viewer may see them; what he may not see is null, with all of the object that
    has its id, and `HIDDEN` inside a longer text. The keys of objects are the properties' names and stay.

    One statement for all of them; none for who sees everything, and where they mention nothing but what is ``known`` to
    be in his sight.
    """
    if viewer.admin:
        return list(values)
    seen = set(known)
    asked = {asset_of(id) for id in mentioned(values)} - seen
    projects = {id for id in asked if prefix_of(id) == "project"}
    seen |= {id for id in projects if viewer.sees(id)}
    if asked := asked - projects:
        rows = sorted(id for id in asked if label_of(id) == "Row")
        assets = sorted(asked.difference(rows))
        seen.update(await graph.read(_SEEN, assets=assets, rows=rows, **viewer.scope) or ())
    return [_shown(value, seen) for value in values]


def _shown(value: Any, seen: set[str]) -> Any:
    if isinstance(value, str):
        return _text(value, seen)
    if isinstance(value, dict):
        id = value.get("id")
        if isinstance(id, str) and _text(id, seen) is None:
            return None
        return {name: _shown(one, seen) for name, one in value.items()}
    return [_shown(one, seen) for one in value] if isinstance(value, list | tuple) else value


def _text(text: str, seen: set[str]) -> str | None:
    def told(found: Match[str]) -> str:
        return found[0] if asset_of(found[0]) in seen else HIDDEN

    left = MENTION.sub(told, text)
    return None if left == HIDDEN and left != text else left
