"""What the serving worker answers over HTTP: ``/keep`` and ``/predict``, to whoever shows the token."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from begat.core.errors import Code, Problem, bad_input
from begat.platforms.local.serving_models import Models
from begat.platforms.ports import ModelRef

MAX_BYTES = 16_000_000
"""Of a call. An endpoint takes 1 MB; a template around each of 1,000 inputs makes more of it."""

MAX_TEXTS = 1_000

log = logging.getLogger("begat.serving.worker")


def app(models: Models, token: str) -> ASGIApp:
    """The application."""

    async def keep(body: Any) -> Any:
        models.keep(frozenset(map(str, body["ids"])))
        return {}

    async def predict(body: Any) -> Any:
        texts, seconds = body["texts"], float(body["seconds"])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise bad_input("The model takes texts.", "inputs")
        if not 1 <= len(texts) <= MAX_TEXTS:
            raise bad_input(f"The model takes 1 to {MAX_TEXTS} texts at a time.", "inputs")
        try:
            async with asyncio.timeout(seconds):
                answer = await (await models.load(_model(body))).predict(texts, seconds)
        except TimeoutError:
            raise Problem(Code.UNAVAILABLE, f"The model did not answer within {seconds:g} seconds.") from None
        return {"outputs": answer.outputs, "modelMs": answer.model_ms, "cpuSeconds": answer.cpu_seconds}

    routes = [Route(f"/{work.__name__}", _endpoint(work), methods=["POST"]) for work in (keep, predict)]
    return _Guarded(Starlette(routes=routes), token)


@dataclass(frozen=True)
class _Guarded:
    """Lets in who shows the token; everybody else learns nothing."""

    app: ASGIApp
    token: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            await self.app(scope, receive, send)
        else:
            await Response(status_code=401)(scope, receive, send)


def _endpoint(work: Callable[[Any], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return Response(orjson.dumps(await work(await _body(request))), media_type="application/json")
        except Problem as problem:
            return _refusal(problem)
        except (KeyError, TypeError, ValueError):
            return _refusal(bad_input("The serving worker does not understand this."))
        except Exception:
            log.exception("a fault in %s", request.url.path)
            return _refusal(Problem(Code.PLATFORM, "The serving worker failed.", hint="begat's log says why."))

    return answer


async def _body(request: Request) -> Any:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise Problem(Code.LIMIT, f"The texts are more than {MAX_BYTES // 1_000_000} MB.", hint="Ask for fewer.")
        parts.append(part)
    return orjson.loads(b"".join(parts))


def _model(body: Any) -> ModelRef:
    model = body["model"]
    return ModelRef(str(model["id"]), str(model["uri"]), str(model["sha256"]))


def _refusal(problem: Problem) -> Response:
    said = {"code": problem.code.value, "message": problem.message, "hint": problem.hint}
    return Response(orjson.dumps(said), status_code=400, media_type="application/json")
