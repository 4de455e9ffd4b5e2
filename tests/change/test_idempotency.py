"""Answers under idempotency keys: kept for seven days, and no longer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from begat.change import idempotency
from begat.change.background import Background, acquire
from begat.core import times
from begat.graph.driver import Graph
from begat.platforms.local.platform import open_platform

pytestmark = pytest.mark.anyio


async def test_what_is_older_than_seven_days_is_forgotten_some_at_a_time(graph: Graph, tmp_path: Path) -> None:
    lease = await acquire(graph, "of the test", "me")
    assert lease is not None
    made = "UNWIND range(1, $many) AS i CREATE (:Answered {key: $at + toString(i), at: $at})"
    old, young = times.later(-idempotency.KEPT_SECONDS - 1), times.later(-idempotency.KEPT_SECONDS + 60)
    await graph.execute(made, many=700, at=old)
    await graph.execute(made, many=2, at=young)
    with closing(open_platform(tmp_path, tmp_path, None, None)) as platform:
        work = Background(graph, platform, lease)
        assert [await idempotency.forget(work) for _ in range(2)] == [True, False]
    assert await graph.read("MATCH (n:Answered) RETURN collect(n.at)") == [young] * 2
