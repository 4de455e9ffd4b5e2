"""A training sheet's quality follows from its counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.quality import Counts, quality

GOOD = Counts(rows=100, approved=90, rejected=10, flagged=0, failed=0, repeated=5, empty=0)


def failed(counts: Counts) -> list[str]:
    """The checks that the counts fail."""
    return [check.name for check in quality(counts).checks if not check.passed]


def test_a_good_sheet_passes_every_check() -> None:
    assert failed(GOOD) == []
    found = quality(GOOD)
    assert (found.approval_rate, found.reviewed_rate, found.duplicate_rate, found.empty_rate) == (0.9, 1.0, 0.05, 0.0)
    assert found.score == pytest.approx(0.9 * 1.0 * 0.95 * 1.0)


@pytest.mark.parametrize(
    ("counts", "check", "words"),
    [
        (replace(GOOD, rejected=9), "REVIEWED", "99 of 100 rows are decided"),
        (replace(GOOD, approved=79, rejected=21), "APPROVAL_RATE", "79 of 100 decided rows are approved"),
        (replace(GOOD, repeated=6), "DUPLICATES", "6 of 100 rows repeat"),
        (replace(GOOD, empty=1), "EMPTY", "1 of 100 rows"),
        (replace(GOOD, failed=1), "FAILED", "1 of 100 rows"),
        (replace(GOOD, flagged=1), "FLAGGED", "1 of 100 rows"),
    ],
)
def test_each_check_fails_by_itself_and_says_why(counts: Counts, check: str, words: str) -> None:
    assert failed(counts) == [check]
    assert any(words in found.detail for found in quality(counts).checks if found.name == check)


def test_a_sheet_without_rows_has_no_rates_and_passes_nothing() -> None:
    nothing = quality(Counts(0, 0, 0, 0, 0, 0, 0))
    assert {
        nothing.score,
        nothing.approval_rate,
        nothing.reviewed_rate,
        nothing.duplicate_rate,
        nothing.empty_rate,
    } == {None}
    assert not any(check.passed for check in nothing.checks)


def test_a_sheet_nobody_has_reviewed_has_no_score_yet() -> None:
    found = quality(replace(GOOD, approved=0, rejected=0))
    assert (found.score, found.approval_rate, found.reviewed_rate) == (None, None, 0.0)
    assert "nothing is decided" in next(check.detail for check in found.checks if check.name == "APPROVAL_RATE")


@given(st.lists(st.integers(0, 50), min_size=7, max_size=7))
def test_a_score_is_a_share(numbers: list[int]) -> None:
    approved, rejected, other, *few = numbers
    rows = approved + rejected + other
    found = quality(Counts(rows, approved, rejected, *(min(number, rows) for number in few)))
    assert (found.score is None) == (approved + rejected == 0)
    if found.score is not None:
        assert 0 <= found.score <= approved / rows
