"""The scikit-learn pipelines behind :mod:`.recipes`: features of a text first, then a linear classifier.

Loaded by the training worker and by whoever predicts, never by a server that only lists trainers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import LinearSVC

from begat.platforms.ports import Json

# Words and single signs: unlike scikit-learn's own pattern it finds something in every text that is not blank.
_TOKEN = r"(?u)\w+|[^\w\s]"  # noqa: S105 - a pattern of words, no secret


def build(trainer: str, settings: Mapping[str, Json]) -> Pipeline:
    """The untrained pipeline of two steps, ``features`` and ``classifier``; ``settings`` as ``recipes.check`` returns
    them. Deterministic: the same rows in the same order give the same model."""
    given: dict[str, Any] = dict(settings)  # their types are checked by recipes.check
    return Pipeline([("features", _features(given)), ("classifier", _CLASSIFIERS[trainer](given))])


def _features(given: Mapping[str, Any]) -> FeatureUnion:
    shared = {"min_df": given["min_rows"], "sublinear_tf": given["sublinear_tf"]}
    words = TfidfVectorizer(ngram_range=(1, given["word_ngram_max"]), token_pattern=_TOKEN, **shared)
    pieces = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(given["char_ngram_min"], given["char_ngram_max"]), **shared
    )
    return FeatureUnion([("words", words), ("pieces", pieces)])


def _linear_svm(given: Mapping[str, Any]) -> LinearSVC:
    return LinearSVC(
        C=given["c"], class_weight=_weight(given), max_iter=given["max_iter"], random_state=given["seed"], dual=True
    )


def _logistic_regression(given: Mapping[str, Any]) -> LogisticRegression:
    return LogisticRegression(C=given["c"], class_weight=_weight(given), max_iter=given["max_iter"])


def _naive_bayes(given: Mapping[str, Any]) -> MultinomialNB:
    return MultinomialNB(alpha=given["alpha"])


def _weight(given: Mapping[str, Any]) -> str | None:
    return None if given["class_weight"] == "none" else given["class_weight"]


_CLASSIFIERS = {"linear_svm": _linear_svm, "logistic_regression": _logistic_regression, "naive_bayes": _naive_bayes}
