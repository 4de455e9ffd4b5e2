"""What every ``Tables`` does."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.tables import LocalTables
from begat.platforms.ports import Tables

QUESTIONS = [
    ("1", "Where is my card?", "card_arrival"),
    ("2", 'It says "declined",\nwhy?', "declined"),
    ("3", "カードはどこ？ 🙂", ""),
]


@dataclass(frozen=True)
class Platform:
    """A platform without tables, and a way to put one there: (schema, name, column names, rows of texts)."""

    catalog: str
    tables: Tables
    put: Callable[[str, str, Sequence[str], Sequence[Sequence[str]]], None]


def _local(folder: Path) -> Platform:
    def put(schema: str, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        (folder / schema).mkdir(exist_ok=True)
        with (folder / schema / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([columns, *rows])

    return Platform("local", LocalTables(folder), put)


PLATFORMS = {"local": _local}


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
    return PLATFORMS[request.param](tmp_path)


@pytest.fixture
def bank(platform: Platform) -> Platform:
    platform.put("bank", "train", ("id", "text", "category"), QUESTIONS)
    platform.put("bank", "test", ("text", "category"), [row[1:] for row in QUESTIONS])
    platform.put("shop", "orders", ("id",), [])
    return platform


def test_a_platform_without_tables_has_none(platform: Platform) -> None:
    assert platform.tables.schemas() == []
    assert platform.tables.browse() == []


def test_schemas_are_listed_once_and_sorted(bank: Platform) -> None:
    assert bank.tables.schemas() == [(bank.catalog, "bank"), (bank.catalog, "shop")]


def test_browsing_narrows_by_catalog_and_schema(bank: Platform) -> None:
    name = f"{bank.catalog}.{{}}".format
    assert [table.full_name for table in bank.tables.browse()] == [
        name("bank.test"),
        name("bank.train"),
        name("shop.orders"),
    ]
    assert [table.full_name for table in bank.tables.browse(bank.catalog, "shop")] == [name("shop.orders")]
    assert len(bank.tables.browse(schema="bank")) == 2
    assert bank.tables.browse("elsewhere") == []
    assert bank.tables.browse(bank.catalog, "nowhere") == []


def test_a_table_is_described_by_its_columns(bank: Platform) -> None:
    table = bank.tables.describe(f"{bank.catalog}.bank.train")
    assert (table.full_name, table.catalog, table.schema, table.name) == (
        f"{bank.catalog}.bank.train", bank.catalog, "bank", "train"
    )  # fmt: skip
    assert table.columns is not None
    assert [column.name for column in table.columns] == ["id", "text", "category"]
    assert all(column.type for column in table.columns)


def test_a_preview_shows_the_first_rows_and_says_that_there_are_more(bank: Platform) -> None:
    preview = bank.tables.preview(f"{bank.catalog}.bank.train", 2)
    assert [column.name for column in preview.columns] == ["id", "text", "category"]
    assert preview.rows == [list(row) for row in QUESTIONS[:2]]
    assert preview.truncated
    assert preview.total_rows in (3, None)


def test_a_preview_of_all_rows_is_not_truncated(bank: Platform) -> None:
    assert not bank.tables.preview(f"{bank.catalog}.bank.train", 3).truncated
    assert bank.tables.preview(f"{bank.catalog}.bank.train", 0).rows == []


@pytest.mark.parametrize("first", [-1, 1_001])
def test_a_preview_has_bounds(bank: Platform, first: int) -> None:
    with pytest.raises(Problem) as refused:
        bank.tables.preview(f"{bank.catalog}.bank.train", first)
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("first",))


def test_reading_gives_every_row_exactly_and_in_order(bank: Platform) -> None:
    content = bank.tables.read(f"{bank.catalog}.bank.train")
    assert content.rows == [dict(zip(("id", "text", "category"), row, strict=True)) for row in QUESTIONS]
    assert content.total_rows == 3


def test_reading_may_be_of_some_columns_and_the_first_rows(bank: Platform) -> None:
    content = bank.tables.read(f"{bank.catalog}.bank.train", columns=["category", "id"], first=1)
    assert content.rows == [{"category": "card_arrival", "id": "1"}]
    assert [column.name for column in content.columns] == ["category", "id"]
    assert content.total_rows == 3


def test_the_sha256_follows_the_content(bank: Platform) -> None:
    name = f"{bank.catalog}.bank.train"
    first = bank.tables.read(name)
    assert len(first.sha256) == 64
    assert bank.tables.read(name).sha256 == first.sha256
    bank.put("bank", "train", ("id", "text", "category"), [*QUESTIONS, ("4", "New", "new")])
    second = bank.tables.read(name)
    assert second.sha256 != first.sha256
    assert second.total_rows == 4


def test_a_table_without_rows_is_a_table(bank: Platform) -> None:
    content = bank.tables.read(f"{bank.catalog}.shop.orders")
    assert (content.rows, content.total_rows) == ([], 0)
    preview = bank.tables.preview(f"{bank.catalog}.shop.orders", 10)
    assert (preview.rows, preview.truncated) == ([], False)


def test_an_unknown_column_is_named(bank: Platform) -> None:
    with pytest.raises(Problem) as refused:
        bank.tables.read(f"{bank.catalog}.bank.train", columns=["id", "label"])
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("columns", 1))
    assert "label" in refused.value.message


@pytest.mark.parametrize(
    "name",
    [
        "{}.bank.missing",
        "{}.nowhere.train",
        "elsewhere.bank.train",
        "{}.bank",
        "train",
        "",
        "{}.bank.train.csv",
        "{}.bank.%",
    ],
)
def test_a_missing_table_is_not_found(bank: Platform, name: str) -> None:
    name = name.format(bank.catalog)
    for ask in (bank.tables.describe, bank.tables.read, lambda name: bank.tables.preview(name, 1)):
        with pytest.raises(Problem) as refused:
            ask(name)
        assert refused.value.code is Code.NOT_FOUND
