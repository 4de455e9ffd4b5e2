"""The shortest paths between two sets of nodes, without ever enumerating all there are; pure.

Of many diamonds in a row there are more paths than anybody can count. So paths are grown from the shortest on, only
towards nodes from which the end is reached, and siblings are looked at one by one: the work grows with the paths that
are shown and their length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, islice

Step = tuple[str, str, str]
"""From, relation, to; the way the path goes."""

WORK = 1_000_000
"""Steps that are looked at before a search is given up: only many circles need so many."""


@dataclass(frozen=True, slots=True)
class Path:
    """``nodes`` from one end to the other, each once, and the relation between each two that follow each other."""

    nodes: tuple[str, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Paths:
    """The shortest paths, the shortest first. ``cut`` where there are more, or where the search was given up."""

    paths: tuple[Path, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Grown:
    """A beginning of a path: ``place`` is that of its last step among those that lead on from ``before``."""

    node: str
    relation: str
    before: _Grown | None
    place: int
    length: int

    def back(self) -> Iterator[_Grown]:
        """From its end to where it began."""
        one: _Grown | None = self
        while one is not None:
            yield one
            one = one.before


@dataclass
class _Search:
    goals: Collection[str]
    onward: Mapping[str, list[tuple[int, str, str]]]
    """By node: how far the end is from where a step leads, its relation, and where it leads; the nearest first."""
    work: int
    queue: list[tuple[int, int, int, _Grown]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)

    def found(self) -> Iterator[Path]:
        """Paths, the shortest first; ends early when the work is done."""
        while self.queue:
            *_, grown = heappop(self.queue)
            if grown.before is not None:
                self.push(grown.before, grown.place + 1)  # its next sibling, which is not shorter
            if grown.node in self.goals:
                way = list(grown.back())[::-1]
                self.work -= len(way)
                yield Path(tuple(one.node for one in way), tuple(one.relation for one in way[1:]))
            else:
                self.push(grown, 0)
            if self.work <= 0:
                return

    def push(self, grown: _Grown, place: int) -> None:
        """Grows by the first step from this place on that leads to a node which is not in the path yet."""
        onward, met = self.onward[grown.node], None
        while place < len(onward):
            distance, relation, node = onward[place]
            if met is None:
                met = {one.node for one in grown.back()}
                self.work -= len(met)
            self.work -= 1
            if node not in met:
                longer = _Grown(node, relation, grown, place, grown.length + 1)
                # Of equally long ones the longest grown is next: each is followed to its end before another is begun.
                heappush(self.queue, (longer.length + distance, -longer.length, next(self.order), longer))
                return
            place += 1


def shortest(
    steps: Iterable[Step], starts: Collection[str], goals: Collection[str], first: int, work: int = WORK
) -> Paths:
    """The ``first`` shortest paths from any of the starts to any of the goals, that meet no further start and no
    further goal on their way. A node that is both is neither."""
    begin, end = set(starts) - set(goals), set(goals) - set(starts)
    ahead: dict[str, set[tuple[str, str]]] = defaultdict(set)
    back: dict[str, set[str]] = defaultdict(set)
    for source, relation, target in steps:
        if source not in goals and target not in starts:
            ahead[source].add((relation, target))
            back[target].add(source)
    distance = _distances(end, back)
    onward = {
        node: sorted((distance[target], relation, target) for relation, target in ahead[node] if target in distance)
        for node in distance
    }
    search = _Search(end, onward, work)
    for node in sorted(begin & distance.keys()):
        heappush(search.queue, (distance[node], 0, next(search.order), _Grown(node, "", None, 0, 0)))
    paths = tuple(islice(search.found(), first + 1))
    return Paths(paths[:first], len(paths) > first or search.work <= 0)


def _distances(goals: Collection[str], back: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The fewest steps from each node to a goal; nodes that reach none are left out."""
    found = dict.fromkeys(goals, 0)
    front = list(found)
    while front:
        new = []
        for node in front:
            for source in back.get(node, ()):
                if source not in found:
                    found[source] = found[node] + 1
                    new.append(source)
        front = new
    return found
