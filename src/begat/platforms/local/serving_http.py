"""HTTP to the serving worker on this machine: connections that stay open, one call at a time on each.

httptools reads the answers, as uvicorn's own server does the requests; a whole HTTP client in between costs more than
many a model does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httptools
import orjson

MAX_CONNECTIONS = 64
"""Calls on their way at once; further ones wait for their turn."""


class Broken(Exception):  # noqa: N818 - said to nobody
    """The connection ended, or could not be made."""


class Connections:
    """To one worker at ``127.0.0.1:port``. Belongs to the event loop that it is used in."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = f"host: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._turn = asyncio.Semaphore(MAX_CONNECTIONS)
        self._closed = False

    async def post(self, path: str, body: object) -> tuple[int, bytes]:
        """Status and body of the answer; raises Broken, and TypeError for a body that is no JSON. Cancelling it closes
        its connection."""
        content = orjson.dumps(body)
        head = f"POST {path} HTTP/1.1\r\n{self._head}content-length: {len(content)}\r\n\r\n".encode()
        async with self._turn:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                answer = await connection.ask(head + content)
            except BaseException:
                connection.close()
                raise
            if connection.usable and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
            return answer

    def close(self) -> None:
        """Ends all connections; calls on their way are Broken."""
        self._closed = True
        for connection in list(self._open):
            connection.close()

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(self._gone), "127.0.0.1", self._port)
        except OSError as error:
            raise Broken from error
        self._open.add(connection)
        if self._closed:
            connection.close()
        return connection

    def _gone(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, gone: Callable[[_Connection], None]) -> None:
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._parser: Any = None
        self._body: list[bytes] = []
        self.usable = True

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if not self.usable or self._transport is None:
            raise Broken
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._body = []
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    # ── asyncio calls these ─────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        self._gone(self)
        self._fail()

    def data_received(self, data: bytes) -> None:
        if self._parser is None:  # nothing was asked
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    # ── httptools calls these ───────────────────────────────────────────────────────────────────────────────────────

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        self.usable = self.usable and self._parser.should_keep_alive()
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result((self._parser.get_status_code(), b"".join(self._body)))
        self._parser = None

    def _fail(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(Broken())
