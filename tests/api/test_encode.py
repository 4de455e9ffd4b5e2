"""Every answer can be written."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.api.encode import encode

anything = st.characters(exclude_categories=())  # lone surrogates too
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text(anything),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(anything), inner),
    max_leaves=15,
)


def is_plain(value: Any) -> bool:
    """Whether JSON can say it."""
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    return not isinstance(value, float) or math.isfinite(value)


@given(values)
def test_whatever_it_holds_a_strict_reader_can_read_it(value: Any) -> None:
    written = encode({"data": value})
    assert written is not None
    read = json.loads(written.decode(), parse_constant=pytest.fail)
    if is_plain(value):
        assert read == {"data": value}
    else:
        written.decode().encode()
        assert "\\ud8" not in written.decode().lower() or is_plain(read)


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert json.loads(encode({"a\udfff": "x\ud800"}) or b"") == {"a\ufffd": "x\ufffd"}


def test_a_number_beyond_64_bits_keeps_its_value() -> None:
    assert encode({"n": 10**30}) == b'{"n":1000000000000000000000000000000}'
    assert encode({"n": 10**4_500}) == b'{"n":null}'


def test_what_is_no_json_is_shown_as_text() -> None:
    assert encode({"n": 2**70, "day": date(2026, 11, 24), "odd": complex(1, 2)}) == (
        b'{"n":1180591620717411303424,"day":"2026-11-24","odd":"(1+2j)"}'
    )
