"""The rate limit: a burst, then so many a second, for each key; bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.api.rate import RateLimit, neighbourhood


class Clock:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_at_once_and_comes_back_with_time() -> None:
    clock = Clock()
    limit = RateLimit(3, 0.5, clock=clock)
    assert [limit.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert limit.take("b") == 0.0
    clock.now = 1.0
    assert limit.take("a") == 1.0
    clock.now = 2.0
    assert limit.take("a") == 0.0
    clock.now = 1_000.0
    assert [limit.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]


def test_it_forgets_who_asked_longest_ago() -> None:
    limit = RateLimit(1, 0.1, most=2, clock=Clock())
    assert [limit.take(key) > 0 for key in ("a", "b", "a", "c", "a", "b")] == [False, False, True, False, True, False]


@given(st.lists(st.floats(0, 30), max_size=80))
def test_no_window_lets_more_through_than_the_burst_and_what_came_back(waits: list[float]) -> None:
    clock = Clock()
    limit = RateLimit(5, 0.5, clock=clock)
    taken: list[float] = []
    for wait in waits:
        clock.now += wait
        if limit.take("a") == 0:
            taken.append(clock.now)
    for first, start in enumerate(taken):
        for count, end in enumerate(taken[first:], 1):
            assert count <= 5 + (end - start) * 0.5 + 1e-6


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_one_caller_is_one_neighbourhood(host: str, name: str) -> None:
    assert neighbourhood(host) == name
