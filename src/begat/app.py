"""The parts put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from begat.api import health, schema
from begat.api.executor import Executor
from begat.api.export import Enter, ExportEndpoint
from begat.api.feedback import FeedbackEndpoint, Submit
from begat.api.http import Execute, GraphQLEndpoint
from begat.api.leaving import Attended
from begat.api.messages import Answer, GraphQLRequest, error
from begat.api.middleware import LocalOnly, RequestContext, SecurityHeaders
from begat.api.openlineage import LineageEndpoint
from begat.api.sse import EventStream
from begat.api.subscriptions import Connections, Stream, Streams
from begat.api.websocket import WebSocketEndpoint
from begat.config import Settings
from begat.gql.context import Context
from begat.kinds.feedback.acts import NewFeedback
from begat.service import Service, running
from begat.web import graphiql, lineage

HTTP_CODES: Mapping[int, str] = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def routes(
    execute: Execute,
    ready: health.Check,
    settings: Settings,
    *,
    submit: Submit | None = None,
    streams: Streams | None = None,
    enter: Enter | None = None,
    lifespan: Lifespan[Starlette] | None = None,
    graphiql_files: Path | None = None,
) -> Starlette:
    """Everything that is served: `/graphql` for programs and browsers, `/feedback` for people without a token,
    `/healthz`, `/readyz` and the page's files.

    ``execute`` answers GraphQL requests, ``ready`` says why it cannot (None: it can), ``submit`` keeps a feedback,
    ``streams`` are for subscriptions, over WebSocket and server-sent events, ``enter`` lets callers in to exports and
    imports of lineage.
    Without ``settings.auth`` only this machine's own user gets in. ``graphiql_files`` is where GraphiQL lies; found by
    itself where unsaid.
    """
    files = graphiql_files or graphiql.vendor_files()
    page = graphiql.page(tokens=settings.auth is not None, files=files)
    endpoint: ASGIApp = GraphQLEndpoint(execute, page=page, max_body=settings.max_body, seconds=settings.deadline)
    sockets: list[BaseRoute] = []
    if streams is not None:
        connections = Connections()
        endpoint = EventStream(streams, connections, endpoint, settings.max_body)
        sockets = [WebSocketRoute("/graphql", WebSocketEndpoint(streams, connections))]
    served: Sequence[BaseRoute] = [
        Route("/", _home, methods=["GET"]),
        Route("/graphql", endpoint),
        *sockets,
        *([] if submit is None else [Route("/feedback", FeedbackEndpoint(submit, settings.deadline))]),
        *([] if enter is None else _lineage(enter, settings)),
        *health.routes(ready),
        *graphiql.routes(files),
        *lineage.routes(tokens=settings.auth is not None),  # last: one name under /lineage/ is no id
    ]
    middleware = [Middleware(RequestContext), Middleware(SecurityHeaders)]
    if settings.auth is None:
        middleware.append(Middleware(LocalOnly))
    return Starlette(
        routes=served, middleware=middleware, exception_handlers={HTTPException: _refused}, lifespan=lifespan
    )


def create(settings: Settings) -> Starlette:
    """begat as an ASGI application; graph, platform and background work open and close with it."""
    executor = Executor(schema.build(), fast=settings.fast)
    held: list[Service] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(settings, executor) as service:
            held.append(service)
            app.state.service = service
            try:
                yield
            finally:
                held.clear()

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        return await held[0].execute(request, http)

    async def ready() -> str | None:
        return await held[0].ready() if held else "STARTING"

    async def submit(new: NewFeedback) -> str:
        return await held[0].feedback(new)

    async def enter(authorization: str | None) -> Context:
        return await held[0].context(authorization)

    class Held:
        """The streams of the service that is open."""

        async def enter(self, authorization: str | None) -> None:
            await held[0].enter(authorization)

        async def open(self, request: GraphQLRequest, authorization: str | None, after: str | None = None) -> Stream:
            return await held[0].open(request, authorization, after)

    return routes(execute, ready, settings, submit=submit, streams=Held(), enter=enter, lifespan=lifespan)


def around(service: Service) -> Starlette:
    """The ASGI application of a service that is open already, and that whoever opened it closes."""
    return routes(
        service.execute,
        service.ready,
        service.settings,
        submit=service.feedback,
        streams=service,
        enter=service.context,
    )


def _lineage(enter: Enter, settings: Settings) -> list[BaseRoute]:
    events = LineageEndpoint(enter, settings.max_body, settings.deadline)
    return [Route("/lineage/export", Attended(ExportEndpoint(enter))), Route("/api/v1/lineage", events)]


async def _home(_: Request) -> Response:
    return RedirectResponse("/graphql", 303)


async def _refused(_: Request, refusal: Exception) -> Response:
    """An unknown path or method, in the same form as every other refusal."""
    assert isinstance(refusal, HTTPException)  # noqa: S101 - Starlette calls this for nothing else
    shown = error(HTTP_CODES.get(refusal.status_code, "BAD_INPUT"), refusal.detail)
    return JSONResponse({"errors": [shown]}, refusal.status_code, headers=refusal.headers)
