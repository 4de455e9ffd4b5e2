"""Agreement is what the published examples say it is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from begat.core.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha, percent_agreement

ANSWERS = st.sampled_from("abc")
ROWS = st.lists(st.lists(ANSWERS, max_size=5), max_size=12)

# Wikipedia, "Fleiss' kappa": 10 rows, 14 reviewers, 5 answers; how often each answer was given
FLEISS = [
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
]
# Krippendorff (2011), section C: four reviewers, twelve rows, "." for no answer; nominal alpha = 0.743
KRIPPENDORFF = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# Krippendorff (2011), section A: two reviewers, ten rows; alpha = 0.095
BINARY = ("0100000000", "1110010010")


def columns(reviewers: Sequence[str]) -> list[list[str]]:
    """For each row the answers it got."""
    return [[answer for answer in row if answer != "."] for row in zip(*reviewers, strict=True)]


def test_cohens_kappa_is_the_published_one() -> None:
    # Wikipedia, "Cohen's kappa": 50 grant applications, both yes 20, both no 15, and 5 and 10 apart
    first = "y" * 20 + "y" * 5 + "n" * 10 + "n" * 15
    second = "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1))
def test_cohens_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ours = cohen_kappa(first, second)
    if ours is None:
        assert len(set(first + second)) == 1
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_fleiss_kappa_is_the_published_one() -> None:
    rows = [[answer for answer, count in enumerate(counts) for _ in range(count)] for counts in FLEISS]
    assert fleiss_kappa(rows) == pytest.approx(0.20993, abs=5e-6)
    assert percent_agreement(rows) == pytest.approx(0.378, abs=5e-4)


def test_krippendorffs_alpha_is_the_published_one() -> None:
    assert krippendorff_alpha(columns(KRIPPENDORFF)) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(columns(BINARY)) == pytest.approx(0.095, abs=5e-4)


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1))
def test_alpha_of_two_reviewers_is_scotts_pi_with_a_correction_for_few_answers(pairs: list[tuple[str, str]]) -> None:
    # Fleiss' kappa of two is Scott's pi; 1 - alpha = (1 - pi) * (n - 1) / n with n answers (Krippendorff 2004, 11.3.1)
    alpha, pi, given_answers = krippendorff_alpha(pairs), fleiss_kappa(pairs), 2 * len(pairs)
    if alpha is None or pi is None:
        assert alpha is pi
    else:
        assert 1 - alpha == pytest.approx((1 - pi) * (given_answers - 1) / given_answers)


@given(ROWS)
def test_full_agreement_is_1_and_less_is_less(rows: list[list[str]]) -> None:
    percent, alpha = percent_agreement(rows), krippendorff_alpha(rows)
    assert (percent == 1) == (percent is not None and all(len(set(row)) <= 1 for row in rows))
    if alpha is not None:
        assert (alpha == 1) == (percent == 1)


def test_nothing_to_compare_has_no_agreement() -> None:
    assert percent_agreement([]) is None
    assert percent_agreement([["a"], []]) is None
    assert cohen_kappa([], []) is None
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([["a"], ["b"]]) is None
    assert fleiss_kappa([["a", "b"], ["b"]]) is None
    assert krippendorff_alpha([["a"], ["b"]]) is None


def test_one_answer_only_says_nothing_beyond_chance() -> None:
    assert cohen_kappa("aa", "aa") is None
    assert fleiss_kappa(["aa", "aa"]) is None
    assert krippendorff_alpha(["aa", "aa"]) is None


def test_reviewers_of_different_rows_are_a_fault() -> None:
    with pytest.raises(ValueError, match="same rows"):
        cohen_kappa("a", "ab")
