"""Which nodes a walk reaches: one statement for all starts of a sort, pruned on both databases.

A walk past the limit is taken again level by level, so that what it shows is exact: the first nodes in the order of
depth and id, and nothing after them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from begat.access.scope import Viewer, background, predicate
from begat.core.errors import Code, Problem
from begat.graph.deadline import part, sooner
from begat.graph.driver import Graph
from begat.graph.statement import fill, load
from begat.lineage.across import Reach, across, endpoints_of, joined, opened, standing, standing_among
from begat.lineage.question import ROW_KINDS, WIDE, Deleted, Direction, Question, Versions
from begat.lineage.shape import Cut, Link, Node, Reached

LIMIT = 100_000
"""The most nodes that a walk reaches; beyond it the answer says that it is not complete."""

WRITTEN_DEPTH = 50
"""The deepest bound that is written into a statement; a deeper one is kept by the shape."""

LEVELS = 12
"""The deepest walk that is taken level by level within one statement, where nobody asks for edges: it costs each node
once for each level that it is on."""

AT_ONCE, BY_LEVELS = 0.5, 0.8
"""The shares of a request's time after which one statement is given up, and then what is left after which no further
level is begun: the rest is for telling what was found."""

_HERE = "begat.lineage"
_START = {
    "SHEET": "start_latest",
    "TEMPLATE": "start_latest",
    "CANONICAL_LABEL": "start_latest",
    "TRAINING_SHEET": "start_all",
    "MODEL": "start_champion",
    "ENDPOINT": "start_serving",
}


@dataclass(frozen=True)
class Carry:
    """Columns (declared expressions over ``n``) of the assets of what is reached, to be brought by the same statement
    from walks of at most ``most`` nodes."""

    columns: tuple[str, ...] = ()
    most: int = 0


async def reach(
    graph: Graph,
    viewer: Viewer,
    starts: Mapping[str, str],
    question: Question,
    at: str,
    limit: int = LIMIT,
    carry: Carry | None = None,
    *,
    edges: bool = True,
) -> dict[str, Reached]:
    """What each of the walks reaches, by the id of its start. ``starts`` maps ids of assets (or of immutable nodes) to
    their kinds; those that do not exist, or are out of scope, are missing. Without ``edges`` the database may count the
    hops itself and leave the relations out."""
    by_sort: dict[str, list[str]] = defaultdict(list)
    for id, kind in starts.items():
        by_sort[_start(id, kind, question.versions)].append(id)

    async def beyond(sort: str, chosen: Sequence[str], asked: Question) -> dict[str, Reached]:
        return await _reach(graph, background(), sort, chosen, asked, at, limit)

    try:
        with sooner(part(AT_ONCE)):
            found = await _at_once(graph, viewer, by_sort, question, at, limit, carry, beyond, edges=edges)
    except Problem as problem:
        if problem.code is not Code.LIMIT:
            raise
        found = dict.fromkeys(starts, Reached(cut="DEADLINE"))  # it takes too long: as far as the time goes
    until = part(BY_LEVELS)
    for id, kind in starts.items():
        if id in found and (found[id].cut or len(found[id].nodes) > limit):
            sort = _start(id, kind, question.versions)
            begun = (await _reach(graph, viewer, sort, [id], replace(question, depth=0), at, limit)).get(id, Reached())
            found[id] = await _by_levels(graph, begun, question, at, limit, beyond, until)
    return found


async def _at_once(
    graph: Graph,
    viewer: Viewer,
    by_sort: Mapping[str, Sequence[str]],
    question: Question,
    at: str,
    limit: int,
    carry: Carry | None,
    beyond: Reach,
    *,
    edges: bool,
) -> dict[str, Reached]:
    """All walks, in one statement for each sort of start."""
    found: dict[str, Reached] = {}
    counted = not edges and _countable(question)
    for sort, chosen in by_sort.items():
        some = await _reach(graph, viewer, sort, chosen, question, at, limit, carry, counted=counted)
        if counted and any(one.cut or endpoints_of(one.nodes.values(), question) for one in some.values()):
            some = await _reach(graph, viewer, sort, chosen, question, at, limit, carry)
        found |= some
    return await across(found, question, beyond)


def _start(id: str, kind: str, versions: Versions) -> str:
    if ":" in id:
        return "start_version"
    if kind in ROW_KINDS:
        return "start_row"
    if versions is Versions.ALL:
        return "start_all"
    return _START.get(kind, "start_itself")


async def _reach(
    graph: Graph,
    viewer: Viewer,
    sort: str,
    chosen: Sequence[str],
    question: Question,
    at: str,
    limit: int,
    carry: Carry | None = None,
    *,
    counted: bool = False,
) -> dict[str, Reached]:
    if not question.followed:
        return {}
    parts = [fill(_HERE, sort, scope=predicate("a")), *_walk(question, counted=counted)]
    if carry is None:
        parts.append("RETURN collect([id, starts, nodes, depths, []])")
    else:
        parts.append(fill(_HERE, "carry", projection=", ".join(carry.columns), scope=predicate()))
        parts.append("RETURN collect([id, starts, nodes, depths, assets])")
    most = 0 if carry is None else carry.most
    rows = await graph.read("\n".join(parts), ids=list(chosen), at=at, limit=limit + 1, carry=most, **viewer.scope)
    found = {}
    for id, starts, nodes, depths, assets in rows:
        one = _read(nodes, starts, limit)
        found[id] = replace(one, assets=assets, depths=_fewest(depths) if counted else None)
    return found


def _countable(question: Question) -> bool:
    """Whether a walk's depths are those of its levels: nothing on the way ends it, and it is not too deep."""
    return (
        question.depth is not None
        and question.depth <= LEVELS
        and not question.stop_at
        and question.deleted is not Deleted.EXCLUDE
    )


def _walk(question: Question, *, counted: bool) -> list[str]:
    """The parts of the statement from starts ``s`` to what was ``found``, its ``nodes`` and their ``depths``."""
    up = question.direction is Direction.UP
    edges = "|".join(question.followed)
    if not counted:
        depth = "" if question.depth is None or question.depth > WRITTEN_DEPTH else str(question.depth)
        reach = fill(_HERE, "reach_up" if up else "reach_down", edges=f"{edges}*0..{depth}")
        return [reach, fill(_HERE, "nodes", projection=f"{_NODE}, {_relations(question)}")]
    level = fill(_HERE, "level_up" if up else "level_down", edges=edges)
    return [load(_HERE, "level_first"), *[level] * (question.depth or 0), fill(_HERE, "level_nodes", projection=_NODE)]


def _fewest(levels: Iterable[Iterable[str]]) -> dict[str, int]:
    """The first level of each node."""
    found: dict[str, int] = {}
    for depth, ids in enumerate(levels):
        for id in ids:
            found.setdefault(id, depth)
    return found


async def _by_levels(
    graph: Graph, begun: Reached, question: Question, at: str, limit: int, beyond: Reach, until: float
) -> Reached:
    """The first ``limit`` nodes of a walk that has more, or takes longer than ``until``, in the order of depth and id:
    of a level whose nodes were not all found in time, none."""
    if begun.cut:
        return replace(begun, starts=frozenset(sorted(begun.starts)[:limit]))
    statement = fill(
        _HERE,
        "step_up" if question.direction is Direction.UP else "step_down",
        projection=f"{_NODE}, {_relations(question)}",
        edges="|".join(question.followed),
    )
    nodes, links, met, depth = dict(begun.nodes), list(begun.links), set[str](), 0
    front = [begun.nodes[id] for id in sorted(begun.starts)]
    cut: Cut | None = None
    while front and not cut and (question.depth is None or depth < question.depth):
        depth += 1
        try:
            with sooner(until):
                level, seen = await _level(graph, front, statement, question, at, limit, beyond)
        except Problem as problem:
            if problem.code is not Code.LIMIT:
                raise
            cut = "DEADLINE"
            break
        met |= seen
        new = [node for id, node in sorted(level.nodes.items()) if id not in nodes]
        front = new[: limit - len(nodes)]
        nodes |= {node.id: node for node in front}
        links += level.links
        cut = "LIMIT" if len(front) < len(new) else None
    stands = await standing(sorted(met), nodes.values(), question, beyond)
    return joined([Reached(begun.starts, nodes, tuple(links), cut)], begun.starts, stands)


async def _level(
    graph: Graph, front: Sequence[Node], statement: str, question: Question, at: str, limit: int, beyond: Reach
) -> tuple[Reached, set[str]]:
    """The nodes one hop from the front, and the endpoints as a whole that were met on the way."""
    ids = [node.id for node in front]
    down = question.direction is Direction.DOWN
    met = endpoints_of(front, question) if down else set()
    if down:
        ids += await standing_among(front, question, beyond)
    # An endpoint as a whole takes a row and may bring none that is new; each is met from another node of the front.
    level = _read(await graph.read(statement, ids=ids, at=at, limit=limit + 1 + len(ids)), (), limit)
    if not down:
        met = endpoints_of(level.nodes.values(), question)
        level = await opened(level, question, beyond)
    return level, met


_NODE = (
    "n.id, CASE n.kind WHEN 'CANONICAL_LABEL_VERSION' THEN 'LABEL_VERSION' ELSE n.kind END, "
    "coalesce(n.asset, CASE n.kind WHEN 'QA_PAIR' THEN n.trainingSheet WHEN 'FEEDBACK' THEN n.endpoint END, n.id), "
    "n.project, n.createdAt, n.number"
)
"""The columns of a shape.Node."""


def _relations(question: Question) -> str:
    """The relations of a node: those of which a source has few from the source, others from the target. Those that
    others assert only later than ``$at`` are left out: a node that only they lead to is reached, but joined to nothing,
    and so is in no answer."""
    narrow = [type for type in question.followed if type not in WIDE]
    wide = [type for type in question.followed if type in WIDE]
    known = " WHERE coalesce(e.since, '') <= $at" if "FED_BY" in narrow else ""
    made = f"[(n)-[e:{'|'.join(narrow)}]->(m){known} | [type(e), m.id]]" if narrow else "[]"
    used = f"[(n)<-[e:{'|'.join(wide)}]-(m) | [type(e), m.id]]" if wide else "[]"
    return f"{made}, {used}"


def _read(rows: Sequence[list[Any]], starts: Iterable[str], limit: int) -> Reached:
    """Rows of a node's columns and, unless it was counted, its relations."""
    size = len(Node._fields)
    nodes = {row[0]: Node._make(row[:size]) for row in rows}
    links: list[Link] = []
    if rows and len(rows[0]) > size:
        links = [(row[0], relation, target) for row in rows for relation, target in row[size]]
        links += [(source, relation, row[0]) for row in rows for relation, source in row[size + 1]]
    return Reached(frozenset(starts), nodes, tuple(links), cut="LIMIT" if len(nodes) > limit else None)


async def deleted(graph: Graph, assets: Iterable[str]) -> frozenset[str]:
    """Which of these assets are in the trash or purged."""
    return frozenset(await graph.read(load(_HERE, "deleted"), ids=sorted(set(assets))))
