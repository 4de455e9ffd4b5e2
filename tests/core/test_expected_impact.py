"""An impact is affected traffic x severity x recurrence, and nothing where one of them is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core import times
from begat.core.expected_impact import DAYS, Alarm, Evidence, Seen, Standing, assess, window

NOW = "2026-11-24T12:00:00.000Z"
SINCE, UNTIL = window(NOW)


def ago(days: float) -> str:
    return times.later(-days * 86_400, NOW)


def seen(days: float, answer: str, right: bool | None = False) -> Seen:
    return Seen(ago(days), answer, right)


ONE = Evidence(SINCE, UNTIL, raised=[seen(0, "a")], seen=[seen(0, "a")], judged=4, traffic={"e": 70.0}, live=1)


def test_the_parts_multiply() -> None:
    impact = assess(ONE)
    assert (impact.requests_per_day, impact.affected_share, impact.severity) == (70.0, 0.25, 1.0)
    assert impact.recurrence == 1 / 7
    assert impact.score == pytest.approx(70 * 0.25 / 7)


def test_the_basis_counts_one_as_one_and_more_as_more() -> None:
    alarms = [Alarm("m", "ERROR_RATE", 0.1, [ago(1)])]
    one, more = (
        assess(replace(ONE, alarms=alarms)).basis,
        assess(replace(ONE, seen=[*ONE.seen, seen(1, "b")], live=2)).basis,
    )
    assert one.startswith("1 feedback saying this, of 4 judged answers; ")
    assert one.endswith("out of bounds at 1 moment; 1 live endpoint; over 7 days.")
    assert more == "2 feedbacks saying this, of 4 judged answers; 2 live endpoints; over 7 days."


@pytest.mark.parametrize("unknown", [{"traffic": {}}, {"traffic": None}, {"judged": 0}])
def test_what_is_not_known_leaves_no_score(unknown: dict[str, object]) -> None:
    impact = assess(replace(ONE, **unknown))  # type: ignore[arg-type] # the names are the fields' own
    assert impact.score is None
    assert (impact.requests_per_day is None) or (impact.affected_share is None)


def test_an_answer_that_several_judged_is_affected_once_and_days_count_once() -> None:
    many = [seen(0, "a"), seen(0.1, "a"), seen(1.5, "b"), seen(6.9, "c", None), seen(9, "old")]
    impact = assess(replace(ONE, seen=many, judged=8))
    assert impact.affected_share == 2 / 8 + 1 / 8  # a, b and old; the remark that judges nothing is no share
    assert impact.recurrence == 3 / 7
    assert impact.occurrences == 5


def test_severity_is_the_mean_of_what_was_said() -> None:
    said = [seen(0, "a"), seen(0, "b", None), seen(0, "c", True), seen(0, "d")]
    assert assess(replace(ONE, raised=said)).severity == (1 + 0.5 + 0 + 1) / 4


def test_a_monitor_speaks_by_what_it_measured_and_by_when_it_fired() -> None:
    def of(metric: str, value: float | None, *fired: float) -> Evidence:
        alarms = [Alarm("m", metric, value, [ago(days) for days in fired])]
        return Evidence(SINCE, UNTIL, alarms=alarms, traffic={"e": 10.0}, live=1)

    impact = assess(of("ACCURACY", 0.75, 0, 0.5, 3))
    assert (impact.affected_share, impact.severity, impact.recurrence) == (0.25, 1.0, 2 / 7)
    assert assess(of("ERROR_RATE", 0.1, 1)).affected_share == 0.1
    late = assess(of("P95_LATENCY", 900.0, 1))
    assert (late.affected_share, late.severity) == (1.0, 0.5)
    assert assess(of("ERROR_RATE", 0.1)).score == 0.0  # it never fired: that is known
    assert assess(of("DRIFT", None, 1)).score is None


def test_a_standing_cause_acts_on_every_day() -> None:
    impact = assess(Evidence(SINCE, UNTIL, standing=Standing(0.2, 1.0), traffic={"e": 10.0}, live=1))
    assert (impact.score, impact.recurrence) == (2.0, 1.0)


@given(
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from("abcdef"), st.sampled_from([True, False, None])), max_size=20),
    st.integers(0, 20),
    st.floats(0, 1e6),
)
def test_no_score_is_more_than_the_traffic(
    said: list[tuple[float, str, bool | None]], judged: int, asked: float
) -> None:
    found = [seen(*one) for one in said]
    impact = assess(Evidence(SINCE, UNTIL, raised=found, seen=found, judged=judged, traffic={"e": asked}, live=1))
    assert impact.score is None or 0 <= impact.score <= asked
    assert impact.recurrence is None or impact.recurrence * DAYS == pytest.approx(round(impact.recurrence * DAYS))
