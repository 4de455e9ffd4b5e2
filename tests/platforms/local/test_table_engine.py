"""DuckDB is locked to one file, whatever a statement says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from begat.platforms.local.table_engine import engine


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    (tmp_path / "other.csv").write_text("a\n2\n")
    return path


def test_it_reads_the_file(allowed: Path) -> None:
    with engine(allowed) as connection:
        assert connection.execute("FROM read_csv(?)", [str(allowed)]).fetchall() == [(1,)]


@pytest.mark.parametrize("other", ["other.csv", "*.csv", "?????.csv", "[o]ther.csv", "../{folder}/other.csv"])
def test_it_reads_no_other_file(allowed: Path, other: str) -> None:
    path = f"{allowed.parent}/{other.format(folder=allowed.parent.name)}"
    with engine(allowed) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute("FROM read_csv(?)", [path])


def test_a_path_that_is_a_pattern_reaches_no_other_file(tmp_path: Path) -> None:
    pattern = tmp_path / "a*.csv"
    for name in ("a*.csv", "ab.csv"):
        (tmp_path / name).write_text("a\n1\n")
    with engine(pattern) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute("FROM read_csv(?)", [str(pattern)])


@pytest.mark.parametrize(
    "statement",
    [
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_paths = ['/etc/passwd']",
        "SET allowed_directories = ['/']",
        "RESET enable_external_access",
        "FROM read_text('/etc/passwd')",
        "FROM glob('/etc/*')",
        "FROM read_csv('http://127.0.0.1:1/x.csv')",
        "COPY (SELECT 1) TO '{folder}/new.csv'",
        "ATTACH '{folder}/new.db'",
        "INSTALL httpfs",
        "LOAD '{folder}/x.duckdb_extension'",
        "EXPORT DATABASE '{folder}/dump'",
    ],
)
def test_no_statement_gets_out(allowed: Path, statement: str) -> None:
    before = sorted(allowed.parent.iterdir())
    with engine(allowed) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=allowed.parent))
    assert sorted(allowed.parent.iterdir()) == before
