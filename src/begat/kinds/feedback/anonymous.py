"""Feedback of people without a token: the request's id is what entitles them, where the endpoint lets it."""

from __future__ import annotations

from dataclasses import replace

from begat.access.scope import Viewer
from begat.core.canonical import sha256
from begat.core.errors import bad_input
from begat.graph.driver import Graph
from begat.kinds.feedback import acts, rules
from begat.kinds.feedback.acts import ROLE, NewFeedback
from begat.platforms.ports import Origin, Telemetry

MOST_KEY = 200


async def submit(graph: Graph, telemetry: Telemetry, new: NewFeedback, request_id: str) -> str:
    """As `acts.submit`, in nobody's name. A request that is unknown, one of begat's own, and one of an endpoint whose
    serving version takes no such feedback are answered alike: NOT_FOUND."""
    rules.said(new.named)
    if new.key is not None and not 1 <= len(new.key) <= MOST_KEY:
        raise bad_input(f"An idempotency key has 1 to {MOST_KEY} characters.", "input", "idempotencyKey")
    request = str(new.request)
    record = await acts.found(telemetry, request)
    project = await graph.read(
        "MATCH (e:Endpoint {id: $id}) WHERE e.retention = 'LIVE' "
        "WITH e MATCH (v:Version {id: e.id + ':v' + toString(e.version)}) WHERE v.anonymousFeedback = true "
        "RETURN e.project",
        id=record.endpoint,
    )
    if project is None or record.origin is not Origin.QUERY:
        raise acts.unknown(request)
    viewer = Viewer(rules.ANONYMOUS, roles={project: ROLE}, request_id=request_id)
    # All who have no name share one, and so one set of keys: each request gets its own.
    key = None if new.key is None else sha256([request, new.key])
    return await acts.submit(graph, viewer, telemetry, replace(new, key=key))
