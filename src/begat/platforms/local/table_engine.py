"""DuckDB, locked to one file: it can open nothing else, neither on this machine nor on a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

PATTERN = frozenset("*?[")


@contextmanager
def engine(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, in memory, that may open ``path`` and nothing else, whatever a statement says.

    DuckDB takes a path with one of ``PATTERN`` in it for a pattern. That reaches nothing but the allowed path, and
    perhaps not even that: give it a copy with a plain name.
    """
    with duckdb.connect(":memory:") as connection:
        # In this order: once locked, nothing here can be set again, not even by a statement.
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        connection.execute("SET temp_directory = ''")  # else its spill folder is one more place it may write to
        connection.execute("SET threads = 1")  # rows keep their order, and several callers share the machine
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET allowed_paths = ?", [[str(path)]])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
