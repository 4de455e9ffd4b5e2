"""DuckDB over the files of the inference log: it can open what is in the log's folder and nothing else."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from begat.core.errors import Code, Problem
from begat.platforms.local.table_engine import PATTERN
from begat.platforms.local.telemetry_files import Part
from begat.platforms.local.telemetry_records import COLUMNS, NAMES

T = TypeVar("T")

_TRIES = 10
_LINES = (
    "read_json(?, format = 'newline_delimited', ignore_errors = true, columns = {"
    + ", ".join(f"{name}: '{type_}'" for name, type_ in COLUMNS.items())
    + "})"
)


class Engine:
    """One DuckDB in memory, for any number of threads."""

    def __init__(self, log: Path) -> None:
        self._lock = threading.Lock()
        self._log, self._link = log, None
        self._shown = str(log)
        if not PATTERN.isdisjoint(self._shown):  # DuckDB would take its path for a pattern
            self._link = tempfile.TemporaryDirectory(prefix="begat-log-")
            self._shown = os.path.join(self._link.name, "log")
            os.symlink(log, self._shown)
        self._database: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """Ends it."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            if self._link is not None:
                self._link.cleanup()

    def select(self, parts: Sequence[Part], statement: str, values: Sequence[Any] = ()) -> duckdb.DuckDBPyRelation:
        """What ``statement`` ("SELECT ... FROM records ...") yields, where ``records`` are those of the parts and
        ``values`` are its parameters. Asking for it raises duckdb.IOException where a file is gone by now."""
        sources, files = [], []
        for tails in (True, False):
            paths = [self._path(part) for part in parts if part.tail is tails]
            if paths:
                source = f"{_LINES} WHERE request_id IS NOT NULL AND ms IS NOT NULL" if tails else "read_parquet(?)"
                sources.append(f"SELECT {NAMES} FROM {source}")
                files.append(paths)
        records = " UNION ALL ".join(sources) or _NONE
        asked = f"WITH records AS NOT MATERIALIZED ({records}) {statement}"
        return self._cursor().sql(asked, params=[*files, *values])

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._database is None:  # who only appends needs none
                self._database = _open(self._shown)
            return self._database.cursor()

    def _path(self, part: Part) -> str:
        return os.path.join(self._shown, part.path.relative_to(self._log))


_NONE = "SELECT " + ", ".join(f"NULL::{type_} AS {name}" for name, type_ in COLUMNS.items()) + " LIMIT 0"


def _open(folder: str) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:")
    # In this order: once locked, nothing here can be set again, not even by a statement.
    database.execute("SET autoinstall_known_extensions = false")
    database.execute("SET autoload_known_extensions = false")
    database.execute("SET temp_directory = ''")  # else its spill folder is one more place it may write to
    database.execute("SET threads = 2")  # several callers share the machine
    database.execute("SET memory_limit = '1GB'")
    database.execute("SET allowed_directories = ?", [[folder]])
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def steady(ask: Callable[[], T]) -> T:
    """What ``ask`` gives, which lists files and reads them; asked again where one is gone by then: it was rewritten, or
    removed. PLATFORM where the log cannot be read."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return ask()
        except (FileNotFoundError, duckdb.IOException) as error:
            if not tries_left:
                raise _unreadable() from error
        except (OSError, duckdb.Error) as error:
            raise _unreadable() from error
    raise AssertionError("the last try returns or raises")


def _unreadable() -> Problem:
    return Problem(
        Code.PLATFORM,
        "The inference log cannot be read.",
        hint="See that begat may read its folder under BEGAT_HOME/inference and that no file in it is damaged.",
    )
