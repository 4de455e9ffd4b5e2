"""What the routes beside `/graphql` answer programs: JSON, which no cache may keep."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from begat.api.http import STATUS
from begat.api.masking import of_problem
from begat.api.messages import Refusal
from begat.core.errors import Code, Problem


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of this JSON."""
    return JSONResponse(body, status, {"Cache-Control": "no-store", **(headers or {})})


def refused(why: Refusal | Problem, otherwise: int = 400) -> Response:
    """The answer to what is refused: a Refusal as it says, a Problem with the status of its code, or ``otherwise``."""
    if isinstance(why, Refusal):
        return reply(why.body(), why.status, why.headers)
    status = 404 if why.code is Code.NOT_FOUND else STATUS.get(why.code, otherwise)
    return reply({"errors": [of_problem(why)]}, status)
