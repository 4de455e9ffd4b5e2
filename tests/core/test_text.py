"""What text is let in, and how a refusal names its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.core.text import check_name, check_tags, check_text, normalize


def refused(call: object, *arguments: object, **options: object) -> Problem:
    """The problem that ``call`` raises."""
    assert callable(call)
    with pytest.raises(Problem) as caught:
        call(*arguments, **options)
    assert caught.value.code is Code.BAD_INPUT
    return caught.value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_other_unicode_is_let_in_unchanged(value: str) -> None:
    assert check_text(value, "input", "text") == value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(0xD800, 0xDFFF))
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(value: str, half: int) -> None:
    place = len(value) // 2
    problem = refused(check_text, value[:place] + chr(half) + value[place:], "input", "text")
    assert problem.path == ("input", "text")
    assert f"Character {place + 1} " in problem.message
    assert f"U+{half:04X}" in problem.message


def test_a_nul_is_refused_with_its_place() -> None:
    problem = refused(check_text, "ab\0c", "input", "rows", 3)
    assert problem.path == ("input", "rows", 3)
    assert "Character 3 is a NUL" in problem.message


def test_the_longest_text_is_let_in_and_one_more_character_is_not() -> None:
    assert check_text("x" * 5, max_length=5) == "xxxxx"
    assert "at most 5" in refused(check_text, "x" * 6, max_length=5).message


@pytest.mark.parametrize(
    "value", ["", "  \t", "\u200b\u2060", "\u3000", "two\nlines", "a\tb", "a\u2028b", "a\0b", "\ud800"]
)
def test_a_name_is_one_visible_line(value: str) -> None:
    assert refused(check_name, value, "input", "name").path == ("input", "name")


def test_a_name_loses_the_space_around_it_before_it_is_measured() -> None:
    assert check_name("  " + "ß" * 200 + "\n") == "ß" * 200
    assert "201 characters" in refused(check_name, "ß" * 201, "input", "name").message


def test_a_name_in_any_script_is_let_in() -> None:
    assert check_name("👩‍👩‍👧 données क्षि") == "👩‍👩‍👧 données क्षि"


def test_tags_are_sorted_and_each_there_once() -> None:
    assert check_tags(["b", " a ", "b", "B"]) == ["B", "a", "b"]
    assert check_tags([]) == []


def test_a_bad_tag_is_named_by_its_place() -> None:
    assert refused(check_tags, ["a", " "], "input", "tags").path == ("input", "tags", 1)
    assert refused(check_tags, ["a", "b", "x" * 101], "input", "tags").path == ("input", "tags", 2)


def test_fifty_tags_are_let_in_and_one_more_is_not() -> None:
    tags = [f"t{number:02}" for number in range(50)]
    assert check_tags(tags + tags) == tags
    assert refused(check_tags, [*tags, "more"], "input", "tags").path == ("input", "tags")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is  my card?", "where is my\ncard? "),
        ("STRASSE", "straße"),
        ("ﬁne \u00a0 print", "fine print"),
        ("cafe\u0301", "CAFÉ"),
        ("\uff11\uff12", "12"),
    ],
)
def test_what_reads_the_same_has_one_normal_form(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


def test_what_reads_differently_stays_apart() -> None:
    assert len({normalize(text) for text in ("7.5", "75", "7 5", "seven", "")}) == 5


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(value: str) -> None:
    assert normalize(normalize(value)) == normalize(value)
