"""What is measured of a review: parts add up, idle time is cut off, and too little data says nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from begat.core import times
from begat.review.measures import Given, measure

START = "2026-11-24T08:00:00.000Z"


def at(seconds: float) -> str:
    return times.later(seconds, START)


def test_nothing_says_nothing() -> None:
    found = measure([], [])
    assert (found.total, found.percent, found.approval_rate, found.mean_seconds, found.seconds_left) == (
        0,
        None,
        None,
        None,
        0.0,
    )


def test_percent_and_rate_are_of_all_and_of_what_is_decided() -> None:
    found = measure([("APPROVED", "LABEL", 3), ("REJECTED", "COLUMN", 1), ("PENDING", "COLUMN", 4)], [])
    assert (found.total, found.decided, found.percent, found.approval_rate) == (8, 4, 50.0, 0.75)
    assert found.by_source == {"LABEL": 3, "COLUMN": 5}


def test_of_pairs_held_at_once_each_counts_from_the_verdict_before() -> None:
    # All were handed out at the start; a verdict came every ten seconds.
    verdicts = [Given("ann", "APPROVE", at(10 * n), 10.0 * n) for n in range(1, 7)]
    found = measure([("APPROVED", "LABEL", 6), ("PENDING", "LABEL", 2)], verdicts)
    assert found.mean_seconds == 10.0
    assert found.seconds_left == 20.0
    assert found.by_reviewer["ann"].mean_seconds == 10.0


def test_a_bulk_verdict_has_no_time_and_is_still_counted() -> None:
    found = measure(
        [("APPROVED", "LABEL", 1), ("REJECTED", "LABEL", 1)],
        [Given("ann", "APPROVE", at(0), None), Given("ann", "REJECT", at(1), None), Given("ann", "FLAG", at(2), None)],
    )
    assert found.by_reviewer["ann"].decided == 2
    assert found.by_reviewer["ann"].approval_rate == 0.5
    assert found.mean_seconds is None


def test_four_timed_verdicts_foretell_nothing() -> None:
    verdicts = [Given("ann", "APPROVE", at(n), 1.0) for n in range(5)]
    assert measure([("APPROVED", "LABEL", 5), ("PENDING", "LABEL", 1)], verdicts).seconds_left is None


@given(
    counts=st.lists(
        st.tuples(
            st.sampled_from(["PENDING", "APPROVED", "REJECTED", "FLAGGED", "FAILED"]),
            st.sampled_from(["LABEL", "COLUMN", "GENERATED"]),
            st.integers(0, 1_000),
        )
    ),
    verdicts=st.lists(
        st.builds(
            Given,
            st.sampled_from(["ann", "bob"]),
            st.sampled_from(["APPROVE", "REJECT", "FLAG"]),
            st.floats(0, 10_000).map(at),
            st.none() | st.floats(0, 900),
        )
    ),
)
def test_parts_add_up_and_no_mean_passes_a_pause(counts: list[tuple[str, str, int]], verdicts: list[Given]) -> None:
    found = measure(counts, verdicts)
    assert sum(found.by_status.values()) == sum(found.by_source.values()) == found.total
    assert sum(one.decided for one in found.by_reviewer.values()) == sum(one.verdict != "FLAG" for one in verdicts)
    assert found.percent is None or 0 <= found.percent <= 100
    assert found.mean_seconds is None or 0 <= found.mean_seconds <= 300
