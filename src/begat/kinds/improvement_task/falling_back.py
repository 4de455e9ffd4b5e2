"""When a closed task has to be taken up again: the rule, pure.

What counts is what answers now: of each of the task's endpoints the version that serves, with its shares of the
traffic; where none of them serves anything, the champion of the model that the task was closed with. Of these model
versions the latest evaluation of the closing's metric, rows and split is taken, weighted by traffic. The metric fell
back where that is no better than it was before the task, and where something has changed since the closing: a
deployment went live, a champion was named or an evaluation was made. A task that was closed before its remedy was
deployed is therefore left alone until the next deployment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from begat.kinds.improvement_task.rules import Measure


@dataclass(frozen=True)
class Answering:
    """What answers at one place since that moment: shares (any unit) by model version. ``place`` is said to people."""

    place: str
    since: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Closed:
    """What a task was closed with."""

    at: str
    before: Measure
    after: Measure


def fallen_back(
    closed: Closed, answering: Iterable[Answering], measures: Mapping[str, Sequence[Measure]]
) -> str | None:
    """Why the task is taken up again, in words with the figures; None where it stays closed. ``measures`` are the
    evaluations of the model versions that answer, by their id."""
    for one in answering:
        latest = {
            model: max(same, key=lambda measure: (measure.at, measure.id))
            for model in one.shares
            if (same := [measure for measure in measures.get(model, ()) if measure.same_test(closed.before)])
        }
        weight = sum(one.shares[model] for model in latest)
        if not weight:
            continue
        if max(one.since, *(measure.at for measure in latest.values())) <= closed.at:
            continue
        value = sum(one.shares[model] * measure.value for model, measure in latest.items()) / weight
        if value <= closed.before.value:
            return (
                f"{closed.before.test} is {value:.4f} at {one.place}: no better than the {closed.before.value:.4f} "
                f"before the task, which was closed with {closed.after.value:.4f}."
            )
    return None
