"""The part of the inference log that somebody asks about."""

from __future__ import annotations

from begat.core import times
from begat.core.errors import Code, Problem, bad_input
from begat.platforms.ports import Window

DAY = 86_400.0
MOST_DAYS = 400


def window(since: str | None, until: str | None) -> Window:
    """From ``since`` to ``until``; the last 24 hours before ``until``, which is now, where unsaid. Raises BAD_INPUT for
    one that is empty or reversed, LIMIT for one of more than 400 days."""
    # Times are whole milliseconds: what was recorded in this one belongs to what was until now.
    end = until or times.later(0.001)
    start = since or times.later(-DAY, end)
    seconds = times.seconds_between(start, end)
    if seconds <= 0:
        raise bad_input("The window ends before it begins.", "since", hint="since is earlier than until, which is now.")
    if seconds > MOST_DAYS * DAY:
        raise Problem(
            Code.LIMIT, f"A window has at most {MOST_DAYS} days.", path=("since",), hint="Ask for a shorter one."
        )
    return Window(start, end)
