"""Runs whose loop loses its lease, or does not hear how a commit ended: they go on from what the graph holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from begat.access.scope import Viewer
from begat.change.background import Background
from begat.change.write import Change
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph
from begat.kinds.training_sheet import running
from begat.kinds.training_sheet.running import Generation
from tests.kinds import drafted
from tests.kinds.watched import handed_on, holding

pytestmark = pytest.mark.anyio
T = TypeVar("T")


class Unheard(Background):
    """Background work that is not told how its commits of pairs end: they do."""

    async def write(self, work: Callable[[Change], Awaitable[T]], viewer: Viewer | None = None) -> T:
        value = await super().write(work, viewer)
        if isinstance(work, partial) and work.func is running._write:
            raise Problem(Code.UNAVAILABLE, "The graph database does not answer.")
        return value


@pytest.fixture
async def loop(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Background]:
    """Background work of the test's own, by two pairs a turn."""
    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(running, "AWAY_SECONDS", 0.0)
    async with holding(graph, "generation", tmp_path) as held:
        yield held


async def test_who_gets_the_lease_back_goes_on_where_the_other_one_was(loop: Background, tmp_path: Path) -> None:
    refs = drafted.table(tmp_path, 10)
    id = await drafted.begun(loop.graph)
    first, second = Generation(), Generation()
    await drafted.until_made(first, loop, id, 2)
    await first.leave(loop)
    other = await handed_on(loop)
    await drafted.until_made(second, other, id, 6)
    await second.leave(other)
    assert await drafted.until_over(first, await handed_on(other), id) == ("IN_REVIEW", refs)


async def test_after_a_commit_whose_end_is_unknown_the_graph_is_asked_again(loop: Background, tmp_path: Path) -> None:
    refs = drafted.table(tmp_path, 6)
    id = await drafted.begun(loop.graph)
    unheard = Unheard(loop.graph, loop.platform, loop.lease)
    assert await drafted.until_over(Generation(), unheard, id) == ("IN_REVIEW", refs)


async def test_after_a_commit_whose_end_is_unknown_the_graph_is_asked_again_also_where_the_table_changed(
    loop: Background, tmp_path: Path
) -> None:
    drafted.table(tmp_path, 6)
    id = await drafted.begun(loop.graph)
    before = Generation()
    await drafted.until_made(before, loop, id, 2)
    await before.leave(loop)
    refs = drafted.table(tmp_path, 8, "cash")
    unheard = Unheard(loop.graph, loop.platform, loop.lease)
    assert await drafted.until_over(Generation(), unheard, id) == ("IN_REVIEW", refs)
