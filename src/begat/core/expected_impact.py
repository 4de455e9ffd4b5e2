"""What mending an issue is worth: affected traffic x severity x recurrence, each of them shown. Pure.

The score is in requests a day: so many of them, at most, would be answered better. Where one of the parts is not known
there is no score: no data is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from begat.core import times
from begat.core.text import many

DAYS = 7
"""The window that traffic, share and recurrence are of."""

WRONG, UNSAID, RIGHT = 1.0, 0.5, 0.0
"""How bad one occurrence is: a wrong answer, a remark that does not say, a right answer."""

SHARES = frozenset({"ERROR_RATE", "NEGATIVE_FEEDBACK"})
"""Metrics that are the share of requests that went wrong; ACCURACY is the share that did not."""
ANSWERS_LOST = SHARES | {"ACCURACY"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One feedback that shows the issue. ``answer`` names the answer it is about; ``right`` is None where it does not
    say."""

    at: str
    answer: str
    right: bool | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A monitor: what it measured last, and when it fired (the present moment while it does)."""

    name: str
    metric: str
    value: float | None
    fired: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a suggestion has found: a cause that acts on this share of all requests, whoever complains."""

    share: float
    severity: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of an issue. ``raised`` is the feedback that it was raised from, ``seen`` that of the window,
    with what says the same; ``judged`` counts the answers that anybody judged in the window. ``traffic`` are requests a
    day of each of the live endpoints that somebody asked, ``live`` is how many are live."""

    since: str
    until: str
    raised: Sequence[Seen] = ()
    seen: Sequence[Seen] = ()
    judged: int = 0
    alarms: Sequence[Alarm] = ()
    standing: Standing | None = None
    traffic: Mapping[str, float] | None = None
    live: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """The score and its parts; shares, severity and recurrence are from 0 to 1. ``basis`` says in words what they rest
    on."""

    score: float | None
    requests_per_day: float | None
    endpoints_live: int
    affected_share: float | None
    severity: float | None
    recurrence: float | None
    occurrences: int
    judged: int
    basis: str
    since: str
    until: str


def window(now: str) -> tuple[str, str]:
    """The last seven days."""
    return times.later(-DAYS * times.DAY, now), times.later(0.001, now)


def assess(found: Evidence) -> Impact:
    """The impact. Where several things speak for the issue, the one that speaks loudest counts: they overlap."""
    traffic = sum((found.traffic or {}).values()) or None
    standing = found.standing
    share = _most([_seen_share(found), *map(_alarm_share, found.alarms), standing.share if standing else None])
    severity = _most(
        [
            sum(map(_severity, found.raised)) / len(found.raised) if found.raised else None,
            *(_alarm_severity(alarm) for alarm in found.alarms),
            standing.severity if standing else None,
        ]
    )
    recurrence = 1.0 if standing else _recurrence(found)
    parts = (traffic, share, severity, recurrence)
    score = None
    if traffic is not None and share is not None and severity is not None and recurrence is not None:
        score = traffic * share * severity * recurrence
    return Impact(
        score, traffic, found.live, *parts[1:], len(found.seen), found.judged, _basis(found), found.since, found.until
    )


def _seen_share(found: Evidence) -> float | None:
    """Of the answers that somebody judged, those that show the issue. Remarks that judge nothing are no share."""
    if not found.raised or not found.judged:
        return None
    return min(1.0, len({one.answer for one in found.seen if one.right is not None}) / found.judged)


def _alarm_share(alarm: Alarm) -> float | None:
    if alarm.value is None:
        return None
    if alarm.metric in SHARES:
        return alarm.value
    # Drift, latency and rate are of all that is asked.
    return 1.0 - alarm.value if alarm.metric == "ACCURACY" else 1.0


def _alarm_severity(alarm: Alarm) -> float:
    return WRONG if alarm.metric in ANSWERS_LOST else UNSAID


def _severity(one: Seen) -> float:
    return {True: RIGHT, False: WRONG, None: UNSAID}[one.right]


def _recurrence(found: Evidence) -> float | None:
    """On how many of the window's days it was there."""
    if not found.raised and not found.alarms:
        return None
    moments = [one.at for one in found.seen] + [at for alarm in found.alarms for at in alarm.fired]
    inside = [at for at in moments if found.since <= at < found.until]
    days = {int(times.seconds_between(at, found.until) // times.DAY) for at in inside}
    return len(days & set(range(DAYS))) / DAYS


def _most(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _basis(found: Evidence) -> str:
    said = []
    if found.raised:
        said.append(f"{many(len(found.seen), 'feedback')} saying this, of {many(found.judged, 'judged answer')}")
    for alarm in found.alarms:
        value = "not measured yet" if alarm.value is None else f"{alarm.metric} {alarm.value:.4g}"
        said.append(f"monitor {alarm.name!r}: {value}, out of bounds at {many(len(alarm.fired), 'moment')}")
    if found.standing:
        said.append(f"a suggestion that found {found.standing.share:.1%} affected when it was taken up")
    said.append(many(found.live, "live endpoint"))
    return "; ".join(said) + f"; over {DAYS} days."
