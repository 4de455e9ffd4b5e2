"""A sheet's rows: what a version of it makes of its table's content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from begat.core.errors import Code, Problem
from begat.core.item_refs import check_keys, item_ref
from begat.kinds.sheet.rules import Column
from begat.platforms.ports import Json, TableContent


@dataclass(frozen=True, slots=True)
class Item:
    """A row, by the name that labels and lineage know it by. ``values`` go by the sheet's names of its columns."""

    item_ref: str
    values: dict[str, Json]


def items(columns: Sequence[Column], item_key: str | None, content: TableContent) -> list[Item]:
    """The rows in the table's order. A column whose source the table no longer has is null.

    Raises BAD_INPUT or DUPLICATE where the item key does not name each row; the message says which and how many.
    """
    sources = [(column.name, column.source or "") for column in columns]
    rows = [{name: row.get(source) for name, source in sources} for row in content.rows]
    if item_key is not None:
        problems = check_keys(rows, item_key)
        if problems:
            more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
            first = problems[0]
            raise Problem(first.code, first.message + more, path=first.path, hint=first.hint)
        return [Item(item_ref(row, item_key, Counter()), row) for row in rows]
    # Without a key a row is named by what the table holds, whatever the sheet calls its columns.
    seen: Counter[str] = Counter()
    return [Item(item_ref(whole, None, seen), row) for whole, row in zip(content.rows, rows, strict=True)]


def missing(columns: Sequence[Column], needed: Sequence[str], content: TableContent) -> Problem | None:
    """Why the table no longer serves these columns of the sheet; None where it does."""
    there = {column.name for column in content.columns}
    gone = [column for column in columns if column.name in needed and column.source not in there]
    if not gone:
        return None
    names = ", ".join(repr(column.source or column.name) for column in gone)
    return Problem(Code.PLATFORM, f"The table has no column {names} any more.", hint="Bring it back in the table.")
