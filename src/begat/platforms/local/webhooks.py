"""Webhooks over HTTP, from this machine to public addresses only."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from urllib.parse import SplitResult

import anyio.to_thread
import httpx

from begat.core.errors import Code, Problem
from begat.core.webhooks import check_url, is_public, refused

SECONDS = 10.0
"""All that one call may take, from the name's look-up to the answer's status."""


class HttpWebhooks:
    """See :class:`begat.platforms.ports.Webhooks`. ``private`` also allows addresses of one's own network."""

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._tls = ssl.create_default_context()

    def check(self, url: str, *path: str | int) -> None:
        """The address as it is written."""
        check_url(url, *path, private=self._private)

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> int:
        """The name is resolved once and just the address that was looked at is called: a name that leads elsewhere a
        moment later (DNS rebinding) gains nothing. Certificates are checked for the name."""
        parts = check_url(url, private=self._private)
        host = parts.hostname or ""
        try:
            async with asyncio.timeout(SECONDS):
                address = await self._resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
                return await self._send(parts, host, address, headers, body)
        except (TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise Problem(Code.UNAVAILABLE, f"Nobody answers there: {_why(error)}.") from error

    async def _send(self, parts: SplitResult, host: str, address: str, headers: Mapping[str, str], body: str) -> int:
        port = "" if parts.port is None else f":{parts.port}"
        query = f"?{parts.query}" if parts.query else ""
        literal = f"[{address}]" if ":" in address else address
        named = f"[{host}]" if ":" in host else host
        request = httpx.Request(
            "POST",
            f"{parts.scheme}://{literal}{port}{parts.path or '/'}{query}",
            headers={**headers, "host": f"{named}{port}", "content-type": "application/json", "user-agent": "begat"},
            content=body.encode(),
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(SECONDS).as_dict()},
        )
        # No proxy of the environment: it would resolve names by itself.
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, retries=0) as transport:
            answer = await transport.handle_async_request(request)
            try:
                return answer.status_code
            finally:
                await answer.aclose()

    async def _resolve(self, host: str, port: int) -> str:
        """The address to call: where a name leads to several, all must be public."""
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await anyio.to_thread.run_sync(look_up, abandon_on_cancel=True)
        addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
        if not self._private and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise refused()
        return addresses[0]


def _why(error: Exception) -> str:
    """In words without an address: what a name led to is nobody's business who may read the delivery."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, socket.gaierror):
        return "the name is unknown"
    if isinstance(error, httpx.ConnectError):
        return "it cannot be connected to"
    return "the connection broke" if isinstance(error, httpx.TransportError | OSError) else "it is no web server"
