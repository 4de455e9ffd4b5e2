"""Submitting feedback: for one answer by its request's id, or for an endpoint as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from begat.access.scope import Viewer, require
from begat.change.idempotency import answered, once
from begat.change.rows import revise
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.roles import Role
from begat.gql.columns import from_json, to_json
from begat.graph.driver import Graph
from begat.kinds.feedback import rules
from begat.kinds.feedback.asked import Asked, asked
from begat.kinds.feedback.kind import ENDED, LABEL, LABELS, LIFECYCLE, NAME, PREFIX
from begat.platforms.ports import Inference, Origin, Telemetry

ROLE = Role.REVIEWER


@dataclass(frozen=True)
class NewFeedback:
    """What a caller sends. ``named`` holds those of rating, correction and comment that he names (null takes one back);
    ``position`` is the place of the answer among the request's, from 0."""

    request: str | None
    endpoint: str | None
    position: int | None = None
    named: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class _About:
    """What a feedback is about."""

    project: str
    endpoint: str
    version: str
    model: str | None
    request: str | None = None
    at: str | None = None
    position: int = 0
    asked: Asked = field(default_factory=Asked)


async def submit(graph: Graph, viewer: Viewer, telemetry: Telemetry, new: NewFeedback) -> str:
    """Makes a feedback, or changes what the same person said about the same answer before; its id.

    Whoever may ask the endpoint may. Raises BAD_INPUT for what says nothing, NOT_FOUND for an unknown request or
    endpoint, GUARD_FAILED for an endpoint where nothing serves, ILLEGAL_MOVE for a request that nobody asked (a test, a
    generation).
    """
    named = rules.said(new.named)
    by = rules.person(viewer.name, new.by)
    if (new.request is None) == (new.endpoint is None):
        raise bad_input("Give requestId or endpointId.", "input", "requestId", hint="One of them, and not both.")
    input = [new.request, new.endpoint, new.position, named, new.by]
    if (before := await answered(graph, viewer, new.key, "feedbackSubmit", input)) is not None:
        return str(before)
    record = None if new.request is None else await found(telemetry, new.request)

    async def work(change: Change) -> str:
        async def act() -> str:
            if record is not None:
                about = await _about_answer(change, record, new.position or 0)
            else:
                about = await _about_endpoint(change, str(new.endpoint), new.position)
            # As for a query: more than to read, as it counts in what is monitored; less than to change anything.
            require(viewer, about.project, ROLE, "input")
            return await _say(change, about, named, by)

        return str(await once(change, new.key, "feedbackSubmit", input, act))

    return await write(graph, viewer, work)


async def found(telemetry: Telemetry, request: str) -> Inference:
    """The record of the request; raises NOT_FOUND."""
    if not request or len(request) > rules.MOST_REQUEST or not request.isascii() or not request.isprintable():
        raise unknown(request)
    record = (await anyio.to_thread.run_sync(telemetry.find, [request])).get(request)
    if record is None:
        raise unknown(request)
    return record


def unknown(request: str) -> Problem:
    """The same words for a request that never was and for one of another's endpoint."""
    return ids.unknown(request, "input", "requestId")


async def _about_answer(change: Change, record: Inference, position: int) -> _About:
    """Raises NOT_FOUND where the caller does not see the endpoint."""
    held = await change.read(
        "MATCH (v:Version {id: $version}) OPTIONAL MATCH (t:Version {id: v.templateVersion}) "
        "RETURN [properties(v), properties(t)]",
        version=record.endpoint_version,
    )
    if held is None or not change.viewer.sees(held[0].get("project")):
        raise unknown(record.request_id)
    if record.origin is not Origin.QUERY:
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"The request {record.request_id} was begat's own (a {record.origin.value.lower()}).",
            path=("input", "requestId"),
            hint="Feedback is for what was asked of the endpoint.",
        )
    if not 0 <= position < record.inputs:
        hint = f"Count from 0 to {record.inputs - 1}."
        raise bad_input(f"The request has {record.inputs} answers.", "input", "position", hint=hint)
    version, template = held
    return _About(
        version["project"],
        record.endpoint,
        record.endpoint_version,
        record.model_version,
        record.request_id,
        record.at,
        position,
        asked(record, position, version, template),
    )


async def _about_endpoint(change: Change, endpoint: str, position: int | None) -> _About:
    path = ("input", "endpointId")
    node = await change.read(
        "MATCH (n:Asset {id: $id}) RETURN [n.kind, n.project, n.version]", id=ids.check(endpoint, *path)
    )
    if node is None or node[0] != "ENDPOINT" or not change.viewer.sees(node[1]):
        raise not_found(endpoint, *path)
    if position is not None:
        raise bad_input("A position is of a request's answers.", "input", "position", hint="Give requestId with it.")
    if node[2] is None:
        raise Problem(
            Code.GUARD_FAILED,
            "No version of the endpoint serves, so there is nothing to say this of.",
            path=path,
            id=endpoint,
            hint="Name the request that was answered.",
        )
    version = ids.immutable(endpoint, "v", node[2])
    traffic = await change.read("MATCH (v:Version {id: $id}) RETURN v.traffic", id=version)
    shares = from_json(traffic) if traffic else []
    # With traffic split over several, nobody knows which one is meant.
    return _About(node[1], endpoint, version, shares[0]["modelVersion"] if len(shares) == 1 else None)


async def _say(change: Change, about: _About, named: Mapping[str, Any], by: str) -> str:
    """A new feedback or an edit of the one that this person gave."""
    key = None if about.request is None else rules.key(about.request, about.position, change.viewer.name, by)
    held = None if key is None else await _held(change, key)
    if held is not None:
        return _edit(change, held, named)
    rules.check_says_something(named)
    return _create(change, about, named, by, key)


async def _held(change: Change, key: str) -> Properties | None:
    id = await change.read("MATCH (n:Row {key: $key}) RETURN n.id", key=key)
    return None if id is None else (await change.lock([id], LABEL)).get(id)


def _create(change: Change, about: _About, named: Mapping[str, Any], by: str, key: str | None) -> str:
    id = ids.new(PREFIX)
    change.create(
        LABELS,
        {
            "id": id,
            "kind": NAME,
            "project": about.project,
            "endpoint": about.endpoint,
            "endpointVersion": about.version,
            "modelVersion": about.model,
            "requestId": about.request,
            "position": about.position,
            "key": key,
            **named,
            "isRight": rules.verdict(named.get("rating"), named.get("correction"), about.asked.answer),
            "question": about.asked.question,
            "answer": about.asked.answer,
            "input": about.asked.input,
            "templateVersion": about.asked.template,
            "answeredAt": about.at,
            "status": LIFECYCLE.initial,
            "by": by,
            "submittedBy": change.viewer.name,
            "revision": 1,
            "createdAt": change.at,
            "updatedAt": change.at,
            "updatedBy": change.viewer.name,
        },
    )
    change.link("ABOUT", id, about.version, "EndpointVersion")
    if about.model is not None:
        change.link("ABOUT", id, about.model, "ModelVersion")
    return id


def _edit(change: Change, held: Properties, named: Mapping[str, Any]) -> str:
    """What is not named stays as it was said; what was decided on other words waits again."""
    after = {name: value for name, value in named.items() if held.get(name) != value}
    if not after:
        return str(held["id"])
    content = {name: {**held, **after}.get(name) for name in rules.SAID}
    rules.check_says_something(content)
    edits = from_json(held.get("edits", "[]"))
    if len(edits) >= rules.MOST_EDITS:
        raise Problem(
            Code.LIMIT,
            f"It was changed {rules.MOST_EDITS} times already.",
            path=("input",),
            id=held["id"],
            hint="It stays as it is; dismiss it if it is of no use.",
        )
    edit = {
        "at": change.at,
        "actor": change.viewer.name,
        "before": {name: held.get(name) for name in after},
        "after": after,
    }
    changes = {
        **after,
        "isRight": rules.verdict(content["rating"], content["correction"], held.get("answer")),
        "edits": to_json([*edits, edit]),
    }
    if held["status"] in ENDED:
        changes |= {"status": LIFECYCLE.initial, "reason": None}
    revise(change, held, changes)
    return str(held["id"])
