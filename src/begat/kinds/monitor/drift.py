"""The drift of an endpoint: its inputs and answers in a window, compared with a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread

from begat.core import drift_fields as fields
from begat.core.drift import Comparison, Verdict, decide, overall
from begat.core.drift_fields import Column, Sort, Vocabulary
from begat.core.errors import Problem
from begat.graph.driver import Graph
from begat.kinds.endpoint.inputs import QUESTION, Wording, worded
from begat.kinds.monitor import reference as references
from begat.kinds.monitor.learned import Learned, learned
from begat.kinds.monitor.reference import ANSWER, SCORE, DriftReference, Reference
from begat.platforms.platform import Platform
from begat.platforms.ports import Json, Window

MOST_SAMPLES = 5_000
"""Answered inputs of a window; of more, an even sample in time."""

Sample = Sequence[tuple[str, Mapping[str, Json], Mapping[str, Json]]]


@dataclass(frozen=True)
class Drift:
    """What was compared with what, and the outcome. ``reference`` is None where there is nothing to compare with."""

    window: Window
    reference: DriftReference | None
    reference_size: int
    sample_size: int
    fields: tuple[Comparison, ...]
    sheets: Mapping[str, str]
    verdict: Verdict

    def column(self, field: str) -> str | None:
        """The sheet's column behind a compared field, such as ``text`` of ``text.words``."""
        name = field if field in self.sheets else field.partition(".")[0]
        return name if name in self.sheets else None


async def drift_of(
    graph: Graph,
    platform: Platform,
    endpoint: str,
    window: Window,
    *,
    reference: DriftReference | None = None,
    baseline: Window | None = None,
    model: str | None = None,
) -> Drift:
    """Compares the window with the reference; ``baseline`` is an earlier window to compare with instead of frozen rows.

    Where no reference is said: the rows that the models were measured on, if they suffice, else those they learned.
    Raises what serving and the log say where they are away.
    """
    ask = partial(platform.telemetry.sample, endpoint, model_version=model)
    sample = await anyio.to_thread.run_sync(ask, window, MOST_SAMPLES)
    known = await learned(graph, endpoint, window, model)
    if baseline is not None:
        earlier = await anyio.to_thread.run_sync(ask, baseline, MOST_SAMPLES)
        held: Reference | None = await _baseline(platform, known, earlier)
    else:
        held = None if known is None else await references.frozen(platform, known, reference)
    if held is None:
        return Drift(window, None, 0, len(sample), (), {}, Verdict.INSUFFICIENT_DATA)
    compared = await anyio.to_thread.run_sync(_compare, held, sample, known)
    return Drift(window, held.sort, held.size, len(sample), tuple(compared), held.sheets, overall(compared))


async def _baseline(platform: Platform, known: Learned | None, sample: Sample) -> Reference:
    vocabulary = Vocabulary({}) if known is None else await references.vocabulary_of(platform, known)
    return await anyio.to_thread.run_sync(_earlier, known, vocabulary, sample)


def _earlier(known: Learned | None, vocabulary: Vocabulary, sample: Sample) -> Reference:
    name = references.text_field(known)
    rows = _rows(sample, known, name, apart=True)
    columns = {field: _column(rows, field, name, vocabulary, None) for field in fields.fields_of(rows)}
    sheets = {} if known is None else references.sheets_of(known, columns)
    return Reference(DriftReference.BASELINE, columns, vocabulary, len(rows), name, sheets)


def _compare(held: Reference, sample: Sample, known: Learned | None) -> list[Comparison]:
    text = held.text_field
    rows = _rows(sample, known, text, apart=bool(held.columns.keys() - {text, ANSWER, SCORE}))
    hidden = frozenset() if known is None else known.redacted - {text}
    compared: list[Comparison] = []
    for field, before in sorted(held.columns.items()):
        now = _column(rows, field, text, held.vocabulary, before.sort)
        # What no row of the window can have says nothing; without rows every field says that it cannot.
        if field not in hidden and (not rows or not now.empty):
            compared += fields.compare(field, before, now)
    return decide(compared)


def _column(
    rows: Sequence[Mapping[str, Any]], field: str, text: str, vocabulary: Vocabulary, sort: Sort | None
) -> Column:
    """The field of those rows that can have it: a prompt that was sent as it is has no variables, nor they a prompt."""
    own = {text: Sort.TEXT, ANSWER: Sort.CATEGORIES, SCORE: Sort.NUMBERS}
    values = [row.get(field) for row in rows if field in row or (field not in own and text not in row)]
    # Without a training nobody knows which words are new.
    words = vocabulary if vocabulary.texts else None
    return fields.prepare(values, sort or own.get(field) or fields.sort_of(values), words)


def _rows(sample: Sample, known: Learned | None, text: str, *, apart: bool) -> list[dict[str, Json]]:
    """Each answered input's fields and its answer. Its prompt under ``text`` stands for its variables, unless these are
    several and are compared ``apart``."""
    template = None if known is None else known.template
    rows: list[dict[str, Json]] = []
    for _, given, answer in sample:
        row: dict[str, Json] = {}
        if template is not None and set(given) != {QUESTION}:
            row = {f"input.{name}" if name in (ANSWER, SCORE) else name: value for name, value in given.items()}
        if text != QUESTION or not row or not apart:
            row.pop(text, None)
            if (prompt := _prompt(given, known)) is not None:
                row[text] = prompt
        row[ANSWER], row[SCORE] = answer.get("answer"), answer.get("score")
        rows.append(row)
    return rows


def _prompt(given: Mapping[str, Json], known: Learned | None) -> str | None:
    """The prompt as the model read it; None where the log does not keep what it needs."""
    template = None if known is None else known.template
    if known is not None and any(name in known.redacted for name in given):
        return None
    try:
        return worded([dict(given)], None if template is None else Wording(template.system, template.prompt))[0]
    except Problem:
        return None
