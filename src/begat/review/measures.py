"""How far a training sheet's review is, of counts and verdicts: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from begat.core.times import seconds_between
from begat.kinds.qa_pair.kind import DECIDED

ENOUGH = 5
"""Timed verdicts below which no time left is foretold."""


@dataclass(frozen=True)
class Given:
    """A verdict that counts; ``seconds`` since the pair was handed to the reviewer, None where it was not."""

    reviewer: str
    verdict: str
    at: str
    seconds: float | None


@dataclass(frozen=True)
class Reviewed:
    """What one reviewer has done; the rate is None where he decided nothing."""

    decided: int
    approval_rate: float | None
    mean_seconds: float | None


@dataclass(frozen=True)
class Measures:
    """All that is measured. Rates are from 0 to 1, ``percent`` from 0 to 100; None where nothing can be said."""

    total: int
    decided: int
    percent: float | None
    approval_rate: float | None
    mean_seconds: float | None
    seconds_left: float | None
    by_status: Mapping[str, int] = field(default_factory=dict)
    by_source: Mapping[str, int] = field(default_factory=dict)
    by_reviewer: Mapping[str, Reviewed] = field(default_factory=dict)


def measure(counts: Iterable[tuple[str, str, int]], given: Sequence[Given]) -> Measures:
    """The measures of one sheet, of its rows' (status, source, count) and of the verdicts that count."""
    by_status: Counter[str] = Counter()
    by_source: Counter[str] = Counter()
    for status, source, count in counts:
        by_status[status] += count
        by_source[source] += count
    total = by_status.total()
    decided = sum(by_status[status] for status in DECIDED)
    worked = {name: _worked(verdicts) for name, verdicts in _by_reviewer(given).items()}
    times = [seconds for spent in worked.values() for seconds in spent]
    mean = _mean(times)
    left: float | None = 0.0 if total == decided else None
    if mean is not None and total > decided and len(times) >= ENOUGH:
        left = mean * (total - decided)
    return Measures(
        total=total,
        decided=decided,
        percent=None if not total else 100 * decided / total,
        approval_rate=None if not decided else by_status["APPROVED"] / decided,
        mean_seconds=mean,
        seconds_left=left,
        by_status=dict(by_status),
        by_source=dict(by_source),
        by_reviewer={name: _reviewed(verdicts, worked[name]) for name, verdicts in sorted(_by_reviewer(given).items())},
    )


def _by_reviewer(given: Sequence[Given]) -> dict[str, list[Given]]:
    found: dict[str, list[Given]] = {}
    for verdict in sorted(given, key=lambda one: one.at):
        found.setdefault(verdict.reviewer, []).append(verdict)
    return found


def _worked(verdicts: Sequence[Given]) -> list[float]:
    """Seconds of work in each timed verdict of one reviewer, oldest first. Who holds ten pairs works on one at a time:
    work on a pair begins when it was handed out or when the verdict before was given, whichever is later."""
    spent = []
    for place, verdict in enumerate(verdicts):
        if verdict.seconds is not None:
            before = seconds_between(verdicts[place - 1].at, verdict.at) if place else verdict.seconds
            spent.append(min(verdict.seconds, before))
    return spent


def _reviewed(verdicts: Sequence[Given], worked: Sequence[float]) -> Reviewed:
    said = Counter(verdict.verdict for verdict in verdicts)
    decided = said["APPROVE"] + said["REJECT"]
    return Reviewed(decided, None if not decided else said["APPROVE"] / decided, _mean(worked))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
