"""Each row of a sheet has one name, the same at every reading."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.canonical import JSON, sha256
from begat.core.errors import Code, Problem
from begat.core.item_refs import check_keys, item_ref


def references(rows: list[dict[str, JSON]], key: str | None = None) -> list[str]:
    """The references of one reading."""
    seen: Counter[str] = Counter()
    return [item_ref(row, key, seen) for row in rows]


def test_equal_rows_are_told_apart_by_their_occurrence() -> None:
    row: dict[str, JSON] = {"text": "Hi", "category": None}
    digest = sha256(row)
    assert references([row, {"text": "Ho"}, dict(reversed(row.items())), row])[0::2] == [digest, f"{digest}#2"]
    assert references([row, row, row]) == [digest, f"{digest}#2", f"{digest}#3"]


@given(st.lists(st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.sampled_from(["x", "y"])}), max_size=30))
def test_without_a_key_every_row_has_a_reference_of_its_own(rows: list[dict[str, JSON]]) -> None:
    found = references(rows)
    assert len(set(found)) == len(rows)
    assert found == references(rows)


def test_a_key_names_its_row_as_it_stands() -> None:
    assert references([{"id": " 7 "}, {"id": 7}, {"id": 7.0}, {"id": True}], "id") == [" 7 ", "7", "7", "true"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": None}, "null"),
        ({"id": ""}, "blank"),
        ({"id": " \t"}, "blank"),
        ({"other": 1}, "no column 'id'"),
        ({"id": "x" * 1001}, "1001 characters"),
        ({"id": "a\0"}, "NUL"),
        ({"id": "\ud800"}, "surrogate"),
    ],
)
def test_a_key_that_names_nothing_is_refused(row: dict[str, JSON], words: str) -> None:
    with pytest.raises(Problem, match=words) as caught:
        item_ref(row, "id", Counter())
    assert caught.value.code is Code.BAD_INPUT
    assert caught.value.path == ("id",)


def test_keys_that_are_all_different_have_no_problem() -> None:
    assert check_keys(({"id": number} for number in range(1000)), "id") == []


def test_repeated_and_missing_keys_are_listed_with_their_rows() -> None:
    problems = check_keys([{"id": "a"}, {"id": None}, {"id": "a"}, {"id": "b"}, {}, {"id": "a"}], "id")
    assert [(problem.path, problem.code) for problem in problems] == [
        ((2, "id"), Code.BAD_INPUT),
        ((3, "id"), Code.DUPLICATE),
        ((5, "id"), Code.BAD_INPUT),
        ((6, "id"), Code.DUPLICATE),
    ]
    assert problems[1].message == "Rows 1 and 3 have the same 'id': 'a'."
    assert problems[2].message.startswith("Row 5: ")


def test_the_list_of_problems_has_an_end() -> None:
    assert len(check_keys(({"id": "same"} for _ in range(5000)), "id")) == 100
