"""Event ids: what is put in comes out, and nothing else is taken for one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core import event_ids
from begat.core.errors import Code, Problem
from begat.core.event_ids import Place

names = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=12)
places = st.dictionaries(names, st.one_of(st.none(), st.integers(1, 2**53)), min_size=1, max_size=20)
moments = st.integers(0, 2**48 - 1)


@given(places, moments, st.sampled_from(["", "sheet_01j:r7"]))
def test_a_place_comes_out_of_its_id_as_it_went_in(numbers: dict[str, int | None], at: int, key: str) -> None:
    ids = sorted(numbers)
    seen = {id: number for id, number in numbers.items() if number}
    text = event_ids.encode(Place(seen, at, key), ids)
    assert re.fullmatch(re.escape(key) + r"\.[A-Za-z0-9_-]+", text)
    assert event_ids.decode(text, ids) == Place(seen, at, key)


@given(places, names)
def test_it_is_refused_for_other_ids_and_says_what_to_do(numbers: dict[str, int | None], other: str) -> None:
    ids = sorted(numbers)
    text = event_ids.encode(Place({}, 0), ids)
    others = sorted({*ids, other}) if other not in ids else ids[1:]
    with pytest.raises(Problem) as raised:
        event_ids.decode(text, others)
    assert raised.value.code is Code.BAD_INPUT
    assert raised.value.path == ("after",)
    assert "same ids" in (raised.value.hint or "")


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: "." + raw.hex())))
def test_whatever_else_is_sent_is_bad_input_and_no_fault(text: str) -> None:
    with pytest.raises(Problem) as raised:
        event_ids.decode(text, ["a"])
    assert raised.value.code is Code.BAD_INPUT


def test_no_line_of_a_clients_own_gets_into_the_id_that_it_is_told() -> None:
    text = event_ids.encode(Place({"a": 1}, 0), ["a"])
    with pytest.raises(Problem):
        event_ids.decode("x\ndata: false\n\n" + text, ["a"])


def test_a_thousand_assets_fit_into_a_header() -> None:
    ids = [f"sheet_{number:026d}" for number in range(1000)]
    assert len(event_ids.encode(Place(dict.fromkeys(ids, 9000), 2**47), ids)) < 4_000
