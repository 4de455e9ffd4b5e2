"""What a window of an endpoint's queries is compared with, prepared once for each set of frozen rows and models."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import anyio.to_thread

from begat.core import drift_fields as fields
from begat.core.drift import MIN_SAMPLE
from begat.core.drift_fields import Column, Sort, Vocabulary
from begat.core.errors import Code, Problem
from begat.core.routing import choose
from begat.kinds.endpoint.inputs import QUESTION
from begat.kinds.monitor.learned import Learned, Part, Source
from begat.kinds.sheet.rows import items
from begat.platforms.platform import Platform
from begat.platforms.ports import Json, Prediction, Row

ANSWER, SCORE = "answer", "answerScore"
MOST_ROWS = 20_000
"""Rows of a reference; of more, an even sample."""
CHUNK = 500
SECONDS = 60.0
KEPT = 16


class DriftReference(Enum):
    """What a window is compared with."""

    TRAINING = "TRAINING"
    EVALUATION = "EVALUATION"
    BASELINE = "BASELINE"


@dataclass(frozen=True)
class Reference:
    """Prepared columns by field, the words of the training, and how many rows they are of."""

    sort: DriftReference
    columns: Mapping[str, Column]
    vocabulary: Vocabulary
    size: int
    text_field: str
    """The name of the rendered prompt among the fields."""
    sheets: Mapping[str, str]
    """The sheet by field, where the field is a column of it."""
    lasts: bool = True
    """False where a table was away just then: whoever asks later may be told more."""


_prepared: OrderedDict[tuple[object, ...], Reference] = OrderedDict()


async def frozen(platform: Platform, learned: Learned, wanted: DriftReference | None) -> Reference | None:
    """The frozen rows that were measured on (EVALUATION) or learned (TRAINING); where unsaid the first, as the model
    had not seen them either, unless they are too few. None where there are none."""
    if not learned.models:
        return None
    key = (*learned.key, wanted)
    if (found := _prepared.get(key)) is not None:
        return found
    made = await _make(platform, learned, wanted)
    if made is not None and made.lasts:
        _prepared[key] = made
        while len(_prepared) > KEPT:
            _prepared.popitem(last=False)
    return made


async def vocabulary_of(platform: Platform, learned: Learned) -> Vocabulary:
    """The words that the models behind the endpoint learned from."""
    rows = await anyio.to_thread.run_sync(_rows, platform, learned, learned.trained)
    return await anyio.to_thread.run_sync(_vocabulary, rows)


def text_field(learned: Learned | None) -> str:
    """What the rendered prompt is called: the template's only variable, else `question`."""
    template = None if learned is None else learned.template
    return template.variables[0] if template is not None and len(template.variables) == 1 else QUESTION


async def _make(platform: Platform, learned: Learned, wanted: DriftReference | None) -> Reference | None:
    training = await anyio.to_thread.run_sync(_rows, platform, learned, learned.trained)
    rows, sort = training, DriftReference.TRAINING
    if wanted is not DriftReference.TRAINING:
        measured = await anyio.to_thread.run_sync(_rows, platform, learned, learned.measured)
        if len(measured) >= MIN_SAMPLE or (wanted is DriftReference.EVALUATION and measured):
            rows, sort = measured, DriftReference.EVALUATION
    if not rows or (wanted is not None and wanted is not sort):
        return None
    vocabulary = await anyio.to_thread.run_sync(_vocabulary, training)
    kept = rows[:: -(-len(rows) // MOST_ROWS)]
    name = text_field(learned)
    values: dict[str, list[Json]] = {name: [row["question"] for row in kept]}
    if sort is DriftReference.TRAINING:
        values[ANSWER] = [row["answer"] for row in kept]
    else:
        answers = await _answered(platform, learned, [str(row["question"]) for row in kept])
        values[ANSWER] = [answer["answer"] for answer in answers]
        values[SCORE] = [answer["score"] for answer in answers]
    lasts = True
    if name == QUESTION and learned.template:
        try:
            apart = await _of_tables(platform, learned, kept)
        except Problem:
            apart, lasts = {}, False
        # A variable that is called as ours is is left to the baseline.
        values |= {field: column for field, column in apart.items() if field not in values}
    prepare = partial(_prepare, values, name, vocabulary, learned=sort is DriftReference.TRAINING)
    columns = await anyio.to_thread.run_sync(prepare)
    return Reference(sort, columns, vocabulary, len(kept), name, sheets_of(learned, columns), lasts)


def _prepare(
    values: Mapping[str, Sequence[Json]], text: str, vocabulary: Vocabulary, *, learned: bool
) -> dict[str, Column]:
    columns = {}
    for name, column in values.items():
        sort = {text: Sort.TEXT, ANSWER: Sort.CATEGORIES, SCORE: Sort.NUMBERS}.get(name) or fields.sort_of(column)
        columns[name] = fields.prepare(column, sort, vocabulary, learned=learned)
    return columns


def _vocabulary(rows: Sequence[Row]) -> Vocabulary:
    return Vocabulary.of([str(row["question"]) for row in rows])


def _rows(platform: Platform, learned: Learned, parts: Sequence[Part]) -> list[Row]:
    """The rows of these parts; ``source`` names the snapshot in each. In a thread: they may be 100,000."""
    found: list[Row] = []
    for part in parts:
        source = learned.sources.get(part.source)
        if source is None:
            continue
        rows = platform.artifacts.read(source.sha256)
        found += [
            {**row, "source": source.id} for row in rows if part.splits is None or row.get("split") in part.splits
        ]
    return found


async def _answered(platform: Platform, learned: Learned, questions: Sequence[str]) -> list[dict[str, Json]]:
    """What the models answer to these questions, which they share as they share the traffic."""
    shares = list(learned.percents.items())
    whole = sum(learned.percents.values()) == 100
    chosen = [choose(str(place), shares) if whole else shares[0][0] for place in range(len(questions))]
    answers: dict[int, dict[str, Json]] = {}
    for id in sorted(set(chosen)):
        places = [place for place, model in enumerate(chosen) if model == id]
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            texts = [questions[place] for place in chunk]
            given: Prediction = await platform.serving.predict(learned.models[id], texts, SECONDS)
            answers |= dict(zip(chunk, given.outputs, strict=True))
    return [answers[place] for place in range(len(questions))]


async def _of_tables(platform: Platform, learned: Learned, rows: Sequence[Row]) -> dict[str, list[Json]]:
    """The template's variables as the sheet's rows held them; none where a table is not any more what was read then.
    Raises UNAVAILABLE or PLATFORM where one cannot be read for now."""
    assert learned.template is not None  # noqa: S101 - asked by the caller, said to the type checker
    by_source: dict[str, dict[str, dict[str, Json]]] = {}
    for id in sorted({str(row["source"]) for row in rows}):
        items_of = await anyio.to_thread.run_sync(_items, platform, learned.sources[id])
        if items_of is None:
            return {}
        by_source[id] = items_of
    found: dict[str, list[Json]] = {name: [] for name in learned.template.variables}
    for row in rows:
        values = by_source[str(row["source"])].get(str(row.get("itemRef")), {})
        for name, column in found.items():
            column.append(values.get(name))
    return found


def _items(platform: Platform, source: Source) -> dict[str, dict[str, Json]] | None:
    if source.table is None:
        return None
    try:
        content = platform.tables.read(source.table)
        if content.sha256 not in source.contents:
            return None
        return {item.item_ref: item.values for item in items(source.columns, source.item_key, content)}
    except Problem as problem:
        if problem.code in (Code.UNAVAILABLE, Code.PLATFORM):
            raise
        return None  # the table is gone or no longer serves the sheet: its columns cannot be compared


def sheets_of(learned: Learned, columns: Mapping[str, Any]) -> dict[str, str]:
    """The sheet that a field is a column of, where all frozen rows came of one sheet."""
    sheets = {source.sheet: source for source in learned.sources.values()}
    if len(sheets) != 1 or None in sheets:
        trained = {learned.sources[part.source].sheet for part in learned.trained if part.source in learned.sources}
        sheets = {sheet: next(s for s in learned.sources.values() if s.sheet == sheet) for sheet in trained}
    return {
        name: sheet
        for sheet, source in sheets.items()
        if sheet is not None
        for name in columns
        if name in {column.name for column in source.columns}
    }
