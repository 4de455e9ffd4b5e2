"""Reading the catalog's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from begat.platforms.ports.values import Json, Row


class TableKind(Enum):
    """What a table is on its platform. All three are read alike."""

    TABLE = "TABLE"
    VIEW = "VIEW"
    VOLUME = "VOLUME"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column: its name as it stands in the source and its type in the platform's own words (``VARCHAR``, ...)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table as its catalog shows it.

    ``columns`` is None where listing does not know them without reading the table (``describe`` always does).
    ``bytes`` is its size as stored, None where unknown.
    """

    full_name: str
    catalog: str
    schema: str
    name: str
    kind: TableKind
    bytes: int | None
    columns: tuple[ColumnInfo, ...] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, each a list in the order of ``columns``.

    ``total_rows`` counts the whole table (None where the platform cannot say cheaply); ``truncated`` says that it has
    more rows than are shown.
    """

    columns: tuple[ColumnInfo, ...]
    rows: list[list[Json]]
    total_rows: int | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class TableContent:
    """Rows as read, in the table's own order, and the proof of which content that was.

    ``sha256`` (64 hexadecimal digits) is of the file's bytes, and the rows were read of exactly those bytes, even when
    the file is replaced meanwhile. A platform without files gives the sha256 of the rows' canonical JSON lines (see
    :class:`Artifacts`) and its own ``version`` (Delta: the table's version that was read).
    ``total_rows`` counts the whole table at that moment, also when fewer were asked for.
    """

    sha256: str
    columns: tuple[ColumnInfo, ...]
    rows: list[Row]
    total_rows: int
    version: str | None = None


class Tables(Protocol):
    """Reads the catalog's tables; writes nothing."""

    def schemas(self) -> list[tuple[str, str]]:
        """Every (catalog, schema) that holds a table, sorted."""
        ...

    def browse(self, catalog: str | None = None, schema: str | None = None) -> list[TableInfo]:
        """The tables (of that catalog, of that schema), sorted by full name; cheap: it reads no table's rows.

        An unknown catalog or schema has no tables: the answer is empty.
        """
        ...

    def describe(self, full_name: str) -> TableInfo:
        """One table with its columns. NOT_FOUND where it does not exist, PLATFORM where it cannot be read."""
        ...

    def preview(self, full_name: str, first: int) -> Preview:
        """The first ``first`` rows (0 to 1,000; more is BAD_INPUT). Errors as ``describe``."""
        ...

    def read(self, full_name: str, columns: Sequence[str] | None = None, first: int | None = None) -> TableContent:
        """The rows, only of these columns and only the first so many where said; in the file's order.

        Errors as ``describe``; an unknown column is BAD_INPUT.
        """
        ...
