"""Rates, paces and intervals of reviews. Where there is nothing to measure the answer is None, never 0."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

IDLE_SECONDS = 300.0
"""A longer gap between two decisions of one reviewer is a pause, and no part of it is review time."""

MIN_TIMED = 5
"""Timed decisions below which a forecast would be a guess."""


def approval_rate(approved: int, rejected: int) -> float | None:
    """Approved of those approved or rejected, 0 to 1; None where nothing is decided."""
    return _share(approved, approved + rejected)


def percentage(part: int, whole: int) -> float | None:
    """``part`` of ``whole``, 0 to 100; None of nothing."""
    share = _share(part, whole)
    return None if share is None else 100 * share


@dataclass(frozen=True)
class Pace:
    """How fast reviewers decide: the mean seconds a decision takes, and how many decisions were timed."""

    seconds: float | None
    timed: int


def pace(decisions: Iterable[tuple[str, str]]) -> Pace:
    """The pace of ``(reviewer, time)`` decisions, times as in `begat.core.times`, in any order.

    A decision takes the time since the same reviewer's last one: there is no other record of when they began to read.
    Gaps over 300 seconds are pauses and are left out, and so is each reviewer's first decision. Decisions that share a
    moment were sent together and share the gap before them: ten rows approved after 60 seconds took 6 seconds each.
    Leave out what was decided by a filter: nobody read those rows one by one.
    """
    moments: dict[str, dict[float, int]] = {}
    for reviewer, at in decisions:
        counts = moments.setdefault(reviewer, {})
        moment = datetime.fromisoformat(at).timestamp()
        counts[moment] = counts.get(moment, 0) + 1
    seconds, timed = 0.0, 0
    for counts in moments.values():
        for before, moment in pairwise(sorted(counts)):
            if moment - before <= IDLE_SECONDS:
                seconds += moment - before
                timed += counts[moment]
    return Pace(seconds / timed if timed else None, timed)


def seconds_left(left: int, pace: Pace) -> float | None:
    """The seconds one reviewer needs for ``left`` more decisions: 0 for none, None with fewer than 5 timed ones."""
    if left == 0:
        return 0.0
    return None if pace.seconds is None or pace.timed < MIN_TIMED else left * pace.seconds


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float] | None:
    """The Wilson score interval of a share, 0 to 1 (95 % by default); None without trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212. It
    stays inside 0 to 1 and holds its level for small samples and extreme shares, where the textbook's does not.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return None
    share, square = successes / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    # At the ends the formula gives exactly 0 and 1, and floating point does not.
    return (0.0 if successes == 0 else centre - half, 1.0 if successes == trials else centre + half)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
