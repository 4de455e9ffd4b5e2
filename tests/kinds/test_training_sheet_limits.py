"""Caps and pace: what a run may still ask, whatever its questions cost."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Code
from begat.kinds.training_sheet.limits import Limits, Purse, check
from begat.platforms.local.chat_pace import Pace
from begat.platforms.ports import Call

TOKENS = st.tuples(st.integers(0, 2_000), st.integers(0, 2_000))


def call(key: int, tokens: tuple[int | None, int | None], text: str | None = "card") -> Call:
    """A call that was paid for."""
    return Call(str(key), text, None, *tokens, paid=True)


@given(st.lists(TOKENS, max_size=40), st.integers(1, 20_000), st.integers(1, 8))
def test_equal_questions_pass_a_cap_by_one_at_most_and_any_by_what_was_under_way(
    costs: list[tuple[int, int]], cap: int, at_once: int
) -> None:
    limits = Limits(max_tokens=cap, input_price=2.0, output_price=10.0, unit="EUR")
    purse, waiting = Purse(limits, ()), list(enumerate(costs))
    under_way: list[tuple[int, tuple[int, int]]] = []
    asked: list[tuple[int, int]] = []
    while True:
        while waiting and len(under_way) < at_once and purse.used_up() is None and purse.room(len(under_way)):
            under_way.append(waiting.pop(0))
        if not under_way:
            break
        number, tokens = under_way.pop(0)
        asked.append(tokens)
        purse.keep(call(number, tokens))
        purse.keep(call(number, tokens))  # known from the journal, too: counted once
    spent = sum(map(sum, asked))
    assert (purse.spent.tokens or 0) == spent
    assert spent < cap + sum(map(sum, asked[-at_once:])) or spent < cap
    if len({sum(tokens) for tokens in costs}) == 1:
        assert spent < cap + sum(costs[0])
    if len(asked) < len(costs):
        problem = purse.used_up()
        assert problem is not None
        assert (problem.code, spent >= cap) == (Code.LIMIT, True)
    if asked:
        expected = sum(tokens_in * 2 + tokens_out * 10 for tokens_in, tokens_out in asked) / 1e6
        assert math.isclose(purse.spent.cost(limits) or 0.0, expected)


def test_a_cap_that_cannot_be_counted_is_not_passed_in_the_dark() -> None:
    purse = Purse(Limits(max_tokens=1_000), [call(1, (None, None), None)])
    assert purse.used_up() is None, "one garbled answer says nothing of the others"
    assert not purse.room(1)
    purse.keep(call(2, (None, None)))
    problem = purse.used_up()
    assert problem is not None
    assert "does not count" in problem.message
    assert Purse(Limits(), [call(1, (None, None))]).used_up() is None


def test_a_price_needs_a_unit_and_a_cap_a_price() -> None:
    assert check(Limits(60, 1_000, 5.0, 1.0, 2.0, "USD")) == []
    assert [problem.path[-1] for problem in check(Limits(max_cost=math.nan, input_price=0.0))] == [
        "maxCost",
        "maxCost",
        "unit",
    ]


def test_the_lowest_pace_of_those_who_ask_holds_for_all_and_a_pause_stops_everybody() -> None:
    pace = Pace()
    assert pace.reserve("a", 8, None) == [0.0] * 8
    times = pace.reserve("b", 100, 600)
    assert len(times) in (10, 11)
    assert all(math.isclose(after - before, 0.1, abs_tol=1e-6) for before, after in pairwise(times))
    assert len(pace.reserve("a", 8, None)) <= 1, "the second is given away"
    other = Pace()
    other.pause(30)
    assert other.reserve("a", 8, None) == []
