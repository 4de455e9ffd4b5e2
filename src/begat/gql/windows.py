"""Windows of time that somebody asks about, and the buckets that they are cut into."""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.core import times
from begat.core.errors import Code, Problem, bad_input
from begat.gql.scalars import DateTime
from begat.platforms.ports import Window

MOST_DAYS = 400
MOST_BUCKETS = 10_000


@strawberry.enum(description="How a window of time is cut; buckets begin at full minutes, hours or days of UTC.")
class Bucket(Enum):
    """Lengths by name."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


SECONDS = {Bucket.MINUTE: 60, Bucket.HOUR: 3_600, Bucket.DAY: 86_400}
WIDTH = {Bucket.MINUTE: 16, Bucket.HOUR: 13, Bucket.DAY: 10}
"""How many characters of `2026-11-24T07:35:28.123Z` name the bucket that a moment is in: texts group as times do."""


def window(since: str | None, until: str | None, *, days: float = 1) -> Window:
    """From ``since`` to ``until``; where unsaid, the last ``days`` before ``until``, which is now. Raises BAD_INPUT for
    one that is empty or reversed, LIMIT for one of more than 400 days."""
    # Times are whole milliseconds: what was recorded in this one belongs to what was until now.
    end = until or times.later(0.001)
    try:
        start = since or times.later(-days * times.DAY, end)
    except OverflowError as error:  # in the first days of the year 1
        raise bad_input("There is no time before this one.", "until", hint="Name since, too.") from error
    seconds = times.seconds_between(start, end)
    if seconds <= 0:
        hint = f"since is earlier than until{'' if until else ', which is now'}."
        raise bad_input("The window ends before it begins.", "since", hint=hint)
    if seconds > MOST_DAYS * times.DAY:
        raise Problem(
            Code.LIMIT, f"A window has at most {MOST_DAYS} days.", path=("since",), hint="Ask for a shorter one."
        )
    return Window(start, end)


def check_buckets(window: Window, bucket: Bucket) -> None:
    """Raises LIMIT where more than 10,000 of them fit into the window."""
    if times.seconds_between(window.since, window.until) / SECONDS[bucket] > MOST_BUCKETS:
        raise Problem(
            Code.LIMIT,
            f"More than {MOST_BUCKETS} buckets of a {bucket.value.lower()} fit into this window.",
            path=("bucket",),
            hint="Take longer buckets or a shorter window.",
        )


def begin(bucket: Bucket, prefix: str) -> DateTime:
    """When the bucket begins that these first characters of a time name."""
    return DateTime(prefix + "0000-00-00T00:00:00.000Z"[WIDTH[bucket] :])
