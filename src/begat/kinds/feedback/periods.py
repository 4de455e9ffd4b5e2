"""How a window of time is cut into buckets: by the first characters of begat's times, which sort and group as text."""

from __future__ import annotations

from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.scalars import DateTime
from begat.kinds.endpoint.metrics import MOST_BUCKETS, SECONDS, Bucket
from begat.kinds.endpoint.window import window
from begat.platforms.ports import Window

WIDTH = {Bucket.MINUTE: 16, Bucket.HOUR: 13, Bucket.DAY: 10}
"""How many characters of `2026-11-24T07:35:28.123Z` name the bucket that a moment is in."""


def period(since: str | None, until: str | None, bucket: Bucket | None) -> Window:
    """The window, as metrics take it. Raises BAD_INPUT or LIMIT for one that cannot be meant or holds too many
    buckets."""
    found = window(since, until)
    if bucket is not None and times.seconds_between(found.since, found.until) / SECONDS[bucket] > MOST_BUCKETS:
        raise Problem(
            Code.LIMIT,
            f"More than {MOST_BUCKETS} buckets of a {bucket.value.lower()} fit into this window.",
            path=("bucket",),
            hint="Take longer buckets or a shorter window.",
        )
    return found


def begin(bucket: Bucket, prefix: str) -> DateTime:
    """When the bucket begins that these characters name."""
    return DateTime(prefix + "0000-00-00T00:00:00.000Z"[WIDTH[bucket] :])
