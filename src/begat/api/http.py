"""`/graphql`, by the GraphQL-over-HTTP specification."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from begat.api.accept import GRAPHQL, HTML, JSON, choose
from begat.api.body import read_get, read_post
from begat.api.encode import encode
from begat.api.leaving import attended
from begat.api.masking import fault, of_problem
from begat.api.messages import Answer, GraphQLRequest, Json, Refusal
from begat.core.errors import Code, Problem, Problems

Execute: TypeAlias = Callable[[GraphQLRequest, Request], Awaitable[Answer]]
"""Answers a request. May raise a Refusal, a Problem or Problems where it refuses the request as a whole."""
Page: TypeAlias = Callable[[Request], Awaitable[Response]]

STATUS = {Code.FORBIDDEN: 403, Code.UNAVAILABLE: 503}
"""The HTTP status of a Problem that refuses the whole request; 400 for the others."""


class GraphQLEndpoint:
    """The ASGI application of one GraphQL service.

    ``page`` answers a GET that prefers HTML, whatever its query string; None serves no page. Bodies of more than
    ``max_body`` bytes are refused before they are read. A request may work in the graph for ``seconds``, and while its
    client is there.
    """

    def __init__(
        self, execute: Execute, *, page: Page | None = None, max_body: int = 2 * 1024 * 1024, seconds: float = 30.0
    ) -> None:
        self.execute = execute
        self.page = page
        self.max_body = max_body
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return  # nobody is there to be answered
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        accept = ", ".join(request.headers.getlist("accept")) or None
        if request.method == "GET" and self.page is not None and choose(accept, (GRAPHQL, JSON, HTML)) == HTML:
            return await self.page(request)
        media = choose(accept, (GRAPHQL, JSON))
        try:
            answer = await self._answer(request, media)
        except Refusal as refusal:
            return _response(refusal.body(), refusal.status, media or JSON, refusal.headers)
        except Problem as problem:
            return _response({"errors": [of_problem(problem)]}, STATUS.get(problem.code, 400), media or JSON)
        except Problems as several:
            errors = [of_problem(problem) for problem in several.problems]
            return _response({"errors": errors}, STATUS.get(several.problems[0].code, 400), media or JSON)
        except ClientDisconnect:
            raise
        except Exception as failure:
            return _response({"errors": [fault(failure)]}, 500, media or JSON)
        # A client that knows only application/json takes every other status for a broken server.
        status = 400 if not answer.executed and media == GRAPHQL else 200
        return _response(answer.body(), status, media or JSON)

    async def _answer(self, request: Request, media: str | None) -> Answer:
        if request.method not in ("GET", "POST"):
            message = f"{request.method[:20]} is not answered here."
            raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "GET, POST"})
        if media is None:
            hint = f"Send Accept: {GRAPHQL}, {JSON};q=0.9."
            raise Refusal(406, "NOT_ACCEPTABLE", "None of the media types you accept can be sent.", hint=hint)
        asked = read_get(request) if request.method == "GET" else await read_post(request, self.max_body)
        with attended(request, self.seconds):
            return await self.execute(asked, request)


def _response(body: Json, status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    content = encode(body)
    if content is None:
        content, status = encode({"errors": [fault()]}), 500
    always = {"Content-Type": f"{media}; charset=utf-8", "Vary": "Accept", "Cache-Control": "no-store"}
    return Response(content, status, {**always, **(headers or {})})
