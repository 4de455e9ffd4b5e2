"""GraphQL over server-sent events, by the protocol of graphql-sse (distinct connections mode).

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. Each `id:` line is the place after the event, so that
a browser's EventSource, which sends it as Last-Event-ID when it connects again, goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from begat.api.accept import EVENTS, GRAPHQL, HTML, JSON, choose
from begat.api.body import read_get, read_post
from begat.api.encode import encode
from begat.api.masking import fault, of_problem
from begat.api.messages import Answer, GraphQLRequest, Refusal
from begat.api.subscriptions import Connections, Stream, Streams, ending, first_of
from begat.change.watcher import Ended
from begat.core.errors import Code, Problem

BEAT_SECONDS = 15.0
"""Without an event for so long a comment is sent: proxies close what is silent, mostly after a minute."""
FIRST_BEAT_SECONDS = 0.25
"""The first one comes soon, with the id of the beginning: who loses the connection before the first event resumes."""
BODY_SECONDS = 30.0
"""How long a client may take to send what it asks."""


class EventStream:
    """Answers who wants events; passes everybody else on to ``otherwise``."""

    def __init__(self, streams: Streams, connections: Connections, otherwise: ASGIApp, max_body: int) -> None:
        self.streams = streams
        self.connections = connections
        self.otherwise = otherwise
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        if request.method not in ("GET", "POST") or not wants_events(request):
            await self.otherwise(scope, receive, send)
            return
        try:
            # A place is taken last: who has no token, or does not come to an end, takes none from others.
            authorization = request.headers.get("authorization")
            await self.streams.enter(authorization)
            asked = read_get(request) if request.method == "GET" else await self._posted(request)
            with self.connections.one():
                # What a browser saw last is newer than what its page asked to resume by at first.
                last = request.headers.get("last-event-id") or None
                await _send(await self.streams.open(asked, authorization, last), receive, send)
        except ClientDisconnect:
            return
        except Refusal as refusal:
            await _refused(refusal.body(), refusal.status, refusal.headers)(scope, receive, send)
        except Problem as problem:
            await _refused({"errors": [of_problem(problem)]}, 503, {})(scope, receive, send)

    async def _posted(self, request: Request) -> GraphQLRequest:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await read_post(request, self.max_body)
        except TimeoutError:
            message = f"The body took longer than {BODY_SECONDS:g} s."
            raise Refusal(408, Code.LIMIT, message, hint="Send it faster.", headers={"Connection": "close"}) from None


def wants_events(request: Request) -> bool:
    """Whether the client names this media type, and likes no other one better."""
    accept = ", ".join(request.headers.getlist("accept"))
    return EVENTS in accept.lower() and choose(accept, (GRAPHQL, JSON, HTML, EVENTS)) == EVENTS


def frame(event: str, body: bytes | None = None, place: str | None = None) -> bytes:
    """One event as it is sent; JSON has no line breaks of its own."""
    lines = [b"event: " + event.encode()]
    if place:
        lines.append(b"id: " + place.encode())
    lines.append(b"data: " + (body or b""))
    return b"\n".join(lines) + b"\n\n"


def beat(place: str | None) -> bytes:
    """A comment; with an id and without data a client keeps the id and tells nobody of an event."""
    return b":\n" + (b"id: " + place.encode() + b"\n" if place else b"") + b"\n"


async def frames(stream: Stream) -> AsyncGenerator[bytes, None]:
    """The stream as server-sent events. Where begat ends it just stops, so that the client comes again."""
    async with aclosing(stream.answers) as answers:
        seconds, told = FIRST_BEAT_SECONDS, None
        coming: asyncio.Future[Answer] = asyncio.ensure_future(anext(answers))
        try:
            while True:
                done, _ = await asyncio.wait((coming,), timeout=seconds)
                seconds = BEAT_SECONDS
                if not done:
                    yield beat(stream.place if stream.place != told else None)
                    told = stream.place
                    continue
                try:
                    answer = coming.result()
                except StopAsyncIteration:
                    break
                except Ended:
                    return
                except Exception as failure:
                    yield frame("next", encode({"errors": ending(failure)}))
                    break
                told = stream.place
                body = encode(answer.body()) or encode({"errors": [fault()]})
                yield frame("next", body, told if answer.executed else None)
                if not answer.executed:
                    break
                coming = asyncio.ensure_future(anext(answers))
            yield frame("complete")
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


async def _send(stream: Stream, receive: Receive, send: Send) -> None:
    """Sends until the stream ends or the client leaves, whichever is first; nothing of it runs on afterwards."""

    async def write() -> None:
        headers = [(b"content-type", EVENTS.encode()), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"vary", b"Accept")]})
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        async with aclosing(frames(stream)) as sent:
            async for part in sent:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    await first_of(write, left)


def _refused(body: dict[str, object], status: int, headers: dict[str, str]) -> Response:
    always = {"Content-Type": f"{JSON}; charset=utf-8", "Vary": "Accept", "Cache-Control": "no-store"}
    return Response(encode(body), status, {**always, **headers})
