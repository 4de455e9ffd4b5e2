"""Equal values have one spelling, whatever they were built from."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.canonical import JSON, canonical, number, sha256
from begat.core.errors import Code, Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DOUBLES = st.floats(-(2.0**53), 2.0**53)  # beyond, a reader of ``66490929906791420`` cannot tell that it was a double
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | DOUBLES | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back_equal(value: JSON) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(TEXT, VALUES, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, JSON], random: object) -> None:
    keys = list(value)
    random.shuffle(keys)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    assert sha256({key: value[key] for key in keys}) == sha256(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("value", "spelling"),
    # RFC 8785, appendix B, and JavaScript's borders between decimals and exponents
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.33333325, "333333333.33333325"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
        (1.0, "1"),
        (10.5, "10.5"),
        (0.1, "0.1"),
        (1e-7, "1e-7"),
    ],
)
def test_doubles_are_written_as_the_rfc_writes_them(value: float, spelling: str) -> None:
    assert number(value) == spelling
    assert canonical(value) == spelling


def test_keys_are_sorted_by_utf16_as_the_rfc_shows() -> None:
    names = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew", "1": "One", "\U0001f600": "Smile"}
    names |= {"\u0080": "Control", "\u00f6": "Latin"}
    written = canonical(names)
    assert list(json.loads(written).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin",
        "Euro Sign",
        "Smile",
        "Hebrew",
    ]


def test_the_rfcs_example_is_spelled_as_there() -> None:
    value: JSON = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical(value) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_the_hash_is_the_one_other_tools_compute() -> None:
    # printf '{"a":1,"b":"é"}' | sha256sum
    assert sha256({"b": "é", "a": 1.0}) == "09ad9fd2fb648cb2f62141215828ea00a62c299db05d20aa9ade2f527a301cc6"


def test_large_integers_stay_apart() -> None:
    assert canonical([2**53, 2**53 + 1]) == "[9007199254740992,9007199254740993]"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800", {"\udfff": 1}, [10**5000]])
def test_what_json_cannot_say_is_refused(value: JSON) -> None:
    with pytest.raises(Problem) as caught:
        canonical([value])
    assert caught.value.code is Code.BAD_INPUT


def test_endless_nesting_is_refused() -> None:
    value: JSON = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Problem, match="100 levels"):
        canonical(value)


def test_what_is_no_json_is_a_fault() -> None:
    with pytest.raises(TypeError, match="object"):
        canonical([object()])  # type: ignore[list-item]  # the fault under test
