"""CSV files: exactly the texts that Python's ``csv`` module finds, read by DuckDB.

UTF-8 with or without a byte order mark; separated by commas, or by semicolons or tabs where the header has these and no
comma; quoted by ``"`` where needed; one kind of line end. The first line that is not blank names the columns (an empty
name becomes ``column<position>``), blank lines are skipped. A CSV file has no types, so every value is a text as it
stands there (``007`` keeps its zeros), and an empty field is an empty text.

DuckDB's guesses look at a sample and change with it, so nothing is left to guess. It takes a quote that is never
closed without a word, and the rest of the file is gone; its lenient mode crashes the process on some files (1.3 and
1.4). So it is strict, the ``csv`` module reads along (a second for a million rows), and a file in which the two find
different texts is refused: it means different things to different tools.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from begat.platforms.local.table_content import Content, Unreadable, as_rows, positions, unique
from begat.platforms.local.table_engine import engine
from begat.platforms.local.table_folder import no_follow
from begat.platforms.local.table_values import Unsayable, checked
from begat.platforms.ports import ColumnInfo

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one row; more is refused."""

# It holds for the whole process, where it is only ever raised: begat reads no other CSV that it would protect.
csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))

_ALL = 2**62
_READ = """
    FROM read_csv(?, columns = ?, delim = ?, max_line_size = ?,
        auto_detect = false, header = false, quote = '"', escape = '"', comment = '', nullstr = ?, strict_mode = true,
        encoding = 'utf-8', compression = 'none', hive_partitioning = false, parallel = false)
    LIMIT ?
"""


class CsvReader:
    """See the module; a :class:`begat.platforms.local.table_content.Reader`."""

    def describe(self, path: Path) -> tuple[ColumnInfo, ...]:
        """The header's columns, all VARCHAR; what follows the header is not looked at."""
        return _columns(next(_records(path, _delimiter(path)), []))

    def load(self, path: Path, wanted: Sequence[str] | None, first: int | None) -> Content:
        """The rows; the whole file is checked."""
        delimiter = _delimiter(path)
        columns = self.describe(path)
        kept = positions(columns, wanted)
        found = _read(path, len(columns), delimiter, _ALL if first is None else first + 1)
        count = 0
        for count, record in enumerate(_records(path, delimiter), 1):
            if count <= len(found) and list(found[count - 1]) != record:
                raise _ambiguous()
        if len(found) != (count if first is None else min(first + 1, count)):
            raise _ambiguous()
        chosen = tuple(columns[place] for place in kept)
        rows = as_rows(([row[place] for place in kept] for row in found[1:]), chosen)
        return Content(chosen, rows, count - 1)


def _read(path: Path, width: int, delimiter: str, first: int) -> list[tuple[Any, ...]]:
    names = {f"c{position}": "VARCHAR" for position in range(width)}
    with engine(path) as connection:
        try:
            # Nothing is null: no text that may be in the file equals this one, for a NUL is refused.
            return connection.execute(_READ, [str(path), names, delimiter, MAX_LINE, ["\0"], first]).fetchall()
        except duckdb.Error as error:
            # The csv module says better what is wrong, and in which line.
            for _ in _records(path, delimiter):
                pass
            if "line size" in str(error):
                raise Unreadable(f"a row is longer than {MAX_LINE} bytes", "Keep such texts elsewhere.") from error
            raise _ambiguous() from error


def _ambiguous() -> Unreadable:
    return Unreadable(
        "its quotes and line ends can be understood in two ways",
        "Write it with a CSV library: one kind of line end, every text in quotes, no space around them.",
    )


def _records(path: Path, delimiter: str) -> Iterator[list[str]]:
    """The lines that are not blank, checked: UTF-8, quotes closed, as many fields as the first."""
    with open(path, encoding="utf-8-sig", newline="", opener=no_follow) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        width = 0
        try:
            for record in reader:
                if not record:
                    continue
                width = width or len(record)
                if len(record) != width:
                    raise Unreadable(
                        f"line {reader.line_num} has {len(record)} fields, and the header has {width}",
                        "Put texts with separators, quotes or line breaks in quotes.",
                    )
                yield record
        except UnicodeDecodeError:
            raise Unreadable(f"after line {reader.line_num} it is not UTF-8", "Save it as UTF-8.") from None
        except csv.Error as error:
            raise Unreadable(
                f"line {reader.line_num}: {error}", 'Close every quote, and write " as "" in it.'
            ) from None


def _delimiter(path: Path) -> str:
    header = next(_records(path, ","), [])
    if len(header) == 1:
        return next((mark for mark in ";\t" if mark in header[0]), ",")
    return ","


def _columns(header: Sequence[str]) -> tuple[ColumnInfo, ...]:
    if not header:
        raise Unreadable("it is empty", "Its first line has to name the columns.")
    names = [name or f"column{position}" for position, name in enumerate(header, 1)]
    unique(names)
    try:
        return tuple(ColumnInfo(checked(name), "VARCHAR") for name in names)
    except Unsayable as error:
        raise Unreadable(f"a column's name holds {error}", "Rename the column.") from None
