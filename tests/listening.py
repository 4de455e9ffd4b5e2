"""Where the tests' own servers listen, and how clients of them begin."""

from __future__ import annotations

import socket
import ssl

import httpx

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""To verify with, for clients of what speaks no TLS: without it httpx reads all the world's authorities for each of
them, which takes 35 ms of a core."""

BRIEF = httpx.Limits(keepalive_expiry=2)
"""For clients that may be idle between two requests: the server closes what is idle for 5 s, which is httpx's time,
too, and what is sent just then meets the close."""


def listening() -> socket.socket:
    """A socket that listens on a free loopback port from here on, so that nobody has to wait for its server."""
    # With its protocol named, asyncio sends small answers at once: else each waits 40 ms for an acknowledgement.
    found = socket.socket(proto=socket.IPPROTO_TCP)
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    return found
