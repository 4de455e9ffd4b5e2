"""How one asset, immutable node or row came to another: the shortest ways of lineage between the two.

Asked upwards from the younger end wherever that is possible: what something was made from is little, what was made from
a table may be everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio.to_thread

from begat.access.scope import Viewer, predicate
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.graph.driver import Graph
from begat.graph.statement import fill
from begat.lineage.answers import Completeness, completeness
from begat.lineage.pages import veil
from begat.lineage.paths import Path, Paths, shortest
from begat.lineage.question import ROW_KINDS, Direction, Level, Question, Versions, kind_name
from begat.lineage.reach import LIMIT, reach
from begat.lineage.reached import Cut, Reached
from begat.lineage.shape import Hit, Veil

MOST = 100
EVERY = Question(Direction.UP, depth=None, level=Level.VERSION, versions=Versions.ALL)
"""The question whose walk holds all paths."""

_ROWISH = ROW_KINDS | {"CANONICAL_LABEL", "LABEL_VERSION"}


@dataclass(frozen=True, slots=True)
class Way:
    """A path as the caller sees it: the nodes from one end to the other, and the relation between each two."""

    direction: Direction
    hits: tuple[Hit, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Ways:
    """The shortest ways, the shortest first."""

    ways: tuple[Way, ...]
    completeness: Completeness


async def ways(
    graph: Graph, viewer: Viewer, secret: str, ends: tuple[str, str], first: int, at: str, limit: int = LIMIT
) -> Ways:
    """The ``first`` shortest paths between the two, up or down, as of ``at``. Raises NOT_FOUND for an end that is
    unknown or out of scope, LIMIT and BAD_INPUT for ``first``."""
    if first < 0:
        raise bad_input("At least 0 paths are shown.", "first")
    if first > MOST:
        raise Problem(Code.LIMIT, f"At most {MOST} paths are shown.", path=("first",), hint="The shortest come first.")
    subject = fill("begat.lineage", "subject", scope=predicate())
    kinds = []
    for id, argument in zip(ends, ("from", "to"), strict=True):
        stored = await graph.read(subject, id=ids.check(id, argument), **viewer.scope)
        if stored is None:
            raise not_found(id, argument)
        kinds.append(kind_name(stored))
    near, far = ((id, kind) for id, kind in zip(ends, kinds, strict=True))
    name = veil(secret, viewer.name, "paths", *ends, at)
    found: list[Way] = []
    cut: Cut | None = None
    for direction, younger, older in ((Direction.UP, near, far), (Direction.DOWN, far, near)):
        paths, reached = await _between(graph, viewer, younger, older, first, at, limit)
        found += [_way(path, direction, reached, viewer, name) for path in paths.paths]
        cut = cut or reached.cut or ("LIMIT" if paths.cut else None)
        if found and not (kinds[0] == kinds[1] == "SOURCE_TABLE"):
            break  # only tables can lie both up and down of each other
    found.sort(key=lambda way: len(way.relations))  # stable: of equally long ones those up come first
    shown = tuple(found[:first])
    hidden = {hit.key: hit.kind for way in shown for hit in way.hits if hit.hidden}
    if len(found) > first:
        cut = cut or "LIMIT"
    told = completeness(cut=cut, hidden=sorted(Counter(hidden.values()).items()))
    return Ways(shown, told)


async def _between(
    graph: Graph, viewer: Viewer, younger: tuple[str, str], older: tuple[str, str], first: int, at: str, limit: int
) -> tuple[Paths, Reached]:
    """The paths from the younger up to the older, and what they were found in."""
    # A walk enters rows only with rows, and there are very many: where one end is a row, the walk leaves from it.
    down = older[1] in _ROWISH and younger[1] not in _ROWISH
    asked = replace(EVERY, rows=older[1] in _ROWISH and younger[1] in _ROWISH)
    if down:
        asked = replace(asked, direction=Direction.DOWN)
    begin, end = (older, younger) if down else (younger, older)
    goal = (await reach(graph, viewer, dict([end]), replace(asked, depth=0), at, limit)).get(end[0], Reached())
    found = (await reach(graph, viewer, dict([begin]), asked, at, limit)).get(begin[0], Reached())
    top, bottom = (goal.starts, found.starts) if down else (found.starts, goal.starts)
    if not found.nodes.keys() & goal.starts:
        return Paths(cut=False), found
    steps = [link for link in found.links if link[0] in found.nodes and link[2] in found.nodes]
    paths = await anyio.to_thread.run_sync(shortest, steps, top, bottom, first)
    return paths, found


def _way(path: Path, direction: Direction, reached: Reached, viewer: Viewer, name: Veil) -> Way:
    nodes, relations = path.nodes, path.relations
    if direction is Direction.DOWN:
        nodes, relations = nodes[::-1], relations[::-1]
    return Way(direction, _hits(nodes, reached, viewer, name), relations)


def _hits(nodes: Sequence[str], reached: Reached, viewer: Viewer, name: Veil) -> tuple[Hit, ...]:
    hits = []
    for depth, id in enumerate(nodes):
        node = reached.nodes[id]
        hidden = not viewer.sees(node.project)
        hits.append(Hit(name(id) if hidden else id, id, node.kind, depth, node.asset, node, hidden))
    return tuple(hits)
