"""Loops hold their lease: what they write and the heartbeat that renews it do not lose to each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import pytest

from begat.change.background import Background
from begat.change.write import Change
from begat.graph.driver import Graph
from begat.platforms.platform import Platform
from begat.work import loops
from begat.work.loops import Loop, looping

pytestmark = pytest.mark.anyio
HEARTBEAT = 0.05
NO_PLATFORM = cast(Platform, None)


@dataclass
class Long:
    """A change that several heartbeats fall into."""

    attempts: int = 0

    async def __call__(self, change: Change) -> None:
        self.attempts += 1
        for _ in range(5):
            await change.read("RETURN 1")
            await asyncio.sleep(2 * HEARTBEAT)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "RENEW_SECONDS", HEARTBEAT)


async def in_a_loop(graph: Graph, step: Callable[[Background], Awaitable[object]]) -> None:
    """Does the step in a loop of its own, with its lease and its heartbeat, until it was done once."""
    done = asyncio.Event()

    async def once(work: Background) -> bool:
        await step(work)
        done.set()
        return False

    async with looping(graph, NO_PLATFORM, [Loop("in-tests", once)]), asyncio.timeout(60):
        await done.wait()


async def test_a_change_longer_than_a_heartbeat_is_done_at_the_first_attempt(graph: Graph) -> None:
    long = Long()
    await in_a_loop(graph, lambda work: work.write(long))
    assert long.attempts == 1


async def test_a_long_change_and_many_short_ones_of_one_lease_are_all_done_at_the_first_attempt(graph: Graph) -> None:
    long, short = Long(), 0

    async def shorter(change: Change) -> None:
        nonlocal short
        short += 1
        await change.read("RETURN 1")

    await in_a_loop(graph, lambda work: asyncio.gather(work.write(long), *(work.write(shorter) for _ in range(20))))
    assert (long.attempts, short) == (1, 20)
