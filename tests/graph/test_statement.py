"""Cypher texts from files, and what their holes are filled with."""

from __future__ import annotations

from importlib import resources

import pytest

from begat.graph.statement import fill, load


@pytest.mark.parametrize(
    ("moment", "scope", "condition"),
    [
        ("true", "true", ""),
        ("x", "true", "WHERE x"),
        ("true", "y", "WHERE y"),
        ("x", "y", "WHERE x AND y"),
    ],
)
def test_a_condition_that_always_holds_is_not_said(moment: str, scope: str, condition: str) -> None:
    text = fill("begat.lineage", "carry", projection="[n.id]", moment=moment, scope=scope)
    told = text[text.index("AS n") + len("AS n") : text.index("RETURN")]
    assert told.strip() == condition


def test_what_a_filling_says_of_true_stays() -> None:
    text = fill("begat.lineage", "carry", projection="[n.id]", moment="n.kept = true AND n.seen", scope="true")
    assert "WHERE n.kept = true AND n.seen" in text


def test_comments_are_for_those_who_read_the_file() -> None:
    file = resources.files("begat.lineage").joinpath("carry.cypher").read_text("utf-8")
    assert file.startswith("//")
    assert load("begat.lineage", "carry") == file.partition("\n")[2].strip()
