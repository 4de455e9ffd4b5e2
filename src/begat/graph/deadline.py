"""Until when a request may work in the graph: its deadline, or the moment its caller leaves.

What has no deadline (background work, the command line) works as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType

from begat.core.errors import Code, Problem

_now: ContextVar[Deadline | None] = ContextVar("begat-deadline", default=None)
_sooner: ContextVar[float] = ContextVar("begat-deadline-sooner", default=math.inf)


class Deadline:
    """Of one request. All its tasks share it: each takes it along in its context."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self.left = False
        """Whether the caller has left, so that nobody is there to be answered."""
        self.changed = False
        """Whether a change of the request is committed: what follows it is then carried to its end."""
        self._running: set[Limit] = set()

    @property
    def until(self) -> float:
        """When it is over, by time.monotonic: at once for who left, unless he changed something, also by a commit
        that was under way."""
        return -math.inf if self.left and not self.changed else self._end

    def leave(self) -> None:
        """The caller left: what runs for him in the graph ends, and nothing more begins."""
        self.left = True
        if not self.changed:
            for limit in self._running:
                limit.end()

    def over(self, *, changing: bool) -> Problem:
        """What a caller is told whose time is over."""
        if changing:
            message = f"The change was not done within the {self.seconds:g} s that a request may take."
            hint = "Send it again, with the same idempotency key if it has one, or change less at once."
            return Problem(Code.UNAVAILABLE, message, hint=hint)
        message = f"The answer was not found within the {self.seconds:g} s that a request may take."
        hint = "Ask for less at once: a smaller first, fewer hops, a narrower filter, fewer fields."
        return Problem(Code.LIMIT, message, hint=hint)


class Limit:
    """A block of one task that ends with its request: it then raises LIMIT, or UNAVAILABLE where it was ``changing``
    something. Where there is no request it has no end."""

    def __init__(self, *, changing: bool = False) -> None:
        self._deadline = _now.get()
        self._changing = changing
        self._timeout: asyncio.Timeout | None = None

    async def __aenter__(self) -> Limit:
        if (deadline := self._deadline) is not None:
            left = min(deadline.until, _sooner.get()) - time.monotonic()
            if left <= 0:
                raise deadline.over(changing=self._changing)
            self._timeout = asyncio.timeout(left)
            await self._timeout.__aenter__()
            deadline._running.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (deadline := self._deadline) is not None and self._timeout is not None:
            deadline._running.discard(self)
            try:
                await self._timeout.__aexit__(kind, error, trace)
            except TimeoutError:
                raise deadline.over(changing=self._changing) from error

    def end(self) -> None:
        """Ends the block now."""
        if self._timeout is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time())

    def lift(self) -> None:
        """From here on the block is carried to its end: it commits, and half a commit must not be ended."""
        if (deadline := self._deadline) is not None and self._timeout is not None:
            deadline._running.discard(self)
            self._timeout.reschedule(None)

    def committed(self) -> None:
        """What the block changed is so."""
        if self._deadline is not None:
            self._deadline.changed = True


@contextlib.contextmanager
def working(seconds: float) -> Iterator[Deadline]:
    """What is done inside, by all its tasks, is done within so many seconds."""
    deadline = Deadline(seconds)
    token = _now.set(deadline)
    try:
        yield deadline
    finally:
        _now.reset(token)


@contextlib.contextmanager
def sooner(until: float) -> Iterator[None]:
    """What is done inside ends at ``until`` (by time.monotonic) already: it then raises as at the deadline, and there
    is time for something else."""
    token = _sooner.set(min(until, _sooner.get()))
    try:
        yield
    finally:
        _sooner.reset(token)


def part(share: float) -> float:
    """When this share of the time that a request has left is over, by time.monotonic; never, where it has no end."""
    now = time.monotonic()
    deadline = _now.get()
    return math.inf if deadline is None else now + max(0.0, deadline.until - now) * share


@contextlib.contextmanager
def unhurried() -> Iterator[None]:
    """Tasks that are made inside work for others, too: no request's deadline is theirs."""
    token = _now.set(None)
    try:
        yield
    finally:
        _now.reset(token)
