"""One read for all who want the same, and never an old one."""

from __future__ import annotations

import asyncio
import random

import pytest

from begat.graph.shared import Shared

pytestmark = pytest.mark.anyio


async def test_nobody_is_told_what_was_so_before_he_asked() -> None:
    """A value that changes all the time, read by many: whatever one is told, it was so after he asked."""
    shared: Shared[str, int] = Shared()
    chance = random.Random(7)
    value = reads = 0

    async def read() -> int:
        nonlocal reads
        reads += 1
        seen = value  # when the database looks; the answer travels
        await asyncio.sleep(chance.random() / 1_000)
        return seen

    async def client() -> None:
        nonlocal value
        for _ in range(50):
            value += 1
            before = value
            assert await shared.read("one", read) >= before

    await asyncio.gather(*(client() for _ in range(16)))
    assert reads < 16 * 50 / 4


async def test_other_keys_do_not_wait_and_who_leaves_takes_nothing_away() -> None:
    shared: Shared[str, str] = Shared()
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "slow"

    async def quick() -> str:
        return "quick"

    leaving = asyncio.create_task(shared.read("a", slow))
    staying = asyncio.create_task(shared.read("a", slow))
    await asyncio.sleep(0)
    assert await shared.read("b", quick) == "quick"
    leaving.cancel()
    gate.set()
    assert await staying == "slow"
    assert leaving.cancelled()


async def test_a_read_that_fails_fails_for_those_who_waited_and_for_nobody_else() -> None:
    shared: Shared[str, int] = Shared()

    async def fails() -> int:
        await asyncio.sleep(0)
        raise ValueError("away")

    async def works() -> int:
        return 1

    first = [asyncio.create_task(shared.read("a", fails)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await shared.read("a", works) == 1
    assert [str(one) for one in await asyncio.gather(*first, return_exceptions=True)] == ["away"] * 3
    assert await shared.read("a", works) == 1
