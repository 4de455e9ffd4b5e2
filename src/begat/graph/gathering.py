"""Reads of one thing each that are asked while another of their sort is under way: one statement for all of them.

Nobody waits for company: who comes alone is answered at once. Who comes while a statement of the same sort runs waits
for the next, which begins when that one ends, and so sees all that was changed before it was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

from begat.graph.deadline import Limit

Load: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
"""What is found for some keys. It must depend on nothing but them and the name of its sort."""

MOST = 500
"""Keys of one statement."""

_ALONE = object()


class Gathering:
    """The reads of one graph, for one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[tuple[str, asyncio.Future[Any]]]] = {}
        """By the name of each sort that is being read: who is next."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, sort: Hashable, key: str, load: Load) -> Any:
        """What ``load`` finds for the key, or None. It ends as any read does, when the request's time is over."""
        waiting = self._waiting.get(sort)
        if waiting is None:
            self._waiting[sort] = []
            try:
                return (await load([key])).get(key)
            finally:
                self._go_on(sort, load)
        answer = asyncio.get_running_loop().create_future()
        waiting.append((key, answer))
        async with Limit():
            found = await answer
        return (await load([key])).get(key) if found is _ALONE else found

    async def close(self) -> None:
        """Ends all reads that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _go_on(self, sort: Hashable, load: Load) -> None:
        """Begins the statement of those who wait, if any still do."""
        waiting = [one for one in self._waiting.pop(sort) if not one[1].done()]
        if not waiting:
            return
        now, self._waiting[sort] = waiting[:MOST], waiting[MOST:]
        # Nobody's context: it is the work of several requests, each of which waits as long as its own time goes.
        task = asyncio.create_task(self._together(sort, now, load), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def left(answer: asyncio.Future[Any]) -> None:
            if answer.cancelled() and all(one.done() for _, one in now):
                task.cancel()

        for _, answer in now:
            answer.add_done_callback(left)

    async def _together(self, sort: Hashable, asked: Sequence[tuple[str, asyncio.Future[Any]]], load: Load) -> None:
        found: Mapping[str, Any] | None = None
        try:
            with contextlib.suppress(Exception):  # each asks again for itself, and is told what is wrong
                found = await load(list(dict.fromkeys(key for key, _ in asked)))
        finally:
            for key, answer in asked:
                if not answer.done():
                    answer.set_result(_ALONE if found is None else found.get(key))
            self._go_on(sort, load)
