"""Reads that come at the same time are one statement; each is answered, refused and left as if it were alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence

import pytest

from begat.core.errors import Code, Problem
from begat.graph import gathering
from begat.graph.deadline import working
from begat.graph.gathering import Gathering

pytestmark = pytest.mark.anyio


class Shelf:
    """A store that is read key by key or together, as slowly as a test wants."""

    def __init__(self, **held: int) -> None:
        self.held = held
        self.asked: list[list[str]] = []
        self.ended: list[list[str]] = []
        self.open = asyncio.Event()
        self.broken_for_many = False
        self.asked_again = asyncio.Event()

    async def load(self, keys: Sequence[str]) -> Mapping[str, int]:
        if self.asked:
            self.asked_again.set()
        self.asked.append(list(keys))
        try:
            await self.open.wait()
        finally:
            self.ended.append(list(keys))
        if self.broken_for_many and len(keys) > 1:
            raise OSError("too many")
        return {key: self.held[key] for key in keys if key in self.held}


async def started(shelf: Shelf, gathered: Gathering, *keys: str, sort: str = "s") -> list[asyncio.Task[int | None]]:
    """One asker for each key, all of whom have asked."""
    tasks = [asyncio.create_task(gathered.ask(sort, key, shelf.load)) for key in keys]
    await asyncio.sleep(0)
    return tasks


async def test_who_comes_alone_is_answered_at_once() -> None:
    shelf, gathered = Shelf(a=1), Gathering()
    shelf.open.set()
    assert [await gathered.ask("s", key, shelf.load) for key in ("a", "b", "a")] == [1, None, 1]
    assert shelf.asked == [["a"], ["b"], ["a"]]


async def test_who_comes_meanwhile_is_asked_for_together_and_each_gets_his_own() -> None:
    shelf, gathered = Shelf(a=1, b=2, c=3), Gathering()
    tasks = await started(shelf, gathered, "a", "b", "c", "b", "unknown")
    assert shelf.asked == [["a"]]
    shelf.open.set()
    assert await asyncio.gather(*tasks) == [1, 2, 3, 2, None]
    assert shelf.asked == [["a"], ["b", "c", "unknown"]]


async def test_what_was_changed_before_it_was_asked_is_seen() -> None:
    shelf, gathered = Shelf(a=1), Gathering()
    first = await started(shelf, gathered, "a")
    shelf.held["a"] = 2
    second = await started(shelf, gathered, "a")
    shelf.open.set()
    await asyncio.gather(*first, *second)
    assert (shelf.asked, second[0].result()) == ([["a"], ["a"]], 2)


async def test_nobody_is_told_what_was_so_before_he_asked() -> None:
    """A value that changes all the time, read by many: whatever one is told, it was so after he asked."""
    gathered, chance = Gathering(), random.Random(7)
    value = reads = 0

    async def load(keys: Sequence[str]) -> Mapping[str, int]:
        nonlocal reads
        reads += 1
        seen = value  # when the database looks; the answer travels
        await asyncio.sleep(chance.random() / 1_000)
        return dict.fromkeys(keys, seen)

    async def client() -> None:
        nonlocal value
        for _ in range(50):
            value += 1
            before = value
            found = await gathered.ask("s", "one", load)
            assert found >= before

    await asyncio.gather(*(client() for _ in range(16)))
    assert reads < 16 * 50 / 4


async def test_other_sorts_wait_for_nobody() -> None:
    shelf, gathered = Shelf(a=1, b=2), Gathering()
    tasks = [*await started(shelf, gathered, "a", sort="one"), *await started(shelf, gathered, "b", sort="other")]
    assert shelf.asked == [["a"], ["b"]]
    shelf.open.set()
    assert await asyncio.gather(*tasks) == [1, 2]


async def test_where_it_fails_together_each_asks_for_himself() -> None:
    shelf, gathered = Shelf(a=1, b=2, c=3), Gathering()
    shelf.broken_for_many = True
    tasks = await started(shelf, gathered, "a", "b", "c")
    shelf.open.set()
    assert await asyncio.gather(*tasks) == [1, 2, 3]
    assert shelf.asked == [["a"], ["b", "c"], ["b"], ["c"]]


async def test_who_leaves_takes_nobody_along() -> None:
    shelf, gathered = Shelf(a=1, b=2, c=3), Gathering()
    first, second, third = await started(shelf, gathered, "a", "b", "c")
    first.cancel()  # the one whose own statement it is
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (shelf.asked, shelf.ended) == ([["a"], ["b", "c"]], [["a"]])
    second.cancel()
    await asyncio.sleep(0)
    shelf.open.set()
    assert await third == 3


async def test_what_nobody_waits_for_any_more_ends() -> None:
    shelf, gathered = Shelf(), Gathering()
    first, *others = await started(shelf, gathered, "a", "b", "c")
    first.cancel()
    await asyncio.wait({first})
    await asyncio.sleep(0)
    for task in others:
        task.cancel()
    await asyncio.wait(others)
    await gathered.close()
    assert shelf.ended == [["a"], ["b", "c"]]
    assert not gathered._turns


async def test_each_waits_only_as_long_as_his_own_time_goes() -> None:
    shelf, gathered = Shelf(a=1, b=2), Gathering()
    first = await started(shelf, gathered, "a")
    patient = await started(shelf, gathered, "b")
    with working(0.05), pytest.raises(Problem) as refused:
        await gathered.ask("s", "b", shelf.load)
    assert refused.value.code is Code.LIMIT
    shelf.open.set()
    assert await asyncio.gather(*first, *patient) == [1, 2]


async def test_nobody_waits_long_for_a_statement_that_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PATIENCE", 0.01)
    shelf, gathered = Shelf(a=1, b=2, c=3), Gathering()
    stuck, *others = await started(shelf, gathered, "a", "b", "c")
    await shelf.asked_again.wait()
    assert (shelf.asked, shelf.ended) == ([["a"], ["b", "c"]], [])
    shelf.open.set()
    assert await asyncio.gather(stuck, *others) == [1, 2, 3]
    assert not gathered._turns


async def test_a_crowd_is_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST", 3)
    shelf, gathered = Shelf(**{f"k{place}": place for place in range(9)}), Gathering()
    tasks = await started(shelf, gathered, *shelf.held)
    shelf.open.set()
    assert await asyncio.gather(*tasks) == list(range(9))
    assert list(map(len, shelf.asked)) == [1, 3, 3, 2]
