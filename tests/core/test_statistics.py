"""Reviews are measured as people would measure them, and nothing is made up where there is nothing to measure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.statistics import Pace, approval_rate, pace, percentage, seconds_left, wilson


def at(seconds: float) -> str:
    """The time so many seconds (below an hour) after 9."""
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-24T09:{int(minutes):02}:{rest:06.3f}Z"


def test_nothing_has_no_rate() -> None:
    assert approval_rate(0, 0) is None
    assert percentage(0, 0) is None
    assert pace([]) == Pace(None, 0)
    assert wilson(0, 0) is None


def test_rates_are_shares_of_what_is_decided() -> None:
    assert approval_rate(3, 1) == 0.75
    assert approval_rate(0, 2) == 0.0
    assert percentage(1, 8) == 12.5


def test_a_decision_takes_the_time_since_the_reviewers_last_one() -> None:
    decisions = [("ada", at(0)), ("bob", at(1)), ("ada", at(10)), ("bob", at(5)), ("ada", at(16.5))]
    assert pace(decisions) == Pace((10 + 6.5 + 4) / 3, 3)
    assert pace(reversed(decisions)) == pace(decisions)


def test_a_pause_is_cut_off() -> None:
    assert pace([("ada", at(0)), ("ada", at(300)), ("ada", at(1000)), ("ada", at(1010))]) == Pace(155.0, 2)
    assert pace([("ada", at(0)), ("ada", at(300.001))]) == Pace(None, 0)


def test_decisions_sent_together_share_their_time() -> None:
    assert pace([("ada", at(0)), *[("ada", at(60))] * 10]) == Pace(6.0, 10)
    assert pace([("ada", at(0))] * 10) == Pace(None, 0)


def test_the_time_left_needs_enough_decisions() -> None:
    assert seconds_left(100, Pace(6.0, 5)) == 600.0
    assert seconds_left(100, Pace(6.0, 4)) is None
    assert seconds_left(100, Pace(None, 0)) is None
    assert seconds_left(0, Pace(None, 0)) == 0.0


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998)
    # 857-872, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)
    assert interval is not None
    assert [round(end, 4) for end in interval] == [low, high]


@given(st.integers(1, 10**6).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_wilson_interval_holds_the_share_and_stays_a_share(counts: tuple[int, int]) -> None:
    interval = wilson(*counts)
    assert interval is not None
    assert 0 <= interval[0] <= counts[0] / counts[1] <= interval[1] <= 1


def test_more_successes_than_trials_are_a_fault() -> None:
    with pytest.raises(ValueError, match="3 successes of 2 trials"):
        wilson(3, 2)
