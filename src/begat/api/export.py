"""`GET /lineage/export`: a walk as a file, written while it is sent, however large it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from begat.api.messages import Refusal
from begat.api.replies import refused
from begat.core import times
from begat.core.errors import Problem, bad_input
from begat.gql.completeness import HitKind
from begat.gql.context import Context
from begat.gql.hits import LineageRelation
from begat.gql.lineage import LineageFilter, question
from begat.gql.scalars import DateTime
from begat.lineage.export.asked import document
from begat.lineage.export.document import Document
from begat.lineage.export.formats import FORMS, Format, pieces
from begat.lineage.question import Deleted, Direction, Level, Question, Versions

E = TypeVar("E", bound=Enum)

NO_LIMIT = 2**31 - 2
"""More nodes than a graph holds."""

DEEPEST = 1_000_000
PARAMETERS = (
    *("id", "direction", "depth", "format", "level", "versions"),
    *("asOf", "kinds", "relations", "stopAt", "deleted", "rows"),
)
LISTS = ("kinds", "relations", "stopAt")
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True)
class Asked:
    """An export as its address asks for it."""

    id: str
    question: Question
    as_of: str | None
    format: Format


Enter: TypeAlias = Callable[[str | None], Awaitable[Context]]
"""Lets the caller of an Authorization header in, as `/graphql` does; raises a Refusal (401) where it is nobody's."""


class ExportEndpoint:
    """The ASGI application of the route. What is wrong is told as JSON before the file begins; a fault after that
    breaks the connection, so that half a file is not taken for a whole one."""

    def __init__(self, enter: Enter) -> None:
        self.enter = enter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._file(request)
        except (Refusal, Problem) as why:
            return refused(why)

    async def _file(self, request: Request) -> Response:
        if request.method != "GET":
            message = f"{request.method[:20]} is not answered here."
            raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "GET"})
        context = await self.enter(request.headers.get("authorization"))
        asked = read(request.query_params)
        caller = context.graph, context.viewer, context.secret
        found = await document(*caller, asked.id, asked.question, times.now(), asked.as_of, NO_LIMIT)
        headers = {
            "Content-Type": FORMS[asked.format].media,
            "Content-Disposition": f'attachment; filename="{file_name(asked, found)}"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(_text(context, found, asked.format), headers=headers)


async def _text(context: Context, found: Document, format: Format) -> AsyncIterator[str]:
    async for piece in pieces(context.graph, context.viewer, found, format):
        if piece:
            yield piece


def read(given: QueryParams) -> Asked:
    """What the query string asks for; raises BAD_INPUT, whose path is the parameter."""
    for name in given:
        if name not in PARAMETERS:
            hint = f"There are {', '.join(PARAMETERS)}."
            raise bad_input(f"There is no parameter {name[:100]!r}.", name[:100], hint=hint)
        if len(given.getlist(name)) > 1:
            hint = "Separate several values by commas." if name in LISTS else "Name it once."
            raise bad_input(f"{name} is there twice.", name, hint=hint)
    values = {name: value for name, value in given.items() if value != ""}
    for name in ("id", "direction"):
        if name not in values:
            raise bad_input(f"There is no {name}.", name, hint="Ask /lineage/export?id=...&direction=UP.")
    as_of = None if "asOf" not in values else times.parse(values["asOf"], "asOf")
    filter = LineageFilter(
        level=_one(values, "level", Level),
        versions=_one(values, "versions", Versions),
        as_of=None if as_of is None else DateTime(as_of),
        kinds=_several(values, "kinds", HitKind),
        relations=_several(values, "relations", LineageRelation),
        stop_at=_several(values, "stopAt", HitKind),
        deleted=_one(values, "deleted", Deleted),
        rows=_flag(values, "rows"),
    )
    direction = _one(values, "direction", Direction)
    assert direction is not None  # noqa: S101 - looked for above, for the type checker
    try:
        asked = question(direction, _depth(values), filter)
    except Problem as problem:
        path = [step for step in problem.path if step != "filter"]
        raise Problem(problem.code, problem.message, path=path, hint=problem.hint) from problem
    return Asked(values["id"], asked, as_of, _one(values, "format", Format) or Format.JSON)


def file_name(asked: Asked, found: Document) -> str:
    """What the file is called: of letters, figures, `_` and `-` only, whatever the id is."""
    name, moment = _UNSAFE.sub("-", asked.id)[:100], _UNSAFE.sub("", found.at)
    return f"lineage-{name}-{asked.question.direction.value.lower()}-{moment}.{FORMS[asked.format].ending}"


def _one(values: dict[str, str], name: str, type: type[E]) -> E | None:
    text = values.get(name)
    if text is None:
        return None
    if text.upper() not in type.__members__:
        hint = f"It is one of {', '.join(type.__members__)}."
        raise bad_input(f"{name} cannot be {text[:100]!r}.", name, hint=hint)
    return type[text.upper()]


def _several(values: dict[str, str], name: str, type: type[E]) -> list[E] | None:
    if name not in values:
        return None
    parts = [_one({name: part.strip()}, name, type) for part in values[name].split(",")]
    return [part for part in parts if part is not None]


def _flag(values: dict[str, str], name: str) -> bool:
    text = values.get(name, "false").lower()
    if text not in ("true", "false"):
        raise bad_input(f"{name} is true or false.", name)
    return text == "true"


def _depth(values: dict[str, str]) -> int | None:
    text = values.get("depth", "1")
    if text.lower() == "all":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= DEEPEST):
        raise bad_input(f"depth cannot be {text[:100]!r}.", "depth", hint=f"It is 1 to {DEEPEST:,}, or all.")
    return int(text)
