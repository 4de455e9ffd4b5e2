"""One read for all who want the same at a time.

Whoever comes while such a read is under way waits for the next one, which begins after he came: so nobody is told what
was so before he asked, and however many ask, there is one read after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from begat.graph.deadline import unhurried

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Reads by key. Nothing is kept once it was told."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}
        self._next: dict[K, asyncio.Task[V]] = {}

    async def read(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """What ``work`` finds, or what it raises: that of one caller, for all who gave this key meanwhile."""
        task = self._next.get(key)
        if task is None:
            with unhurried():
                task = self._next[key] = asyncio.create_task(self._turn(key, self._running.get(key), work))
        return await asyncio.shield(task)  # who leaves must not take the others' read away

    async def _turn(self, key: K, before: asyncio.Task[V] | None, work: Callable[[], Awaitable[V]]) -> V:
        if before is not None:
            await asyncio.wait([before])
        self._running[key] = self._next.pop(key)
        try:
            return await work()
        finally:
            del self._running[key]  # the next one waits for the end of this, so it is still ours
