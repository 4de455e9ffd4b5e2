"""From an HTTP request to a GraphQLRequest. Whatever is sent, the worst that comes of it is a Refusal."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from begat.api.messages import GraphQLRequest, Refusal, malformed
from begat.core.errors import Code

MAX_NESTING = 100
"""How deep JSON may be nested; begat's own inputs need about six."""
MAX_VALUES = 60_000
"""How many values a JSON text may hold: 50,000 ids are the most that an input takes. What is made of 2 MB of single
characters keeps the event loop for a second."""
MAX_PARAMETERS = 100
PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# A JSON string, also one that does not end. Possessive, so that no text makes it go back.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)


async def read_post(request: Request, max_body: int) -> GraphQLRequest:
    """The request in a POST's JSON body of at most ``max_body`` bytes."""
    body = await read_object(request, max_body, '{"query": "...", "variables": {...}}')
    return as_request(body, read_only=False)


async def read_object(request: Request, max_body: int, example: str) -> dict[str, Any]:
    """The JSON object that is a POST's body of at most ``max_body`` bytes; a refusal shows the ``example``."""
    _check_content_type(request.headers.get("content-type"))
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        message = f"A body with the Content-Encoding {encoding[:20]!r} is not read here."
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", message, hint="Send the JSON as it is.")
    try:
        text = (await _read(request, max_body)).decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise malformed(f"The body is not UTF-8 (byte {failure.start}).") from failure
    body = parse_json(text, "The body")
    if isinstance(body, list):
        raise malformed("One request at a time: batches are not answered.", hint="Send several requests.")
    if not isinstance(body, dict):
        raise malformed("The body is not a JSON object.", hint=f"Send {example}.")
    return body


def read_get(request: Request) -> GraphQLRequest:
    """The request in a GET's query string."""
    raw = request.scope.get("query_string", b"")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as failure:  # UnicodeDecodeError is one
        message = f"The query string is not URL-encoded UTF-8, or names more than {MAX_PARAMETERS} parameters."
        raise malformed(message) from failure
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name not in PARAMETERS or value == "":  # an empty parameter is an absent one, by the specification
            continue
        if name in given:
            raise malformed(f"The parameter {name} is there twice.", name)
        given[name] = parse_json(value, name, name) if name in ("variables", "extensions") else value
    return as_request(given, read_only=True)


def parse_json(text: str, what: str, *path: str) -> Any:
    """The JSON value in ``text``: no NaN, no infinity, no lone surrogate, no number, nesting or length beyond use."""
    if _separators(text) > MAX_VALUES and _separators(_STRING.sub("", text)) > MAX_VALUES:
        message = f"{what} holds more than {MAX_VALUES} values."
        raise Refusal(400, Code.LIMIT, message, path=path, hint="Send less at a time, in several requests.")
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as failure:
        place = f"line {failure.lineno}, column {failure.colno}"
        raise malformed(f"{what} is not valid JSON: {failure.msg} at {place}.", *path) from failure
    except RecursionError:
        raise _too_deep(what, *path) from None
    except ValueError as failure:  # Python reads no integer of more than 4,300 digits
        raise malformed(f"{what} holds a number that is too long to be read.", *path) from failure
    # Both walks are needed only where the text can hold what they look for.
    if text.count("[") + text.count("{") > MAX_NESTING:
        _check_nesting(value, what, *path)
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as failure:
            raise malformed(f"{what} holds half of a surrogate pair, which is no character.", *path) from failure
    return value


def _separators(text: str) -> int:
    """About as many as there are values in a JSON text; more where strings hold commas and brackets."""
    return text.count(",") + text.count("[") + text.count("{")


def _no_constant(name: str) -> float:
    raise malformed(f"{name} is no JSON value.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise malformed("A number is too large.")
    return number


def _check_nesting(value: Any, what: str, *path: str) -> None:
    level = [value]
    for _ in range(MAX_NESTING):
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if isinstance(item, dict) else item)
        level = [item for item in below if isinstance(item, dict | list)]
        if not level:
            return
    raise _too_deep(what, *path)


def _too_deep(what: str, *path: str) -> Refusal:
    return malformed(f"{what} is nested more than {MAX_NESTING} levels deep.", *path)


def as_request(given: dict[str, Any], *, read_only: bool) -> GraphQLRequest:
    """The request in these parameters, read from JSON; a Refusal says what is wrong with them."""
    query, name, document = (given.get(one) for one in ("query", "operationName", "documentId"))
    if document is not None and not isinstance(document, str):
        raise malformed("documentId is not a string.", "documentId")
    if query is None and document is not None:
        query = ""
    if query is None:
        raise malformed(
            "There is no query.",
            "query",
            hint="Send the GraphQL document as query, or the id of a trusted one as documentId.",
        )
    if not isinstance(query, str):
        raise malformed("query is not a string.", "query")
    if name is not None and not isinstance(name, str):
        raise malformed("operationName is not a string.", "operationName")
    return GraphQLRequest(
        query=query,
        operation_name=name,
        variables=_map(given, "variables"),
        extensions=_map(given, "extensions"),
        read_only=read_only,
        document_id=document,
    )


def _map(given: dict[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(f"{name} is not a JSON object.", name)
    return value


def _check_content_type(header: str | None) -> None:
    media, *parameters = (part.strip().lower() for part in (header or "").split(";"))
    charset = next((p[len("charset=") :].strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
    # Only this type makes a browser ask first (a preflight) before another site's page may send it.
    if media != "application/json" or charset not in ("utf-8", "utf8"):
        raise Refusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "The body's Content-Type is not JSON in UTF-8.",
            hint="Send Content-Type: application/json.",
        )


async def _read(request: Request, max_body: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > max_body):
        raise _too_large(max_body)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_body:
            raise _too_large(max_body)
    return bytes(body)


def _too_large(max_body: int) -> Refusal:
    return Refusal(
        413, Code.LIMIT, f"The body is larger than {max_body} bytes.", hint="Send less at a time, in several requests."
    )
