"""Values of tables as JSON.

Texts, booleans and null are themselves. What JSON cannot say, or not every reader keeps, is text:

- integers beyond 2**53 - 1 either way: their digits; NaN and the infinities: ``NaN``, ``Infinity``, ``-Infinity``
- decimals: their digits with their scale (``1.50``); bytes: Base64
- dates, times, time stamps and all other types of DuckDB: as DuckDB writes them, with a zone in UTC
  (``2026-11-24``, ``07:35:28``, ``2026-11-24 07:35:28.123``, ``2026-11-24 07:35:28.123+00``)

Lists are lists, structs and maps are objects (a map's keys as text).
"""

from __future__ import annotations

import base64
import math
from typing import Any

from begat.platforms.ports import Json

EXACT = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (a browser's numbers are doubles)."""

MAX_DEPTH = 100


class Unsayable(ValueError):  # noqa: N818 - it says what the value is
    """A value that no text of begat may hold; the message says what, to be put after "holds"."""


def as_json(value: Any, depth: int = 0) -> Json:
    """A value as DuckDB or a JSON reader gives it, in the forms above. Raises Unsayable."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked(value)
    if isinstance(value, int):
        return value if -EXACT <= value <= EXACT else _digits(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if depth >= MAX_DEPTH:
        raise Unsayable(f"a value that is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, list | tuple):
        return [as_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {checked(str(key)): as_json(item, depth + 1) for key, item in value.items()}
    # The readers turn every other type into text before it comes here.
    raise Unsayable(f"a value of the unknown type {type(value).__name__}")


def checked(text: str) -> str:
    """The text, unless it holds a NUL or half a surrogate pair, which no database stores alike."""
    if "\0" in text:
        raise Unsayable("a NUL character")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Unsayable("half of a surrogate pair") from None
    return text


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:
        raise Unsayable("an integer of more than 4,300 digits") from None
