"""One training from rows to a measured model file; what the worker does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import numpy as np
from sklearn.pipeline import Pipeline

from begat.core.errors import Code, Problem, bad_input
from begat.platforms.local import recipes
from begat.platforms.local.artifacts import read_snapshot
from begat.platforms.local.examples import Examples, take
from begat.platforms.local.files import sha256_of, write_atomic
from begat.platforms.local.measure import evaluate
from begat.platforms.local.pipelines import build
from begat.platforms.local.predictor import FORMAT, Predictor
from begat.platforms.local.starting import Base, Memory, Start, read
from begat.platforms.ports import EvaluationResult, Row, SnapshotRef, TrainingResult, TrainingSpec

MAX_WEIGHTS = 250_000_000
"""Most numbers in a model (answers times features), 2 GB: free text as answers would need far more."""

Report = Callable[[int, int, str], None]
"""Told the steps done, the steps in all and what comes next."""


def train(spec: TrainingSpec, model_file: Path, report: Report) -> TrainingResult:
    """Learns from the named splits alone, on from what ``spec.base`` knows where there is one, writes ``model_file``
    and measures it on every split of ``spec.evaluate``.

    Everything that can be refused is refused before the learning starts: Problems of ``recipes.check``, NOT_FOUND and
    PLATFORM of a snapshot's file and of the base's, BAD_INPUT for splits without rows, rows without texts, one answer
    only or a base of another sort, LIMIT.
    """
    settings = recipes.check(spec.trainer, spec.hyperparameters)
    snapshots = list(dict.fromkeys([spec.snapshot, *(on.snapshot for on in spec.evaluate)]))
    steps = _Steps(report, (spec.base is not None) + len(snapshots) + 2 + 1 + len(spec.evaluate))
    pipeline = build(spec.trainer, settings)

    base = None
    if spec.base is not None:
        steps.next("reading the base model")
        base = read(spec.base, pipeline)

    rows: dict[SnapshotRef, list[Row]] = {}
    for snapshot in snapshots:
        steps.next("reading the snapshots")
        rows[snapshot] = read_snapshot(Path(snapshot.path), snapshot.sha256)
    learned = take(rows[spec.snapshot], spec.train_splits, spec, spec.snapshot.sha256)
    measured = [
        take(rows[on.snapshot], None if on.split is None else (on.split,), spec, on.snapshot.sha256)
        for on in spec.evaluate
    ]
    rows.clear()
    classes = tuple(sorted({*learned.answers, *(base.classes if base else ())}))
    if len(classes) < 2:
        raise bad_input("Every training row has the same answer; a model needs at least two to choose from.")

    predictor, memory = _fit(spec.trainer, pipeline, base, learned, classes, steps)
    steps.next("saving the model")
    kept = {"counts": memory.counts, "means": memory.means}
    content = {"format": FORMAT, "classes": classes, "pipeline": predictor.pipeline, "memory": kept}
    write_atomic(model_file, lambda file: joblib.dump(content, file))
    evaluations: list[EvaluationResult] = []
    for on, examples in zip(spec.evaluate, measured, strict=True):
        steps.next(f"measuring on {on.split or 'all rows'}")
        evaluations += evaluate(on.snapshot.sha256, on.split, examples.answers, predictor.answers(examples.questions))
    steps.end()
    return TrainingResult(
        model_file,
        sha256_of(model_file),
        settings,
        tuple(evaluations),
        cpu_seconds=round(time.process_time(), 3),
        classes=classes,
        train_rows=len(learned.answers),
    )


def _fit(
    trainer: str, pipeline: Pipeline, base: Base | None, learned: Examples, classes: Sequence[str], steps: _Steps
) -> tuple[Predictor, Memory]:
    # The pipeline learns numbers, not texts: numpy would pad every answer to the longest one.
    number = {answer: place for place, answer in enumerate(classes)}
    targets = np.array([number[answer] for answer in learned.answers])
    start, classifier = None, pipeline[-1]
    try:
        steps.next("finding features")
        if base is not None:
            start = Start(base, learned.questions, classes)
            pipeline = Pipeline([("features", start.features), ("classifier", classifier)])
            rows = start.features.transform(learned.questions)
        else:
            rows = pipeline[:-1].fit_transform(learned.questions)
        if rows.shape[1] * len(classes) > MAX_WEIGHTS:
            raise Problem(
                Code.LIMIT,
                f"{len(classes):,} answers and {rows.shape[1]:,} features make too large a model: {trainer} "
                "chooses among answers that recur, it does not write free text.",
            )
        steps.next("fitting the classifier")
        if start is not None:
            memory = start.fit(classifier, rows, targets)
        else:
            classifier.fit(rows, targets)
            memory = Memory.of(rows, targets, np.ones(len(targets)), len(classes))
    except ValueError as error:
        # scikit-learn's word for data that do not suit the settings, such as no feature in that many rows.
        raise bad_input(f"{trainer} cannot learn from these rows: {str(error).splitlines()[0][:200]}") from error
    for _, vectorizer in pipeline[0].transformer_list:
        # An address in memory that scikit-learn keeps as a cache's key: without it equal models have equal files.
        vars(vectorizer).pop("_stop_words_id", None)
    return Predictor(pipeline, tuple(classes)), memory


class _Steps:
    def __init__(self, report: Report, total: int) -> None:
        self._report = report
        self._begun, self._total = 0, total

    def next(self, stage: str) -> None:
        self._report(self._begun, self._total, stage)
        self._begun += 1

    def end(self) -> None:
        self._report(self._total, self._total, "done")
