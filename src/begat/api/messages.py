"""What passes between the HTTP endpoint and whoever executes: a request in, an answer or a refusal out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from begat.core.errors import Code

Json = dict[str, Any]

FAULT = "FAULT"
"""The code of a mistake of ours: masked, logged, and found in the log by its request id."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A well-formed GraphQL-over-HTTP request."""

    query: str
    variables: Json = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Json = field(default_factory=dict)
    read_only: bool = False
    """Came by GET: may not change anything."""
    document_id: str | None = None
    """Names the document instead of ``query``, which then may be empty: see `begat.api.trusted`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL response. ``data`` is what `encode` writes; ``executed`` is False for a request error, whose response
    has no ``data`` at all."""

    data: Any = None
    errors: Sequence[Json] = ()
    extensions: Mapping[str, Any] | None = None
    executed: bool = True

    def body(self) -> Json:
        """The response as it goes to the client: errors first, so that they are seen first."""
        body: Json = {}
        if self.errors:
            body["errors"] = list(self.errors)
        if self.executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = dict(self.extensions)
        return body


class Refusal(Exception):  # noqa: N818 - it is an answer, not a mistake
    """A request that is answered with an HTTP status of its own, whatever the client accepts."""

    def __init__(
        self,
        status: int,
        code: Code | str,
        message: str,
        *,
        hint: str | None = None,
        path: Sequence[str | int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = error(code, message, hint=hint, path=path)

    def body(self) -> Json:
        """The refusal as a GraphQL response."""
        return {"errors": [self.error]}


def unauthenticated(message: str = "Say who you are: send the header Authorization: Bearer <token>.") -> Refusal:
    """The refusal of a caller whose token is missing or unknown: 401."""
    return Refusal(
        401,
        "UNAUTHENTICATED",
        message,
        hint="An administrator makes a token with `begat token create NAME`.",
        headers={"WWW-Authenticate": 'Bearer realm="begat"'},
    )


def malformed(message: str, *path: str, hint: str | None = None) -> Refusal:
    """The refusal of what is no GraphQL-over-HTTP request: 400."""
    return Refusal(400, Code.BAD_INPUT, message, path=path, hint=hint)


MESSAGE_LENGTH = 500


def cut(text: str) -> str:
    """The text, at most 500 characters of it: messages repeat what clients sent."""
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 3] + "..."


def error(
    code: Code | str, message: str, *, path: Sequence[str | int] = (), hint: str | None = None, id: str | None = None
) -> Json:
    """A GraphQL error whose ``extensions`` say the same as a UserError: code, path, hint, id."""
    return {
        "message": cut(message),
        "extensions": {
            "code": code.value if isinstance(code, Code) else code,
            "path": list(path),
            "hint": hint,
            "id": id,
        },
    }
