"""What a walk means: a pure function of what was reached. Levels, scope, deleted, kinds and stops live here, once.

The walk goes over immutable nodes, never over assets: two versions of one asset that nothing connects are not joined by
being shown as one. What may not be seen, what is bridged and what is of another kind than asked is passed through and
counts as a hop.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple

from begat.core.ids import kind_of_asset, kinds_of_assets
from begat.core.lazy import Lazy
from begat.core.table import Table
from begat.lineage.ends import ends
from begat.lineage.hops import hops
from begat.lineage.question import ASSET_KIND, Deleted, Direction, Level, Question
from begat.lineage.reached import Link, Node, Reached, Whole

Sees = Callable[[str | None], bool]
"""Whether the caller sees what is in this project."""

Veil = Callable[[str], str]
"""An id that stands for a hidden one in this answer only."""


class Hit(NamedTuple):
    """Something the walk found. ``key`` is its real id, ``id`` what the caller is told; ``node`` is the immutable node
    itself where the hit is shown as such."""

    id: str
    key: str
    kind: str
    depth: int
    asset: str
    node: Node | None
    hidden: bool


class Edge(NamedTuple):
    """A relation between two hits, or a hit and the start; ``via`` counts what was passed through and is not shown."""

    source: str
    target: str
    relation: str
    via: int


@dataclass(frozen=True)
class Walk:
    """A shaped answer: all its hits in the order of depth and id."""

    start: str
    question: Question
    at: str
    reached: Reached
    members: Mapping[str, Sequence[str]]
    """The nodes of each hit, by its real id; none of those that stand for theirs (`Whole`)."""
    keys: Mapping[str, str]
    """What each node is shown as; empty where each is its own."""
    depths: Mapping[str, int]
    passed: frozenset[str]
    stopped: frozenset[str]
    sees: Sees
    veil: Veil

    @cached_property
    def order(self) -> list[str]:
        """The real ids of all hits in the order of depth and id."""
        found = sorted(self.members)
        found.sort(key=self.depth_of.__getitem__)  # stable, and twice as fast as by pairs
        return found

    @cached_property
    def hits(self) -> Table[Hit]:
        """All hits in their order."""
        return self.shown(self.order)

    @cached_property
    def depth_of(self) -> Mapping[str, int]:
        """How many hops each hit is away."""
        depths = self.depths
        if isinstance(self.reached.nodes, Whole):
            return depths
        return {
            key: depths[group[0]] if len(group) == 1 else min(map(depths.__getitem__, group))
            for key, group in self.members.items()
        }

    @cached_property
    def counts(self) -> list[tuple[int, str, int]]:
        """Depth, kind and number of hits."""
        found = Counter(zip(map(self.depth_of.__getitem__, self.members), self._kinds(self.members), strict=True))
        return [(depth, kind, count) for (depth, kind), count in sorted(found.items())]

    @cached_property
    def hidden(self) -> list[tuple[str, int]]:
        """Kind and number of hits that the caller may not see."""
        veiled = self._veiled
        return sorted(Counter(self._kinds(key for key in self.members if key in veiled)).items())

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each hit in the order, by its real id."""
        return {key: place for place, key in enumerate(self.order)}

    def shown(self, keys: Sequence[str]) -> Table[Hit]:
        """The hits with these real ids."""
        nodes, veiled = self.reached.nodes, self._veiled
        firsts = [] if isinstance(nodes, Whole) else [nodes[self.members[key][0]] for key in keys]
        shown: dict[str, Sequence[Any]] = {
            "id": [self.veil(key) if key in veiled else key for key in keys] if veiled else keys,
            "key": keys,
            "kind": Lazy(keys, kind_of_asset) if isinstance(nodes, Whole) else self._kinds(keys),
            "depth": list(map(self.depth_of.__getitem__, keys)),
            "asset": [node.asset for node in firsts] or keys,
            "node": [None] * len(keys) if self.question.level is Level.ASSET else firsts,
            "hidden": [key in veiled for key in keys] if veiled else [False] * len(keys),
        }
        return Table(Hit, {name: shown[name] for name in Hit._fields})

    def _kinds(self, keys: Iterable[str]) -> list[str]:
        """The kinds of the hits with these real ids."""
        nodes = self.reached.nodes
        if isinstance(nodes, Whole):
            return kinds_of_assets(keys)
        kinds = [nodes[self.members[key][0]].kind for key in keys]
        return [ASSET_KIND.get(kind, kind) for kind in kinds] if self.question.level is Level.ASSET else kinds

    @cached_property
    def _veiled(self) -> frozenset[str]:
        """The real ids of the hits that the caller may not see."""
        nodes = self.reached.nodes
        if isinstance(nodes, Whole):
            projects = {key: nodes.projects.get(key) for key in self.members} if nodes.projects else {}
        else:
            projects = {key: nodes[group[0]].project for key, group in self.members.items()}
        hidden = {project for project in set(projects.values()) if not self.sees(project)}
        return frozenset(key for key, project in projects.items() if project in hidden) if hidden else frozenset()

    @property
    def edges(self) -> Table[Edge]:
        """All edges between hits, and between hits and the start, in the order of `edge_places`."""
        return self._edged[1]

    @property
    def edge_places(self) -> Sequence[int]:
        """The place of the later end of each edge: pages that show it with that one show every edge once and none to
        what was not shown yet."""
        return self._edged[0]

    @cached_property
    def _edged(self) -> tuple[Sequence[int], Table[Edge]]:
        place, shown = self.place.get, {key: self.veil(key) for key in self._veiled}
        edges = self._joined()
        columns: Sequence[Sequence[Any]] = tuple(zip(*edges, strict=True)) or ((),) * len(Edge._fields)
        sources, targets, *_ = columns
        later = map(max, map(place, sources, repeat(-1)), map(place, targets, repeat(-1)))
        # Sorted before hidden ids are replaced, so that the order is everybody's.
        found = sorted(zip(later, *columns, strict=True))
        if found and found[0][0] < 0:  # between nodes that are the start
            found = [one for one in found if one[0] >= 0]
        if shown:
            found = [(later, shown.get(one, one), shown.get(to, to), how, via) for later, one, to, how, via in found]
        places, *columns = zip(*found, strict=True) if found else ((),) * (1 + len(Edge._fields))
        return places, Table(Edge, dict(zip(Edge._fields, columns, strict=True)))

    def ends(self) -> Walk:
        """The same walk showing only where it began: the hits that were made from nothing that it follows, which is
        nothing behind where it stops and nothing deleted that it leaves out, and of tables that feed each other in a
        circle, which nothing else feeds, all."""
        # What a limit cut off is not among the nodes: it counts as followed.
        left = self.reached.nodes.keys() - self.depths.keys()
        links = ((source, target) for source, _, target in self.reached.links if source not in self.stopped)
        last = ends((source, target) for source, target in links if target not in left)
        members = {key: group for key, group in self.members.items() if any(map(last, group))}
        left_out = {id for key, group in self.members.items() if key not in members for id in group}
        return replace(self, members=members, passed=self.passed | left_out)

    def _joined(self) -> Collection[tuple[str, str, str, int]]:
        """Each edge once, with real ids, and with the fewest nodes passed through. It carries the relation of its
        source's end: how the source was made."""
        depths, keys = self.depths, self.keys
        if isinstance(self.reached.nodes, Whole):
            return [(source, target, relation, 0) for source, relation, target in self.reached.links]
        if not self.passed:
            return {
                (source, target, relation, 0)
                for one, relation, other in self.reached.links
                if (source := keys.get(one)) and (target := keys.get(other)) and source != target
            }
        links = [link for link in self.reached.links if link[0] in depths and link[2] in depths]
        makers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for source, relation, target in links:
            makers[target].append((source, relation))
        found: dict[Link, int] = {}
        for target in depths:
            if target in self.passed:
                continue
            key, via, seen = keys[target], 0, {target}
            front = [target]
            while front:
                beyond = []
                for node in front:
                    for source, relation in makers[node]:
                        if source in self.passed:
                            if source not in seen and source not in self.stopped:
                                seen.add(source)
                                beyond.append(source)
                        elif (shown := keys[source]) != key:
                            found[shown, key, relation] = min(via, found.get((shown, key, relation), via))
                front, via = beyond, via + 1
        return [(*link, via) for link, via in found.items()]


def shape(
    start: str,
    question: Question,
    at: str,
    reached: Reached,
    *,
    sees: Sees,
    veil: Veil,
    deleted: Collection[str] = frozenset(),
) -> Walk:
    """The answer to the question from the asset ``start`` as of ``at``. ``deleted`` names assets that are in the trash
    or purged; nothing is asked of it where the question includes them."""
    nodes = reached.nodes
    whole = isinstance(nodes, Whole)  # the database saw to the moment
    if not whole:
        nodes = {id: node for id, node in nodes.items() if node.born <= at}
    excluded = {id for id, node in nodes.items() if node.asset in deleted} - reached.starts if deleted else set()
    stopped = _of_kinds(nodes, question.stop_at) - reached.starts if question.stop_at else set()
    if question.deleted is Deleted.EXCLUDE:
        nodes = {id: node for id, node in nodes.items() if id not in excluded}
    starts = [id for id in reached.starts if id in nodes]
    depths: Mapping[str, int]
    if reached.depths is None:
        depths = hops(starts, _beyond(reached.links, question), nodes, question.depth, stopped)
    elif len(nodes) == len(reached.nodes):
        depths = reached.depths
    else:
        depths = {id: depth for id, depth in reached.depths.items() if id in nodes}
    own = {start, *(starts if whole else (nodes[id].key(question.level) for id in starts))}
    bridged = excluded if question.deleted is Deleted.BRIDGE else ()
    all_shown = question.kinds is None and not bridged
    members: dict[str, Sequence[str]] = {}
    passed = set()
    keys: dict[str, str] = {}
    if all_shown and whole:
        members = dict.fromkeys(depths, ())
        for id in own:
            members.pop(id, None)
    else:
        keys = {id: nodes[id].key(question.level) for id in depths}
        groups: dict[str, list[str]] = defaultdict(list)
        for id, key in keys.items():
            if all_shown or key in own or (id not in bridged and question.shows(nodes[id].kind)):
                groups[key].append(id)
            else:
                passed.add(id)
        members = {key: group for key, group in groups.items() if key not in own}
    return Walk(start, question, at, reached, members, keys, depths, frozenset(passed), frozenset(stopped), sees, veil)


def _beyond(links: Iterable[Link], question: Question) -> Mapping[str, list[str]]:
    """What lies one hop beyond each node."""
    up = question.direction is Direction.UP
    beyond: dict[str, list[str]] = defaultdict(list)
    for source, _, target in links:
        near, far = (source, target) if up else (target, source)
        beyond[near].append(far)
    return beyond


def _of_kinds(nodes: Mapping[str, Node], kinds: Collection[str]) -> set[str]:
    return {id for id, node in nodes.items() if node.kind in kinds or node.asset_kind in kinds}
