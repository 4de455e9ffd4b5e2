"""JSON for answers: msgspec, and a slow way that takes what msgspec refuses."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

import msgspec

from begat.api.messages import Json

log = logging.getLogger("begat.api")

# An integer of more digits than this is beyond every client, and beyond Python's own way to print it.
_LONGEST = 4_000

_ENCODER = msgspec.json.Encoder()


def encode(body: Json) -> bytes | None:
    """``body`` as JSON in UTF-8; None where no encoder can write it (logged: it is a fault)."""
    try:
        return _ENCODER.encode(body)
    except (TypeError, ValueError, RecursionError):  # a strange type, a lone surrogate, an endless number
        pass
    try:
        return json.dumps(_plain(body), allow_nan=False, separators=(",", ":")).encode("ascii")
    except Exception:
        log.exception("an answer could not be written as JSON")
        return None


def _plain(value: Any) -> Any:
    """``value`` in JSON's own types; a lone surrogate becomes U+FFFD, because no client could read it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int):
        return int(value) if value.bit_length() < _LONGEST * 3 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        items = zip(value.__struct_encode_fields__, msgspec.structs.astuple(value), strict=True)
        return {name: _plain(item) for name, item in items}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain(str(value))
