"""Event ids: each names the revision that happened, and where the whole stream stood after it.

Revisions of one asset are numbered without a gap and in order, but those of different assets are committed in no order
that a time or one number could name. So a place in a stream is a number for each asset: two letters or so of one.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from begat.core.errors import bad_input

MAX_LENGTH = 12_000
"""Characters; the id of a stream of 1,000 assets has some 2,000."""
VERSION = 1
_HEAD = 15
"""Bytes before the numbers: version, milliseconds, and what tells one set of assets from another."""


@dataclass(frozen=True)
class Place:
    """Where a stream stands: the last revision's number of each asset that was to be seen by ``at`` (milliseconds since
    1970). An asset that is missing was not to be seen yet."""

    numbers: Mapping[str, int]
    at: int
    key: str = ""
    """The revision that was told last; empty at the beginning."""


def revision_key(asset: str, number: int) -> str:
    """``sheet_01j...:r7``, the unique key of a revision."""
    return f"{asset}:r{number}"


def encode(place: Place, ids: Sequence[str]) -> str:
    """The id of the event that led to the place in a stream of these ids, sorted."""
    body = bytearray([VERSION]) + place.at.to_bytes(6) + _digest(ids)
    for id in ids:
        value = place.numbers.get(id, 0)
        while value > 0x7F:
            body.append(value & 0x7F | 0x80)
            value >>= 7
        body.append(value)
    return f"{place.key}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"


def decode(text: str, ids: Sequence[str]) -> Place:
    """The place after the event ``text`` in a stream of these ids, sorted. Raises BAD_INPUT for what is no event id and
    for one of other ids."""
    key, _, blob = text.rpartition(".")
    body = _body(blob) if len(text) <= MAX_LENGTH and key.isascii() and key.isprintable() else b""
    if len(body) < _HEAD or body[0] != VERSION:
        hint = "Send the id of the last event as it came, or leave after out to begin now."
        raise bad_input("This is no event id of begat's.", "after", hint=hint)
    values = _numbers(body[_HEAD:])
    if body[7:_HEAD] != _digest(ids) or len(values) != len(ids):
        hint = "Resume with the same ids, or leave after out to begin now."
        raise bad_input("This event is one of a subscription with other ids.", "after", hint=hint)
    numbers = {id: value for id, value in zip(ids, values, strict=True) if value}
    return Place(numbers, int.from_bytes(body[1:7]), key)


def _body(blob: str) -> bytes:
    with contextlib.suppress(ValueError, binascii.Error):
        return base64.b64decode(blob + "=" * (-len(blob) % 4), altchars=b"-_", validate=True)
    return b""


def _digest(ids: Sequence[str]) -> bytes:
    return hashlib.sha256("\n".join(ids).encode("utf-8", "replace")).digest()[:8]


def _numbers(body: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in body:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            # A number that the graph could not hold was made up; as the largest it finds nothing newer.
            values.append(min(value, 2**53))
            value, shift = 0, 0
    return values
