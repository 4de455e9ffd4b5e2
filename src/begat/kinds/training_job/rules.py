"""What a training job may be asked for: checks before anything is locked, and what one snapshot offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from begat.core.errors import Code, Problem, Problems, bad_input
from begat.kinds.training_job.bases import Base
from begat.platforms.ports import Json, Training

MOST_SHEETS = 20
"""Training sheets that one job can be measured on beside its own."""
SHOWN = 5

Parts = Mapping[str, int]
"""How many rows a snapshot has in each split."""


def settings(
    training: Training, trainer: str | None, hyperparameters: Any, base: Base | None = None
) -> tuple[str, dict[str, Json]]:
    """The trainer (where unsaid the one of the base, or the platform's default) with complete settings. Calls the
    platform, so in a thread.

    Raises Problems that name everything wrong at once.
    """
    if not isinstance(hyperparameters, dict):
        raise bad_input("hyperparameters is an object of settings by name.", "input", "hyperparameters")
    known = training.trainers()
    own = next(one.name for one in known if one.default) if base is None else base.trainer
    name = own if trainer is None else trainer
    if base is not None and name != own and name in {one.name for one in known}:
        message = f"The model version to start from was made by {own}, and {name} starts only from its own."
        raise bad_input(message, "input", "trainer", hint=f"Leave it out, or start from a version that {name} made.")
    try:
        return name, training.check(name, hyperparameters, None if base is None else base.hyperparameters)
    except Problems as refused:
        raise Problems(
            Problem(problem.code, problem.message, path=("input", *problem.path), hint=problem.hint)
            for problem in refused.problems
        ) from None


def check_evaluate_on(sheets: Sequence[str]) -> list[str]:
    """The training sheets, each once; BAD_INPUT for too many."""
    wanted = list(dict.fromkeys(sheets))
    if len(wanted) > MOST_SHEETS:
        raise bad_input(
            f"At most {MOST_SHEETS} training sheets can be evaluated on.", "input", "evaluateOn", hint="Name fewer."
        )
    return wanted


def parts_of(splits: Sequence[Mapping[str, Any]]) -> Parts:
    """A snapshot's splits as they are kept, by name."""
    return {part["split"]: part["rows"] for part in splits}


def measured_split(parts: Parts) -> str | None:
    """What a model is measured on: the TEST rows where there are any, else all rows (None)."""
    return "TEST" if parts.get("TEST") else None


def gone(what: str, job: Mapping[str, Any]) -> Problem:
    """Why a job is not repeated: ``what`` it needs is not there for the caller."""
    return Problem(Code.GUARD_FAILED, f"{what} is gone, or you may not see it.", id=job["id"])


def named(rows: Sequence[tuple[str, str]]) -> str:
    """The first of these rows (pair id, label id) by both names, and how many more there are."""
    shown = [f"{pair} ({label})" for pair, label in rows[:SHOWN]]
    rest = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
