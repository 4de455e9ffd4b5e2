"""Which nodes a walk reaches: one statement for all starts of a sort, pruned on both databases.

A walk past the limit is taken again level by level, so that what it shows is exact: the first nodes in the order of
depth and id, and nothing after them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from begat.access.scope import Viewer, background, predicate
from begat.core.errors import Code, Problem
from begat.graph.deadline import part, sooner
from begat.graph.driver import Graph
from begat.graph.statement import fill, load
from begat.lineage.across import Reach, across, endpoints_of, joined, opened, standing, standing_among
from begat.lineage.columns import Columns, columns_of, read, told
from begat.lineage.question import ROW_KINDS, Deleted, Direction, Question, Versions
from begat.lineage.shape import Cut, Node, Reached

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

    columns = columns_of(question, viewer)

    async def beyond(sort: str, chosen: Sequence[str], asked: Question) -> dict[str, Reached]:
        return await _reach(graph, background(), sort, chosen, asked, at, limit, columns)

    try:
        with sooner(part(AT_ONCE)):
            found = await _at_once(graph, viewer, by_sort, question, at, limit, columns, carry, beyond, edges=edges)
    except Problem as problem:
        if problem.code is not Code.LIMIT:
            raise
        found = dict.fromkeys(starts, Reached(cut="DEADLINE"))  # it takes too long: as far as the time goes
    until = part(BY_LEVELS)
    for id, kind in starts.items():
        if id in found and (found[id].cut or len(found[id].nodes) > limit):
            sort = _start(id, kind, question.versions)
            first = replace(question, depth=0)
            begun = (await _reach(graph, viewer, sort, [id], first, at, limit, columns)).get(id, Reached())
            found[id] = await _by_levels(graph, begun, question, at, limit, columns, beyond, until)
    return found


async def _at_once(
    graph: Graph,
    viewer: Viewer,
    by_sort: Mapping[str, Sequence[str]],
    question: Question,
    at: str,
    limit: int,
    columns: Columns,
    carry: Carry | None,
    beyond: Reach,
    *,
    edges: bool,
) -> dict[str, Reached]:
    """All walks, in one statement for each sort of start."""
    found: dict[str, Reached] = {}
    counted = not edges and _countable(question)
    for sort, chosen in by_sort.items():
        some = await _reach(graph, viewer, sort, chosen, question, at, limit, columns, carry, counted=counted)
        if counted and any(one.cut or endpoints_of(one.nodes.values(), question) for one in some.values()):
            some = await _reach(graph, viewer, sort, chosen, question, at, limit, columns, carry)
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
    columns: Columns,
    carry: Carry | None = None,
    *,
    counted: bool = False,
) -> dict[str, Reached]:
    if not question.followed:
        return {}
    followed = "|".join(question.followed)
    parts = [fill(_HERE, sort, scope=predicate("a"))]
    if counted:
        hop = fill(_HERE, "level_up" if question.direction is Direction.UP else "level_down", edges=followed)
        parts += [load(_HERE, "level_first"), *[hop] * (question.depth or 0), load(_HERE, "level_nodes")]
    else:
        depth = "" if question.depth is None or question.depth > WRITTEN_DEPTH else question.depth
        walk = "reach_up" if question.direction is Direction.UP else "reach_down"
        parts += [fill(_HERE, walk, edges=f"{followed}*0..{depth}"), load(_HERE, "found")]
    tells = told(question, columns, edges=not counted)
    parts += tells.parts
    if carry is not None:
        parts.append(fill(_HERE, "carry", projection=", ".join(carry.columns), scope=predicate()))
    parts.append(f"RETURN collect([id, starts, depths, {'[]' if carry is None else 'assets'}, {tells.columns}])")
    most = 0 if carry is None else carry.most
    rows = await graph.read("\n".join(parts), ids=list(chosen), at=at, limit=limit + 1, carry=most, **viewer.scope)
    found = {}
    for id, starts, depths, assets, *told_columns in rows:
        one = read(told_columns, starts, limit)
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


def _fewest(levels: Iterable[Iterable[str]]) -> dict[str, int]:
    """The first level of each node."""
    found: dict[str, int] = {}
    for depth, ids in enumerate(levels):
        for id in ids:
            found.setdefault(id, depth)
    return found


async def _by_levels(
    graph: Graph,
    begun: Reached,
    question: Question,
    at: str,
    limit: int,
    columns: Columns,
    beyond: Reach,
    until: float,
) -> Reached:
    """The first ``limit`` nodes of a walk that has more, or takes longer than ``until``, in the order of depth and id:
    of a level whose nodes were not all found in time, none."""
    if begun.cut:
        return replace(begun, starts=frozenset(sorted(begun.starts)[:limit]))
    tells = told(question, columns, edges=True)
    hop = "step_up" if question.direction is Direction.UP else "step_down"
    parts = [fill(_HERE, hop, edges="|".join(question.followed)), *tells.parts, f"RETURN [{tells.columns}]"]
    statement = "\n".join(parts)
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
    level = read(await graph.read(statement, ids=ids, at=at, limit=limit + 1 + len(ids)), (), limit)
    if not down:
        met = endpoints_of(level.nodes.values(), question)
        level = await opened(level, question, beyond)
    return level, met


async def deleted(graph: Graph, assets: Iterable[str]) -> frozenset[str]:
    """Which of these assets are in the trash or purged."""
    return frozenset(await graph.read(load(_HERE, "deleted"), ids=sorted(set(assets))))
