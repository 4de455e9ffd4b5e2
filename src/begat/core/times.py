"""Times as text: UTC, milliseconds, fixed width, so that they sort and compare as text in every store."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from begat.core.errors import bad_input

DAY = 86_400.0
"""Seconds."""


def iso(moment: datetime) -> str:
    """``2026-11-24T07:35:28.123Z`` of an aware datetime."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def now() -> str:
    """The present moment."""
    return iso(datetime.now(UTC))


def milliseconds() -> int:
    """The present moment as milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def in_milliseconds(text: str) -> int:
    """The milliseconds since 1970 of a time of begat's own."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def of_milliseconds(moment: int) -> str:
    """The text of a moment that is given in milliseconds since 1970, which is not after the year 9999."""
    return iso(datetime.fromtimestamp(moment / 1000, UTC))


def later(seconds: float, start: str | None = None) -> str:
    """The moment ``seconds`` after ``start`` (after now where unsaid); negative seconds look back."""
    return iso((datetime.fromisoformat(start) if start else datetime.now(UTC)) + timedelta(seconds=seconds))


def parse(text: str, *path: str | int) -> str:
    """A caller's ISO 8601 time, normalised. Raises BAD_INPUT where it is none or lacks its zone."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise bad_input("A time needs its zone.", *path, hint="Write it like 2026-11-24T07:35:28Z.")
        return iso(moment)
    except (ValueError, OverflowError) as error:
        raise bad_input("This is not an ISO 8601 time.", *path, hint="Write it like 2026-11-24T07:35:28Z.") from error


def seconds_between(start: str, end: str) -> float:
    """Seconds from ``start`` to ``end``."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
