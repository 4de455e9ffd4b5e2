"""JSON Lines files: one JSON object a line, in UTF-8 with or without a byte order mark; blank lines are skipped.

The columns are the keys of all lines, in the order in which they first occur; a line without a key has null there. The
type is what all values of a column have in common (BOOLEAN, BIGINT, DOUBLE, VARCHAR) and JSON for any mixture. DuckDB
splits and checks the lines; their values are read as they stand, for its own types come of a sample and turn texts that
look like dates into dates.
"""

from __future__ import annotations

import json
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
"""Bytes of one row that DuckDB reads in any case; it refuses what is several times as long."""

_READ = "SELECT json FROM read_ndjson_objects(?, maximum_object_size = ?)"
_HINT = "Write one JSON object a line, in UTF-8."
_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}


class JsonlReader:
    """See the module; a :class:`begat.platforms.local.table_content.Reader`."""

    def describe(self, path: Path) -> tuple[ColumnInfo, ...]:
        """The columns; it has to read the whole file, for any line may add one."""
        return self.load(path, None, 0).columns

    def load(self, path: Path, wanted: Sequence[str] | None, first: int | None) -> Content:
        """The rows; the whole file is checked."""
        types: dict[str, set[type]] = {}
        head: list[dict[str, Any]] = []
        total = 0
        for total, row in enumerate(_objects(path), 1):
            for name, value in row.items():
                types.setdefault(name, set()).add(type(value))
            if first is None or total <= first:
                head.append(row)
        if not total:
            raise Unreadable("it is empty", _HINT)
        columns = _columns(types)
        shown = tuple(columns[place] for place in positions(columns, wanted))
        return Content(shown, as_rows([[row.get(column.name) for column in shown] for row in head], shown), total)


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with engine(path) as connection:
        try:
            lines = connection.execute(_READ, [str(path), MAX_LINE])
            number = 0
            while batch := lines.fetchmany(1_000):
                for (text,) in batch:
                    number += 1
                    row = _decode(text)
                    if not isinstance(row, dict):
                        raise Unreadable(f"row {number} is no JSON object", _HINT)
                    yield row
        except (duckdb.Error, ValueError, RecursionError) as error:
            raise Unreadable(_what_is_wrong(path), _HINT) from error


def _columns(types: dict[str, set[type]]) -> list[ColumnInfo]:
    unique(list(types))
    try:
        return [ColumnInfo(checked(name), _type(found - {type(None)})) for name, found in types.items()]
    except Unsayable as error:
        raise Unreadable(f"a key holds {error}", "Rename the key.") from None


def _type(found: set[type]) -> str:
    if len(found) == 1:
        return _TYPES.get(next(iter(found)), "JSON")
    return "DOUBLE" if found == {int, float} else "JSON"


def _decode(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _what_is_wrong(path: Path) -> str:
    """The first line that is no JSON. DuckDB's own messages name the file and count lines from another start."""
    with open(path, "rb", opener=no_follow) as file:
        for number, line in enumerate(file, 1):
            try:
                if line.strip():
                    _decode(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError:
                return f"line {number} is not UTF-8"
            except RecursionError:
                return f"line {number} is nested too deep"
            except ValueError as error:
                return f"line {number} is no JSON: {error}"
            if len(line) > MAX_LINE:
                return f"line {number} is longer than {MAX_LINE} bytes"
    return "it is no JSON Lines file"
