"""Loops of background work: each under a lease of its own, one holder over all instances."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from begat.change.background import RENEW_SECONDS, Background, Lease, LeaseLost, acquire, release
from begat.core.errors import Problem
from begat.graph.driver import Graph
from begat.platforms.platform import Platform

log = logging.getLogger("begat.work")

Step = Callable[[Background], Awaitable[bool]]
"""One step of work, all of it or nothing; whether there may be more to do at once. It must be safe to repeat."""


@dataclass(frozen=True)
class Loop:
    """Work that is looked for every ``seconds``, and at once when somebody wakes it."""

    name: str
    step: Step
    seconds: float = 0.5
    leave: Callable[[Background], Awaitable[None]] | None = None
    """Gives up what this instance holds for this work, where the lease is lost or given up."""


@contextlib.asynccontextmanager
async def looping(graph: Graph, platform: Platform, loops: Sequence[Loop]) -> AsyncIterator[Callable[[], None]]:
    """Runs the loops until the block ends; yields the function that wakes them."""
    holder = uuid.uuid4().hex
    wakes = [asyncio.Event() for _ in loops]
    tasks = [
        asyncio.create_task(_run(graph, platform, loop, holder, wake), name=f"begat-{loop.name}")
        for loop, wake in zip(loops, wakes, strict=True)
    ]

    def wake() -> None:
        for event in wakes:
            event.set()

    try:
        yield wake
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(graph: Graph, platform: Platform, loop: Loop, holder: str, wake: asyncio.Event) -> None:
    while True:
        try:
            lease = await acquire(graph, loop.name, holder)
            if lease is not None:
                await _hold(graph, platform, loop, lease, wake)
        except (LeaseLost, Problem) as reason:
            # Another instance took over, or the database is away: look again in a moment.
            log.warning("background work %s pauses: %s", loop.name, reason)
        except Exception:
            log.exception("a fault in background work %s", loop.name)
        await _sleep(wake, 1.0)


async def _hold(graph: Graph, platform: Platform, loop: Loop, lease: Lease, wake: asyncio.Event) -> None:
    """Works while the lease is ours; a heartbeat renews it also during a long step."""
    work = Background(graph, platform, lease)
    renewing = asyncio.create_task(_renew(work))
    try:
        while not renewing.done():
            if not await loop.step(work):
                await _sleep(wake, loop.seconds)
        await renewing
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        if loop.leave is not None:
            try:
                await asyncio.shield(loop.leave(work))
            except Exception:
                log.exception("background work %s could not give up what it held", loop.name)
        with contextlib.suppress(Exception):  # the database may be what is gone; the lease then runs out by itself
            await asyncio.shield(release(graph, lease))


async def _renew(work: Background) -> None:
    lease = work.lease
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        async with work.turn:
            held = await acquire(work.graph, lease.name, lease.holder)
        if held is None or held.epoch != lease.epoch:
            raise LeaseLost(lease.name)


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)
    wake.clear()
