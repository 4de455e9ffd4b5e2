"""Drift: figures as scipy's, and what Banking77's real questions and a real model's answers make of it."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import jensenshannon

from begat.core import drift, drift_fields
from begat.core.drift import Comparison, Method, Verdict
from begat.core.drift_fields import Column, Sort, Vocabulary
from begat.platforms.local import pipelines, recipes

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=30).filter(
    lambda pairs: sum(one for one, _ in pairs) > 0 and sum(other for _, other in pairs) > 0
)
NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=drift.MIN_SAMPLE, max_size=150)


def floats(*values: float) -> drift.Floats:
    return np.array(values, dtype=np.float64)


# ── The figures ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_they_equal_scipys() -> None:
    noise = np.random.default_rng(7)
    one, other = noise.normal(size=400), noise.normal(0.4, 1.2, size=300)
    found = stats.ks_2samp(one, other, method="asymp")
    assert drift.ks(one, other) == pytest.approx((found.statistic, found.pvalue))

    expected, observed = floats(50, 30, 20, 40), floats(30, 45, 25, 10)
    test = stats.chi2_contingency([expected, observed], correction=False)
    assert drift.chi_square(expected, observed) == pytest.approx((test.statistic, 3, test.pvalue))
    assert drift.js(expected, observed) == pytest.approx(jensenshannon(expected, observed, base=2))

    place, h, p = drift.largest_share(expected, observed)
    exact = stats.fisher_exact([[10, 100], [40, 100]]).pvalue
    assert (place, p) == pytest.approx((3, 4 * exact))
    assert h == pytest.approx(2 * (np.arcsin(np.sqrt(40 / 140)) - np.arcsin(np.sqrt(10 / 110))))

    p_values = [0.01, 0.04, 0.03, 0.005]
    assert drift.holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # Holm's own steps: 4, 3, 2, 1 times


def test_the_psi_is_what_its_formula_gives() -> None:
    p, q = np.array([50.5, 30.5, 20.5]) / 101.5, np.array([20.5, 30.5, 50.5]) / 101.5
    by_hand = sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True))
    assert drift.psi(floats(50, 30, 20), floats(20, 30, 50)) == pytest.approx(by_hand)
    assert drift.psi(floats(100, 0), floats(0, 100)) > 5  # an empty bin is much, and not infinite


def test_rare_categories_are_counted_together_and_none_is_left_out() -> None:
    # Expected in the window are 50, 25 and 5 times 1: the five are one category of 5.
    table = [[500, 250, 50], [45, 30, 5]]
    found = drift.chi_square(floats(500, 250, *[10] * 5), floats(45, 30, *[1] * 5))
    assert found is not None
    assert found[:2] == pytest.approx((stats.chi2_contingency(table, correction=False).statistic, 2))
    joined = drift.chi_square(floats(500, 250, 10), floats(45, 30, 1))
    assert joined is not None
    table = [[500, 260], [45, 31]]
    assert joined[:2] == pytest.approx((stats.chi2_contingency(table, correction=False).statistic, 1))
    assert drift.chi_square(floats(100, 0), floats(100, 0)) is None


@given(COUNTS)
def test_sizes_keep_their_bounds_whatever_is_counted(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=np.float64).T
    assert drift.psi(one, other) >= 0
    assert drift.psi(one, other) == pytest.approx(drift.psi(other, one))
    assert 0 <= drift.js(one, other) <= 1
    assert drift.js(one, other) == pytest.approx(drift.js(other, one), abs=1e-7)
    assert drift.js(one, one * 3) == pytest.approx(0, abs=1e-7)
    _, h, p = drift.largest_share(one, other)
    assert 0 <= h <= np.pi + 1e-9
    assert 0 <= p <= 1


@settings(max_examples=25)
@given(NUMBERS, st.lists(st.sampled_from("abcde"), min_size=drift.MIN_SAMPLE, max_size=150))
def test_identical_samples_never_drift(numbers: list[float], words: list[str]) -> None:
    compared = drift.numbers("n", floats(*numbers), floats(*numbers))
    compared += drift.categories("c", Counter(words), Counter(words))
    assert drift.overall(drift.decide(compared)) is not Verdict.DRIFT


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = drift.holm(p_values)
    assert all(after >= before for before, after in zip(p_values, corrected, strict=True))
    assert all(after <= 1 for after in corrected)
    assert [corrected[i] for i in np.argsort(p_values, kind="stable")] == sorted(corrected)


def test_a_huge_sample_does_not_alarm_on_nothing_and_a_small_one_says_nothing() -> None:
    noise = np.random.default_rng(3)
    one, other = noise.normal(size=200_000), noise.normal(0.03, 1, size=200_000)
    coin, bent = Counter(a=100_000, b=100_000), Counter(a=101_000, b=99_000)
    decided = drift.decide([*drift.numbers("n", one, other), *drift.categories("c", coin, bent)])
    assert {row.field for row in decided if row.p is not None and row.p < 1e-2} == {"n", "c"}
    assert {row.verdict for row in decided} == {Verdict.STABLE}

    few = drift.decide(drift.numbers("n", one, other[: drift.MIN_SAMPLE - 1] + 9))
    assert {(row.verdict, row.statistic) for row in few} == {(Verdict.INSUFFICIENT_DATA, None)}
    assert drift.overall(few) is Verdict.INSUFFICIENT_DATA
    shifted = drift.decide(drift.numbers("n", one, other[: drift.MIN_SAMPLE] + 9))
    assert {row.verdict for row in shifted} == {Verdict.DRIFT}


# ── What is compared of a field ─────────────────────────────────────────────────────────────────────────────────────
def test_the_reference_says_what_a_field_is() -> None:
    assert drift_fields.sort_of([1, 2.5, None]) is Sort.NUMBERS
    assert drift_fields.sort_of(["gold", "silver"] * 50) is Sort.CATEGORIES
    assert drift_fields.sort_of([True, False, None]) is Sort.CATEGORIES
    assert drift_fields.sort_of([f"Where is card {n}?" for n in range(300)]) is Sort.TEXT
    assert drift_fields.sort_of([f"{n}.25" for n in range(300)]) is Sort.NUMBERS
    assert drift_fields.sort_of(["1", "2", "3"] * 50) is Sort.CATEGORIES
    column = drift_fields.prepare([1.0, "2.5", "two", None], Sort.NUMBERS)
    assert (list(column.numbers[""]), column.missing) == ([1.0, 2.5], 2)


def test_words_are_unseen_by_a_training_text_too_where_no_other_text_has_them() -> None:
    vocabulary = Vocabulary.of(["my card is lost", "My CARD was eaten"])
    assert vocabulary.unseen("my card is lost", learned=True) == pytest.approx(0.5)
    assert vocabulary.unseen("my card is lost", learned=False) == 0
    assert vocabulary.unseen("my hat", learned=False) == pytest.approx(0.5)
    assert vocabulary.unseen("?!", learned=False) == 0


def test_missing_values_are_a_field_of_their_own() -> None:
    full = drift_fields.prepare([1.0, 2.0] * 100, Sort.NUMBERS)
    half = drift_fields.prepare([1.0, 2.0, None, None] * 50, Sort.NUMBERS)
    decided = drift.decide(drift_fields.compare("amount", full, half))
    assert {row.field for row in decided if row.verdict is Verdict.DRIFT} == {"amount.missing"}


# ── Banking77 ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Bank:
    """The 3,080 real test questions: what is compared of each, its true intent, and what a real model answers."""

    numbers: dict[str, drift.Floats]
    intents: NDArray[Any]
    answers: NDArray[Any]

    def column(self, places: NDArray[np.int64]) -> tuple[Column, Column]:
        """Text and answers of these questions."""
        texts = Column(Sort.TEXT, {name: values[places] for name, values in self.numbers.items()})
        return texts, Column(Sort.CATEGORIES, categories=Counter(self.answers[places].tolist()))

    def compare(self, reference: NDArray[np.int64], window: NDArray[np.int64]) -> list[Comparison]:
        """The decided comparisons of a window."""
        (text, answers), (asked, answered) = self.column(reference), self.column(window)
        compared = drift_fields.compare("text", text, asked) + drift_fields.compare("answer", answers, answered)
        return drift.decide(compared)


@pytest.fixture(scope="module")
def bank(banking77: Path) -> Bank:
    def rows(name: str) -> tuple[list[str], list[str]]:
        with (banking77 / name).open(encoding="utf-8", newline="") as file:
            found = [(row["text"], row["category"]) for row in csv.DictReader(file)]
        return [text for text, _ in found], [intent for _, intent in found]

    learned, classes = rows("train.csv")
    asked, intents = rows("test.csv")
    chosen = recipes.check("linear_svm", {"char_ngram_min": 4, "char_ngram_max": 4, "word_ngram_max": 1})
    model = pipelines.build("linear_svm", chosen).fit(learned, classes)
    answers = model.predict(asked)
    assert np.mean(answers == np.array(intents)) > 0.89
    column = drift_fields.prepare(asked, Sort.TEXT, Vocabulary.of(learned))
    return Bank(dict(column.numbers), np.array(intents), answers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_100_windows_in_their_natural_mix_at_most_5_alarm(bank: Bank, seed: int) -> None:
    """Each window is of questions that its reference does not hold: nothing but the mix is the same."""
    random = np.random.default_rng(seed)
    alarms = 0
    for _ in range(100):
        order = random.permutation(len(bank.intents))
        alarms += drift.overall(bank.compare(order[1_000:], order[:1_000])) is Verdict.DRIFT
    assert alarms <= 5, alarms


@pytest.mark.parametrize("seed", [1, 2])
def test_one_intent_tripled_raises_the_answers_within_two_windows(bank: Bank, seed: int) -> None:
    """The reference is what the model answers to the rows that it was measured on; each of 77 intents, the
    odd ones by one seed and the even ones by another."""
    random = np.random.default_rng(seed)
    everything = np.arange(len(bank.intents))
    found, named, wrong = 0, 0, 0
    intents = sorted(set(bank.intents.tolist()))[seed % 2 :: 2]
    for intent in intents:
        more = everything[bank.intents == intent]
        stream = random.permutation(np.concatenate([everything, more, more]))[:3_000]
        decided = [row for window in (stream[:1_500], stream[1_500:]) for row in bank.compare(everything, window)]
        raised = [row for row in decided if row.verdict is Verdict.DRIFT]
        found += any(row.field == "answer" for row in raised)
        wrong += any(row.field != "answer" for row in raised)
        named += any(row.method is Method.LARGEST_SHARE and row.detail == intent for row in raised)
    assert found >= 0.93 * len(intents), found
    assert named >= 0.9 * len(intents), named
    assert wrong == 0
