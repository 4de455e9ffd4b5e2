"""Log lines on stderr, one JSON object each, that say which request they belong to and hold no secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

from begat.core.times import iso

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request being answered; tasks and worker threads started by it inherit it."""
actor: ContextVar[str | None] = ContextVar("actor", default=None)
"""Who asked, once that is known."""
operation: ContextVar[str | None] = ContextVar("operation", default=None)
"""The name of the GraphQL operation, once it is known."""

# What a library may put into an exception's text: a bearer token, a password inside an address.
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}")
_USERINFO = re.compile(r"(://)[^/@\s]+@")

QUIET = ("asyncio", "httpcore", "httpx", "neo4j", "urllib3")
"""Libraries whose ordinary talk (addresses, statements) belongs in no log: only their warnings are kept."""


# ASCII only: no character of a client's can break the line or the terminal, and nothing fails to encode.
_JSON = json.JSONEncoder(default=str).encode


class Redactor:
    """Hides known secrets, and what looks like credentials, in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Longest first, so that a secret that contains another goes whole; very short ones would hide everything.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _USERINFO.sub(r"\1***@", _BEARER.sub(r"\1 ***", text))


class Line(logging.Formatter):
    """One record as one line: a JSON object, or text for people who watch a terminal."""

    def __init__(self, style: Literal["json", "text"], redact: Redactor) -> None:
        super().__init__()
        self.style = style
        self.redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The record with its time, request and actor; facts given as ``extra={"fields": {...}}`` are added."""
        line: dict[str, object] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redact(record.getMessage()),
        }
        context = {"requestId": request_id.get(), "actor": actor.get(), "operation": operation.get()}
        line |= {name: value for name, value in context.items() if value is not None}
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            for name, value in fields.items():
                line.setdefault(str(name), self.redact(value) if isinstance(value, str) else value)
        if record.exc_info:
            line["exception"] = self.redact(self.formatException(record.exc_info))
        if self.style == "text":
            return _text(line)
        return _JSON(line)


def _text(line: dict[str, object]) -> str:
    facts = [f"{name}={value}" for name, value in line.items() if name not in ("message", "exception")]
    shown = _printable(" ".join([*facts, str(line["message"])]))
    return f"{shown}\n{_printable(str(line['exception']), keep=chr(10))}" if "exception" in line else shown


def _printable(text: str, keep: str = "") -> str:
    """The text without what could steer a terminal or break the line."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def _no_socket_line(record: logging.LogRecord) -> bool:
    """Leaves out uvicorn's own lines on sockets: they show the query string, and begat writes one of each socket."""
    return '"WebSocket ' not in str(record.msg)


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at the moment, so that tests and progress bars that replace it are followed."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201 - this is the log
        except Exception:
            self.handleError(record)


def configure(style: Literal["json", "text"] = "json", *, secrets: Iterable[str] = (), level: str = "INFO") -> None:
    """Send every logger's lines to stderr in this form, uvicorn's too (run it with ``log_config=None``)."""
    handler = _Stderr()
    handler.setFormatter(Line(style, Redactor(secrets)))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").addFilter(_no_socket_line)
    # begat writes its own access line, with the request id and without the query string.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
