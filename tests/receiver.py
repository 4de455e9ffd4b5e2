"""A receiver of webhooks, over a real socket: it answers by a script and keeps what it got."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    """A request, its headers' names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Where it listens and what came."""

    url: str
    got: list[Got] = field(default_factory=list)


@contextlib.contextmanager
def receiving(*statuses: int, gate: threading.Event | None = None) -> Iterator[Receiver]:
    """Answers with these statuses in turn, then with the last one; 200 where none is named. A redirect leads to the
    receiver itself. While the ``gate`` is not set it keeps its callers waiting."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Got(self.path, names, body))
            script = statuses or (200,)
            status = script[min(len(receiver.got), len(script)) - 1]
            if gate is not None:
                gate.wait(30)
            with contextlib.suppress(OSError):  # the caller may have been killed
                self.send_response(status)
                self.send_header("Location", receiver.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test sees what came in ``got``."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        if gate is not None:
            gate.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
