"""The loop that keeps the inference log as long as the endpoints say."""

from __future__ import annotations

import anyio
from tests.conftest import Database, wipe
from tests.kinds.answered import Answered, endpoint

from begat.core.times import later
from begat.graph.driver import Graph
from begat.platforms.local.platform import open_platform
from begat.platforms.ports import Wanted, Window
from begat.work import log_retention
from begat.work.loops import Loop, looping

ALL = Wanted(Window("2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"))
AGES = (0.0, 4.1, 6.5)


def test_each_endpoint_keeps_what_its_serving_version_says(database: Database) -> None:
    async def empty() -> None:
        async with database.connect() as graph:
            await wipe(graph)

    anyio.run(empty)
    whole, short, none = (endpoint(database, name) for name in ("whole", "short", "none"))
    whole.deployed(100, keepDays=None, keepBytes=None)
    short.deployed(100, keepDays=1, keepBytes=None)
    short.deployed(100, keepDays=5, keepBytes=10**9)
    none.deployed(100, keepDays=None, keepBytes=1)
    asked = {one.id: [_asked(one, age) for age in AGES] for one in (whole, short, none)}

    async def settle(graph: Graph) -> dict[str, set[str]]:
        """Two instances, of which one has the lease, until the log is as it should be."""
        platforms = [open_platform(database.home, database.home / "tables", None, None) for _ in range(2)]
        telemetry = platforms[0].telemetry
        loop = Loop("telemetry-test", log_retention.step, 0.05)
        try:
            async with looping(graph, platforms[0], [loop]), looping(graph, platforms[1], [loop]):
                with anyio.fail_after(30):
                    while telemetry.count(short.id, ALL) > 2 or telemetry.count(none.id, ALL):  # noqa: ASYNC110 - it is on a disk
                        await anyio.sleep(0.05)
            return {id: telemetry.find(requests).keys() & set(requests) for id, requests in asked.items()}
        finally:
            for platform in platforms:
                platform.close()

    left = whole.graph(settle)
    assert left == {whole.id: set(asked[whole.id]), short.id: set(asked[short.id][:2]), none.id: set()}


def _asked(one: Answered, age: float) -> str:
    return one.asked(["Where is my card?"], ["card_arrival"], at=later(-age * 86_400))
