"""The loop that serves beside another that holds the lease by now, and beside what it began itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from begat.change.background import Background, LeaseLost
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph
from begat.kinds.endpoint import work as endpoint_work
from begat.kinds.endpoint.work import Serving
from begat.platforms.local.platform import open_platform
from begat.platforms.ports import ModelRef
from tests.kinds.served import versions_of
from tests.kinds.test_endpoint_work import Silent, asked, deploy
from tests.kinds.watched import handed_on, holding

pytestmark = pytest.mark.anyio


@dataclass
class Uneven(Silent):
    """One model is busy, the others take a while to load."""

    busy: str = ""
    loading: int = 0

    async def load(self, model: ModelRef) -> None:
        if model.id == self.busy:
            raise Problem(Code.UNAVAILABLE, "Too many questions wait for this model.")
        self.loading += 1
        await asyncio.sleep(0.05)
        self.loading -= 1


@pytest.fixture
async def loop(graph: Graph, tmp_path: Path) -> AsyncIterator[Background]:
    async with holding(graph, "serving", tmp_path) as held:
        yield held


async def test_a_paused_holder_that_wakes_up_takes_nothing_from_the_next(
    loop: Background, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_work, "PROBE_SECONDS", 0.0)
    address = tmp_path / "serving" / "address.json"
    (model,) = await versions_of(loop.graph, tmp_path, 1)
    id = await deploy(loop.graph, (model, 100))
    paused, following = Serving(), Serving()
    await paused.step(loop)
    told = address.read_bytes()
    platform = open_platform(tmp_path, tmp_path / "tables", None, None)
    other = replace(await handed_on(loop), platform=platform)
    try:
        await following.step(other)
        assert (here := address.read_bytes()) != told
        with pytest.raises(LeaseLost):
            await paused.step(loop)
        assert address.read_bytes() == here
        await paused.leave(loop)
        assert address.read_bytes() == here
        assert (await asked(other, id)).problem is None
    finally:
        await following.leave(other)
        platform.close()


async def test_a_deployment_that_is_tried_again_leaves_no_load_behind(loop: Background, tmp_path: Path) -> None:
    busy, slow = await versions_of(loop.graph, tmp_path, 2)
    await deploy(loop.graph, (busy, 50), (slow, 50))
    uneven = Uneven(loop.platform.serving, busy=busy)
    work, serving = replace(loop, platform=replace(loop.platform, serving=uneven)), Serving()
    for _ in range(3):
        await serving.step(work)
        assert uneven.loading == 0
