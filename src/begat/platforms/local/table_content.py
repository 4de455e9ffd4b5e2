"""What the three readers (CSV, Parquet, JSON Lines) give, and how they refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from begat.core.errors import bad_input
from begat.platforms.local.table_values import Unsayable, as_json
from begat.platforms.ports import ColumnInfo, Json


class Unreadable(Exception):  # noqa: N818 - it says what the file is
    """The file is no table of its kind. ``reason`` follows on "... cannot be read: ", ``hint`` says what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Content:
    """The wanted columns of a file, its first rows, each in the order of ``columns``, and how many it has in all."""

    columns: tuple[ColumnInfo, ...]
    rows: list[list[Json]]
    total_rows: int


class Reader(Protocol):
    """Reads one kind of file. Both raise Unreadable, and OSError or DuckDB's errors where the file cannot be opened."""

    def describe(self, path: Path) -> tuple[ColumnInfo, ...]:
        """The columns, without reading more than is needed to know them; at least one."""
        ...

    def load(self, path: Path, wanted: Sequence[str] | None, first: int | None) -> Content:
        """These columns (all where None) of the first rows (all where None). BAD_INPUT for an unknown column."""
        ...


def positions(columns: Sequence[ColumnInfo], wanted: Sequence[str] | None) -> list[int]:
    """Where the wanted columns are. BAD_INPUT at ``columns`` for one that is not there."""
    if wanted is None:
        return list(range(len(columns)))
    place = {column.name: position for position, column in enumerate(columns)}
    for position, name in enumerate(wanted):
        if name not in place:
            known = ", ".join(list(place)[:20])
            raise bad_input(
                f"The table has no column {name[:100]!r}.", "columns", position, hint=f"Its columns are: {known}."
            )
    return [place[name] for name in wanted]


def as_rows(rows: Iterable[Sequence[Any]], columns: Sequence[ColumnInfo]) -> list[list[Json]]:
    """The rows' values as JSON. Raises Unreadable, which names the row (from 1, as data) and the column."""
    converted: list[list[Json]] = []
    for number, row in enumerate(rows, 1):
        try:
            converted.append([as_json(value) for value in row])
        except Unsayable:
            raise _at(number, row, columns) from None
    return converted


def unique(names: Sequence[str]) -> None:
    """Raises Unreadable where there is no column, or two of one name."""
    if not names:
        raise Unreadable("it has no column", "Give it at least one.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Unreadable(f"two of its columns are named {name[:100]!r}", "Rename one of them.")
        seen.add(name)


def _at(number: int, row: Sequence[Any], columns: Sequence[ColumnInfo]) -> Unreadable:
    for value, column in zip(row, columns, strict=True):
        try:
            as_json(value)
        except Unsayable as error:
            return Unreadable(f"row {number}, column {column.name[:100]!r} holds {error}", "Remove it from the file.")
    raise AssertionError("only called where a value is unsayable")
