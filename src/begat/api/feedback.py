"""`POST /feedback`: what people without a token say of an answer. Who knows the request's id may speak of it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from begat.api.body import read_object
from begat.api.leaving import attended
from begat.api.messages import Refusal
from begat.api.rate import RateLimit, neighbourhood
from begat.api.replies import refused, reply
from begat.core.errors import Code, Problem, bad_input
from begat.kinds.feedback.acts import NewFeedback
from begat.kinds.feedback.kind import Rating
from begat.kinds.feedback.rules import SAID

Submit: TypeAlias = Callable[[NewFeedback], Awaitable[str]]
"""Keeps a feedback of somebody without a name; its id. Raises a Problem."""

MOST_BYTES = 64 * 1024
EXAMPLE = '{"requestId": "req_...", "rating": "NEGATIVE", "correction": "..."}'
FIELDS = {"requestId": str, "position": int, "rating": str, "correction": str, "comment": str, "by": str}
FIELDS |= {"idempotencyKey": str}


class FeedbackEndpoint:
    """The ASGI application of the route.

    It answers a page of its own origin and programs, never another site's page: it sends no CORS header, takes only
    JSON (which a browser asks about first, in vain), and refuses a foreign Origin. One address may send 30 at once and
    then one every two seconds, all together 300 at once and then ten a second; each begat counts for itself.
    A feedback is kept within ``seconds``, and while its client is there, or not at all.
    """

    def __init__(self, submit: Submit, seconds: float) -> None:
        self.submit = submit
        self.seconds = seconds
        self.each = RateLimit(30, 0.5)
        self.all = RateLimit(300, 10.0)

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
            return reply({"id": await self._take(request)})
        except (Refusal, Problem) as why:
            return refused(why)

    async def _take(self, request: Request) -> str:
        if request.method != "POST":
            message = f"{request.method[:20]} is not answered here."
            raise Refusal(405, "METHOD_NOT_ALLOWED", message, headers={"Allow": "POST"})
        own = f"{request.url.scheme}://{request.headers.get('host', '')}".lower()
        if any(origin.lower() != own for origin in request.headers.getlist("origin")):
            raise Refusal(403, Code.FORBIDDEN, "The request comes from another site's page.")
        # Before anything is read: what is refused must cost nothing.
        wait = self.each.take(neighbourhood(request.client.host if request.client else ""))
        wait = wait or self.all.take("")
        if wait:
            seconds = math.ceil(wait)
            raise Refusal(
                429,
                Code.LIMIT,
                "This is too much feedback at once.",
                hint=f"Send it again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
        new = new_feedback(await read_object(request, MOST_BYTES, EXAMPLE))
        with attended(request, self.seconds):
            return await self.submit(new)


def new_feedback(body: Mapping[str, Any]) -> NewFeedback:
    """The body as the act takes it; raises BAD_INPUT for a field that is unknown or of another type."""
    for name, value in body.items():
        if name not in FIELDS:
            raise bad_input(f"There is no field {name[:100]!r}.", "input", hint=f"The fields are {', '.join(FIELDS)}.")
        if value is not None and (not isinstance(value, FIELDS[name]) or isinstance(value, bool)):
            noun = "a whole number" if FIELDS[name] is int else "a text"
            raise bad_input(f"{name} is {noun}.", "input", name)
    if body.get("requestId") is None:
        raise bad_input("Which request was answered?", "input", "requestId", hint=f"Send {EXAMPLE}.")
    rating = body.get("rating")
    if rating is not None and rating not in Rating.__members__:
        raise bad_input("There is no such rating.", "input", "rating", hint="It is POSITIVE or NEGATIVE.")
    said = {name: body[name] for name in SAID if name in body}
    return NewFeedback(body["requestId"], None, body.get("position"), said, body.get("by"), body.get("idempotencyKey"))
