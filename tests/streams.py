"""Clients of subscriptions: over WebSocket and over server-sent events, as their protocols have it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.api_client import Client, operation

WATCH = operation("Watch")
SECONDS = 20.0
"""How long a test waits for what must come."""


@dataclass
class Socket:
    """A client of graphql-transport-ws."""

    connection: ClientConnection

    def send(self, **message: Any) -> None:
        """Sends a message."""
        self.connection.send(json.dumps(message))

    def next(self) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(self.connection.recv(SECONDS))
        return message

    def enter(self, **payload: Any) -> None:
        """Says connection_init and waits for the answer."""
        self.send(type="connection_init", payload=payload)
        assert self.next() == {"type": "connection_ack"}

    def subscribe(self, id: str, query: str, **variables: Any) -> None:
        """Starts an operation."""
        self.send(id=id, type="subscribe", payload={"query": query, "variables": variables})

    def event(self, id: str = "1") -> dict[str, Any]:
        """The next message, an event of the contract's Watch."""
        message = self.next()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        change: dict[str, Any] = message["payload"]["data"]["assetChanged"]
        return change

    def closed(self) -> tuple[int, str]:
        """Waits until the server closes: the code and the reason."""
        with contextlib.suppress(Exception):
            while True:
                self.connection.recv(SECONDS)
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@contextlib.contextmanager
def socket(address: str, protocol: str = "graphql-transport-ws", **more: Any) -> Iterator[Socket]:
    """A socket that is open until the block ends."""
    url = address.replace("http", "ws", 1) + "/graphql"
    with connect(url, subprotocols=[Subprotocol(protocol)], open_timeout=SECONDS, **more) as connection:
        yield Socket(connection)


@dataclass
class Frame:
    """One server-sent event."""

    event: str = ""
    id: str | None = None
    data: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """The GraphQL response in it."""
        body: dict[str, Any] = json.loads(self.data)
        return body


@dataclass
class Events:
    """A client of server-sent events, which remembers the last id as a browser does."""

    response: httpx.Response
    last_id: str = ""
    _lines: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.iter_lines()

    def next(self) -> Frame | None:
        """The next block, an event or a comment with an id; None at the end."""
        frame, some = Frame(), False
        for line in self._lines:
            if not line:
                if some:
                    self.last_id = frame.id or self.last_id
                    return frame
                continue
            name, _, value = line.partition(":")
            if name:
                some = True
                setattr(frame, name, value.removeprefix(" "))
        return None

    def change(self) -> dict[str, Any]:
        """The next event of the contract's Watch."""
        frame = self.next()
        while frame is not None and not frame.event:
            frame = self.next()
        assert frame is not None, "the stream ended"
        assert frame.event == "next", frame
        assert "errors" not in frame.body, frame.body
        change: dict[str, Any] = frame.body["data"]["assetChanged"]
        assert frame.id == change["id"]
        return change

    def standing(self) -> str:
        """Waits for the id of the beginning."""
        while not self.last_id:
            assert self.next() is not None, "the stream ended"
        return self.last_id


@contextlib.contextmanager
def events(api: Client, query: str = WATCH, last_id: str | None = None, **variables: Any) -> Iterator[Events]:
    """An event stream that is open until the block ends."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    sent = {"query": query, "variables": variables}
    with api.http.stream("POST", "/graphql", json=sent, headers=headers, timeout=SECONDS) as response:
        if response.status_code != 200:
            response.read()
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


@contextlib.contextmanager
def meanwhile(work: Any) -> Iterator[None]:
    """Runs ``work`` beside the block, and waits for its end; raises what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
    assert not thread.is_alive()
    if raised:
        raise raised[0]
