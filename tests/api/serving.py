"""A real server on a real socket, for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from tests.listening import listening


@contextmanager
def serving(app: ASGIApp, *, ws: bool = False) -> Iterator[str]:
    """The base address at which ``app`` answers; with ``ws`` sockets, too, of messages up to 10,000 bytes."""
    listener = listening()
    sockets: Literal["websockets-sansio", "none"] = "websockets-sansio" if ws else "none"
    config = uvicorn.Config(app, log_config=None, access_log=False, ws=sockets, ws_max_size=10_000, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"
