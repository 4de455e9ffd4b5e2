"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from begat.core.errors import Problem

log = logging.getLogger("begat.api")

Check: TypeAlias = Callable[[], Awaitable[str | None]]
"""None where begat can answer, else a short code of why not (a raised Problem's code counts as one)."""

TIMEOUT = 5.0


def routes(check: Check, *, timeout: float = TIMEOUT) -> list[Route]:
    """``/healthz`` says that the process lives; ``/readyz`` asks ``check``, for at most ``timeout`` seconds.

    The code alone is shown: whoever may ask whether begat is ready may not know why it is not.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        reason: str | None
        try:
            with anyio.fail_after(timeout):
                reason = await check()
        except TimeoutError:
            reason = "TIMEOUT"
        except Problem as problem:
            log.warning("not ready: %s", problem.message)
            reason = problem.code.value
        except Exception:
            log.exception("the readiness check failed")
            reason = "FAULT"
        if reason is None:
            return JSONResponse({"status": "ready"}, headers={"Cache-Control": "no-store"})
        body = {"status": "unready", "reason": reason}
        return JSONResponse(body, 503, headers={"Cache-Control": "no-store", "Retry-After": "1"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
