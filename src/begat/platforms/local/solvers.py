"""Linear classifiers that start from given weights: they move away from these only as far as their rows ask for.

scikit-learn starts a solver at given weights (``warm_start``), but what it minimises draws them to zero, so that it
ends where it would have ended anyway and what the given weights knew is lost. Here the same losses draw them to the
given weights: with nothing to learn, nothing changes (Yang, Yan and Hauptmann, "Cross-domain video concept detection
using adaptive SVMs", 2007).

Shapes: ``rows`` (n, features) is sparse, ``targets`` (n) holds classes' places, ``importance`` (n) how much a row
counts; ``coef`` (heads, features) and ``intercept`` (heads) are as scikit-learn keeps them: a head for each class, of
two classes one head that speaks for the second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Weights(NamedTuple):
    """What a linear classifier consists of."""

    coef: Floats
    intercept: Floats


def squared_hinge(
    rows: csr_matrix, targets: Places, importance: Floats, start: Weights, max_iter: int
) -> tuple[Weights, int]:
    """The weights of LinearSVC (each class against all others; the intercept is drawn, too), and the most iterations of
    a class. ``importance`` includes C."""
    heads, features = start.coef.shape
    total = float(importance.sum())
    found = Weights(np.empty_like(start.coef), np.empty_like(start.intercept))
    most = 0
    for head in range(heads):
        signs = np.where(targets == (head if heads > 1 else 1), 1.0, -1.0)
        given = np.append(start.coef[head], start.intercept[head])

        def loss(moved: Floats, signs: Floats = signs, given: Floats = given) -> tuple[float, Floats]:
            now = given + moved
            missing = np.maximum(0.0, 1.0 - signs * (rows @ now[:features] + now[features]))
            pull = -2.0 * importance * signs * missing
            gradient = moved + np.append(rows.T @ pull, pull.sum())
            return (0.5 * float(moved @ moved) + float(importance @ missing**2)) / total, gradient / total

        moved, iterations = _minimum(loss, features + 1, max_iter)
        found.coef[head] = start.coef[head] + moved[:features]
        found.intercept[head] = start.intercept[head] + moved[features]
        most = max(most, iterations)
    return found, most


def log_loss(
    rows: csr_matrix, targets: Places, importance: Floats, start: Weights, max_iter: int
) -> tuple[Weights, int]:
    """The weights of LogisticRegression (all classes at once; the intercept moves freely), and the iterations.
    ``importance`` includes C."""
    heads, features = start.coef.shape
    total, each = float(importance.sum()), np.arange(len(targets))

    def loss(flat: Floats) -> tuple[float, Floats]:
        moved = flat.reshape(heads, features + 1)
        scores = rows @ (start.coef + moved[:, :features]).T + (start.intercept + moved[:, features])
        if heads == 1:  # the first of two classes has no head of its own
            scores = np.column_stack([np.zeros(len(targets)), scores])
        chances = scores - logsumexp(scores, axis=1, keepdims=True)
        value = 0.5 * float((moved[:, :features] ** 2).sum()) - float(importance @ chances[each, targets])
        pull = np.exp(chances)
        pull[each, targets] -= 1.0
        pull = (pull * importance[:, None])[:, -heads:]
        gradient = np.empty_like(moved)
        gradient[:, :features] = moved[:, :features] + (rows.T @ pull).T
        gradient[:, features] = pull.sum(axis=0)
        return value / total, gradient.ravel() / total

    moved, iterations = _minimum(loss, heads * (features + 1), max_iter)
    moved = moved.reshape(heads, features + 1)
    return Weights(start.coef + moved[:, :features], start.intercept + moved[:, features]), iterations


def _minimum(loss: Callable[..., tuple[float, Floats]], size: int, max_iter: int) -> tuple[Floats, int]:
    options: dict[str, Any] = {"maxiter": max_iter, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options=options)
    return found.x, int(found.nit)
