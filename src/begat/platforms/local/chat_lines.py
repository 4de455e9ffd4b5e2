"""Connections to a chat service, each of which ends at a deadline for all of an answer: headers, body and every pause.

httpx knows a limit for each read only, so that who drips a byte at a time may take for ever.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx


class Line:
    """One client of at most one connection, which is therefore known while somebody waits for it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.late = False
        self._stream: Any = None
        self._lock = threading.Lock()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells of a request: the connection, as it is made. Raises a timeout where it comes too late."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._stream = info["return_value"]
        if self.late:
            raise httpx.ReadTimeout("the deadline has passed")

    def cut(self) -> None:
        """Ends whatever the connection does in another thread."""
        with self._lock:
            self.late = True
            if self._stream is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    # Not the TLS socket's own, which would speak to the other side.
                    socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)


class Lines:
    """Lines that are kept for who asks next. Safe in several threads."""

    def __init__(self, headers: Mapping[str, str], timeout: httpx.Timeout) -> None:
        self._headers = headers
        self._timeout = timeout
        self._context = httpx.create_ssl_context()
        self._idle: list[Line] = []

    @contextlib.contextmanager
    def one(self, seconds: float) -> Iterator[Line]:
        """A line that is cut after so many seconds, and then ``late``, unless the block has ended."""
        try:
            line = self._idle.pop()
        except IndexError:
            limits = httpx.Limits(max_connections=1)
            line = Line(httpx.Client(headers=self._headers, timeout=self._timeout, verify=self._context, limits=limits))
        watchdog = threading.Timer(seconds, line.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield line
        finally:
            watchdog.cancel()
            watchdog.join()  # it may be cutting just now
            if line.late:
                line.client.close()
            else:
                self._idle.append(line)

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        while self._idle:
            self._idle.pop().client.close()
