"""Answers from a registered model file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from sklearn.pipeline import Pipeline

from begat.core.errors import Code, Problem

FORMAT = 1
"""Of the model file: a joblib dictionary of ``format``, ``classes`` (texts), ``pipeline`` (answers with places) and,
for who starts from it, ``memory`` (:class:`.starting.Memory`: ``counts``, ``means``), which older files do not have."""

_BATCH = 2_000  # texts at once: a score for each of a thousand classes is 16 MB then


class Predictor:
    """A model in memory. Bears several threads at once: predicting changes nothing in it."""

    def __init__(self, pipeline: Pipeline, classes: tuple[str, ...]) -> None:
        """``pipeline`` answers with places in ``classes``."""
        self.pipeline = pipeline
        self.classes = classes

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The best answer to each text with its score from 0 to 1, in the same order.

        The score is the answer's probability where the recipe has one. Of ``linear_svm`` it is the logistic function of
        the answer's margin: it orders answers (0.5 lies on the border of the class), it is no calibrated probability.
        """
        answers: list[tuple[str, float]] = []
        for start in range(0, len(texts), _BATCH):
            scores = self._scores(list(texts[start : start + _BATCH]))
            best = scores.argmax(axis=1)
            answers += [(self.classes[place], float(row[place])) for place, row in zip(best, scores, strict=True)]
        return answers

    def answers(self, texts: Sequence[str]) -> list[str]:
        """The best answer to each text, as ``predict`` gives it."""
        return [answer for answer, _ in self.predict(texts)]

    def _scores(self, texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """One row for each text, one column for each class; every class was learned, so the columns are its places."""
        if hasattr(self.pipeline, "predict_proba"):
            return np.asarray(self.pipeline.predict_proba(texts), dtype=np.float64)
        margins = np.asarray(self.pipeline.decision_function(texts), dtype=np.float64)
        if margins.ndim == 1:  # of two classes scikit-learn gives only the second one's margin
            margins = np.column_stack([-margins, margins])
        return np.asarray(1.0 / (1.0 + np.exp(-margins)), dtype=np.float64)


def load(path: Path, sha256: str) -> Predictor:
    """The model in ``path``; refusals as of ``content``."""
    kept = content(path, sha256)
    return Predictor(kept["pipeline"], kept["classes"])


def content(path: Path, sha256: str) -> dict[str, Any]:
    """What the model file in ``path`` holds, whose bytes must have this ``sha256``: a model file is a program, so only
    the very bytes that were checked are run. NOT_FOUND where there is no such file, PLATFORM where it is another one or
    unusable."""
    try:
        read = path.read_bytes()
    except FileNotFoundError:
        raise Problem(Code.NOT_FOUND, "The model's file does not exist any more.", hint="Train it again.") from None
    if hashlib.sha256(read).hexdigest() != sha256:
        raise Problem(Code.PLATFORM, "The model's file is not the one that was registered.", hint="Train it again.")
    try:
        kept = joblib.load(io.BytesIO(read))
    except Exception as error:
        raise Problem(
            Code.PLATFORM, f"scikit-learn {sklearn.__version__} cannot load this model.", hint="Train it again."
        ) from error
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise Problem(Code.PLATFORM, "The file holds no model that this begat knows.", hint="Train it again.")
    return kept
