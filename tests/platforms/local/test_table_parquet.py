"""Parquet files: every type has a form in JSON, and it is the documented one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.tables import LocalTables

ZONED = dt.datetime(2026, 11, 24, 7, 35, 28, 123_000, dt.UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    return tmp_path / "f" / "t.parquet"


def tables(file: Path) -> LocalTables:
    return LocalTables(file.parent.parent)


@pytest.mark.parametrize(
    ("values", "type_", "shown", "read"),
    [
        (["a\n\"é漢😀", "", None], pa.string(), "VARCHAR", ["a\n\"é漢😀", "", None]),
        ([True, False, None], pa.bool_(), "BOOLEAN", [True, False, None]),
        ([-128, 127], pa.int8(), "TINYINT", [-128, 127]),
        ([2**53 - 1, -(2**53) + 1], pa.int64(), "BIGINT", [2**53 - 1, -(2**53) + 1]),
        ([2**53, -(2**63)], pa.int64(), "BIGINT", ["9007199254740992", "-9223372036854775808"]),
        ([2**64 - 1], pa.uint64(), "UBIGINT", ["18446744073709551615"]),
        ([0.1, -0.0, 1e300], pa.float64(), "DOUBLE", [0.1, -0.0, 1e300]),
        ([float("nan"), float("inf"), float("-inf")], pa.float64(), "DOUBLE", ["NaN", "Infinity", "-Infinity"]),
        ([Decimal("1.50"), Decimal("-0.05"), None], pa.decimal128(10, 2), "DECIMAL(10,2)", ["1.50", "-0.05", None]),
        ([dt.date(2026, 11, 24), dt.date(1, 1, 1)], pa.date32(), "DATE", ["2026-11-24", "0001-01-01"]),
        ([dt.time(7, 35, 28, 5)], pa.time64("us"), "TIME", ["07:35:28.000005"]),
        ([1_000_000_001], pa.timestamp("ns"), "TIMESTAMP_NS", ["1970-01-01 00:00:01.000000001"]),
        ([ZONED], pa.timestamp("us", "Asia/Tokyo"), "TIMESTAMP WITH TIME ZONE", ["2026-11-24 07:35:28.123+00"]),
        ([2**61], pa.timestamp("us"), "TIMESTAMP", ["75039-04-04 19:00:13.693952"]),
        ([b"\x00\xff", b""], pa.binary(), "BLOB", ["AP8=", ""]),
        ([[1, None], [], None], pa.list_(pa.int64()), "BIGINT[]", [[1, None], [], None]),
        ([[Decimal("0.10")]], pa.list_(pa.decimal128(4, 2)), "DECIMAL(4,2)[]", [["0.10"]]),
        ([[("k", ZONED)]], pa.map_(pa.string(), pa.timestamp("us", "UTC")), None,
         [{"k": "2026-11-24 07:35:28.123+00"}]),
        ([[(7, 1.5)]], pa.map_(pa.int64(), pa.float64()), None, [{"7": 1.5}]),
        ([{"a \"b": [b"\x01"], "d": dt.date(2026, 1, 2)}, None],
         pa.struct([("a \"b", pa.list_(pa.binary())), ("d", pa.date32())]), None,
         [{"a \"b": ["AQ=="], "d": "2026-01-02"}, None]),
        ([None, None], pa.null(), None, [None, None]),
        (["x", "y", "x"], pa.dictionary(pa.int32(), pa.string()), "VARCHAR", ["x", "y", "x"]),
    ],
)  # fmt: skip
def test_every_type_is_read(
    file: Path, values: list[object], type_: object, shown: str | None, read: list[object]
) -> None:
    pq.write_table(pa.table({"v": pa.array(values, type_)}), file)
    content = tables(file).read("local.f.t")
    assert [row["v"] for row in content.rows] == read
    assert shown is None or content.columns[0].type == shown
    assert tables(file).describe("local.f.t").columns == content.columns
    assert tables(file).preview("local.f.t", 1).rows == [[read[0]]]


NAMES = [" ", 'q"u', "o'r", "a.b", "c0", "; DROP TABLE t; --", "漢", "select", "*"]


def test_a_column_may_have_any_name(file: Path) -> None:
    pq.write_table(pa.table([pa.array([place]) for place in range(len(NAMES))], names=NAMES), file)
    assert tables(file).read("local.f.t").rows == [{name: place for place, name in enumerate(NAMES)}]
    for place, name in enumerate(NAMES):
        assert tables(file).read("local.f.t", columns=[name]).rows == [{name: place}]


def test_rows_keep_their_order_over_row_groups(file: Path) -> None:
    pq.write_table(pa.table({"n": range(10_000)}), file, row_group_size=100)
    content = tables(file).read("local.f.t")
    assert [row["n"] for row in content.rows] == list(range(10_000))
    head = tables(file).read("local.f.t", first=150)
    assert [row["n"] for row in head.rows] == list(range(150))
    assert head.total_rows == 10_000


def test_no_column_of_a_table_is_no_column(file: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2]}), file)
    assert tables(file).read("local.f.t", columns=[]).rows == [{}, {}]
    assert tables(file).read("local.f.t", columns=[], first=1).rows == [{}]


def test_a_folder_that_looks_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "year=2026").mkdir()
    pq.write_table(pa.table({"n": [1]}), tmp_path / "year=2026" / "t.parquet")
    assert LocalTables(tmp_path).read("local.year=2026.t").rows == [{"n": 1}]
    assert LocalTables(tmp_path).preview("local.year=2026.t", 1).columns[0].name == "n"


def test_a_table_without_rows_has_its_columns(file: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([], pa.int32())}), file)
    content = tables(file).read("local.f.t")
    assert ([column.type for column in content.columns], content.rows) == (["INTEGER"], [])


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "no columns", "page"])
def test_a_broken_file_is_refused(file: Path, damage: str) -> None:
    pq.write_table(pa.table({"t": [f"some text {n}" for n in range(1_000)]}), file, compression="zstd")
    whole = file.read_bytes()
    if damage == "no columns":
        pq.write_table(pa.table({}), file)
    else:
        broken = {
            "cut": whole[:-20],
            "garbage": b"a,b\n1,2\n",
            "empty": b"",
            "page": whole[:40] + b"\xff" * 300 + whole[340:],
        }
        file.write_bytes(broken[damage])
    with pytest.raises(Problem) as refused:
        tables(file).read("local.f.t")
    assert refused.value.code is Code.PLATFORM
    assert "local.f.t" in refused.value.message
    assert str(file.parent) not in refused.value.message


def test_a_nul_character_is_named_with_its_row_and_column(file: Path) -> None:
    pq.write_table(pa.table({"a": ["x", "y\0"], "b": [{"c": ["z"]}, None]}), file)
    with pytest.raises(Problem, match="row 2, column 'a' holds a NUL"):
        tables(file).read("local.f.t")
