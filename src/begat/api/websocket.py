"""GraphQL over WebSocket, by the protocol of graphql-ws (subprotocol graphql-transport-ws).

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Queries and mutations run over a socket, too. Who has
to say who he is does so in connection_init's payload, as a browser's page can send no header with a socket.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import ExitStack, aclosing
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from begat import logs
from begat.api.body import as_request, parse_json
from begat.api.encode import encode
from begat.api.masking import fault
from begat.api.messages import GraphQLRequest, Json, Refusal, error
from begat.api.subscriptions import Connections, Streams, ending, first_of
from begat.change.watcher import Ended
from begat.core.errors import Code, Problem

access = logging.getLogger("begat.access")

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
"""How long a client may take to say connection_init."""
MOST_NEW = 1_000
"""Sockets whose callers are not known yet. Of more the oldest is closed: who holds them keeps nobody else out."""
MOST_OPERATIONS = 100
"""Operations that one socket runs at a time."""


class Close(Exception):  # noqa: N818 - how a socket ends
    """The socket is closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:120].decode(errors="ignore")  # a close frame holds 123 bytes of it


class _Left(Exception):  # noqa: N818 - no mistake of anybody's
    """The client is not there any more."""


class WebSocketEndpoint:
    """The ASGI application of the sockets of one GraphQL service."""

    def __init__(self, streams: Streams, connections: Connections) -> None:
        self.streams = streams
        self.connections = connections
        self.new: dict[_Socket, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        await receive()  # websocket.connect
        known = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if known else None})
        if not known:
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        try:
            await _Socket(self, Headers(scope=scope), receive, send).run()
        except _Left:
            return
        except Close as close:
            await send({"type": "websocket.close", "code": close.code, "reason": close.reason})


class _Socket:
    """One connection: who it is for, and what runs over it."""

    def __init__(self, endpoint: WebSocketEndpoint, headers: Headers, receive: Receive, send: Send) -> None:
        self.streams = endpoint.streams
        self.connections = endpoint.connections
        self.new = endpoint.new
        self.place = ExitStack()
        self.authorization = headers.get("authorization")
        self.receive = receive
        self.send_message = send
        self.state: Literal["new", "entering", "in"] = "new"
        self.running: dict[str, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.started = 0

    async def run(self) -> None:
        """Returns when the client has left; raises Close where we close. No operation runs on afterwards."""

        async def closed() -> None:
            await self.closing

        self.new[self] = None
        if len(self.new) > MOST_NEW:
            oldest = next(iter(self.new))
            del self.new[oldest]
            oldest.close(Close(1013, "Others are waiting to enter: connect again"))
        try:
            await first_of(self._read, closed)
        finally:
            self.new.pop(self, None)
            for task in self.tasks:
                if not task.cancelling():  # completed by its client, it may carry a change to its end
                    task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            self.closing.cancel()
            self.place.close()

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while self.state != "in":
                    if not await self._next():
                        return
        except TimeoutError:
            raise Close(4408, "Connection initialisation timeout") from None
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Handles the next message; whether the client is still there."""
        event = await self.receive()
        if event["type"] == "websocket.disconnect":
            return False
        text = event.get("text")
        if text is None:
            raise Close(4400, "Messages are JSON text")
        try:
            message = parse_json(text, "The message")
            if not isinstance(message, dict):
                raise Close(4400, "A message is a JSON object")
            await self._handle(message)
        except Refusal as refusal:
            raise Close(4400, str(refusal)) from refusal
        return True

    async def _handle(self, message: Json) -> None:
        match message.get("type"):
            case "connection_init":
                await self._enter(_payload(message))
            case "ping":
                await self._send({"type": "pong", **_given(message)})
            case "pong":
                _payload(message)
            case "subscribe":
                await self._subscribe(_id(message), _payload(message))
            case "complete":
                if task := self.running.pop(_id(message), None):
                    task.cancel()
            case other:
                raise Close(4400, f"There is no message type {str(other)[:50]!r}")

    async def _enter(self, payload: Json) -> None:
        if self.state != "new":
            raise Close(4429, "Too many initialisation requests")
        self.state = "entering"
        given = next((payload[name] for name in ("Authorization", "authorization") if name in payload), None)
        if given is not None:
            if not isinstance(given, str):
                raise Close(4400, "Authorization is no text")
            self.authorization = given
        try:
            await self.streams.enter(self.authorization)
        except Refusal as refusal:
            raise Close(4403, "Forbidden") from refusal
        except Problem as problem:
            raise Close(1013, problem.message) from problem
        try:  # only now: who has no token takes no place from those who have one
            self.place.enter_context(self.connections.one())
        except Refusal as full:
            raise Close(1013, str(full)) from full
        self.new.pop(self, None)
        await self._send({"type": "connection_ack"})
        self.state = "in"

    async def _subscribe(self, id: str, payload: Json) -> None:
        if self.state != "in":
            raise Close(4401, "Unauthorized")
        if id in self.running:
            raise Close(4409, f"Subscriber for {id} already exists")
        request = as_request(payload, read_only=False)
        if len(self.tasks) >= MOST_OPERATIONS:
            # By the reader, which goes on when it is sent: a client that reads nothing asks for nothing more.
            message = f"One socket runs at most {MOST_OPERATIONS} operations at a time."
            said = error(Code.LIMIT, message, hint="Complete some, or open another socket.")
            await self._send({"id": id, "type": "error", "payload": [said]})
            return
        self.started += 1
        name = f"{logs.request_id.get()}-{self.started}"
        task = self.running[id] = asyncio.create_task(self._operate(id, request, name))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _operate(self, id: str, request: GraphQLRequest, name: str) -> None:
        """Runs one operation under a request id of its own. Its id is free before its last message is sent."""
        logs.request_id.set(name)
        try:
            errors = await self._answer(id, request)
            if errors is None:
                await self._send({"id": id, "type": "complete"})
                return
            await self._send({"id": id, "type": "error", "payload": errors})
        except _Left:
            return
        except Ended:
            self.close(Close(1012, "begat ends: connect again"))
            return
        if any(one["extensions"]["code"] == "UNAUTHENTICATED" for one in errors):
            self.close(Close(4403, "Forbidden"))

    async def _answer(self, id: str, request: GraphQLRequest) -> list[Any] | None:
        """Sends the answers to one operation; the errors that it ended by, None where it came to its end."""
        started = time.perf_counter()
        try:
            stream = await self.streams.open(request, self.authorization)
            async with aclosing(stream.answers) as answers:
                async for answer in answers:
                    if not answer.executed:
                        return list(answer.errors)
                    await self._send({"id": id, "type": "next", "payload": answer.body()})
        except (Ended, _Left):
            raise
        except Exception as failure:
            return ending(failure)
        finally:
            if self.running.get(id) is asyncio.current_task():
                del self.running[id]
            fields = {"method": "WEBSOCKET", "ms": round((time.perf_counter() - started) * 1000, 1)}
            access.info("operation", extra={"fields": fields})
        return None

    def close(self, close: Close) -> None:
        """Ends the socket so, unless it has an end already."""
        if not self.closing.done():
            self.closing.set_exception(close)

    async def _send(self, message: Json) -> None:
        text = encode(message) or encode({**message, "payload": {"errors": [fault()]}})
        assert text is not None  # noqa: S101 - a fault can be written
        try:
            await self.send_message({"type": "websocket.send", "text": text.decode()})
        except OSError as gone:  # what ASGI servers raise then
            raise _Left from gone


def _id(message: Json) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id or len(id) > 200:
        raise Close(4400, "id is a text of 1 to 200 characters")
    return id


def _payload(message: Json) -> Json:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Close(4400, "payload is a JSON object")
    return payload or {}


def _given(message: Json) -> Json:
    payload = _payload(message)
    return {"payload": payload} if payload else {}
