"""What a training job may be asked for: checks before anything is locked, and what one snapshot offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from begat.core.errors import Problem, Problems, bad_input
from begat.platforms.ports import Json, Training

MOST_SHEETS = 20
"""Training sheets that one job can be measured on beside its own."""
SHOWN = 5

Parts = Mapping[str, int]
"""How many rows a snapshot has in each split."""


def settings(training: Training, trainer: str | None, hyperparameters: Any) -> tuple[str, dict[str, Json]]:
    """The trainer (the platform's default where unsaid) with complete settings. Calls the platform, so in a thread.

    Raises Problems that name everything wrong at once.
    """
    if not isinstance(hyperparameters, dict):
        raise bad_input("hyperparameters is an object of settings by name.", "input", "hyperparameters")
    name = next(one.name for one in training.trainers() if one.default) if trainer is None else trainer
    try:
        return name, training.check(name, hyperparameters)
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


def named(rows: Sequence[tuple[str, str]]) -> str:
    """The first of these rows (pair id, label id) by both names, and how many more there are."""
    shown = [f"{pair} ({label})" for pair, label in rows[:SHOWN]]
    rest = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
