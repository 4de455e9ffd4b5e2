"""Sockets whose client does not take what it is sent: it reads nothing, or has left."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message

from begat.api.subscriptions import Connections
from begat.api.websocket import MOST_OPERATIONS, PROTOCOL, WebSocketEndpoint
from tests.api.streaming import Streams

pytestmark = pytest.mark.anyio


class Client:
    """A client at the end of the ASGI messages: ``said`` is what it says at once, ``take`` what becomes of each message
    that it is sent after the acknowledgement."""

    def __init__(self, said: list[dict[str, Any]], take: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        init = {"type": "connection_init"}
        self.said = [json.dumps(message) for message in (init, *said)]
        self.read = 0
        self.take = take
        self.leave = asyncio.Event()

    async def run(self) -> None:
        """Returns when the server is done with it."""
        scope = {"type": "websocket", "subprotocols": [PROTOCOL], "headers": []}
        await WebSocketEndpoint(Streams(), Connections())(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self.read += 1
        if self.read == 1:
            return {"type": "websocket.connect"}
        if self.read - 2 < len(self.said):
            return {"type": "websocket.receive", "text": self.said[self.read - 2]}
        await self.leave.wait()
        return {"type": "websocket.disconnect"}

    async def _send(self, message: Message) -> None:
        text = json.loads(message.get("text", "{}"))
        if text.get("type") not in (None, "connection_ack"):
            await self.take(text)


def _subscribes(number: int, query: str) -> list[dict[str, Any]]:
    return [{"type": "subscribe", "id": str(one), "payload": {"query": query}} for one in range(number)]


async def test_a_client_that_reads_nothing_is_not_listened_to_beyond_the_limit() -> None:
    refused: list[str] = []
    waits, reads = asyncio.Event(), asyncio.Event()

    async def take(message: dict[str, Any]) -> None:
        refused.append(message["id"])
        waits.set()
        await reads.wait()
        if len(refused) == MOST_OPERATIONS:
            client.leave.set()

    client = Client(_subscribes(2 * MOST_OPERATIONS, "subscription { waits }"), take)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(client.run())
        await waits.wait()
        assert (client.read, refused) == (2 + MOST_OPERATIONS + 1, [str(MOST_OPERATIONS)])
        reads.set()
    assert refused == [str(number) for number in range(MOST_OPERATIONS, 2 * MOST_OPERATIONS)]


@pytest.mark.parametrize("left_at", ["next", "complete", "error", "pong"])
async def test_a_client_that_has_left_is_no_fault_of_ours(left_at: str, caplog: pytest.LogCaptureFixture) -> None:
    async def take(message: dict[str, Any]) -> None:
        if message["type"] == left_at:
            client.leave.set()
            raise OSError("the client has left")

    said = _subscribes(1, "{ nothing }" if left_at == "error" else "{ hello }")
    client = Client([{"type": "ping"}] if left_at == "pong" else said, take)
    async with asyncio.timeout(20):
        await client.run()
    gc.collect()  # a task's failure that nobody asked for is logged when the task goes
    assert client.leave.is_set()
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []
