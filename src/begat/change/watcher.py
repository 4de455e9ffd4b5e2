"""One subscription to the log: where it stands, what waits for it, and what it may see."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from begat.access.scope import Viewer
from begat.change import log
from begat.change.log import Event
from begat.core import event_ids, times
from begat.core.errors import Code, Problem
from begat.core.event_ids import Place
from begat.graph.driver import Graph

OVERLAP_SECONDS = 60.0
"""How much earlier than a stream's place a change may have taken its time that was committed after it."""


@dataclass(frozen=True)
class Limits:
    """How far a client may fall behind."""

    waiting: int = 1_000
    """Events that are kept for it; more are read from the log when it is ready for them."""
    behind: int = 10_000
    """Events on top of these, after which it is told that it is too slow."""


class Ended(Exception):  # noqa: N818 - an event, not a mistake
    """begat ends: the stream is over, and can be resumed with another instance or later."""


class Revoked(Exception):  # noqa: N818 - an event, not a mistake
    """The caller's token is worth nothing any more."""


class Watcher:
    """Follows some assets for one caller. ``viewer`` is who he is at present; the feed keeps it up to date."""

    def __init__(self, graph: Graph, ids: Sequence[str], viewer: Viewer, token: str | None, limits: Limits) -> None:
        self.ids = tuple(sorted(set(ids)))
        self.viewer = viewer
        self.token = token
        self._graph = graph
        self._limits = limits
        self._numbers: dict[str, int] = {}
        self._key = ""
        self._at = times.milliseconds()
        self._waiting: deque[Event] = deque()
        self._queueing = True
        self._behind = 0
        self._stir = asyncio.Event()
        self._end: Exception | None = None

    @property
    def place(self) -> str:
        """The id of the last event, or of the beginning: what the stream is resumed by."""
        return event_ids.encode(Place(self._numbers, self._at, self._key), self.ids)

    async def begin(self, after: str | None, standing: dict[str, tuple[int, str | None]]) -> None:
        """Takes its place: after an event, or where the assets stand now. Raises BAD_INPUT for what is no event id."""
        visible = {id: number for id, (number, project) in standing.items() if self.viewer.sees(project)}
        if after is None:
            self._numbers = visible
            return
        place = event_ids.decode(after, self.ids)
        self._key, self._at = place.key, min(place.at, self._at)
        self._queueing = False  # the log is read first
        self._numbers = dict(place.numbers)
        fresh = [id for id in visible if id not in self._numbers]
        since = times.later(-OVERLAP_SECONDS, times.of_milliseconds(self._at))
        found = await log.before(self._graph, fresh, since)
        self._numbers |= {id: found.get(id, visible[id]) for id in fresh}

    def offer(self, event: Event) -> None:
        """An event that the feed has read. Keeps it where this stream needs it, up to a limit; what comes on top is
        read from the log later, and a client that falls far behind is told so."""
        if self._end or not self._needs(event):
            return
        if self._queueing and len(self._waiting) < self._limits.waiting:
            self._waiting.append(event)
        else:
            self._queueing = False
            self._waiting.clear()
            self._behind += 1
            if self._behind > self._limits.behind:
                self.end(_too_slow(self._limits.behind, self.place))
        self._stir.set()

    def end(self, reason: Exception) -> None:
        """Ends the stream with this reason, and forgets what waits: it is in the log."""
        self._end = self._end or reason
        self._waiting.clear()
        self._stir.set()

    async def events(self) -> AsyncGenerator[Event, None]:
        """What happens to the assets: of each all that the caller may see, once and in order. Raises what ended it."""
        while True:
            if self._end:
                raise self._end
            if not self._queueing:
                for event in await self._page():
                    if self._end:
                        raise self._end
                    if self._take(event):
                        yield event
                continue
            if not self._waiting:
                self._stir.clear()
                await self._stir.wait()
                continue
            event = self._waiting.popleft()
            known = self._numbers.get(event.asset)
            while known is not None and event.number > known + 1:
                # What came between was not to be seen when it happened, but is now.
                missed = [one for one in await self._newer({event.asset: known}) if one.number < event.number]
                for one in missed:
                    if self._take(one):
                        yield one
                known = missed[-1].number if missed else None
            if self._take(event):
                yield event

    async def _page(self) -> list[Event]:
        """One page of the log beyond the place. The last one is read while new events are kept already."""
        self._queueing = True
        page = await self._newer(self._numbers)
        counts = Counter(event.asset for event in page)
        if max(counts.values(), default=0) >= log.PAGE:
            self._queueing = False
            self._waiting.clear()
        else:
            self._behind = 0
        return page

    async def _newer(self, places: Mapping[str, int]) -> list[Event]:
        return await log.newer(self._graph, self.viewer, places)

    def _take(self, event: Event) -> bool:
        """Whether the event is to be sent; the place is then after it."""
        if not self._needs(event):
            return False
        self._numbers[event.asset] = event.number
        self._key, self._at = event.key, times.in_milliseconds(event.at)
        return True

    def _needs(self, event: Event) -> bool:
        known = self._numbers.get(event.asset)
        return self.viewer.sees(event.project) and (known is None or event.number > known)


def _too_slow(most: int, place: str) -> Problem:
    message = f"This client reads too slowly: more than {most} events were waiting for it."
    return Problem(Code.LIMIT, message, hint=f"Resume with after: {place}")
