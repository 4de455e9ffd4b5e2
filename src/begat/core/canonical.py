"""One spelling for one JSON value, so that equal values have equal hashes on every machine and in every version."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import TypeAlias

from begat.core.errors import bad_input

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"
"""A JSON value as it is read: what takes it changes nothing in it."""

MAX_DEPTH = 100


def canonical(value: JSON) -> str:
    """``value`` as canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no spaces, nothing escaped needlessly.

    Numbers are written as JavaScript writes them (``1.0`` and ``1`` are both ``1``, ``1e21`` is ``1e+21``), save that
    an integer keeps all its digits, where the RFC would round it to a double: ids beyond 2**53 stay apart.
    BAD_INPUT for NaN, infinity, half a surrogate pair and more than 100 levels; TypeError for what is no JSON.
    """
    parts: list[str] = []
    _write(value, parts, 0)
    text = "".join(parts)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise bad_input("Half of a surrogate pair is no text.", hint="Send valid Unicode.") from None
    return text


def sha256(value: JSON) -> str:
    """The SHA-256 of the canonical JSON's UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


def number(value: float) -> str:
    """A finite double as JavaScript's ``Number::toString`` writes it: the shortest digits that read back the same."""
    if not math.isfinite(value):
        raise bad_input(f"{value} is no JSON number.", hint="Send a finite number or null.")
    if value == 0:
        return "0"  # also for -0.0
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits * 10**point.
    point = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(fraction))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def _write(value: JSON, parts: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise bad_input(f"This value is nested more than {MAX_DEPTH} levels deep.", hint="Flatten it.")
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, int):
        parts.append(_integer(value))
    elif isinstance(value, float):
        parts.append(number(value))
    elif isinstance(value, Mapping):
        parts.append("{")
        for place, key in enumerate(sorted(value, key=_utf16)):
            parts.append(f"{',' if place else ''}{encode_basestring(key)}:")
            _write(value[key], parts, depth + 1)
        parts.append("}")
    elif isinstance(value, list | tuple):
        parts.append("[")
        for place, item in enumerate(value):
            if place:
                parts.append(",")
            _write(item, parts, depth + 1)
        parts.append("]")
    else:
        raise TypeError(f"{type(value).__name__} is no JSON.")


def _integer(value: int) -> str:
    try:
        return int.__repr__(value)
    except ValueError:  # Python writes no more than 4,300 digits: more would take quadratic time
        raise bad_input("This integer has more than 4,300 digits.", hint="Send it as text.") from None


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")
