"""The tables of this machine: the CSV, Parquet and JSON Lines files in the folders under ``BEGAT_TABLES``."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from begat.core.errors import Code, Problem, bad_input, not_found
from begat.platforms.local.table_content import Reader, Unreadable
from begat.platforms.local.table_csv import CsvReader
from begat.platforms.local.table_engine import PATTERN
from begat.platforms.local.table_folder import CATALOG, TableFile, TableFolder, no_follow
from begat.platforms.local.table_jsonl import JsonlReader
from begat.platforms.local.table_parquet import ParquetReader
from begat.platforms.ports import ColumnInfo, Preview, TableContent, TableInfo, TableKind

MAX_PREVIEW = 1_000
_CHUNK = 1 << 20
_TRIES = 3
_REMEMBERED = 10_000
_READERS: dict[str, Reader] = {".csv": CsvReader(), ".parquet": ParquetReader(), ".jsonl": JsonlReader()}


class LocalTables:
    """See :class:`begat.platforms.ports.Tables`, and ``table_folder`` for which files are tables.

    ``scratch`` is where ``read`` copies a file to before it reads it (None: the system's temporary files).
    """

    def __init__(self, root: Path, scratch: Path | None = None) -> None:
        self._folder = TableFolder(root)
        self._scratch = scratch
        self._lock = threading.Lock()
        self._described: OrderedDict[Path, tuple[tuple[int, ...], tuple[ColumnInfo, ...]]] = OrderedDict()

    def schemas(self) -> list[tuple[str, str]]:
        """("local", folder) for every folder that holds a table."""
        return [(CATALOG, schema) for schema in self._folder.schemas()]

    def browse(self, catalog: str | None = None, schema: str | None = None) -> list[TableInfo]:
        """The tables, without their columns: no file is opened. Two files of one name are listed once, without a size
        (``describe`` says which they are)."""
        if catalog not in (None, CATALOG):
            return []
        found: dict[str, TableInfo] = {}
        for table in self._folder.tables(schema):
            size = None if table.full_name in found else table.bytes
            found[table.full_name] = _info(table, None, size)
        return list(found.values())

    def describe(self, full_name: str) -> TableInfo:
        """The table with its columns. NOT_FOUND; CONFLICT where two files have this name; PLATFORM."""
        table = self._folder.find(full_name)
        with _refusals(table):
            stamp = _stamp(os.lstat(table.path))
            with self._lock:
                known = self._described.get(table.path)
            if known and known[0] == stamp:
                return _info(table, known[1], table.bytes)
            with self._plain(table) as path:
                columns = _READERS[table.suffix].describe(path)
            with self._lock:
                # A file that changed while it was read has another stamp by now, and is read again next time.
                self._described[table.path] = (stamp, columns)
                while len(self._described) > _REMEMBERED:
                    self._described.popitem(last=False)
            return _info(table, columns, table.bytes)

    def preview(self, full_name: str, first: int) -> Preview:
        """The first rows."""
        if not 0 <= first <= MAX_PREVIEW:
            raise bad_input(f"A preview has 0 to {MAX_PREVIEW} rows.", "first", hint="Ask for fewer.")
        table = self._folder.find(full_name)
        with _refusals(table), self._plain(table) as path:
            content = _READERS[table.suffix].load(path, None, first)
        return Preview(content.columns, content.rows, content.total_rows, content.total_rows > len(content.rows))

    def read(self, full_name: str, columns: Sequence[str] | None = None, first: int | None = None) -> TableContent:
        """The rows and the sha256 of the file's bytes that they were read of. UNAVAILABLE while it is being written."""
        if first is not None and first < 0:
            raise bad_input("A number of rows is not negative.", "first")
        table = self._folder.find(full_name)
        # What is hashed and what is read are one private copy, so nobody can change it between the two.
        with _refusals(table), self._copied(table) as (copy, sha256):
            content = _READERS[table.suffix].load(copy, columns, first)
        names = [column.name for column in content.columns]
        rows = [dict(zip(names, row, strict=True)) for row in content.rows]
        return TableContent(sha256, content.columns, rows, content.total_rows)

    @contextmanager
    def _plain(self, table: TableFile) -> Iterator[Path]:
        """The file, or a copy of it where DuckDB would take its path for a pattern."""
        if PATTERN.isdisjoint(str(table.path)):
            yield table.path
        else:
            with self._copied(table) as (copy, _):
                yield copy

    @contextmanager
    def _copied(self, table: TableFile) -> Iterator[tuple[Path, str]]:
        """A private copy of the file, gone afterwards, and the sha256 of its bytes."""
        with tempfile.TemporaryDirectory(prefix="begat-table-", dir=self._scratch) as folder:
            copy = Path(folder) / f"table{table.suffix}"
            yield copy, _copy(table, copy)


def _copy(table: TableFile, copy: Path) -> str:
    """Copies the file as it was at one moment; returns the sha256 of the copy."""
    for _ in range(_TRIES):
        digest = hashlib.sha256()
        with open(table.path, "rb", opener=no_follow) as source, copy.open("wb") as target:
            before = _written(os.fstat(source.fileno()))
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
            after = _written(os.fstat(source.fileno()))
        if before == after:
            return digest.hexdigest()
    raise Problem(
        Code.UNAVAILABLE,
        f"The file of {table.full_name!r} is being written to.",
        hint="Try again when it is finished, or write to another file and rename it.",
        id=table.full_name,
    )


@contextmanager
def _refusals(table: TableFile) -> Iterator[None]:
    """Turns what the readers and the file system say into problems that name the table and no path."""
    try:
        yield
    except Unreadable as error:
        message = f"{table.full_name!r} cannot be read: {error.reason}."
        raise Problem(Code.PLATFORM, message, hint=error.hint, id=table.full_name) from error
    except FileNotFoundError:
        raise not_found(table.full_name) from None
    except (OSError, duckdb.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "DuckDB refuses it"
        message = f"{table.full_name!r} cannot be read: {reason}."
        hint = "See that begat's process may read the file and has room for temporary files."
        raise Problem(Code.PLATFORM, message, hint=hint, id=table.full_name) from error


def _info(table: TableFile, columns: tuple[ColumnInfo, ...] | None, size: int | None) -> TableInfo:
    return TableInfo(table.full_name, CATALOG, table.schema, table.name, TableKind.TABLE, size, columns)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """What changes when another file, or other content, is at a path."""
    return (status.st_ino, status.st_ctime_ns, *_written(status))


def _written(status: os.stat_result) -> tuple[int, ...]:
    """What changes when an open file is written to; ctime changes too when only its name is given to another."""
    return (status.st_size, status.st_mtime_ns)
