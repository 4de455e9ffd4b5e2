"""The solvers find what scikit-learn's find where they start from nothing, and stay where there is nothing to learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from begat.platforms.local.solvers import Floats, Places, Weights, log_loss, squared_hinge


def points(classes: int) -> tuple[csr_matrix, Places, Floats]:
    """60 rows of 5 features in so many classes, some of which count more than once."""
    noise = np.random.default_rng(classes)
    targets = np.arange(60) % classes
    rows = noise.normal(size=(60, 5)) + np.eye(5)[targets]
    return csr_matrix(rows), targets, noise.integers(1, 4, 60).astype(float)


def nothing(classes: int) -> Weights:
    """Weights that know nothing."""
    heads = 1 if classes == 2 else classes
    return Weights(np.zeros((heads, 5)), np.zeros(heads))


@pytest.mark.parametrize("classes", [2, 3])
def test_from_nothing_the_squared_hinge_finds_what_liblinear_finds(classes: int) -> None:
    rows, targets, counts = points(classes)
    found, _ = squared_hinge(rows, targets, counts * 0.5, nothing(classes), 1_000)
    model = LinearSVC(C=0.5, tol=1e-9, max_iter=100_000).fit(rows, targets, sample_weight=counts)
    assert found.coef == pytest.approx(model.coef_, abs=2e-2)
    assert found.intercept == pytest.approx(model.intercept_, abs=2e-2)


@pytest.mark.parametrize("classes", [2, 3])
def test_from_nothing_the_log_loss_finds_what_scikit_learn_finds(classes: int) -> None:
    rows, targets, counts = points(classes)
    found, _ = log_loss(rows, targets, counts * 0.5, nothing(classes), 1_000)
    model = LogisticRegression(C=0.5, tol=1e-9, max_iter=10_000).fit(rows, targets, sample_weight=counts)
    assert found.coef == pytest.approx(model.coef_, abs=2e-2)
    assert found.intercept - found.intercept.mean() == pytest.approx(
        model.intercept_ - model.intercept_.mean(), abs=2e-2
    )


@pytest.mark.parametrize("solve", [squared_hinge, log_loss])
@pytest.mark.parametrize("classes", [2, 3])
def test_weights_that_answer_every_row_with_certainty_stay(solve: object, classes: int) -> None:
    assert callable(solve)
    targets = np.arange(classes)
    rows, apart = csr_matrix(np.eye(classes, 5)), 60.0 * np.eye(classes, 5) - 30.0
    sure = Weights(apart[1:] - apart[:1], np.zeros(1)) if classes == 2 else Weights(apart, np.zeros(3))
    found, _ = solve(rows, targets, np.ones(classes), sure, 100)
    assert found.coef == pytest.approx(sure.coef, abs=1e-6)


@pytest.mark.parametrize("solve", [squared_hinge, log_loss])
def test_the_more_a_row_counts_the_further_the_weights_move(solve: object) -> None:
    assert callable(solve)
    rows, targets = csr_matrix(np.vstack([np.eye(1, 5), -np.eye(1, 5)])), np.array([1, 0])
    against = Weights(-np.eye(1, 5), np.zeros(1))
    moved = [solve(rows, targets, np.full(2, count), against, 100)[0].coef[0, 0] for count in (0.1, 1.0, 10.0)]
    assert -1.0 < moved[0] < moved[1] < moved[2]
