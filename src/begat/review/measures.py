"""How far a training sheet's review is, of counts and verdicts: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from begat.core.statistics import Pace, approval_rate, pace, percentage, seconds_left
from begat.kinds.qa_pair.kind import DECIDED


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
    speed = _pace(given)
    return Measures(
        total=total,
        decided=decided,
        percent=percentage(decided, total),
        approval_rate=approval_rate(by_status["APPROVED"], by_status["REJECTED"]),
        mean_seconds=speed.seconds,
        seconds_left=seconds_left(total - decided, speed),
        by_status=dict(by_status),
        by_source=dict(by_source),
        by_reviewer={name: _reviewed(verdicts) for name, verdicts in sorted(_by_reviewer(given).items())},
    )


def _by_reviewer(given: Sequence[Given]) -> dict[str, list[Given]]:
    found: dict[str, list[Given]] = {}
    for verdict in given:
        found.setdefault(verdict.reviewer, []).append(verdict)
    return found


def _reviewed(verdicts: Sequence[Given]) -> Reviewed:
    said = Counter(verdict.verdict for verdict in verdicts)
    rate = approval_rate(said["APPROVE"], said["REJECT"])
    return Reviewed(said["APPROVE"] + said["REJECT"], rate, _pace(verdicts).seconds)


def _pace(verdicts: Sequence[Given]) -> Pace:
    # What no queue served was decided by a filter or from a list: nobody read it for as long as it took to come.
    return pace((verdict.reviewer, verdict.at) for verdict in verdicts if verdict.seconds is not None)
