"""Objects of the fast path are written as what they stand for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.api.encode import encode
from begat.api.fast.shape import shape

names = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,8}", fullmatch=True)
values: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@given(st.data(), st.lists(names, min_size=1, max_size=12, unique=True), st.integers(0, 4))
def test_columns_become_json_objects_with_the_keys_in_their_order(
    data: st.DataObject, keys: list[str], count: int
) -> None:
    columns = [data.draw(st.lists(values, min_size=count, max_size=count)) for _ in keys]
    written = encode({"data": shape(tuple(keys))(*columns)})
    assert written is not None
    expected = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    read = json.loads(written)["data"]
    assert read == expected
    assert [list(one) for one in read] == [keys] * count


@pytest.mark.parametrize("keys", [("from", "class", "__typename", "def"), ("f1", "f0", "self", "None")])
def test_every_name_of_graphql_can_be_a_key(keys: tuple[str, ...]) -> None:
    inner = shape(("x",))([{"deep": [1, 2.5, None]}])
    written = encode({"data": shape(keys)(*([place] for place in range(3)), inner)})
    assert written == b'{"data":[{"%b":0,"%b":1,"%b":2,"%b":{"x":{"deep":[1,2.5,null]}}}]}' % tuple(
        key.encode() for key in keys
    )


@pytest.mark.parametrize("strange", ["\ud800", 10**5000, object()], ids=["surrogate", "endless", "object"])
def test_what_the_encoder_refuses_is_written_the_slow_way(strange: object) -> None:
    written = encode({"data": shape(("name", "from"))(["a"], [strange])})
    assert written is not None
    (read,) = json.loads(written)["data"]
    assert list(read) == ["name", "from"]
    assert read["name"] == "a"


def test_columns_of_different_lengths_are_no_objects() -> None:
    with pytest.raises(ValueError, match="shorter"):
        shape(("a", "b"))([1, 2], [1])
