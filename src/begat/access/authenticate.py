"""From a request's header to its viewer: decided here, denied by default."""

from __future__ import annotations

from begat.access import tokens
from begat.access.scope import Viewer, single_user
from begat.graph.driver import Graph


async def viewer_of(graph: Graph, auth: str | None, authorization: str | None, request_id: str) -> Viewer | None:
    """The caller. Without an access provider begat is single-user (and listens on loopback only); with one, a request
    without a valid bearer token is nobody's: None."""
    if auth is None:
        return single_user(request_id)
    token = _bearer(authorization)
    return await tokens.authenticate(graph, token, request_id) if token else None


def fingerprint_of(auth: str | None, authorization: str | None) -> str | None:
    """What a long stream remembers its caller's token by; None for the single user, who has none."""
    token = None if auth is None else _bearer(authorization)
    return tokens.fingerprint(token) if token else None


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
