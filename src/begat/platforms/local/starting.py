"""Trainings that start from a model: its features, its weights and what it remembers of its rows, among the new rows.

A model's file keeps, beside the model, what the rows of each answer were on average and how many they were (`Memory`).
Who starts from it learns from these averages as from rows, each as often as there were rows: of ``naive_bayes`` that is
exactly as if the rows themselves were there, and the linear classifiers keep by it what tells the old answers from the
new ones, while their weights are drawn to the base's (:mod:`.solvers`).

The base's features stay as they are, so that its weights keep their meaning; those that only the new rows have come
behind them, weighed (IDF) as what none of the base's rows had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline

from begat.core.errors import Code, Problem, bad_input
from begat.platforms.local import predictor
from begat.platforms.local.solvers import Floats, Places, Weights, log_loss, squared_hinge
from begat.platforms.ports import BaseModel

ABSENT = -1.0
"""The margin by which LinearSVC rejects every text in the name of an answer that no row had."""


_FEATURES = ("analyzer", "ngram_range", "token_pattern", "min_df", "sublinear_tf")
"""What decides which features a vectorizer finds, and what they weigh in a text."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of each class how many rows there were (``counts``: classes) and what they were on average (``means``, sparse:
    classes, features)."""

    counts: Floats
    means: csr_matrix

    @classmethod
    def of(cls, rows: csr_matrix, targets: Places, counts: Floats, classes: int) -> Memory:
        """Of rows (n, features), each of which stands for as many as its entry of ``counts`` says."""
        size = np.bincount(targets, weights=counts, minlength=classes).astype(np.float64)
        parts = coo_matrix((counts / size[targets], (targets, np.arange(len(targets)))), shape=(classes, len(targets)))
        means = csr_matrix(parts.tocsr() @ rows)
        means.sort_indices()  # one order of the same numbers, so that equal models have equal files
        return cls(size, means)


@dataclass(frozen=True)
class Base:
    """A model to start from, in memory."""

    pipeline: Pipeline
    classes: tuple[str, ...]
    memory: Memory


def read(model: BaseModel, pipeline: Pipeline) -> Base:
    """The model, where ``pipeline``, which is untrained, can start from it. NOT_FOUND and PLATFORM as
    ``predictor.load``, PLATFORM too for one that keeps no memory of its rows, BAD_INPUT for one of another trainer or
    of other features."""
    kept = predictor.content(Path(model.path), model.sha256)
    memory: Mapping[str, Any] | None = kept.get("memory")
    if memory is None:
        raise Problem(
            Code.PLATFORM,
            "The base model's file is of a begat from before trainings could start from a model.",
            hint="Train it again and start from that version, or start anew.",
        )
    if _plan(kept["pipeline"]) != _plan(pipeline):
        raise bad_input("The base model is of another trainer, or has other features than these settings name.")
    return Base(kept["pipeline"], kept["classes"], Memory(memory["counts"], memory["means"]))


def _plan(pipeline: Pipeline) -> list[Any]:
    """What two models must have in common."""
    return [
        type(pipeline[-1]),
        *([getattr(one, name) for name in _FEATURES] for _, one in pipeline[0].transformer_list),
    ]


class Start:
    """A base among the features of new texts and the classes of new answers, which hold its own."""

    def __init__(self, base: Base, texts: Sequence[str], classes: Sequence[str]) -> None:
        known = base.pipeline[0].transformer_list
        seen = float(base.memory.counts.sum())
        self.features = FeatureUnion([(name, _widened(one, texts, seen)) for name, one in known])
        self._base = base
        before, now = ([len(one.vocabulary_) for _, one in of] for of in (known, self.features.transformer_list))
        offsets = np.cumsum([0, *now])
        self._columns = np.concatenate([np.arange(size) + at for size, at in zip(before, offsets, strict=False)])
        self._rows = np.array([classes.index(name) for name in base.classes])
        self._shape = (len(classes), int(offsets[-1]))

    def fit(self, classifier: Any, rows: csr_matrix, targets: Places) -> Memory:
        """Fits the untrained classifier to the rows (n, features) and to what the base remembers; all it then knows."""
        remembered, counts = self._remembered()
        rows = vstack([rows, remembered]).tocsr()
        targets = np.concatenate([targets, self._rows])
        counts = np.concatenate([np.ones(len(targets) - len(counts)), counts])
        memory = Memory.of(rows, targets, counts, self._shape[0])
        if isinstance(classifier, MultinomialNB):
            classifier.fit(rows, targets, sample_weight=counts)
            return memory
        importance = classifier.C * counts
        if classifier.class_weight == "balanced":
            importance = importance * (counts.sum() / (self._shape[0] * memory.counts))[targets]
        smooth = isinstance(classifier, LogisticRegression)
        solve = log_loss if smooth else squared_hinge
        begin = self._weights(2.0, 0.0) if smooth else self._weights(1.0, ABSENT)
        found, classifier.n_iter_ = solve(rows, targets, importance, begin, classifier.max_iter)
        classifier.coef_, classifier.intercept_ = found
        classifier.classes_, classifier.n_features_in_ = np.arange(self._shape[0]), self._shape[1]
        return memory

    def _remembered(self) -> tuple[csr_matrix, Floats]:
        """The averages of the base's classes (classes, features) among the features of now, and their counts."""
        means = self._base.memory.means.tocoo()
        shape = (len(self._base.classes), self._shape[1])
        return csr_matrix((means.data, (means.row, self._columns[means.col])), shape=shape), self._base.memory.counts

    def _weights(self, apart: float, absent: float) -> Weights:
        """The base's weights as heads of now. Of two classes scikit-learn keeps one head, which tells how far they are
        ``apart``: of each it is that part for or against it. A class that is new begins with the intercept ``absent``.
        """
        model, (classes, features) = self._base.pipeline[-1], self._shape
        coef, intercept = model.coef_, model.intercept_
        if len(self._base.classes) == 2 < classes:
            coef, intercept = (np.concatenate([-one, one]) / apart for one in (coef, intercept))
        heads = self._rows if classes > 2 else np.array([0])
        found = Weights(np.zeros((1 if classes == 2 else classes, features)), np.full(classes, absent))
        found.coef[np.ix_(heads, self._columns)] = coef
        found.intercept[heads] = intercept
        return Weights(found.coef, found.intercept[: len(found.coef)])


def _widened(base: TfidfVectorizer, texts: Sequence[str], seen: float) -> TfidfVectorizer:
    """The base's vectorizer with the features that only these texts have behind its own; ``seen`` is how many texts the
    base had."""
    fresh = clone(base)
    try:
        holding = fresh.fit_transform(texts).getnnz(axis=0)
    except ValueError:  # no feature is in that many texts: nothing is new
        return base
    new = sorted(fresh.vocabulary_.keys() - base.vocabulary_.keys())
    if not new:
        return base
    width = len(base.vocabulary_)
    held = np.array([holding[fresh.vocabulary_[name]] for name in new])
    wide = clone(base)
    wide.vocabulary_ = {**base.vocabulary_, **{name: width + place for place, name in enumerate(new)}}
    wide.idf_ = np.concatenate([base.idf_, np.log((1.0 + seen + len(texts)) / (1.0 + held)) + 1.0])
    return wide
