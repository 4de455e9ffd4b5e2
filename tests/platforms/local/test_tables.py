"""The folder of tables: what is one, nothing outside of it, and reads that no writer can tear."""

from __future__ import annotations

import hashlib
import os
import threading
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.tables import LocalTables


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "f").mkdir(parents=True)
    return tmp_path / "root"


def put(path: Path, content: str = "a\n1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def names(root: Path) -> list[str]:
    return [table.full_name for table in LocalTables(root).browse()]


def refusal(root: Path, name: str) -> Problem:
    with pytest.raises(Problem) as refused:
        LocalTables(root).read(name)
    return refused.value


def test_three_kinds_of_files_are_tables(root: Path) -> None:
    put(root / "f" / "comma.csv")
    put(root / "f" / "Lines.JSONL", '{"a":1}\n')
    pq.write_table(pa.table({"a": [1]}), root / "f" / "columns.parquet")
    assert names(root) == ["local.f.Lines", "local.f.columns", "local.f.comma"]
    assert [LocalTables(root).read(name).rows for name in names(root)] == [[{"a": 1}], [{"a": 1}], [{"a": "1"}]]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_names_may_hold_spaces_any_script_and_what_looks_like_a_pattern(root: Path, suffix: str) -> None:
    name = "local.Käse & [B]rot.データ? {1,2} [x]*"
    for folder, stem, value in (
        ("Käse & [B]rot", "データ? {1,2} [x]*", "here"),
        ("Käse & Brot", "データ! {1,2} x", "not here"),
    ):
        put(root / folder / f"{stem}.csv", f"a\n{value}\n")
        put(root / folder / f"{stem}.jsonl", f'{{"a":"{value}"}}')
        pq.write_table(pa.table({"a": [value]}), root / folder / f"{stem}.parquet")
        for other in {"csv", "jsonl", "parquet"} - {suffix}:
            (root / folder / f"{stem}.{other}").unlink()
    tables = LocalTables(root)
    assert name in names(root)
    assert tables.read(name).rows == [{"a": "here"}]
    assert tables.preview(name, 1).rows == [["here"]]
    columns = tables.describe(name).columns
    assert columns is not None
    assert [column.name for column in columns] == ["a"]


def test_a_name_is_found_in_either_form_of_unicode(root: Path) -> None:
    put(root / "f" / (unicodedata.normalize("NFD", "é") + ".csv"))
    assert names(root) == ["local.f.é"]
    assert LocalTables(root).describe("local.f." + unicodedata.normalize("NFD", "é")).full_name == "local.f.é"


def test_what_has_no_clear_name_is_no_table(root: Path) -> None:
    for name in ("a.b.csv", ".hidden.csv", ".csv", " padded.csv", "line\nbreak.csv", "notes.txt", "x.csv.gz", "csv"):
        put(root / "f" / name)
    put(root / "top.csv")
    put(root / "f" / "deeper" / "x.csv")
    put(root / "dotted.folder" / "x.csv")
    (root / "f" / "folder.csv").mkdir()
    (root / "f" / os.fsdecode(b"\xff.csv")).write_bytes(b"a\n1\n")
    os.mkfifo(root / "f" / "pipe.csv")
    assert names(root) == []
    assert LocalTables(root).schemas() == []


def test_links_are_not_followed(root: Path) -> None:
    outside = put(root.parent / "outside" / "secret.csv")
    (root / "f" / "file.csv").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "f" / "inside.csv").symlink_to(put(root / "g" / "real.csv"))
    assert names(root) == ["local.g.real"]
    for name in ("local.f.file", "local.folder.secret", "local.f.inside"):
        assert refusal(root, name).code is Code.NOT_FOUND


def test_the_root_itself_may_be_a_link(root: Path) -> None:
    put(root / "f" / "t.csv")
    (root.parent / "link").symlink_to(root)
    assert LocalTables(root.parent / "link").read("local.f.t").rows == [{"a": "1"}]


def test_a_link_that_takes_the_files_place_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(root / "f" / "t.csv")
    outside = put(root.parent / "secret.csv", "a\nsecret\n")
    tables = LocalTables(root)
    found = tables._folder.find("local.f.t")
    path.unlink()
    path.symlink_to(outside)
    # The moment between finding and opening cannot be met from outside, so the file is found beforehand.
    monkeypatch.setattr(tables._folder, "find", lambda name: found)
    for ask in (tables.describe, tables.read, lambda name: tables.preview(name, 1)):
        with pytest.raises(Problem) as refused:
            ask("local.f.t")
        assert refused.value.code is Code.PLATFORM


@pytest.mark.parametrize(
    "name",
    [
        "local.f.../outside/secret",
        "local.../outside.secret",
        "local.f./etc/passwd",
        "local./etc.passwd",
        "local.f.*",
        "local.f.t'; DROP TABLE x; --",
        "local.f.t\0",
        "local.f.t\n",
        "local.f.\ud800",
        "local..t",
        "local.f.",
        "LOCAL.f.t",
        "local.F.t",
        "a" * 100_000,
    ],
)
def test_no_name_leads_anywhere_else(root: Path, name: str) -> None:
    put(root / "f" / "t.csv")
    put(root.parent / "outside" / "secret.csv")
    assert refusal(root, name).code is Code.NOT_FOUND


def test_two_files_of_one_name_are_a_conflict_that_names_them(root: Path) -> None:
    put(root / "f" / "t.csv")
    put(root / "f" / "t.jsonl", '{"a":1}\n')
    listed = LocalTables(root).browse()
    assert [(table.full_name, table.bytes) for table in listed] == [("local.f.t", None)]
    refused = refusal(root, "local.f.t")
    assert refused.code is Code.CONFLICT
    assert "t.csv" in refused.message
    assert "t.jsonl" in refused.message


def test_a_root_that_does_not_exist_has_no_tables_and_may_come_later(tmp_path: Path) -> None:
    tables = LocalTables(tmp_path / "later")
    assert tables.browse() == []
    put(tmp_path / "later" / "f" / "t.csv")
    assert [table.full_name for table in tables.browse()] == ["local.f.t"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_a_typed_problem(root: Path) -> None:
    put(root / "f" / "t.csv").chmod(0)
    refused = refusal(root, "local.f.t")
    assert refused.code is Code.PLATFORM
    assert str(root) not in refused.message


def test_a_thousand_tables_are_listed_without_opening_one(root: Path) -> None:
    for number in range(1_000):
        # Opening one of these would be refused.
        put(root / f"folder{number % 10}" / f"table{number}.parquet", "broken")
    tables = LocalTables(root)
    listed = tables.browse()
    assert len(listed) == 1_000
    assert all(table.columns is None and table.bytes == 6 for table in listed)


def test_columns_are_remembered_until_the_file_changes(root: Path) -> None:
    path = put(root / "f" / "t.jsonl", '{"a":1}\n')
    tables = LocalTables(root)
    first = tables.describe("local.f.t").columns
    assert tables.describe("local.f.t").columns is first
    put(path, '{"b":1}\n')
    second = tables.describe("local.f.t").columns
    assert second is not None
    assert [column.name for column in second] == ["b"]
    path.unlink()
    with pytest.raises(Problem) as refused:
        tables.describe("local.f.t")
    assert refused.value.code is Code.NOT_FOUND


def test_the_sha256_is_of_the_files_bytes(root: Path) -> None:
    path = put(root / "f" / "t.csv", "a,b\n1,2\n3,4\n")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert LocalTables(root).read("local.f.t").sha256 == expected
    assert LocalTables(root).read("local.f.t", columns=["b"], first=1).sha256 == expected


def test_rows_and_sha256_are_of_one_content_while_the_file_is_replaced(root: Path) -> None:
    contents = {}
    for letter in "ab":
        text = "v\n" + f"{letter}\n" * 5_000
        contents[hashlib.sha256(text.encode()).hexdigest()] = letter
        put(root.parent / f"{letter}.csv", text)
    put(root / "f" / "t.csv", (root.parent / "a.csv").read_text())
    done = threading.Event()

    def replace() -> None:
        while not done.is_set():
            for letter in "ab":
                put(root.parent / "next.csv", (root.parent / f"{letter}.csv").read_text()).replace(root / "f" / "t.csv")

    replacer = threading.Thread(target=replace)
    replacer.start()
    try:
        seen = [LocalTables(root).read("local.f.t") for _ in range(30)]
    finally:
        done.set()
        replacer.join()
    for content in seen:
        assert {row["v"] for row in content.rows} == {contents[content.sha256]}
        assert content.total_rows == 5_000


def test_a_file_that_is_being_written_is_not_read(root: Path) -> None:
    # Large enough that the writer gets its turn while a copy is made, if not while the first, on a busy machine.
    path = put(root / "f" / "t.csv", "a\n" + "1\n" * 10_000_000)
    begun, done = threading.Event(), threading.Event()

    def grow() -> None:
        with path.open("a") as file:
            while not done.is_set():
                file.write("2\n")
                file.flush()
                begun.set()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert begun.wait(10)
        refused = None
        for _ in range(5):
            try:
                LocalTables(root).read("local.f.t")
            except Problem as problem:
                refused = problem
                break
    finally:
        done.set()
        writer.join()
    assert refused
    assert refused.code is Code.UNAVAILABLE
    assert refused.hint


def test_nothing_is_left_behind(root: Path, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    put(root / "f" / "t.csv")
    put(root / "f" / "bad.csv", "a\n1,2\n")
    tables = LocalTables(root, tmp_path / "scratch")
    tables.read("local.f.t")
    with pytest.raises(Problem):
        tables.read("local.f.bad")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert sorted(path.name for path in (root / "f").iterdir()) == ["bad.csv", "t.csv"]


def test_several_threads_read_at_once(root: Path) -> None:
    put(root / "f" / "t.csv", "a\n" + "x\n" * 500)
    pq.write_table(pa.table({"a": ["x"] * 500}), root / "f" / "p.parquet")
    tables = LocalTables(root)
    counts: list[int] = []

    def read() -> None:
        for name in ("local.f.t", "local.f.p"):
            counts.append(len(tables.read(name).rows))
            tables.describe(name)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [500] * 16
