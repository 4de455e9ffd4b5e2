"""A chat service of the tests' own, over real sockets: it answers by a script and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """A request that came in. ``at`` is monotonic seconds."""

    path: str
    headers: dict[str, str]
    body: Any
    at: float


@dataclass
class ChatServer:
    """Answers the n-th request by the n-th step of ``script``, and any further one by its last."""

    url: str
    script: list[Callable[[BaseHTTPRequestHandler], None]]
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    """Steps that wait, wait on this, so that no test's end has to wait for them."""


def by_prompt(choose: Callable[[str], Callable[[BaseHTTPRequestHandler], None]]) -> Callable[..., None]:
    """A step that depends on what is asked: ``choose`` gets the prompt."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        asked: Asked = handler.asked  # type: ignore[attr-defined] # the server's own handler keeps it
        choose(asked.body["messages"][-1]["content"])(handler)

    return step


def reply(status: int, body: object, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A step that answers with this status and body (bytes as they are, else JSON)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return step


def answer(
    text: object = "card_arrival", finish: object = "stop", **more: object
) -> Callable[[BaseHTTPRequestHandler], None]:
    """A step that answers as OpenAI does."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    return reply(200, {"id": "1", "model": "small-1", "choices": [choice], "usage": usage, **more})


def slow(seconds: float, step: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler], None]:
    """A step that takes its time."""

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        step(handler)

    return slowly


@contextmanager
def serving(*script: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[ChatServer]:
    """A running server; stopped at the end, whatever happens."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.asked = Asked(self.path, dict(self.headers), body, time.monotonic())
            chat.asked.append(self.asked)
            step = chat.script[min(len(chat.asked), len(chat.script)) - 1]
            try:
                step(self)
            except (BrokenPipeError, ConnectionResetError):  # the client gave up first
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test sees what was asked in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat = ChatServer(f"http://127.0.0.1:{server.server_port}/v1", list(script))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield chat
    finally:
        chat.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
