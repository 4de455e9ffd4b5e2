"""Whether a client leaves while its request is answered, and what becomes of its request then."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from begat.graph.deadline import working

T = TypeVar("T")

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


@contextlib.contextmanager
def attended(request: Request, seconds: float) -> Iterator[None]:
    """What is done inside works in the graph for so many seconds, and while the request's client is there; raises
    ClientDisconnect where it left. The request's body must have been read."""
    with working(seconds) as deadline, noticed(request.receive, deadline.leave):
        yield
    if deadline.left:
        raise ClientDisconnect


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` answers, which may work in the graph for so many seconds. Cancelled, as its client left, it ends as
    `Deadline.leave` says: what is read ends now, a commit that has begun is waited for, and who changed something is
    carried to his end. It has ended when this is left."""
    with working(seconds) as deadline:
        task = asyncio.create_task(work)
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        deadline.leave()
        await asyncio.gather(task, return_exceptions=True)  # cancelled again, as begat ends, it is cancelled itself
        raise
    return task.result()


class Attended:
    """An ASGI application whose requests take as long as they take in the graph, while their clients are there. It must
    read no bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        with contextlib.suppress(ClientDisconnect), attended(Request(scope, receive), math.inf):
            await self.app(scope, receive, send)
