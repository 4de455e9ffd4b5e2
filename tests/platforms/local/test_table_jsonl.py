"""JSON Lines: values as they stand, columns of all lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.platforms.local.tables import LocalTables
from begat.platforms.ports import ColumnInfo, TableContent

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
rows = st.lists(st.dictionaries(texts, values, max_size=3), min_size=1, max_size=4).filter(any)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    return tmp_path / "f"


def read(folder: Path, content: bytes) -> TableContent:
    (folder / "t.jsonl").write_bytes(content)
    return LocalTables(folder.parent).read("local.f.t")


@given(rows=rows, escaped=st.booleans(), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_come_back(folder: Path, rows: list[dict[str, object]], escaped: bool, end: str) -> None:
    content = read(folder, "".join(json.dumps(row, ensure_ascii=escaped) + end for row in rows).encode())
    names = list(dict.fromkeys(name for row in rows for name in row))
    assert [column.name for column in content.columns] == names
    assert content.rows == [{name: row.get(name) for name in names} for row in rows]
    assert content.total_rows == len(rows)


def test_types_are_what_all_values_have_in_common(folder: Path) -> None:
    content = read(
        folder,
        b'{"i":1,"f":1,"s":"a","b":true,"m":1,"l":[1],"n":null,"d":"2026-01-02"}\n'
        b'{"i":null,"f":0.5,"s":"","b":false,"m":"x","l":[],"n":null,"d":"x","late":1}',
    )
    types = {column.name: column.type for column in content.columns}
    assert types == {
        "i": "BIGINT", "f": "DOUBLE", "s": "VARCHAR", "b": "BOOLEAN", "m": "JSON", "l": "JSON", "n": "JSON",
        "d": "VARCHAR", "late": "BIGINT",
    }  # fmt: skip
    assert content.rows[0]["late"] is None
    assert content.rows[0]["d"] == "2026-01-02"


def test_integers_that_a_browser_would_round_are_texts(folder: Path) -> None:
    content = read(folder, b'{"id":9007199254740993}\n{"id":-123456789012345678901234567890}\n{"id":1}')
    assert [row["id"] for row in content.rows] == ["9007199254740993", "-123456789012345678901234567890", 1]


def test_a_byte_order_mark_is_no_part_of_the_first_line(folder: Path) -> None:
    assert read(folder, b'\xef\xbb\xbf{"a":1}\n').rows == [{"a": 1}]


def test_a_preview_knows_the_columns_of_later_lines(folder: Path) -> None:
    (folder / "t.jsonl").write_bytes(b'{"a":1}\n{"b":2}\n')
    preview = LocalTables(folder.parent).preview("local.f.t", 1)
    assert (preview.columns, preview.rows) == ((ColumnInfo("a", "BIGINT"), ColumnInfo("b", "BIGINT")), [[1, None]])
    assert (preview.total_rows, preview.truncated) == (2, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"{}\n{}\n", "no column"),
        (b'{"a":1}\n{"a":\n', "line 2 is no JSON"),
        (b'{"a":1}\n{"a":"cut', "line 2 is no JSON"),
        (b'{"a":1}{"a":2}\n', "line 1 is no JSON"),
        (b'{"a":1}\n[1]\n', "row 2 is no JSON object"),
        (b'{"a":1}\nnull\n', "row 2 is no JSON object"),
        (b'{"a":NaN}\n', "NaN is no JSON number"),
        (b'{"a":1}\n{"a":"\xff"}\n', "line 2 is not UTF-8"),
        (b'{"a":1}\n\xef\xbb\xbf{"a":1}\n', "line 2 is no JSON"),
        (b'{"a":"x\\u0000"}\n', "row 1, column 'a' holds a NUL"),
        (b'{"a":{"b":["\\u0000"]}}\n', "holds a NUL"),
        (b'{"a\\u0000":1}\n', "NUL"),
        (b'{"a":"\\ud800"}\n', "read"),
        (b'{"a":' + b"[" * 200 + b"]" * 200 + b"}\n", "nested"),
        (b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}\n", "nested"),
        (b'{"a":' + b"9" * 5_000 + b"}\n", "read"),
        (b'{\n"a": 1\n}\n', "line 1 is no JSON"),
    ],
)
def test_a_broken_file_is_refused_and_says_where(folder: Path, content: bytes, says: str) -> None:
    with pytest.raises(Problem) as refused:
        read(folder, content)
    assert refused.value.code is Code.PLATFORM
    assert says in refused.value.message
    assert refused.value.hint
    assert str(folder) not in refused.value.message
