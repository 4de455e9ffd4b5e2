"""Which nodes a walk reaches: one statement for all starts of a sort, pruned on both databases.

A walk past the limit is taken again level by level, so that what it shows is exact: the first nodes in the order of
depth and id, and nothing after them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio.to_thread

from begat.access.scope import Viewer, background
from begat.core.errors import Code, Problem
from begat.graph.deadline import part, sooner
from begat.graph.driver import Graph
from begat.graph.statement import load
from begat.lineage.across import (
    across,
    behind,
    crosses,
    endpoints_of,
    joined,
    opened,
    standing,
    standing_among,
    watching,
)
from begat.lineage.columns import Columns, columns_of, fewest, read, read_joined, read_whole, size
from begat.lineage.crowd import Crowd, Sought, seekable
from begat.lineage.question import Deleted, Direction, Level, Question, narrowed
from begat.lineage.reached import INLINE, Cut, Node, Reached
from begat.lineage.starts import start_of
from begat.lineage.statements import Form, hop_text, walk_text

LIMIT = 100_000
"""The most nodes that a walk reaches; beyond it the answer says that it is not complete."""

NOW = "9999-12-31T23:59:59.999Z"
"""The moment of what there is."""

LEVELS = 20
"""The deepest walk that is taken level by level within one statement, where nobody asks for edges: it costs each node
once for each level that it is on."""

AT_ONCE, BY_LEVELS = 0.5, 0.8
"""The shares of a request's time after which one statement is given up, and then what is left after which no further
level is begun: the rest is for telling what was found."""

_HERE = "begat.lineage"


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
    at: str | None,
    limit: int = LIMIT,
    carry: Carry | None = None,
    *,
    edges: bool = True,
    nodes: bool = True,
    start: tuple[str, ...] = (),
    sought: Sought | None = None,
) -> dict[str, Reached]:
    """What each of the walks reaches, by the id of its start. ``starts`` maps ids of assets (or of immutable nodes) to
    their kinds; those that do not exist, or are out of scope, are missing. ``at`` is None for what there is now.
    Without ``edges`` the database may count the hops itself and leave the relations out; without ``nodes`` these may be
    assets, and the relations theirs, where the question shows no more. ``start`` are columns of the assets that the
    walks start at. ``sought`` is all that is asked of them, where it is no more than a page of a first
    hop: they then need not reach anything else."""
    by_sort: dict[str, list[str]] = defaultdict(list)
    for id, kind in starts.items():
        by_sort[start_of(id, kind, question.versions)].append(id)
    walking = _Walking(graph, question, at, limit, columns_of(question, viewer, starts), start)
    try:
        with sooner(part(AT_ONCE)):
            if sought is not None and seekable(question) and len(starts) == 1:
                page = await walking.page(viewer, starts, sought, carry)
                if page is not None:
                    return page
            found = await walking.at_once(viewer, by_sort, carry, edges=edges, nodes=nodes)
    except Problem as problem:
        if problem.code is not Code.LIMIT:
            raise
        found = dict.fromkeys(starts, Reached(cut="DEADLINE"))  # it takes too long: as far as the time goes
    until = part(BY_LEVELS)
    for id, kind in starts.items():
        if id in found and (found[id].cut or len(found[id].nodes) > limit):
            first = await walking.begun(viewer, start_of(id, kind, question.versions), id)
            found[id] = replace(await walking.by_levels(first, until), start=first.start)
    return found


@dataclass(frozen=True)
class _Walking:
    """Walks of one question as of one moment."""

    graph: Graph
    question: Question
    at: str | None
    limit: int
    columns: Columns
    start: tuple[str, ...]

    async def at_once(
        self,
        viewer: Viewer,
        by_sort: Mapping[str, Sequence[str]],
        carry: Carry | None,
        *,
        edges: bool,
        nodes: bool,
    ) -> dict[str, Reached]:
        """All walks, in one statement for each sort of start; some more where they go on behind endpoints."""
        counted = not edges and _countable(self.question)
        joined = not nodes and not self.columns.kind and _joinable(self.question)
        found: dict[str, Reached] = {}
        for sort, chosen in by_sort.items():
            found |= await self.of(viewer, sort, chosen, self.question, carry, counted=counted, joined=joined)
        beyond = await behind(found, self.question, self.beyond)
        if counted and (beyond or any(one.cut for one in found.values())):
            return await self.at_once(viewer, by_sort, carry, edges=True, nodes=nodes)
        return await across(found, beyond, self.question, self.beyond) if beyond else found

    async def page(
        self, viewer: Viewer, starts: Mapping[str, str], sought: Sought, carry: Carry | None
    ) -> dict[str, Reached] | None:
        """The walk where it is not large, and else what is sought of it; None where that takes all of it."""
        ((id, kind),) = starts.items()
        sort, counted = start_of(id, kind, self.question.versions), _countable(self.question)
        crowd = Crowd(
            self.graph,
            viewer,
            sort,
            id,
            narrowed(self.question, [id]),
            self.columns,
            self.at or NOW,
            then=self.at is not None,
            start=self.start,
            carry=None if carry is None else carry.columns,
        )
        if not crowd.met:
            some = replace(self, limit=min(self.limit, sought.some))
            found = await some.of(viewer, sort, [id], self.question, carry, counted=counted, some=True)
            if id not in found or not found[id].cut:
                return found
        page = await crowd.page(sought)
        return None if page is None else {id: page}

    async def begun(self, viewer: Viewer, sort: str, id: str) -> Reached:
        """Where the walk begins."""
        return (await self.of(viewer, sort, [id], replace(self.question, depth=0))).get(id, Reached())

    async def beyond(self, sort: str, chosen: Sequence[str], question: Question) -> dict[str, Reached]:
        """Walks from any node, seen or not; nobody asks for columns of where they start."""
        return await replace(self, start=()).of(background(), sort, chosen, question)

    async def of(
        self,
        viewer: Viewer,
        sort: str,
        chosen: Sequence[str],
        question: Question,
        carry: Carry | None = None,
        *,
        counted: bool = False,
        joined: bool = False,
        some: bool = False,
    ) -> dict[str, Reached]:
        """The walks from starts of one sort, in one statement; ``counted`` level by level, and without relations, of
        which a large one may be ended at ``some``. No walk where that does not say enough of it."""
        question = narrowed(question, chosen)
        if not question.followed:
            return {}
        form = Form(
            sort,
            question,
            self.columns,
            None if carry is None else carry.columns,
            self.start,
            counted=counted,
            joined=joined and not counted,
            then=self.at is not None,
            some=some,
            everything=viewer.admin,
        )
        rows = await self.graph.read(
            walk_text(form),
            ids=list(chosen),
            at=self.at or NOW,
            limit=self.limit + 1,
            carry=0 if carry is None else carry.most,
            **viewer.scope,
        )
        found = {}
        for id, starts, start, levels, further, assets, *values in rows:
            if form.whole:
                up = question.direction is Direction.UP  # where there may be rows, as tasks are raised from feedback
                one = read_whole(values, further, question.depth or 0, self.limit, rows=up)
            elif form.joined:
                joining = partial(read_joined, values, starts, question.depth, self.limit)
                one = await anyio.to_thread.run_sync(joining) if size(values) > INLINE else joining()
            else:
                one = read(values, starts, self.limit)
                if counted:
                    # There may be more pairs than nodes: of those that were left out some may tell of nodes.
                    cut: Cut | None = "LIMIT" if len(further) > self.limit else one.cut
                    one = replace(one, depths=fewest(levels, further, question.depth or 0), cut=cut)
                elif crosses(question):
                    one = watching(one)
            if some and counted and len(values[0] if form.whole else levels) <= (question.depth or 0):
                one = replace(one, cut="LIMIT")  # a level was left out
            found[id] = replace(one, assets=assets, start=start)
        return found

    async def by_levels(self, begun: Reached, until: float) -> Reached:
        """The first ``limit`` nodes of a walk that has more, or takes longer than ``until``, in the order of depth and
        id: of a level whose nodes were not all found in time, none."""
        if begun.cut:
            return replace(begun, starts=frozenset(sorted(begun.starts)[: self.limit]))
        nodes, links, met, depth = dict(begun.nodes), list(begun.links), set[str](), 0
        front = [begun.nodes[id] for id in sorted(begun.starts)]
        cut: Cut | None = None
        while front and not cut and (self.question.depth is None or depth < self.question.depth):
            depth += 1
            try:
                with sooner(until):
                    level, seen = await self._level(front)
            except Problem as problem:
                if problem.code is not Code.LIMIT:
                    raise
                cut = "DEADLINE"
                break
            met |= seen
            new = [node for id, node in sorted(level.nodes.items()) if id not in nodes]
            front = new[: self.limit - len(nodes)]
            nodes |= {node.id: node for node in front}
            links += level.links
            cut = "LIMIT" if len(front) < len(new) else None
        stands = await standing(sorted(met), nodes.values(), self.question, self.beyond)
        return joined([Reached(begun.starts, nodes, tuple(links), cut)], begun.starts, stands)

    async def _level(self, front: Sequence[Node]) -> tuple[Reached, set[str]]:
        """The nodes one hop from the front, and the endpoints as a whole that were met on the way."""
        question, down = self.question, self.question.direction is Direction.DOWN
        ids = [node.id for node in front]
        if down:
            ids += await standing_among(front, question, self.beyond)
        statement = hop_text(question, self.columns, then=self.at is not None)
        # An endpoint as a whole takes a row and may bring none that is new; each is met from another node of the front.
        most = self.limit + 1 + len(ids)
        level = read(await self.graph.read(statement, ids=ids, at=self.at or NOW, limit=most), (), self.limit)
        if down:
            return level, endpoints_of(front, question)
        return await opened(level, question, self.beyond), endpoints_of(level.nodes.values(), question)


def _joinable(question: Question) -> bool:
    """Whether edges between assets say all that is shown of a walk down: nothing on the way ends it or is passed
    through, and no endpoint as a whole is met but by who watches it."""
    plain = question.kinds is None and not question.stop_at and question.deleted is Deleted.INCLUDE
    return plain and question.level is Level.ASSET and not question.rows and crosses(question)


def _countable(question: Question) -> bool:
    """Whether a walk's depths are those of its levels: nothing on the way ends it, and it is not too deep."""
    return (
        question.depth is not None
        and question.depth <= LEVELS
        and not question.stop_at
        and question.deleted is not Deleted.EXCLUDE
    )


async def deleted(graph: Graph, assets: Iterable[str]) -> frozenset[str]:
    """Which of these assets are in the trash or purged."""
    return frozenset(await graph.read(load(_HERE, "deleted"), ids=sorted(set(assets))))
