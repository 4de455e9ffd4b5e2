"""A begat that listens: opened before it answers, and closed in order when it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp

from begat import app
from begat.api import schema
from begat.api.executor import Executor
from begat.config import Settings
from begat.core.errors import Code, Problem, bad_input
from begat.service import running

log = logging.getLogger("begat")

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 10
"""How long requests that are being answered may still take when begat ends."""


class Ending:
    """What SIGTERM and SIGINT mean: while begat starts or works by itself, that is cancelled; once somebody waits to be
    told, it is told. Whatever comes later is ignored, as begat ends already and in bounded time."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._told = asyncio.Event()
        self._state: Literal["working", "waiting", "ending"] = "working"

    def signal(self) -> None:
        """What a signal does."""
        if self._state == "waiting":
            self._told.set()
        elif self._state == "working":
            self._task.cancel()
        self._state = "ending"

    async def told(self) -> None:
        """Returns when a signal says that begat shall end."""
        if self._state == "working":
            self._state = "waiting"
        await self._told.wait()


def run(work: Callable[[Ending], Coroutine[Any, Any, int]]) -> int:
    """What ``work`` returns; 0 where a signal ended it, after it has put away what it had opened."""
    return asyncio.run(_run(work))


async def _run(work: Callable[[Ending], Coroutine[Any, Any, int]]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - asyncio.run made one, for the type checker
    ending = Ending(task)
    for one in SIGNALS:
        loop.add_signal_handler(one, ending.signal)
    try:
        return await work(ending)
    except asyncio.CancelledError:
        return 0


@contextlib.asynccontextmanager
async def served(settings: Settings, host: str, port: int) -> AsyncIterator[str]:
    """A begat that answers at the address that is yielded, until the block ends; raises a Problem or EmbeddedError
    where it cannot. Everything is open before the first request is taken, and stays so until the last is answered."""
    settings.check_host(host)
    with bound(host, port) as sockets:
        async with running(settings, Executor(schema.build(), fast=settings.fast)) as service:
            config = configured(app.around(service), settings, lifespan="off")
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets))
            try:
                while not server.started:
                    if task.done():
                        await task
                    await asyncio.sleep(0.01)
                address = f"http://{_shown(host)}:{sockets[0].getsockname()[1]}"
                log.info("serving", extra={"fields": {"address": address}})
                yield address
            finally:
                service.feed.end()  # else the server would wait for streams that nobody ends
                server.should_exit = True
                await task
                log.info("closing")


def configured(application: ASGIApp, settings: Settings, lifespan: Literal["on", "off"]) -> uvicorn.Config:
    """How begat is served."""
    return uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_body,
        ws_per_message_deflate=False,
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def serve(settings: Settings, host: str, port: int, ending: Ending, ready: Callable[[str], None]) -> int:
    """Serves until a signal comes; ``ready`` is told the address."""
    async with served(settings, host, port) as address:
        tune_garbage_collection()
        ready(address)
        await ending.told()
    return 0


def tune_garbage_collection() -> None:
    """Leaves what was made by the start, which lives as long as the process, out of every collection, and collects more
    rarely: an answer of 1,000 objects is no garbage, but set off several collections of all there is.

    What is old is not looked at so rarely that memory grows: a document is a circle of tokens, and one that was kept
    for a while is old when it is kept no longer. 1,000 new documents are some eight collections of what is young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 5, 5)


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets on every address of the host, which do not listen yet: that a port is taken is found out before the graph
    is started, and nobody is kept waiting by a begat that is not ready. Raises UNAVAILABLE or BAD_INPUT."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise bad_input(f"There is no host {host!r} here.", "host", hint="Use --host 127.0.0.1.") from error
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket] = []
        refused: OSError | None = None
        for family, kind, protocol, _, place in dict.fromkeys(found):
            try:
                one = stack.enter_context(socket.socket(family, kind, protocol))
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((place[0], sockets[0].getsockname()[1] if sockets else port, *place[2:]))
            except OSError as error:
                refused = error
                if error.errno in _NO_SUCH_ADDRESS:  # such as ::1 for localhost, on a machine without IPv6
                    continue
                break
            sockets.append(one)
        else:
            refused = None if sockets else refused
        if refused is not None:
            raise Problem(
                Code.UNAVAILABLE,
                f"begat cannot listen on {_shown(host)}:{port}: {refused.strerror}.",
                path=("port",),
                hint="Use another --port, or end what listens there.",
            ) from refused
        yield sockets


class _Server(uvicorn.Server):
    """Leaves signals to `Ending`: uvicorn would raise them again when it has ended, and the graph be lost."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
