"""Accuracy, its interval and macro F1, against values worked out by hand and from tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.platforms.local.measure import evaluate, wilson


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    # The values that R's prop.test(hits, size, correct=FALSE) gives.
    [(81, 263, 0.2552, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(hits: int, size: int, low: float, high: float) -> None:
    assert wilson(hits, size) == pytest.approx((low, high), abs=0.0001)


sizes = st.integers(1, 10_000_000).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size)))


@given(sizes)
def test_the_interval_holds_the_share_and_stays_in_range(sample: tuple[int, int]) -> None:
    hits, size = sample
    low, high = wilson(hits, size)
    assert 0 <= low <= hits / size <= high <= 1
    assert low < high


@given(sizes)
def test_the_interval_of_the_misses_mirrors_that_of_the_hits(sample: tuple[int, int]) -> None:
    hits, size = sample
    low, high = wilson(hits, size)
    assert wilson(size - hits, size) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_macro_f1_is_the_mean_over_all_answers_expected_or_given() -> None:
    accuracy, macro_f1 = evaluate("f" * 64, "TEST", ["a", "a", "b", "c"], ["a", "b", "b", "d"])
    assert accuracy.value == 0.5
    assert accuracy.sample_size == macro_f1.sample_size == 4
    # a: precision 1, recall 1/2; b: precision 1/2, recall 1; c is never given, d never expected.
    assert macro_f1.value == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)


def test_texts_that_numpy_would_change_are_told_apart() -> None:
    accuracy, macro_f1 = evaluate("f" * 64, "TEST", ["a", "a\0"], ["a", "a"])
    assert accuracy.value == 0.5
    assert macro_f1.value == pytest.approx((2 / 3 + 0) / 2)
