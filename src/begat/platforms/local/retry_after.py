"""How long a busy service asks to be left alone (HTTP's ``Retry-After``)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(value: str | None, otherwise: float) -> float:
    """Seconds from now, 0 or more, of a number of seconds or an HTTP date; ``otherwise`` where it is neither."""
    if value is None:
        return otherwise
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):  # a year of twenty digits
            return otherwise
        if moment.tzinfo is None:  # "-0000" means UTC without a zone
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
        return max(0.0, seconds)
    return seconds if math.isfinite(seconds) and seconds >= 0 else otherwise
