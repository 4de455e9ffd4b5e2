"""A query: one read of the graph, one call of the model, one record in the log, and nothing of it in the graph."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread

from begat.access.scope import Viewer, require
from begat.core import ids, routing, times
from begat.core.errors import Code, Problem, not_found
from begat.core.roles import Role
from begat.find import lists
from begat.graph.driver import Graph
from begat.kinds.endpoint import inputs as asked
from begat.kinds.endpoint.inputs import Input, Wording
from begat.kinds.endpoint.kind import ANSWERING
from begat.kinds.endpoint.routes import Route, Served, route, said
from begat.platforms.platform import Platform
from begat.platforms.ports import Inference, Json, Origin, Prediction

log = logging.getLogger("begat.serving")

ROLE = Role.REVIEWER
"""Who may query: more than to read, as every query counts in what is monitored; less than to change anything."""

SECONDS = 30.0
"""How long a query waits for its model, which may have to be loaded first."""

FEW = 16
"""So many inputs are worded at once; more in a thread, so that nobody else waits for them."""


@dataclass
class Answer:
    """What became of a query. ``route`` is None where nothing serves, ``served`` where no model was chosen."""

    request_id: str
    route: Route | None = None
    served: Served | None = None
    outputs: tuple[dict[str, Json], ...] | None = None
    latency_ms: float | None = None
    problem: Problem | None = None
    prediction: Prediction | None = field(default=None, repr=False)
    kept: list[Json] | None = field(default=None, repr=False)
    count: int = 0


async def query(
    graph: Graph,
    viewer: Viewer,
    platform: Platform,
    id: str,
    inputs: Any,
    *,
    origin: Origin = Origin.QUERY,
    worded: bool = False,
    version: str | None = None,
) -> Answer:
    """Asks the endpoint; ``inputs`` as ``inputs.checked`` takes them, or where they are ``worded`` already, texts. Its
    deployment ``version`` answers where one is named, also when it serves no more, else the one that serves.

    Raises what keeps the endpoint from being asked at all: NOT_FOUND, FORBIDDEN, ILLEGAL_MOVE where it does not answer
    now. What goes wrong from then on is the answer's ``problem`` and a record in the log, as an answer is.
    """
    began, at = time.perf_counter(), times.now()
    answer = Answer(ids.new("req"))
    serving = await _serving(graph, viewer, id)
    answer.route = found = await route(graph, version or serving)
    try:
        given = asked.checked(inputs)
        answer.count = len(given)
        answer.kept = asked.kept(given, found.log_inputs, found.redact)
        texts = await _worded(given, None if worded else found.wording)
        answer.served = chosen = found.served[routing.choose(answer.request_id, found.shares)]
        answer.prediction = await _predicted(platform, chosen, texts)
        answer.outputs = answer.prediction.outputs
    except Problem as problem:
        answer.problem = problem
        if problem.code not in (Code.BAD_INPUT, Code.LIMIT):
            log.warning("endpoint %s, request %s: %s", id, answer.request_id, problem.message)
    answer.latency_ms = (time.perf_counter() - began) * 1_000
    # An answer without its record could never be explained: where none can be kept, the caller is told to try again.
    await anyio.to_thread.run_sync(platform.telemetry.append, _record(answer, found, at, origin))
    return answer


async def _serving(graph: Graph, viewer: Viewer, id: str) -> str:
    """The id of the version that serves."""
    columns = ("n.project", "n.status", "n.retention", "n.version")
    found = await lists.by_ids(graph, viewer, "Endpoint", [ids.check(id, "id")], columns)
    if not found:
        raise not_found(id, "id")
    ((project, status, retention, version),) = found
    require(viewer, project, ROLE, "id", id=id)
    if retention != "LIVE":
        message = f"The endpoint is {retention.lower()} and does not answer."
        raise Problem(Code.ILLEGAL_MOVE, message, path=("id",), id=id, hint="Restore and start it first.")
    if status not in ANSWERING or version is None:
        hints = {"DEPLOYING": "Wait until its first version is live.", "STOPPED": "Start it first."}
        message = f"The endpoint is {status} and does not answer."
        raise Problem(
            Code.ILLEGAL_MOVE, message, path=("id",), id=id, hint=hints.get(status, "Look at its health and versions.")
        )
    return ids.immutable(id, "v", version)


async def _predicted(platform: Platform, chosen: Served, texts: list[str]) -> Prediction:
    try:
        return await platform.serving.predict(chosen.ref, texts, SECONDS)
    except Problem as problem:
        raise said(chosen, problem) from problem


async def _worded(given: list[Input], wording: Wording | None) -> list[str]:
    if len(given) <= FEW:
        return asked.worded(given, wording)
    return await anyio.to_thread.run_sync(asked.worded, given, wording)


def _record(answer: Answer, found: Route, at: str, origin: Origin) -> Inference:
    prediction = answer.prediction
    return Inference(
        request_id=answer.request_id,
        at=at,
        endpoint=found.endpoint,
        endpoint_version=found.id,
        model_version=None if answer.served is None else answer.served.ref.id,
        code=None if answer.problem is None else answer.problem.code.value,
        latency_ms=answer.latency_ms or 0.0,
        model_ms=None if prediction is None else prediction.model_ms,
        cpu_seconds=None if prediction is None else prediction.cpu_seconds,
        inputs=answer.count,
        input=answer.kept,
        output=None if answer.outputs is None else list(answer.outputs),
        origin=origin,
    )
