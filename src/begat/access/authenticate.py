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
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    return await tokens.authenticate(graph, token.strip(), request_id)
