"""What holds for every request: an id, one log line, security headers, and no strangers in single-user mode."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection
from functools import lru_cache
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from begat import logs
from begat.api.masking import fault
from begat.api.messages import error
from begat.config import is_loopback
from begat.core.errors import Code

access = logging.getLogger("begat.access")

CSP = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"  # everywhere
GRAPHIQL_CSP = f"{CSP}; font-src 'self' data:; img-src 'self' data:"  # GraphiQL's fonts are inside its style sheet


def _with(message: Message, *headers: tuple[bytes, bytes]) -> Message:
    return {**message, "headers": [*message.get("headers", ()), *headers]}


def _secure(policy: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]


_OF_PAGES, _OF_GRAPHIQL = _secure(CSP), _secure(GRAPHIQL_CSP)
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
_DULL = ("/healthz", "/readyz", "/static/", "/vendor/")


class RequestContext:
    """Gives each request an id (its own, where it brings a sane one), echoes it, logs it, and masks what escapes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request or a socket on, inside its context."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _SANE_ID.match(given) else f"req_{uuid4().hex}"
        tokens = [(logs.request_id, logs.request_id.set(name))]
        tokens += [(variable, variable.set(None)) for variable in (logs.actor, logs.operation)]
        started, status = time.perf_counter(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.accept"):
                status = message.get("status", 101)
                message = _with(message, (b"x-request-id", name.encode()))
            await send(message)

        try:
            await self.app(scope, receive, with_id)
        except Exception as failure:
            shown = fault(failure)
            if status or scope["type"] == "websocket":
                raise  # half an answer is out: the connection has to break, so that it is not taken for a whole one
            await JSONResponse({"errors": [shown]}, 500)(scope, receive, with_id)
        finally:
            # No query string: it may hold a query's values. Status 0: the client left before it was answered. A stream
            # is logged at its end.
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            method = scope.get("method", "WEBSOCKET")
            fields = {"method": method, "path": scope["path"][:200], "status": status, "ms": milliseconds}
            level = logging.DEBUG if scope["path"].startswith(_DULL) else logging.INFO
            access.log(level, "request", extra={"fields": fields})
            for variable, token in tokens:
                variable.reset(token)


class SecurityHeaders:
    """Adds the headers that keep a page's code its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and put the headers on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        added = _OF_GRAPHIQL if scope["path"] == "/graphql" else _OF_PAGES

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = _with(message, *added)
            await send(message)

        await self.app(scope, receive, with_headers)


class LocalOnly:
    """For the single-user mode, in which whoever reaches begat is trusted: keeps other sites' pages out.

    A page from elsewhere can send requests to 127.0.0.1 through the user's browser. It cannot choose the Host header
    unless it rebinds its own name (then Host names that), cannot hide its Origin, and cannot send JSON without asking
    first, which begat never grants (`GraphQLEndpoint` takes no other content type). Following a link is allowed: it
    opens a page that does nothing until a person acts.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request of this machine's user on, refuse others with 403."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        reason = self._refused(scope)
        if reason is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            hint = "Open begat by its own address, like http://127.0.0.1:8000, or run it with BEGAT_AUTH=tokens."
            shown = error(Code.FORBIDDEN, reason, hint=hint)
            await JSONResponse({"errors": [shown]}, 403)(scope, receive, send)

    def _refused(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._is_known(hosts[0]):
            return "The request was sent to a name that is not this machine's."
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        if any(origin.lower() != f"{scheme}://{hosts[0]}".lower() for origin in origins):
            return "The request comes from another site's page."
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return "The request comes from another site's page."
        return None

    def _is_known(self, header: str) -> bool:
        host, loopback = _host_of(header)
        return loopback or host in self.hosts


@lru_cache(maxsize=64)
def _host_of(header: str) -> tuple[str, bool]:
    """The name in a Host header, and whether only this machine has it."""
    host = re.sub(r":\d{1,5}\Z", "", header).lower()
    return host, is_loopback(host)
