"""When monitors fire and recover, without a graph."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core import times
from begat.core.errors import Code, Problems
from begat.kinds.monitor import rules
from begat.kinds.monitor.rules import Bounds, Reading
from begat.platforms.ports import Window

NOW = "2026-11-24T11:00:00.000Z"


def bounds(**more: Any) -> Bounds:
    settings = {"metric": "ERROR_RATE", "above": 0.5, "minSamples": 10, "forWindows": 1, **more}
    return Bounds.of(settings)


def run(bounds: Bounds, *values: float | None, samples: int = 10) -> list[str]:
    """What each window leads to: the verdict's first letter, and the move."""
    status, breaches, found = "ACTIVE", 0, []
    for value in values:
        step = rules.judge(bounds, status, breaches, Reading(Window(NOW, NOW), value, samples))
        breaches = step.breaches
        status = {"breach": "ALERTING", "recover": "ACTIVE", None: status}[step.move]
        found.append(step.verdict.value[0] + (f" {step.move}" if step.move else ""))
    return found


def test_it_fires_above_its_bound_and_recovers_at_it() -> None:
    assert run(bounds(), 0.5, 0.6, 0.7, 0.5, 0.4) == ["O", "B breach", "B", "O recover", "O"]


def test_it_fires_after_so_many_breaches_in_a_row_only() -> None:
    assert run(bounds(forWindows=3), 0.6, 0.6, 0.1, 0.6, 0.6, 0.6, 0.6) == ["B", "B", "O", "B", "B", "B breach", "B"]


def test_it_recovers_under_another_bound_than_it_fires_at() -> None:
    found = run(bounds(recoverBelow=0.2), 0.6, 0.4, 0.3, 0.6, 0.2, 0.4)
    assert found == ["B breach", "H", "H", "B", "O recover", "H"]


def test_too_little_data_neither_fires_nor_recovers_nor_ends_a_row() -> None:
    assert run(bounds(forWindows=2), 0.6, None, 0.6, None) == ["B", "I", "B breach", "I"]
    assert run(bounds(), 0.9, 0.9, samples=9) == ["I", "I"]


def test_no_requests_are_a_rate_and_may_be_too_few() -> None:
    idle = bounds(metric="REQUEST_RATE", above=None, below=1.0, recoverAbove=2.0)
    assert run(idle, 3.0, 0.0, 1.5, 2.0, samples=0) == ["O", "B breach", "H", "O recover"]


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=40),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 4),
)
def test_alarms_and_recoveries_take_turns(values: list[float | None], one: float, other: float, row: int) -> None:
    found = run(bounds(above=max(one, other), recoverBelow=min(one, other), forWindows=row), *values)
    moves = [step.partition(" ")[2] for step in found if " " in step]
    assert moves == ["breach", "recover"] * (len(moves) // 2) + ["breach"] * (len(moves) % 2)
    assert all(" " not in step for step, value in zip(found, values, strict=True) if value is None)


def test_windows_follow_each_other_from_multiples_of_their_length() -> None:
    assert rules.begin("2026-11-24T11:00:59.999Z", 60) == "2026-11-24T11:00:00.000Z"
    assert rules.begin("2026-11-24T11:00:00Z", 86_400) == "2026-11-24T00:00:00.000Z"
    found = list(rules.windows(NOW, times.later(179, NOW), 60))
    assert [window.since for window in found] == [NOW, "2026-11-24T11:01:00.000Z"]
    assert all(window.until == times.later(60, window.since) for window in found)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"window": None}, "window"),
        ({"window": 0}, "window"),
        ({"window": 3_000_000}, "window"),
        ({"above": None}, "above"),
        ({"above": 1.1}, "above"),
        ({"above": -1}, "above"),
        ({"above": float("nan")}, "above"),
        ({"below": 0.1}, "below"),
        ({"minSamples": 0}, "minSamples"),
        ({"forWindows": 0}, "forWindows"),
        ({"recoverBelow": 0.6}, "recoverBelow"),
        ({"recoverAbove": 0.6}, "recoverAbove"),
        ({"metric": "ACCURACY"}, "above"),
        ({"metric": "ACCURACY", "above": None}, "below"),
        ({"metric": "REQUEST_RATE", "above": 1, "below": 2}, "below"),
        ({"metric": "REQUEST_RATE", "below": 0.2, "recoverAbove": 0.1}, "recoverAbove"),
    ],
)
def test_settings_that_cannot_be_meant_are_named(settings: dict[str, Any], field: str) -> None:
    good = {"metric": "ERROR_RATE", "above": 0.5, "window": 60, "minSamples": 10, "forWindows": 1}
    rules.check(good)
    with pytest.raises(Problems) as refused:
        rules.check({**good, **settings})
    assert {problem.code for problem in refused.value.problems} == {Code.BAD_INPUT}
    assert ("input", field) in {problem.path for problem in refused.value.problems}
