"""Routing by the request's id, configurations, and what of inputs is asked and kept."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Problem, Problems
from begat.core.ids import new
from begat.core.routing import choose
from begat.gql.errors import problems_of
from begat.kinds.endpoint import config as configs
from begat.kinds.endpoint.config import Config, Share
from begat.kinds.endpoint.inputs import HIDDEN, Wording, checked, kept, worded

ASKED = Wording(None, "Which intent has {{ text }}? {{ hint | default('') }}")
ONE = (Share("mver_a", 100),)


@given(st.text(min_size=1), st.lists(st.integers(1, 30), min_size=1, max_size=8), st.randoms())
def test_a_request_goes_to_one_version_whatever_the_order_of_the_shares(
    request: str, parts: list[int], mix: Any
) -> None:
    total = sum(parts)
    percents = [part * 100 // total for part in parts]
    percents[0] += 100 - sum(percents)
    shares = [(f"mver_{place}", percent) for place, percent in enumerate(percents)]
    chosen = choose(request, shares)
    assert dict(shares)[chosen] > 0
    mix.shuffle(shares)
    assert choose(request, shares) == chosen


def test_the_parts_of_traffic_are_kept_over_many_requests() -> None:
    shares = [("mver_a", 90), ("mver_b", 9), ("mver_c", 1)]
    met = Counter(choose(new("req"), shares) for _ in range(20_000))
    for id, percent in shares:
        expected = 20_000 * percent / 100
        assert abs(met[id] - expected) < 5 * (expected * (1 - percent / 100)) ** 0.5, met


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ({"traffic": []}, ("traffic",)),
        ({"traffic": None}, ("traffic",)),
        ({"traffic": [Share("a", 60), Share("b", 50)]}, ("traffic",)),
        ({"traffic": [Share("a", 50), Share("a", 50)]}, ("traffic", 1, "modelVersionId")),
        ({"traffic": [Share("a", 110), Share("b", -10)]}, ("traffic", 0, "percent")),
        ({"traffic": [Share(str(n), 5) for n in range(21)]}, ("traffic",)),
        ({"size": "HUGE"}, ("size",)),
        ({"log_inputs": "REDACTED"}, ("logging", "redact")),
        ({"log_inputs": "ALL", "redact": ["name"]}, ("logging", "redact")),
        ({"redact": ["a\nb"]}, ("logging", "redact", 0)),
        ({"keep_days": 0}, ("logging", "keepDays")),
        ({"keep_bytes": 10**13}, ("logging", "keepBytes")),
        ({"anonymous_feedback": None}, ("anonymousFeedback",)),
    ],
)
def test_a_wrong_configuration_is_refused_at_its_field(named: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises((Problem, Problems)) as refused:
        configs.changed(Config(ONE), named)
    assert isinstance(refused.value, Problem | Problems)
    assert problems_of(refused.value)[0].path == ("input", *path)


def test_fields_to_redact_mean_redacted_and_a_configuration_reads_back_as_it_was() -> None:
    config = configs.changed(Config(ONE), {"redact": ["name", " email "], "keep_days": None, "size": "small"})
    assert (config.log_inputs, config.redact, config.keep_days, config.size) == (
        "REDACTED",
        ("email", "name"),
        None,
        "SMALL",
    )
    assert configs.of_version(config.properties()) == config
    assert configs.changed(config, {"log_inputs": "ALL"}).redact == ()


def test_inputs_are_worded_by_the_template_or_taken_as_they_are() -> None:
    given = checked([{"text": "a lost card"}, "as it is", {"question": "as it is"}, {"text": "b", "other": [1]}])
    assert worded(given, ASKED) == [
        "Which intent has a lost card? ",
        "as it is",
        "as it is",
        "Which intent has b? ",
    ]
    assert worded(checked([{"text": "only one text"}, "bare"]), None) == ["only one text", "bare"]


@pytest.mark.parametrize(
    ("inputs", "wording", "code", "path"),
    [
        (None, None, "BAD_INPUT", ("inputs",)),
        ({"text": "a"}, None, "BAD_INPUT", ("inputs",)),
        ([], None, "BAD_INPUT", ("inputs",)),
        (["a"] * 1_001, None, "LIMIT", ("inputs",)),
        (["a" * 1_000_001], None, "LIMIT", ("inputs",)),
        (["a", 7], None, "BAD_INPUT", ("inputs", 1)),
        ([["a"]], None, "BAD_INPUT", ("inputs", 0)),
        ([{"text": "half \ud800"}], None, "BAD_INPUT", ("inputs",)),
        ([{"text": 2**70}], None, "BAD_INPUT", ("inputs",)),
        ([{"text": "a", "score": math.inf}], ASKED, "BAD_INPUT", ("inputs",)),
        (["nul \0"], None, "BAD_INPUT", ("inputs", 0, "question")),
        ([{"text": "a", "more": "b"}], None, "BAD_INPUT", ("inputs", 0)),
        ([{"text": 5}], None, "BAD_INPUT", ("inputs", 0)),
        ([{}], None, "BAD_INPUT", ("inputs", 0)),
        ([{"text": "a"}, {"txt": "b"}], ASKED, "BAD_INPUT", ("inputs", 1, "text")),
        ([{"text": "a" * 900_000}], ASKED, "LIMIT", ("inputs", 0)),
    ],
)
def test_what_no_model_can_be_asked_is_refused_at_its_place(
    inputs: Any, wording: Wording | None, code: str, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(Problem) as refused:
        worded(checked(inputs), wording)
    assert (refused.value.code.value, refused.value.path) == (code, path)


def test_the_log_keeps_no_more_than_it_may() -> None:
    given = checked([{"text": "hello", "who": {"name": "Ada", "age": 36}}, "I am Ada"])
    assert kept(given, "ALL", ()) == [{"text": "hello", "who": {"name": "Ada", "age": 36}}, {"question": "I am Ada"}]
    assert kept(given, "REDACTED", ["name"]) == [
        {"text": "hello", "who": {"name": HIDDEN, "age": 36}},
        {"question": HIDDEN},
    ]
    assert kept(given, "NONE", ()) is None
