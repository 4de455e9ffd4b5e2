"""Cursors of walks: what is none is refused, whatever it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.lineage.pages import Cursor, read_cursor

AT = "2026-11-24T07:35:28.123Z"


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(st.text(), st.integers(0, 99), st.text())
def test_a_cursor_reads_back(of: str, depth: int, id: str) -> None:
    cursor = Cursor(of, AT, depth, id)
    assert read_cursor(cursor.text()) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "\ud800",
        "ä",
        packed({}),
        packed(["w", AT, 1]),
        packed(["w", AT, "1", "id"]),
        packed(["w", None, 1, "id"]),
        packed(["w", "yesterday", 1, "id"]),
        packed(["w", "0\ud800", 1, "id"]),
        packed(["w", "2026-11-24T07:35:28Z", 1, "id"]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_what_is_no_cursor_is_bad_input(text: str) -> None:
    with pytest.raises(Problem) as refused:
        read_cursor(text)
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("after",))
