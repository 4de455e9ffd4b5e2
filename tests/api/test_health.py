"""Whether begat lives, and whether it can answer."""

from __future__ import annotations

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from begat.api import health
from begat.core.errors import Code, Problem
from tests.api.serving import serving


async def fine() -> str | None:
    return None


async def unmigrated() -> str | None:
    return "NOT_MIGRATED"


async def hangs() -> str | None:
    await anyio.sleep_forever()
    return None


async def unreachable() -> str | None:
    raise Problem(Code.UNAVAILABLE, "bolt://db:7687 does not answer")


async def breaks() -> str | None:
    raise RuntimeError("hunter2")


@pytest.mark.parametrize(
    ("check", "status", "body"),
    [
        (fine, 200, {"status": "ready"}),
        (unmigrated, 503, {"status": "unready", "reason": "NOT_MIGRATED"}),
        (hangs, 503, {"status": "unready", "reason": "TIMEOUT"}),
        (unreachable, 503, {"status": "unready", "reason": "UNAVAILABLE"}),
        (breaks, 503, {"status": "unready", "reason": "FAULT"}),
    ],
)
def test_readyz_says_whether_begat_can_answer_and_healthz_that_it_lives(
    check: health.Check, status: int, body: dict[str, str]
) -> None:
    with serving(Starlette(routes=health.routes(check, timeout=0.2))) as address:
        ready = httpx.get(f"{address}/readyz")
        assert (ready.status_code, ready.json()) == (status, body)
        alive = httpx.get(f"{address}/healthz")
        assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
