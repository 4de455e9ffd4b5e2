"""A record of the inference log as a line of JSON, as a row of a table, and as an ``Inference``."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from begat.core.errors import Code, Problem
from begat.core.times import iso
from begat.platforms.ports import Inference, Json, Origin

COLUMNS = {
    "request_id": "VARCHAR",
    "ms": "BIGINT",
    "endpoint": "VARCHAR",
    "endpoint_version": "VARCHAR",
    "model_version": "VARCHAR",
    "code": "VARCHAR",
    "latency_ms": "DOUBLE",
    "model_ms": "DOUBLE",
    "cpu_seconds": "DOUBLE",
    "inputs": "BIGINT",
    "input": "VARCHAR",
    "output": "VARCHAR",
    "origin": "VARCHAR",
}
"""Name and DuckDB's type. ``ms`` is ``at`` as milliseconds since 1970; ``input`` and ``output`` are texts that hold
JSON, so that no reader in between (DuckDB's JSON has doubles only) changes a long number."""

NAMES = ", ".join(COLUMNS)
MAX_LINE = 16_000_000
"""Bytes; DuckDB reads lines up to 16 MiB. A query's inputs are far below it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def ms_of(at: str) -> int:
    """Milliseconds since 1970 of begat's UTC text."""
    return (datetime.fromisoformat(at) - _EPOCH) // _MILLISECOND


def text_of(ms: int) -> str:
    """begat's UTC text of milliseconds since 1970."""
    return iso(_EPOCH + ms * _MILLISECOND)


def line_of(record: Inference) -> bytes:
    """The record as one line, ended by LF. ValueError where its figures are no numbers, LIMIT where it is longer than
    ``MAX_LINE``."""
    if not all(math.isfinite(x) for x in (record.latency_ms, record.model_ms or 0, record.cpu_seconds or 0)):
        raise ValueError(f"a figure of {record.request_id} is not finite")
    line = orjson.dumps(
        {
            "request_id": record.request_id,
            "ms": ms_of(record.at),
            "endpoint": record.endpoint,
            "endpoint_version": record.endpoint_version,
            "model_version": record.model_version,
            "code": record.code,
            "latency_ms": record.latency_ms,
            "model_ms": record.model_ms,
            "cpu_seconds": record.cpu_seconds,
            "inputs": record.inputs,
            "input": None if record.input is None else json_text(record.input),
            "output": None if record.output is None else json_text(record.output),
            "origin": record.origin.value,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )
    if len(line) > MAX_LINE:
        raise Problem(Code.LIMIT, f"A record of the log has at most {MAX_LINE} bytes.", hint="Ask with fewer inputs.")
    return line


def record_of(row: Sequence[Any]) -> Inference:
    """The record of a row with ``COLUMNS``."""
    (id, ms, endpoint, version, model, code, latency, model_ms, cpu, inputs, input, output, origin) = row
    return Inference(
        request_id=id,
        at=text_of(ms),
        endpoint=endpoint,
        endpoint_version=version,
        model_version=model,
        code=code,
        latency_ms=latency,
        model_ms=model_ms,
        cpu_seconds=cpu,
        inputs=inputs,
        input=None if input is None else json.loads(input),
        output=None if output is None else json.loads(output),
        origin=Origin(origin),
    )


def record_of_line(line: bytes) -> Inference | None:
    """The record of a line; None of one that was torn."""
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record_of([values.get(name) for name in COLUMNS])


def json_text(value: Json) -> str:
    """Compact JSON. Integers of any length stay; half a surrogate pair, which UTF-8 cannot say, becomes ``?``."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace").decode()
