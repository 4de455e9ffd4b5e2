"""CSV files are read as Python's csv module reads them, to the character."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import begat
from begat.core.errors import Code, Problem
from begat.platforms.local.tables import LocalTables

BANKING77 = Path(begat.__file__).parent / "demo" / "banking77"

fields = st.text(
    st.sampled_from("\"\n\r,;\t '\\|#a\ufeff\u2028\x85\x0b\x1fé漢😀")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=8,
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), min_size=1, max_size=5)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    return tmp_path / "f"


def read(folder: Path, content: bytes) -> list[list[object]]:
    (folder / "t.csv").write_bytes(content)
    table = LocalTables(folder.parent).read("local.f.t")
    return [list(row.values()) for row in table.rows]


def quoted(row: list[str], always: bool) -> str:
    needs = ('"', ",", "\r", "\n")
    return ",".join(
        '"' + field.replace('"', '""') + '"' if always or not field or any(mark in field for mark in needs) else field
        for field in row
    )


@given(rows=tables, end=st.sampled_from(["\n", "\r\n", "\r"]), always=st.booleans(), mark=st.booleans())
@example(rows=[["\ufeff", "a"]], end="\n", always=False, mark=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(folder: Path, rows: list[list[str]], end: str, always: bool, mark: bool) -> None:
    header = [f"c{place}" for place in range(len(rows[0]))]
    text = "".join(quoted(row, always) + end for row in [header, *rows])
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == rows
    assert read(folder, text.encode("utf-8-sig" if mark else "utf-8")) == rows


@given(content=st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a", "b", "é", " ", '""']), max_size=14))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_alike_or_refused(folder: Path, content: list[str]) -> None:
    text = "x,y\n" + "".join(content)
    try:
        rows = read(folder, text.encode())
    except Problem as refused:
        assert refused.code is Code.PLATFORM  # noqa: PT017 - either outcome is fine, and each is checked
    else:
        assert rows == [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row][1:]


@pytest.mark.parametrize(("name", "count"), [("train", 10_003), ("test", 3_080)])
def test_banking77_is_read_exactly(name: str, count: int) -> None:
    with (BANKING77 / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    content = LocalTables(BANKING77.parent).read(f"local.banking77.{name}")
    assert content.rows == expected
    assert content.total_rows == count


def test_every_value_is_a_text_as_it_stands(folder: Path) -> None:
    assert read(folder, b"id,day,null,flag\n007,2026-01-02,NULL,true\n1e3,,\"\",\n") == [
        ["007", "2026-01-02", "NULL", "true"],
        ["1e3", "", "", ""],
    ]  # fmt: skip


@pytest.mark.parametrize(("mark", "other"), [(b";", b","), (b"\t", b" ")])
def test_semicolons_and_tabs_separate_where_the_header_has_no_comma(folder: Path, mark: bytes, other: bytes) -> None:
    assert read(folder, mark.join([b"a", b"b"]) + b"\n" + mark.join([b"1" + other + b"2", b"3"])) == [
        [f"1{other.decode()}2", "3"]
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_blank_lines_are_skipped_and_the_last_line_needs_no_end(folder: Path, end: bytes) -> None:
    assert read(folder, end.join([b"", b"", b"a,b", b"1,2", b"", b"3,4"])) == [["1", "2"], ["3", "4"]]


def test_a_column_without_a_name_gets_its_position(folder: Path) -> None:
    (folder / "t.csv").write_bytes(b",text\n0,a\n")
    assert LocalTables(folder.parent).read("local.f.t").rows == [{"column1": "0", "text": "a"}]


def test_names_that_differ_in_case_only_are_two_columns(folder: Path) -> None:
    (folder / "t.csv").write_bytes(b'Text,text,"te""x\nt"\n1,2,3\n')
    assert LocalTables(folder.parent).read("local.f.t").rows == [{"Text": "1", "text": "2", 'te"x\nt': "3"}]


def test_a_field_of_a_megabyte_and_a_hundred_thousand_line_breaks_is_a_field(folder: Path) -> None:
    big = "0123456789\n" * 100_000
    assert read(folder, f'a,b\n1,"{big}"\n2,x\n'.encode()) == [["1", big], ["2", "x"]]


@pytest.mark.parametrize("fields", [["x" * 35_000_000, "y"], ["x" * 20_000_000, "y" * 20_000_000]])
def test_a_row_that_is_too_long_is_refused_for_that(folder: Path, fields: list[str]) -> None:
    with pytest.raises(Problem, match=r"field larger than|row is longer than"):
        read(folder, f"a,b\n{','.join(fields)}\n".encode())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\r\n", "empty"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 fields"),
        (b"a,b\n1,2,3\n", "line 2 has 3 fields"),
        (b'a,b\n1,"x\n2,y\n', "line"),
        (b'a,b\n1,2\n3,"x"y\n', "line 3"),
        (b"a,b\n1,\xff\n", "not UTF-8"),
        (b"\xff\xfea\x00,\x00b\x00", "not UTF-8"),
        (b"a,b\n1,x\0y\n", "row 1, column 'b' holds a NUL"),
        (b"a\0,b\n1,2\n", "NUL"),
        (b"a,a\n1,2\n", "two of its columns"),
        (b",column1\n1,2\n", "two of its columns"),
        (b'a,b\n1, "x"\n', "in two ways"),
        (b'x,y\n, "', "in two ways"),  # DuckDB's lenient mode crashes here
        (b"a,b\n1,2\r\n3,4\n", "in two ways"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_and_says_where(folder: Path, content: bytes, says: str) -> None:
    with pytest.raises(Problem) as refused:
        read(folder, content)
    assert refused.value.code is Code.PLATFORM
    assert says in refused.value.message
    assert "local.f.t" in refused.value.message
    assert refused.value.hint
    assert str(folder) not in refused.value.message
