"""Reads of one thing each that are asked while another of their sort is under way: one statement for all of them.

Nobody waits for company: who comes alone is answered at once. Who comes while a statement of the same sort runs waits
for the next, which begins when that one ends, or has taken long; so it sees all that was changed before it was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from begat.graph.deadline import Limit, unhurried

Load: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
"""What is found for some keys. It must depend on nothing but them and the name of its sort."""

MOST = 500
"""Keys of one statement."""

PATIENCE = 0.1
"""Seconds after which nobody waits any more for the statement that runs: it may be stuck."""

_ALONE = object()


@dataclass(eq=False)
class _Turn:
    """The statement of a sort that runs, and who waits for the next."""

    sort: Hashable
    load: Load
    end: asyncio.TimerHandle = field(init=False)
    waiting: list[tuple[str, asyncio.Future[Any]]] = field(default_factory=list)


class Gathering:
    """The reads of one graph, for one event loop."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, _Turn] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, sort: Hashable, key: str, load: Load) -> Any:
        """What ``load`` finds for the key, or None. It ends as any read does, when the request's time is over."""
        running = self._turns.get(sort)
        if running is None:
            turn = self._begun(sort, load)
            try:
                return (await load([key])).get(key)
            finally:
                self._over(turn)
        answer = asyncio.get_running_loop().create_future()
        running.waiting.append((key, answer))
        async with Limit():
            found = await answer
        return (await load([key])).get(key) if found is _ALONE else found

    async def close(self) -> None:
        """Ends all reads that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begun(self, sort: Hashable, load: Load) -> _Turn:
        turn = self._turns[sort] = _Turn(sort, load)
        turn.end = asyncio.get_running_loop().call_later(PATIENCE, self._over, turn)
        return turn

    def _over(self, turn: _Turn) -> None:
        """Begins the statement of those who wait, if any still do."""
        turn.end.cancel()
        if self._turns.get(turn.sort) is not turn:
            return  # it took long, and those who waited went on
        del self._turns[turn.sort]
        waiting = [one for one in turn.waiting if not one[1].done()]
        if not waiting:
            return
        following, now = self._begun(turn.sort, turn.load), waiting[:MOST]
        following.waiting = waiting[MOST:]
        with unhurried():  # each of those who ask waits as long as his own time goes
            task = asyncio.create_task(self._together(following, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def left(answer: asyncio.Future[Any]) -> None:
            if answer.cancelled() and all(one.done() for _, one in now):
                task.cancel()

        for _, answer in now:
            answer.add_done_callback(left)

    async def _together(self, turn: _Turn, asked: Sequence[tuple[str, asyncio.Future[Any]]]) -> None:
        found: Mapping[str, Any] | None = None
        try:
            with contextlib.suppress(Exception):  # each asks again for itself, and is told what is wrong
                found = await turn.load(list(dict.fromkeys(key for key, _ in asked)))
        finally:
            for key, answer in asked:
                if not answer.done():
                    answer.set_result(_ALONE if found is None else found.get(key))
            self._over(turn)
