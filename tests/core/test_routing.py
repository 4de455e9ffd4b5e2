"""Which model version answers: the same for ever, in the proportions that were asked for."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency, chisquare

from begat.core import ids
from begat.core.routing import choose


@st.composite
def traffics(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Model versions with whole percents that total 100, in any order."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=6)))
    percents = [upper - lower for lower, upper in zip([0, *cuts], [*cuts, 100], strict=True)]
    return draw(st.permutations([(f"model_{place}:v1", percent) for place, percent in enumerate(percents)]))


@given(st.text(st.characters(exclude_categories=["Cs"])), traffics(), st.randoms())
def test_a_request_finds_the_same_version_whatever_the_order_and_none_without_traffic(
    request_id: str, traffic: list[tuple[str, int]], chance: random.Random
) -> None:
    chosen = choose(request_id, traffic)
    assert dict(traffic)[chosen] > 0
    chance.shuffle(traffic)
    assert choose(request_id, traffic) == chosen


def test_the_choice_is_kept_over_releases() -> None:
    """Whoever asks years later which version answered must find the one that did."""
    split = [("model_a:v1", 90), ("model_a:v2", 10)]
    found = "".join(choose(f"req_{number}", split)[-1] for number in range(40))
    assert found == "1111111211211111112121111111112111111111"


@given(st.integers(0, 99))
def test_more_traffic_takes_no_request_away(percent: int) -> None:
    """Going from 10 to 20 percent, whoever met the challenger meets it again."""
    before, after = [("a", percent), ("b", 100 - percent)], [("a", percent + 1), ("b", 99 - percent)]
    for number in range(200):
        if choose(f"req_{number}", before) == "a":
            assert choose(f"req_{number}", after) == "a"


@pytest.mark.parametrize("percents", [(90, 10), (50, 50), (1, 99), (34, 33, 33)])
def test_requests_fall_into_the_proportions(percents: tuple[int, ...]) -> None:
    """Exactly the proportions, as a test of 20,000 fixed ids sees it, and for ids that begat gives, too."""
    split = [(f"model_a:v{place}", percent) for place, percent in enumerate(percents)]
    found = [choose(f"req_{number}", split) for number in range(20_000)]
    counts = [found.count(id) for id, _ in split]
    assert chisquare(counts, [200 * percent for percent in percents]).pvalue > 0.001
    given = [choose(ids.new("req"), split) for _ in range(2_000)].count(split[0][0])
    assert binomtest(given, 2_000, percents[0] / 100).pvalue > 1e-9  # one false alarm in a thousand million runs


def test_one_choice_says_nothing_of_the_next() -> None:
    split = [("a", 50), ("b", 50)]
    found = [choose(f"req_{number}", split) for number in range(20_001)]
    pairs = [[sum(pair == (x, y) for pair in itertools.pairwise(found)) for y in "ab"] for x in "ab"]
    assert chi2_contingency(pairs).pvalue > 0.001


def test_shares_that_do_not_total_100_are_a_fault() -> None:
    with pytest.raises(ValueError, match="do not total 100"):
        choose("req_1", [("a", 0)])
