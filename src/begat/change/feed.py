"""The reader of the Revision log for everybody of this process who watches: one look for all, while somebody does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextvars import Context
from itertools import islice

from begat.access import tokens
from begat.access.scope import Viewer, background
from begat.change import log as revisions
from begat.change.announce import listening
from begat.change.log import Event
from begat.change.watcher import Ended, Limits, Revoked, Watcher
from begat.core.errors import Code, Problem, bad_input
from begat.core.ids import MAX_LENGTH
from begat.graph.driver import Graph

log = logging.getLogger("begat.feed")

LOOK_SECONDS = 0.5
"""Between two looks: how late a change by another instance is told."""
GAP_SECONDS = 5.0
"""How long a revision is waited for that must be there, as a later one is. It never is longer than a commit takes."""
MOST_IDS = 1_000
"""Ids that one subscription names."""
MOST_WATCHED = 10_000
"""Different ids that all subscriptions of one process watch."""
LIMITS = Limits()
"""How far one client may fall behind."""
AT_ONCE = 1_000
"""Assets, or tokens, that one statement asks for."""


class Feed:
    """Tells watchers what happens. Made by `feeding`."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._watchers: set[Watcher] = set()
        self._by_asset: defaultdict[str, set[Watcher]] = defaultdict(set)
        self._known: dict[str, int] = {}
        self._gaps: dict[str, float] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def watchers(self) -> int:
        """How many subscriptions there are at present."""
        return len(self._watchers)

    @property
    def reading(self) -> bool:
        """Whether the log is looked at: while somebody watches."""
        return self._task is not None

    @contextlib.asynccontextmanager
    async def watching(
        self, ids: Sequence[str], after: str | None, viewer: Viewer, token: str | None
    ) -> AsyncIterator[Watcher]:
        """A watcher of these assets from after that event, or from now, until the block ends. Unknown ids and those
        that the viewer may not see are watched like others. ``token`` is the fingerprint of the caller's token, without
        which the stream ends; None for the single user. Raises LIMIT, BAD_INPUT or Ended."""
        watcher = Watcher(self._graph, _checked(ids), viewer, token, LIMITS)
        if self._ended:
            raise Ended
        if len(self._by_asset.keys() | set(watcher.ids)) > MOST_WATCHED:
            raise Problem(
                Code.LIMIT,
                f"At most {MOST_WATCHED} assets are watched at a time through this begat.",
                path=("ids",),
                hint="Try again later, or watch fewer.",
            )
        self._watchers.add(watcher)  # before the look that says where it begins, so that nothing falls between
        for id in watcher.ids:
            self._by_asset[id].add(watcher)
        try:
            standing = await revisions.standing(self._graph, watcher.ids)
            for id in watcher.ids:
                # One less: Neo4j shows an asset's number before its index knows the revision, so who resumes just then
                # does not find the last one in the log himself. It is told to nobody twice.
                self._known.setdefault(id, standing[id][0] - 1 if id in standing else 0)
            if self._task is None:
                # In a context of its own: it reads for all, and outlives the request that it begins with.
                self._task = asyncio.create_task(self._run(), name="begat-feed", context=Context())
            await watcher.begin(after, standing)
            yield watcher
        finally:
            self._leave(watcher)

    def heard(self, assets: Collection[str]) -> None:
        """This process has changed these assets: it is looked at once whether somebody watches them."""
        changed = [id for id in assets if id in self._known]
        if changed:
            self._changed.update(changed)
            self._wake.set()

    def end(self) -> None:
        """Ends all streams, as begat ends; there are no new ones. They can be resumed elsewhere."""
        self._ended = True
        for watcher in self._watchers:
            watcher.end(Ended())

    async def close(self) -> None:
        """Ends all streams, and returns when nothing is read any more."""
        self.end()
        if self._task is not None:
            self._watchers.clear()
            self._wake.set()
            await self._task

    def _leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        for id in watcher.ids:
            self._by_asset[id].discard(watcher)
            if not self._by_asset[id]:
                del self._by_asset[id]
                self._known.pop(id, None)
                self._gaps.pop(id, None)
        if not self._watchers:
            self._wake.set()  # the reader sees that nobody is left; a statement that is under way ends first

    async def _run(self) -> None:
        """Looks at the log every half second, and at what this process changed as soon as it is said."""
        loop = asyncio.get_running_loop()
        next_look = loop.time()
        while self._watchers:
            whole = loop.time() >= next_look
            wanted = list(self._known) if whole else [id for id in self._changed if id in self._known]
            self._changed.clear()
            self._wake.clear()
            started = loop.time()
            try:
                await self._look(wanted, whole=whole)
            except Problem as problem:  # the database is away: streams wait for it, as nothing is lost
                log.warning("the log cannot be read: %s", problem.message)
            except Exception:
                log.exception("a fault while the log is read")
            if whole:  # never more than half of the time, however many are watched
                next_look = loop.time() + max(LOOK_SECONDS, loop.time() - started)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, next_look - loop.time()))
        self._task = None

    async def _look(self, wanted: Sequence[str], *, whole: bool) -> None:
        events: list[Event] = []
        for start in range(0, len(wanted), AT_ONCE):
            part = {id: self._known[id] for id in wanted[start : start + AT_ONCE] if id in self._known}
            found = await revisions.newer(self._graph, background(), part)
            events += self._in_turn(found)
        if whole or events:
            await self._renew()  # after the look: who lost his right before the change is not told of it
        for event in events:
            for watcher in self._by_asset.get(event.asset, ()):
                watcher.offer(event)

    def _in_turn(self, found: list[Event]) -> list[Event]:
        """The events that follow on what is known, of each asset without a gap; what is known is then after them.

        A commit becomes visible bit by bit: an asset's later revision can be there a moment before an earlier one.
        """
        now = asyncio.get_running_loop().time()
        turn = []
        counts: dict[str, int] = {}
        for event in found:
            known = self._known.get(event.asset)
            if known is None:  # nobody watches it any more
                continue
            counts[event.asset] = counts.get(event.asset, 0) + 1
            if event.number > known + 1:
                if now - self._gaps.setdefault(event.asset, now) < GAP_SECONDS:
                    continue
                log.error("revision %d of %s is not in the log", known + 1, event.asset)
            self._gaps.pop(event.asset, None)
            self._known[event.asset] = event.number
            turn.append(event)
        if more := [asset for asset, count in counts.items() if count >= revisions.PAGE]:
            self.heard(more)
        return turn

    async def _renew(self) -> None:
        """Asks what each caller may see by now; whose token was revoked is at his end."""
        held = {watcher.token for watcher in self._watchers if watcher.token is not None}
        viewers: dict[str, Viewer] = {}
        asked = iter(held)
        while part := list(islice(asked, AT_ONCE)):
            viewers |= await tokens.holders(self._graph, part)
        for watcher in self._watchers:
            if watcher.token is None or watcher.token not in held:
                continue
            if watcher.token in viewers:
                watcher.viewer = viewers[watcher.token]
            else:
                watcher.end(Revoked())


@contextlib.asynccontextmanager
async def feeding(graph: Graph) -> AsyncIterator[Feed]:
    """A feed of this graph; what goes on through it when the block ends is ended."""
    feed = Feed(graph)
    with listening(graph, feed.heard):
        try:
            yield feed
        finally:
            await feed.close()


def _checked(ids: Sequence[str]) -> Sequence[str]:
    if not ids:
        raise bad_input("There is nothing to watch.", "ids", hint="Name the assets by their ids.")
    if len(ids) > MOST_IDS:
        raise Problem(
            Code.LIMIT,
            f"One subscription watches at most {MOST_IDS} assets, not {len(ids)}.",
            path=("ids",),
            hint="Use several subscriptions.",
        )
    if any(len(id) > MAX_LENGTH or not id.isprintable() for id in ids):
        raise bad_input("No id looks like one of these.", "ids", hint="Name the assets by their ids.")
    return ids
