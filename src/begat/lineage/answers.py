"""Answers to lineage questions: reached in the database, shaped here, for all walks of a level at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import anyio.to_thread

from begat.access.scope import Viewer
from begat.core import times
from begat.graph.driver import Graph
from begat.lineage.crowd import Sought
from begat.lineage.pages import WINDOWS, Cursor, Page, name_of, page, veil
from begat.lineage.question import Deleted, Question
from begat.lineage.reach import LIMIT, Carry, deleted, reach
from begat.lineage.reached import INLINE, Cut, Reached
from begat.lineage.shape import Veil, Walk, shape


@dataclass(frozen=True)
class Answer:
    """A walk with its name (by which its cursors are known), its names for what is hidden, and what its cursors are
    signed with. A walk in the window ``window`` reaches that many times more than one in the first, 0; ``before`` is
    that of the window before, where edges are asked."""

    walk: Walk
    of: str
    name: Veil
    secret: str = field(repr=False)
    window: int = 0
    before: Walk | None = None

    @property
    def completeness(self) -> Completeness:
        """What it says of itself."""
        return completeness(cut=self.walk.reached.cut, hidden=self.walk.hidden)

    @property
    def continue_after(self) -> str | None:
        """The cursor behind which the next window of a walk past the limit begins."""
        if self.walk.reached.cut != "LIMIT" or not self.walk.members or self.window + 1 >= WINDOWS:
            return None
        (last,) = self.walk.shown(self.walk.order[-1:])
        return Cursor(self.of, self.walk.at, last.depth, last.id, self.window + 1).text(self.secret)

    def page(self, first: int, after: str | None, *, edges: bool = True) -> Page:
        """The ``first`` hits behind the cursor."""
        return page(
            self.walk,
            self.of,
            self.name,
            self.secret,
            first,
            after,
            with_edges=edges,
            window=self.window,
            before=self.before,
        )

    def ends(self) -> Answer:
        """The answer that shows only where the walk began."""
        return replace(self, walk=self.walk.ends(), before=self.before and self.before.ends())


@dataclass(frozen=True)
class Completeness:
    """Whether an answer is all there is; if not, why, and how many of which kind are left out or hidden."""

    complete: bool = True
    reason: str | None = None
    omitted: tuple[tuple[str, int], ...] = ()


async def walks(
    graph: Graph,
    viewer: Viewer,
    secret: str,
    starts: Mapping[str, str],
    question: Question,
    at: str | None,
    limit: int = LIMIT,
    carry: Carry | None = None,
    *,
    edges: bool = True,
    nodes: bool = True,
    window: int = 0,
    start: tuple[str, ...] = (),
    sought: Sought | None = None,
    as_of: str | None = None,
) -> dict[str, Answer]:
    """The walk from each start, by its id, as of ``at`` or as it stands now. ``starts`` maps asset ids to kinds. What
    ``carry`` asks for is in the ``assets`` of what was reached, as far as it goes: of a walk that is larger, or goes on
    behind endpoints or from rows, some may be missing. Without ``edges`` the walks may have none, and without ``nodes``
    no immutable nodes; those up to any depth, of which `ends` are asked, have both. ``window`` is how many times
    ``limit`` was read before; ``start`` are columns of the assets where they start. ``sought`` is all that is asked of
    a walk, where that is one page. ``as_of`` is the moment that the caller said, which its cursors know."""
    most = limit * (1 + window)
    reached = await reach(
        graph, viewer, starts, question, at, most, carry, edges=edges, nodes=nodes, start=start, sought=sought
    )
    earlier: Mapping[str, Reached] = {}
    if window and edges:
        earlier = await reach(graph, viewer, starts, question, at, limit * window)
    gone: frozenset[str] = frozenset()
    if question.deleted is not Deleted.INCLUDE:
        gone = await deleted(graph, (node.asset for one in reached.values() for node in one.nodes.values()))

    then = at or times.now()  # after it was read: all that was there is part of that moment, on every page

    def shaped() -> dict[str, Answer]:
        answers = {}
        for start in starts:
            of = name_of(start, question)
            name = veil(secret, viewer.name, of, then)
            found = reached.get(start, Reached())
            shaping = partial(shape, start, question, then, sees=viewer.sees, veil=name, deleted=gone)
            walk, before = shaping(found), shaping(earlier[start]) if start in earlier else None
            # Only cursors know whether the moment was said: hidden ids are named alike, in exports too.
            of = of if as_of is None else f"{of} {as_of}"
            answers[start] = Answer(walk, of, name, secret, window, before)
            if large:
                _ = walk.order, walk.counts  # which are most of the work that is left
        return answers

    large = sum(len(one.nodes) for one in reached.values()) > INLINE
    return await anyio.to_thread.run_sync(shaped) if large else shaped()


def completeness(*, cut: Cut | None, hidden: Iterable[tuple[str, int]]) -> Completeness:
    """What an answer says of itself. Of what a limit or the deadline cut off no number is known."""
    counts: Counter[str] = Counter()
    for kind, count in hidden:
        counts[kind] += count
    reason = cut or ("HIDDEN" if counts else None)
    return Completeness(reason is None, reason, tuple(sorted(counts.items())))
