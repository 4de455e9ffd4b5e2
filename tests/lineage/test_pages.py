"""Cursors of walks: what is none is refused, whatever it is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core import signed
from begat.core.errors import Code, Problem
from begat.lineage.pages import Cursor, read_cursor

AT = "2026-11-24T07:35:28.123Z"


@given(st.text(), st.integers(0, 99), st.text())
def test_a_cursor_reads_back(of: str, depth: int, id: str) -> None:
    cursor = Cursor(of, AT, depth, id)
    assert read_cursor(cursor.text("k"), "k") == cursor


def test_a_walk_has_the_same_name_in_every_process() -> None:
    told = (
        "from begat.lineage.pages import name_of; from begat.lineage.question import Direction, Question; "
        "print(name_of('sheet', Question(Direction.DOWN, kinds=frozenset({'SHEET', 'ENDPOINT', 'MONITOR'}))))"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", told], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(names) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "\ud800",
        Cursor("w", AT, 1, "sheet_of_somebody_else").text("a secret of one's own"),
        signed.sign("k", "plan", b'["w", "2026-11-24T07:35:28.123Z", 1, "id", 0]'),
    ],
)
def test_what_is_no_cursor_is_bad_input(text: str) -> None:
    with pytest.raises(Problem) as refused:
        read_cursor(text, "k")
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("after",))
