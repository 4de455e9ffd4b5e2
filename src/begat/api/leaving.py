"""Whether a client leaves while its request is answered."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

from begat.graph.deadline import working

PATIENCE = 0.05
"""Seconds before anybody looks whether the client is still there: most requests are answered by then, and cost a timer
instead of a task."""


@contextlib.contextmanager
def noticed(receive: Receive, gone: Callable[[], None]) -> Iterator[None]:
    """Calls ``gone`` when the client leaves while the block runs. The request's body must have been read."""
    loop = asyncio.get_running_loop()
    looking: list[asyncio.Task[None]] = []
    timer = loop.call_later(PATIENCE, lambda: looking.append(loop.create_task(_wait(receive, gone))))
    try:
        yield
    finally:
        timer.cancel()
        for task in looking:
            task.cancel()


async def _wait(receive: Receive, gone: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a GET's empty body
    gone()


class Attended:
    """An ASGI application whose requests take as long as they take in the graph, while their clients are there. It must
    read no bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        with working(math.inf) as deadline, noticed(receive, deadline.leave):
            await self.app(scope, receive, send)
