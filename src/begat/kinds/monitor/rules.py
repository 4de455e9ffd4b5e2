"""When a monitor fires and recovers: pure, and the same for the loop that watches and for a dry run over the past.

A monitor looks at one window after the other. Windows follow each other without gap or overlap and begin at multiples
of their length since 1970 (UTC), so that whoever looks, whenever, sees the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from begat.core import times
from begat.core.errors import Problem, Problems, bad_input
from begat.platforms.ports import Window

SHORTEST, LONGEST = 1, 31 * 86_400
"""Seconds of a window."""
MOST_FOR_WINDOWS = 1_000
MOST_SAMPLES = 1_000_000
DEFAULT_SAMPLES = 10
ALERTING = ("ALERTING", "ACKNOWLEDGED")
WATCHING = ("ACTIVE", *ALERTING)
"""The statuses in which a monitor looks."""


class Metric(Enum):
    """What of an endpoint is watched."""

    ERROR_RATE = "ERROR_RATE"
    P50_LATENCY = "P50_LATENCY"
    P95_LATENCY = "P95_LATENCY"
    P99_LATENCY = "P99_LATENCY"
    REQUEST_RATE = "REQUEST_RATE"
    NEGATIVE_FEEDBACK = "NEGATIVE_FEEDBACK"
    ACCURACY = "ACCURACY"
    DRIFT = "DRIFT"


SHARES = frozenset({Metric.ERROR_RATE, Metric.NEGATIVE_FEEDBACK, Metric.ACCURACY})
"""Metrics from 0 to 1."""
TOO_LOW = frozenset({Metric.REQUEST_RATE, Metric.ACCURACY})
"""Metrics that can be too low; of the others less is better."""
NEVER_TOO_HIGH = frozenset({Metric.ACCURACY})


class MonitorVerdict(Enum):
    """What one window showed. Between breach and recovery (of a hysteresis) it is HELD: nothing changes."""

    OK = "OK"
    HELD = "HELD"
    BREACH = "BREACH"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a window measured: None where there is no data. ``detail`` says more of it, in words."""

    window: Window
    value: float | None
    samples: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """A monitor's settings, by the names of its properties."""

    metric: Metric
    above: float | None
    below: float | None
    recover_below: float | None
    recover_above: float | None
    min_samples: int
    for_windows: int

    @staticmethod
    def of(node: Mapping[str, Any]) -> Bounds:
        """Of a monitor's node."""
        return Bounds(
            Metric(node["metric"]),
            node.get("above"),
            node.get("below"),
            node.get("recoverBelow"),
            node.get("recoverAbove"),
            node["minSamples"],
            node["forWindows"],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What a reading leads to: the move to make, if any, and how many windows in a row were breaches by then."""

    verdict: MonitorVerdict
    move: str | None
    breaches: int


def judge(bounds: Bounds, status: str, breaches: int, reading: Reading) -> Step:
    """What a monitor of that status, after so many breaches in a row, makes of the next window.

    Too little data neither fires nor recovers, and neither counts as a breach nor ends a row of them.
    """
    verdict = verdict_of(bounds, reading)
    if verdict is MonitorVerdict.INSUFFICIENT_DATA:
        return Step(verdict, None, breaches)
    if verdict is MonitorVerdict.BREACH:
        breaches += 1
        return Step(verdict, "breach" if status == "ACTIVE" and breaches >= bounds.for_windows else None, breaches)
    recovers = verdict is MonitorVerdict.OK and status in ALERTING
    return Step(verdict, "recover" if recovers else None, 0)


def verdict_of(bounds: Bounds, reading: Reading) -> MonitorVerdict:
    """What one window shows by itself. A request rate needs no minimum: no requests are a rate of 0."""
    value = reading.value
    few = reading.samples < bounds.min_samples and bounds.metric is not Metric.REQUEST_RATE
    if value is None or few:
        return MonitorVerdict.INSUFFICIENT_DATA
    if (bounds.above is not None and value > bounds.above) or (bounds.below is not None and value < bounds.below):
        return MonitorVerdict.BREACH
    high = bounds.recover_below if bounds.recover_below is not None else bounds.above
    low = bounds.recover_above if bounds.recover_above is not None else bounds.below
    if (high is not None and value > high) or (low is not None and value < low):
        return MonitorVerdict.HELD
    return MonitorVerdict.OK


def begin(moment: str, seconds: int) -> str:
    """When the window begins in which that moment lies."""
    since = int(datetime.fromisoformat(moment).timestamp())
    return times.iso(datetime.fromtimestamp(since - since % seconds, UTC))


def windows(since: str, until: str, seconds: int) -> Iterator[Window]:
    """The whole windows from the one that begins at ``since`` on that have ended by ``until``."""
    start = since
    while (end := times.later(seconds, start)) <= until:
        yield Window(start, end)
        start = end


def check(settings: Mapping[str, Any]) -> None:
    """Raises Problems that name every setting that cannot be meant; ``settings`` go by the names of the properties."""
    problems = [problem for problem in _problems(settings) if problem is not None]
    if problems:
        raise Problems(problems)


def _problems(settings: Mapping[str, Any]) -> Iterator[Problem | None]:
    metric = Metric(settings["metric"])
    above, below = settings.get("above"), settings.get("below")
    window = settings.get("window")
    if window is None:
        yield bad_input("A threshold needs its window.", "input", "window", hint="Say how many seconds it looks at.")
    else:
        yield _between("window", window, SHORTEST, LONGEST, "seconds")
    yield _between("minSamples", settings.get("minSamples"), 1, MOST_SAMPLES, "samples")
    yield _between("forWindows", settings.get("forWindows"), 1, MOST_FOR_WINDOWS, "windows")
    if above is None and below is None:
        name = "below" if metric in NEVER_TOO_HIGH else "above"
        yield bad_input("A monitor needs a threshold.", "input", name, hint=f"Say {name}.")
    if above is not None and metric in NEVER_TOO_HIGH:
        yield bad_input(f"{metric.value} is never too high.", "input", "above", hint="Say below.")
    if below is not None and metric not in TOO_LOW:
        yield bad_input(f"{metric.value} is never too low.", "input", "below", hint="Say above.")
    for name in ("above", "below", "recoverBelow", "recoverAbove"):
        yield _value(name, settings.get(name), metric)
    if above is not None and below is not None and below >= above:
        yield bad_input("below is not less than above.", "input", "below", hint="Swap them.")
    yield _hysteresis("recoverBelow", settings.get("recoverBelow"), "above", above, 1)
    yield _hysteresis("recoverAbove", settings.get("recoverAbove"), "below", below, -1)


def _between(name: str, value: int | None, least: int, most: int, unit: str) -> Problem | None:
    if value is None or least <= value <= most:
        return None
    return bad_input(f"{name} is from {least} to {most} {unit}.", "input", name)


def _value(name: str, value: float | None, metric: Metric) -> Problem | None:
    if value is None:
        return None
    if not math.isfinite(value) or value < 0 or (metric in SHARES and value > 1):
        unit = "from 0 to 1" if metric in SHARES else "at least 0"
        return bad_input(f"{name} of {metric.value} is {unit}.", "input", name)
    return None


def _hysteresis(name: str, value: float | None, of: str, threshold: float | None, sign: int) -> Problem | None:
    if value is None:
        return None
    if threshold is None:
        return bad_input(f"{name} needs {of}.", "input", name, hint=f"Say {of}, or leave {name} out.")
    if sign * value > sign * threshold:
        far = "at most" if sign > 0 else "at least"
        return bad_input(f"{name} is {far} {of}, {threshold:g}: else it would recover while it fires.", "input", name)
    return None
