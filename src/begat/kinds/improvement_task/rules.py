"""What a task may be made of, and when the evidence closes it: pure rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from begat.core import ids
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.core.text import check_reason

MOST_SOURCES = 1_000
MOST_OVERRIDE = 1e12
SOURCES = {"feedback": "Feedback", "monitor": "Monitor"}
"""Labels of what a task is raised from, by the prefix of the id."""

CLOSING = ("resolvedBy", "before", "after", "closeReason", "closedAt")
"""What closing leaves on the task, and reopening takes away; the history keeps it."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for closing: two evaluations, or a reason. ``resolved_by`` is the asset that did it."""

    resolved_by: str | None = None
    before: str | None = None
    after: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Measure:
    """An evaluation. ``content`` is the hash of the frozen rows: two snapshots of equal rows measure the same."""

    id: str
    metric: str
    split: str | None
    content: str
    value: float
    model_version: str
    at: str

    @staticmethod
    def of(row: Sequence[Any]) -> Measure:
        """Of the columns that `closing.MEASURE` names."""
        return Measure(*row)

    def same_test(self, other: Measure) -> bool:
        """Whether both are of one metric on the same rows."""
        return (self.metric, self.split, self.content) == (other.metric, other.split, other.content)

    @property
    def test(self) -> str:
        """What was measured, in words."""
        return f"{self.metric} on {self.split or 'all rows'} of the frozen rows {self.content[:12]}"


def check_sources(named: Sequence[str]) -> list[str]:
    """The ids of feedback and monitors, each once, in the order named. Raises BAD_INPUT for none, LIMIT for too many,
    NOT_FOUND, with its place, for each that cannot be one."""
    path = ("input", "raisedFrom")
    if not named:
        raise bad_input("A task is raised from something.", *path, hint="Give ids of feedback or of monitors.")
    if len(named) > MOST_SOURCES:
        message = f"{len(named)} are more than the {MOST_SOURCES} that one task is raised from."
        raise Problem(Code.LIMIT, message, path=path, hint="Name the clearest ones.")
    problems = []
    for place, id in enumerate(named):
        try:
            if ids.prefix_of(ids.check(id, *path, place)) not in SOURCES or ":" in id:
                raise unknown_source(id, place)
        except Problem as problem:
            problems.append(problem)
    if problems:
        raise Problems(problems)
    return list(dict.fromkeys(named))


def unknown_source(id: str, place: int) -> Problem:
    """The same words for what does not exist, is hidden, or is something else."""
    return Problem(
        Code.NOT_FOUND,
        f"There is no feedback or monitor {id[:100]!r} that you can see.",
        path=("input", "raisedFrom", place),
        id=id[:100],
        hint="A task is raised from feedback and monitors.",
    )


def check_override(named: Mapping[str, Any], reason: str | None) -> None:
    """Raises BAD_INPUT for an override that is no figure or that nobody says the reason of."""
    value = named.get("impactOverride")
    if value is None:
        return
    if not math.isfinite(value) or not 0 <= value <= MOST_OVERRIDE:
        message = f"An impact is from 0 to {MOST_OVERRIDE:.0e} requests a day."
        raise bad_input(message, "input", "impactOverride")
    if not (reason or "").strip():
        raise bad_input("Overriding the impact needs a reason.", "input", "reason", hint="Say why; it is kept.")


def check_evidence(evidence: Evidence | None) -> Evidence:
    """The evidence, where it can close anything. Raises Problems that name what is missing."""
    path = "evidence"
    if evidence is None:
        raise bad_input("Closing needs evidence.", path, hint="Give before and after, or a reason.")
    reason = check_reason(evidence.reason, path, "reason")
    if evidence.before is None and evidence.after is None:
        if not reason:
            hint = "Give before and after, two evaluations on the same frozen rows, or say the reason."
            raise bad_input("Closing needs a measure before and after, or a reason.", path, hint=hint)
    elif evidence.before is None or evidence.after is None:
        missing = "before" if evidence.before is None else "after"
        hint = f"Give {missing} too: an evaluation of the same metric on the same frozen rows and split."
        raise bad_input(f"The evaluation {missing} is missing.", path, missing, hint=hint)
    for name in ("resolved_by", "before", "after"):
        if (id := getattr(evidence, name)) is not None:
            ids.check(id, path, "resolvedBy" if name == "resolved_by" else name)
    return Evidence(evidence.resolved_by, evidence.before, evidence.after, reason)


def check_gain(before: Measure, after: Measure) -> None:
    """Raises BAD_INPUT where the two do not measure the same thing, GUARD_FAILED where the second is no better.

    Every metric of begat's is a fraction that grows with quality.
    """
    path = ("evidence", "after")
    if before.metric != after.metric:
        message = f"before is {before.metric} and after is {after.metric}: these do not compare."
        raise bad_input(message, *path, hint="Give two evaluations of one metric.")
    if before.content != after.content:
        message = "before and after were measured on different frozen rows: these do not compare."
        raise bad_input(message, *path, hint="Measure both model versions on one snapshot (evaluateOn of a job does).")
    if before.split != after.split:
        message = f"before is on {before.split or 'all rows'} and after on {after.split or 'all rows'}."
        raise bad_input(message, *path, hint="Give two evaluations on one split.")
    if after.value <= before.value:
        message = f"{after.metric} was {before.value:.4f} before and is {after.value:.4f} after: no better."
        raise Problem(Code.GUARD_FAILED, message, path=path, hint="Mend more, or close it with a reason.")
