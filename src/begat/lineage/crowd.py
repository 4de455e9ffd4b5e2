"""A page of very many users, without the rest of them: a template may have 50,000, of which no database sorts a part.

Ids of one sort lie side by side in an index. The users that follow a place are found among the nodes that follow it, of
which the index gives no more than it takes: it costs the page where the users are no rarity among them, and is given up
where they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from begat.access.scope import Viewer
from begat.graph.driver import Graph
from begat.graph.nearby import LAST, bound
from begat.lineage.columns import Columns, read
from begat.lineage.places import Place, Used, behind, leading, places_of
from begat.lineage.question import Deleted, Direction, Question, Versions
from begat.lineage.reached import Node, Reached
from begat.lineage.statements import crowd_text, hop_text, near_text

FEW = 500
"""Nodes, and twice those of the page, that a walk of which one page is asked reads at once, and users by one relation
that are read all; where there are more, the page is looked for."""
FRONT = 200
"""The most nodes whose users are looked for: each that is met is compared with all of them."""
NEAR = 20_000
"""Nodes among which the next users are looked for before that is given up, and the most users that a page reads."""
SPARE, WIDER = 4, 2
"""A hit may be several nodes: of as many users one in so many is read beside those of a page, and how many times as
many where that is not enough."""
KEPT = 10_000
"""Crowds that are known, so that nobody tries again to read one at once: they only become larger."""

_met: WeakKeyDictionary[Graph, OrderedDict[tuple[str, tuple[str, ...]], None]] = WeakKeyDictionary()
"""Whose users were too many, and by which relations; those that were asked for last."""


@dataclass(frozen=True)
class Sought:
    """All that is asked of a walk: the first ``number`` hits of its first hop whose ids are behind ``low``."""

    number: int
    low: str = ""

    @property
    def some(self) -> int:
        """How many nodes are read at once before it is looked for."""
        return max(FEW, 2 * self.number)


def seekable(question: Question) -> bool:
    """Whether what is shown of the first hop does not hang on more than its nodes."""
    down = question.direction is Direction.DOWN and question.versions is Versions.ALL
    return down and not question.stop_at and question.deleted is Deleted.INCLUDE


@dataclass(frozen=True)
class Crowd:
    """The users of ``own``, which is an immutable node or an asset with all of its own. ``sort`` names the statement of
    these, ``start`` and ``carry`` are columns of ``own`` and of the users' assets."""

    graph: Graph
    viewer: Viewer
    sort: str
    own: str
    question: Question
    columns: Columns
    at: str
    then: bool
    start: tuple[str, ...] = ()
    carry: tuple[str, ...] | None = None

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """By which there may be users."""
        return leading(self.own, self.question.followed)

    @property
    def met(self) -> bool:
        """Whether it is known that there is no use in reading them at once."""
        return (self.own, self.relations) in _met.get(self.graph, ())

    def _meet(self) -> None:
        known, name = _met.setdefault(self.graph, OrderedDict()), (self.own, self.relations)
        known[name] = None
        known.move_to_end(name)
        if len(known) > KEPT:
            known.popitem(last=False)

    async def page(self, sought: Sought) -> Reached | None:
        """What is sought of them, and where there are more at least one further hit. None where that takes the whole
        walk: they are not that many, too few among others, or the page goes on with the second hop."""
        found = await self._begun()
        if found is None:
            return None
        begun, front, used = found
        places = places_of([use for use in used if use.users > FEW])
        if places is None or len(front) > FRONT:
            return None
        self._meet()
        near, high = await self._near(begun.nodes, front, places, sought)
        if near is None or (high == LAST and self.question.depth != 1):
            return None
        nodes = dict(near.nodes)
        if few := [use.relation for use in used if 0 < use.users <= FEW]:
            statement = hop_text(replace(self.question, relations=frozenset(few)), self.columns, then=self.then)
            values = await self.graph.read(statement, ids=front, at=self.at, limit=FEW * len(few))
            nodes |= {id: node for id, node in read(values, (), FEW * len(few)).nodes.items() if id <= high}
        depths = {**dict.fromkeys(nodes, 1), **dict.fromkeys(begun.starts, 0)}
        return replace(begun, nodes={**nodes, **begun.nodes}, assets=near.assets, depths=depths)

    async def _begun(self) -> tuple[Reached, list[str], list[Used]] | None:
        """Where the walk begins, and whose users are one hop from there, and how many by which relation; None where
        there is no such asset in scope."""
        statement = crowd_text(self.sort, self.relations, self.columns, self.start, then=self.then)
        parameters = {"ids": [self.own], "at": self.at, "few": FEW + 1, "most": FRONT + 1}
        found = await self.graph.read(statement, **parameters, **self.viewer.scope)
        if found is None:
            return None
        values, start, front, used = found
        begun = replace(read(values, values[0], len(values[0])), start=start)
        return begun, front, list(map(Used, self.relations, *zip(*used, strict=True)))

    async def _near(
        self, begun: Mapping[str, Node], front: Sequence[str], places: Iterable[Place], sought: Sought
    ) -> tuple[Reached | None, str]:
        """The users of ``front`` in these places, but for those where the walk began, up to an id behind which nothing
        is sought; None where they are too rare."""
        nodes: dict[str, Node] = {}
        assets: list[list[Any]] = []
        size = sought.number + sought.number // SPARE
        for place in places:
            statement = near_text(place.label, place.relations, self.columns, self.carry, then=self.then)
            low, end = max(sought.low, place.low), place.high
            while low < end:
                limits = {"low": low, "high": end, "near": NEAR, "size": size}
                values, carried = await self.graph.read(statement, ids=front, at=self.at, **limits, **self.viewer.scope)
                new = read(values, (), size).nodes
                assets += filter(None, carried)
                nodes |= {id: node for id, node in new.items() if id not in begun}
                if list(new) != sorted(new) or len(nodes) > NEAR:  # without an order there would be others before these
                    return None, low
                if (high := self._page_end(begun, nodes, sought)) is not None:
                    nodes = {id: node for id, node in nodes.items() if id <= high}
                    return Reached(nodes=nodes, assets=assets), high
                if len(new) < size:
                    if await bound(self.graph, place.label, low, NEAR, end) < end:
                        return None, low
                    break  # they are all that there are
                low, size = max(new), WIDER * size
        return Reached(nodes=nodes, assets=assets), LAST

    def _page_end(self, begun: Mapping[str, Node], users: Mapping[str, Node], sought: Sought) -> str | None:
        """Behind this none of the users is sought, where they are enough."""
        level = self.question.level
        keys = {node.key(level) for node in users.values() if self.question.shows(node.kind)}
        keys -= {self.own, *(node.key(level) for node in begun.values())}
        return None if len(keys) < sought.number else behind(sorted(keys)[sought.number - 1], level)
