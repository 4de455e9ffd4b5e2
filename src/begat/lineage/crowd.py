"""A page of very many users, without the rest of them: a template may have 50,000, of which no database sorts a part.

Ids of one sort lie side by side in an index. The users that follow a place are found among the nodes that follow it, of
which the index gives no more than it takes: it costs the page where the users are no rarity among them, and is given up
where they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from begat.core.edges import EDGES
from begat.core.ids import PREFIXES, label_of
from begat.graph.driver import Graph
from begat.graph.nearby import LAST, bound
from begat.lineage.across import WATCHES
from begat.lineage.columns import Columns, read
from begat.lineage.question import ASSET_KIND, ROW_KINDS, Deleted, Direction, Level, Question, Versions
from begat.lineage.reached import Node, Reached
from begat.lineage.statements import crowd_text, hop_text, near_text

SOME = 500
"""Nodes, and twice those of the page, that a walk of which one page is asked reads at once; where there are more, the
page is looked for."""
FEW = 1_000
"""Users by one relation that are read all."""
NEAR = 20_000
"""Nodes among which the next users are looked for before that is given up, and the most users that a page reads."""
WIDER = 4
"""Users that are read for each hit, as it may be several nodes, and how many times as many where that is not enough."""

_KINDS = {
    label: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).upper()
    for edge in EDGES.values()
    for label in edge.sources | edge.targets
}
"""Kinds as lineage says them, by label."""
_PREFIX_OF = {kind: prefix for prefix, kind in PREFIXES.items()}


@dataclass(frozen=True)
class Sought:
    """All that is asked of a walk: the first ``number`` hits of its first hop whose ids are behind ``low``. None of
    these is behind ``high``."""

    number: int
    low: str = ""
    high: str = LAST

    @property
    def some(self) -> int:
        """How many nodes are read at once before it is looked for."""
        return max(SOME, 2 * self.number)

    def within(self, some: Iterable[str], level: Level) -> Sought:
        """The same where these are some of the hits of the first hop."""
        known = sorted(hit for hit in some if hit > self.low)[: self.number]
        return self if len(known) < self.number else replace(self, high=behind(known[-1], level))


def seekable(question: Question) -> bool:
    """Whether what is shown of the first hop does not hang on more than its nodes."""
    down = question.direction is Direction.DOWN and question.versions is Versions.ALL
    return down and not question.stop_at and question.deleted is Deleted.INCLUDE


@dataclass(frozen=True)
class Crowd:
    """The users of where a walk began, ``own`` being the asset itself."""

    graph: Graph
    begun: Reached
    own: str
    question: Question
    columns: Columns
    at: str
    then: bool

    async def page(self, sought: Sought) -> Reached | None:
        """What is sought of them, and where there are more at least one further hit. None where that takes the whole
        walk: they are not that many, too few among others, or the page goes on with the second hop."""
        relations = self._relations()
        many = await self._crowded(relations)
        places = _places(many)
        if places is None:
            return None
        nodes, high = await self._near(places, many, sought)
        if nodes is None or (high == LAST and self.question.depth != 1):
            return None
        if few := [type for type in relations if type not in many]:
            statement = hop_text(replace(self.question, relations=frozenset(few)), self.columns, then=self.then)
            found = await self.graph.read(statement, ids=self._ids, at=self.at, limit=FEW * len(few))
            nodes |= {id: node for id, node in read(found, (), FEW * len(few)).nodes.items() if id <= high}
        users = {id: node for id, node in nodes.items() if id not in self.begun.nodes}
        depths = {**dict.fromkeys(self.begun.starts, 0), **dict.fromkeys(users, 1)}
        return replace(self.begun, nodes={**self.begun.nodes, **users}, depths=depths, links=())

    @cached_property
    def _ids(self) -> list[str]:
        """The nodes whose users they are; who watches an endpoint watches its versions."""
        watched = {node.asset for node in self.begun.nodes.values() if node.kind == "ENDPOINT_VERSION"}
        return sorted(self.begun.starts | watched)

    def _relations(self) -> list[str]:
        """Those that may lead to users."""
        kinds = {node.kind for node in self.begun.nodes.values()}
        targets = {label for label, kind in _KINDS.items() if kind in kinds}
        watched = {WATCHES} if "ENDPOINT_VERSION" in kinds else set()
        return [type for type in self.question.followed if EDGES[type].targets & targets or type in watched]

    async def _crowded(self, relations: Sequence[str]) -> list[str]:
        """The relations by which there are more than a few."""
        if not relations:
            return []
        found = await self.graph.read(crowd_text(tuple(relations), then=self.then), ids=self._ids, few=FEW + 1)
        return [type for type, number in zip(relations, found, strict=True) if number > FEW]

    async def _near(
        self, places: Mapping[str, str], relations: Iterable[str], sought: Sought
    ) -> tuple[dict[str, Node] | None, str]:
        """The users by these relations up to an id behind which nothing is sought; no users where they are too rare."""
        nodes: dict[str, Node] = {}
        size = WIDER * sought.number
        for prefix, label in sorted(places.items()):
            statement = near_text(label, tuple(relations), self.columns, then=self.then)
            low, end = max(sought.low, f"{prefix}_"), min(sought.high, f"{prefix}`")  # what follows the underscore
            while low < end:
                limits = {"low": low, "high": end, "near": NEAR, "size": size}
                found = await self.graph.read(statement, ids=self._ids, at=self.at, **limits)
                new = read(found, (), size).nodes
                nodes |= new
                if list(new) != sorted(new) or len(nodes) > NEAR:  # without an order there would be others before these
                    return None, low
                if (high := self._page_end(nodes, sought)) is not None:
                    return {id: node for id, node in nodes.items() if id <= high}, high
                if len(new) < size:
                    if await bound(self.graph, label, low, NEAR, end) < end:
                        return None, low
                    break  # they are all that there are
                low, size = max(new), WIDER * size
        return nodes, sought.high

    def _page_end(self, users: Mapping[str, Node], sought: Sought) -> str | None:
        """Behind this none of the users is sought, where they are enough."""
        level = self.question.level
        keys = {node.key(level) for node in users.values() if self.question.shows(node.kind)} - {self.own}
        return None if len(keys) < sought.number else behind(sorted(keys)[sought.number - 1], level)


def behind(hit: str, level: Level) -> str:
    """Behind this are the ids of all later hits."""
    whole = level is Level.ASSET and label_of(hit) == "Asset"
    return hit + ";" if whole else hit  # the character after the colon of its immutable nodes' ids


def before(hit: str) -> str:
    """Behind this are the ids of this hit and of all later ones."""
    return f"{hit[:-1]}{chr(ord(hit[-1]) - 1)}{LAST}"


def _places(relations: Iterable[str]) -> dict[str, str] | None:
    """Where users by these relations are: the label of the index, by their ids' prefix. None where they are nowhere, or
    one prefix is in two indexes."""
    found: dict[str, set[str]] = defaultdict(set)
    for label in {label for type in relations for label in EDGES[type].sources}:
        kind = _KINDS[label]
        place = "Version" if kind in ASSET_KIND else "Row" if kind in ROW_KINDS else "Asset"
        found[_PREFIX_OF[ASSET_KIND.get(kind, kind)]].add(place)
    if not found or any(len(labels) > 1 for labels in found.values()):
        return None
    return {prefix: label for prefix, (label,) in found.items()}
