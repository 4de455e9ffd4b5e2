"""Where the users of something are in the indexes of ids; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from begat.core.edges import EDGES
from begat.core.ids import IMMUTABLE, PREFIXES, kind_of, label_of, prefix_of
from begat.graph.nearby import LAST
from begat.lineage.across import WATCHES
from begat.lineage.question import ASSET_KIND, ROW_KINDS, WIDE, Level

_KINDS = {
    label: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).upper()
    for edge in EDGES.values()
    for label in edge.sources | edge.targets
}
"""Kinds as lineage says them, by label."""
_PREFIX_OF = {kind: prefix for prefix, kind in PREFIXES.items()}


@dataclass(frozen=True)
class Used:
    """How many users there are by a relation, of more than a few no more than a few are counted, and an id before which
    there are none."""

    relation: str
    users: int
    first: str


@dataclass(frozen=True)
class Place:
    """The ids of one sort in one index, behind ``low`` and up to ``high``, among which all users by these relations
    are."""

    label: str
    relations: tuple[str, ...]
    prefix: str
    first: str

    @property
    def low(self) -> str:
        return max(f"{self.prefix}_", before(self.first) if self.first else "")

    @property
    def high(self) -> str:
        return f"{self.prefix}`"  # what follows the underscore


def leading(id: str, followed: Iterable[str]) -> tuple[str, ...]:
    """Those of the relations that may lead to users of an immutable node, or of any of an asset's."""
    kinds = _begins(id)
    targets = {label for label, kind in _KINDS.items() if kind in kinds}
    watched = {WATCHES} if "ENDPOINT_VERSION" in kinds else set()
    return tuple(type for type in followed if EDGES[type].targets & targets or type in watched)


def places_of(used: Sequence[Used]) -> list[Place] | None:
    """Where these users are, in the order of their ids. None where they are nowhere, or not to be looked for:
    one prefix is in two indexes, or each of them uses very many."""
    found: dict[tuple[str, str], list[Used]] = defaultdict(list)
    for use in used:
        for label in EDGES[use.relation].sources:
            kind = _KINDS[label]
            index = "Version" if kind in ASSET_KIND else "Row" if kind in ROW_KINDS else "Asset"
            found[_PREFIX_OF[ASSET_KIND.get(kind, kind)], index].append(use)
    if not found or len({prefix for prefix, _ in found}) < len(found) or any(use.relation in WIDE for use in used):
        return None
    return [
        Place(label, tuple(dict.fromkeys(use.relation for use in users)), prefix, min(use.first for use in users))
        for (prefix, label), users in sorted(found.items())
    ]


def behind(hit: str, level: Level) -> str:
    """Behind this are the ids of all later hits."""
    whole = level is Level.ASSET and label_of(hit) == "Asset"
    return hit + ";" if whole else hit  # the character after the colon of its immutable nodes' ids


def before(hit: str) -> str:
    """Behind this are the ids of this hit and of all later ones."""
    return f"{hit[:-1]}{chr(ord(hit[-1]) - 1)}{LAST}"


def _begins(id: str) -> frozenset[str]:
    """The kinds of the immutable nodes where a walk from this one begins."""
    if ":" in id:
        return frozenset({kind_of(id)})
    prefix = prefix_of(id)
    of = {"model", "mver"} if prefix == "model" else {prefix}
    return frozenset({PREFIXES[one] for one in of} | {kind for (one, _), kind in IMMUTABLE.items() if one in of})
