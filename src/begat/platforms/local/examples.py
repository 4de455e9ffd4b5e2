"""The questions and answers of a snapshot's splits, as a trainer takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from begat.core.errors import Problem, bad_input
from begat.platforms.ports import Row, TrainingSpec

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Examples:
    """Questions and their answers, one to one; none of them is blank."""

    questions: list[str]
    answers: list[str]


def take(rows: Iterable[Row], splits: Sequence[str] | None, spec: TrainingSpec, sha256: str) -> Examples:
    """The rows of these splits (of None: all rows), in the snapshot's order. BAD_INPUT where there are none, or where a
    question or an answer is no text or blank; it names the first such rows and shows none of their content."""
    examples = Examples([], [])
    bad: dict[str, list[str]] = {}
    for place, row in enumerate(rows):
        if splits is not None and row.get(spec.split_field) not in splits:
            continue
        question, answer = row.get(spec.input_field), row.get(spec.target_field)
        if not isinstance(question, str) or not question.strip():
            bad.setdefault(spec.input_field, []).append(_name(row, place))
        elif not isinstance(answer, str) or not answer.strip():
            bad.setdefault(spec.target_field, []).append(_name(row, place))
        else:
            examples.questions.append(question)
            examples.answers.append(answer)
    if bad:
        raise _unusable(bad, sha256)
    if not examples.questions:
        raise bad_input(f"Snapshot {sha256[:12]} has no row{_of(splits)}.")
    return examples


def _of(splits: Sequence[str] | None) -> str:
    return "" if splits is None else f" in {' or '.join(splits) or 'no split'}"


def _unusable(bad: dict[str, list[str]], sha256: str) -> Problem:
    said = "; ".join(
        f"{len(names)} without {field}: {', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}"
        for field, names in bad.items()
    )
    return bad_input(f"Rows of snapshot {sha256[:12]} cannot be used, {said}.")


def _name(row: Row, place: int) -> str:
    name = row.get("id")
    return name[:60] if isinstance(name, str) else f"row {place + 1}"
