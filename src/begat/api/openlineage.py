"""`POST /api/v1/lineage`: OpenLineage events, as its clients send them (openlineage.io, 2-0-2; older ones too).

Read here and not by the official client's classes, which take a second to load and check little. Of an event counts
which job read and wrote which tables; its facets are left alone but for a table's columns.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from begat.api.body import read_object
from begat.api.leaving import attended
from begat.api.messages import Refusal, malformed
from begat.api.replies import refused, reply
from begat.core import times
from begat.core.dataset_names import OWN, full_name
from begat.core.errors import Code, Problem, bad_input
from begat.core.text import check_text
from begat.gql.context import Context
from begat.graph.deadline import Limit, working
from begat.kinds.source_table.feeding import Fed, Job, Run, Told, feed
from begat.platforms.ports import ColumnInfo, TableInfo, TableKind

MOST_TABLES = 200
"""Inputs, and outputs, of one event."""

MOST_COLUMNS = 2_000
MOST_NAME = 1_000
MOST_PARTS = 1_000
"""Parts that a body is compressed in: 2 MB may be 100,000 empty ones."""
PIECE = 16 * 1024
"""Bytes that are unpacked at a time: what follows the end of a part within them is copied."""

EXAMPLE = '{"eventType": "COMPLETE", "eventTime": "...", "run": {"runId": "..."}, "job": {"namespace": "...", ...}}'
STATES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")


class LineageEndpoint:
    """The ASGI application of the route. It takes one event at a time, in JSON, also compressed by gzip, and answers
    when it is kept: 200 and what it changed, 400 for what is no JSON, 422 for what is no event, naming the field, 503
    for what was not kept within ``seconds``. Nothing is kept for a client that leaves before. Events are kept one after
    the other: those that name the same tables only held each other up, some until their time was over."""

    def __init__(self, enter: Callable[[str | None], Awaitable[Context]], max_body: int, seconds: float) -> None:
        self.enter = enter
        self.max_body = max_body
        self.seconds = seconds
        self.turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return  # nobody is there to be answered
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return reply(asdict(await self._keep(request)))
        except (Refusal, Problem) as why:
            return refused(why, 422)

    async def _keep(self, request: Request) -> Fed:
        if request.method != "POST":
            message = f"{request.method[:20]} is not answered here."
            raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "POST"})
        with working(self.seconds):
            context = await self.enter(request.headers.get("authorization"))
        body = await read_object(await plain(request, self.max_body), self.max_body, EXAMPLE)
        said = told(body)
        with attended(request, self.seconds):
            async with Limit(changing=True):
                await self.turn.acquire()
            try:
                return await feed(context.graph, context.viewer, said)
            finally:
                self.turn.release()


async def plain(request: Request, most: int) -> Request:
    """The request with its body as it was before gzip, at most ``most`` bytes of it."""
    if request.headers.get("content-encoding", "").strip().lower() != "gzip":
        return request
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            break
    unpacked = gunzip(bytes(body), most) if len(body) <= most else bytes(body)  # too large already, as it is

    async def receive() -> Message:
        return {"type": "http.request", "body": unpacked, "more_body": False}

    left_out = (b"content-encoding", b"content-length")
    headers = [(name, value) for name, value in request.scope["headers"] if name not in left_out]
    return Request({**request.scope, "headers": headers}, receive)


def gunzip(packed: bytes, most: int) -> bytes:
    """What was compressed by gzip, also in several parts, as RFC 1952 allows; of more than ``most`` bytes one more than
    these."""
    left, text = memoryview(packed), bytearray()
    for _ in range(MOST_PARTS):
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            if not left:
                raise malformed("The compressed body has no end.")
            piece = left[:PIECE]
            try:
                text += unpacker.decompress(piece, most + 1 - len(text))
            except zlib.error:
                raise malformed("The body is not compressed by gzip, as its Content-Encoding says.") from None
            if len(text) > most:
                return bytes(text)
            left = left[len(piece) - len(unpacker.unused_data) :]
        if not left:
            return bytes(text)
    raise malformed(f"The body is compressed in more than {MOST_PARTS:,} parts.")


def told(event: Mapping[str, Any]) -> Told:
    """What the event says; raises BAD_INPUT or LIMIT, whose path is the field."""
    moment = times.parse(_text(event, "eventTime"), "eventTime")
    if "dataset" in event and "job" not in event:
        return Told(moment, None, None, [_table(event["dataset"], "dataset")], [])
    job = _object(event, "job")
    source = Job(_text(job, "namespace", "job"), _text(job, "name", "job"))
    run = Run(_run_id(_object(event, "run")), _state(event)) if "run" in event else None
    return Told(moment, source, run, _tables(event, "inputs"), _tables(event, "outputs"))


def _state(event: Mapping[str, Any]) -> str | None:
    state = event.get("eventType")
    if state is not None and state not in STATES:
        raise bad_input("There is no such event type.", "eventType", hint=f"It is one of {', '.join(STATES)}.")
    return state if state in ("COMPLETE", "ABORT", "FAIL") else None


def _run_id(run: Mapping[str, Any]) -> str:
    text = _text(run, "runId", "run")
    try:
        return str(UUID(text))
    except ValueError as failure:
        raise bad_input("runId is no UUID.", "run", "runId") from failure


def _tables(event: Mapping[str, Any], name: str) -> list[TableInfo]:
    given = event.get(name)
    if given is None:
        return []
    if not isinstance(given, list):
        raise bad_input(f"{name} is no list.", name)
    if len(given) > MOST_TABLES:
        message = f"These are {len(given)} {name}; at most {MOST_TABLES} are kept of one event."
        raise Problem(Code.LIMIT, message, path=(name,), hint="Send several events of the run.")
    return [_table(one, name, place) for place, one in enumerate(given)]


def _table(given: Any, *path: str | int) -> TableInfo:
    if not isinstance(given, dict):
        raise bad_input("A dataset is an object with namespace and name.", *path)
    namespace, name = _text(given, "namespace", *path), _text(given, "name", *path)
    if namespace == OWN:
        hint = "Name the tables where they lie."
        raise bad_input("What begat made is not said by others.", *path, "namespace", hint=hint)
    full = full_name(namespace, name)
    short = name.rstrip("/").rpartition("/")[2] or name
    short = short if "/" in name else short.rpartition(".")[2] or short
    schema = name[: -len(short)].rstrip("./") if name.endswith(short) else ""
    return TableInfo(full, namespace, schema, short[:200], TableKind.TABLE, None, _columns(given, *path))


def _columns(given: Mapping[str, Any], *path: str | int) -> tuple[ColumnInfo, ...] | None:
    """The columns that the facet `schema` names; None where it is not there or is of another form."""
    facets = given.get("facets")
    schema = facets.get("schema") if isinstance(facets, dict) else None
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not fields or len(fields) > MOST_COLUMNS:
        return None
    columns = []
    for field in fields:
        name = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name, str) or not name:
            return None
        type = field.get("type")
        columns.append(ColumnInfo(_short(name, *path), _short(type if isinstance(type, str) else "", *path)))
    return tuple(columns)


def _short(text: str, *path: str | int) -> str:
    return check_text(text, *path, "facets", "schema", max_length=MOST_NAME)


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if not isinstance(value, dict):
        raise bad_input(f"{name} is missing, or no object.", name, hint=f"An event is like {EXAMPLE}.")
    return value


def _text(given: Mapping[str, Any], name: str, *path: str | int) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise bad_input(f"{name} is missing, or no text.", *path, name)
    text = check_text(value.strip(), *path, name, max_length=MOST_NAME)
    if not text.isprintable():
        raise bad_input(f"{name} holds characters that cannot be seen.", *path, name)
    return text
