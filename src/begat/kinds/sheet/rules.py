"""A sheet's columns: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.core import ids
from begat.core.errors import Problem, Problems, bad_input
from begat.core.text import check_name, check_text
from begat.platforms.ports import TableInfo

MOST_COLUMNS = 1_000


@dataclass(frozen=True)
class Column:
    """A column of a sheet. ``source`` is the table's column that it reads, None where the table has none such;
    ``id`` stays through renames."""

    id: str
    name: str
    type: str
    role: str | None = None
    description: str | None = None
    source: str | None = None


def of_table(table: TableInfo, item_key: str | None) -> list[Column]:
    """A new sheet's columns: the table's, as they are."""
    return [
        Column(
            ids.new("column"), column.name, column.type, "key" if column.name == item_key else None, None, column.name
        )
        for column in table.columns or ()
    ]


def check_item_key(columns: Sequence[Column], item_key: str | None, *path: str) -> str | None:
    """The item key, where it names a column; raises BAD_INPUT."""
    if item_key is not None and item_key not in {column.name for column in columns}:
        names = ", ".join(column.name for column in columns[:20])
        raise bad_input("The item key is no column of the table.", *path, hint=f"Columns: {names}.")
    return item_key


def change(
    columns: Sequence[Column],
    add: Sequence[dict[str, Any]],
    update: Sequence[dict[str, Any]],
    delete: Sequence[str],
    table: TableInfo,
) -> list[Column]:
    """The columns after the changes. Raises Problems that name every unknown id, duplicate name and bad text."""
    problems: list[Problem] = []
    sources = {column.name: column.type for column in table.columns or ()}
    after = {column.id: column for column in columns}
    paths: dict[str, tuple[str, int]] = {}
    for place, id in enumerate(delete):
        if after.pop(id, None) is None:
            problems.append(bad_input(f"There is no column {id!r}.", "delete", place))
    for place, wanted in enumerate(update):
        column = after.get(wanted["id"])
        if column is None:
            problems.append(bad_input(f"There is no column {wanted['id']!r}.", "update", place, "id"))
            continue
        named = {name: value for name, value in wanted.items() if name != "id"}
        for name in ("name", "type"):
            if name in named and named[name] is None:
                hint = "Leave it out to keep it."
                problems.append(bad_input(f"{name} cannot be null.", "update", place, name, hint=hint))
                del named[name]
        if column.id in paths:
            problems.append(bad_input("This column is named twice.", "update", place, "id", hint="Name it once."))
        paths[column.id] = ("update", place)
        after[column.id] = Column(**{**asdict(column), **named})
    for place, wanted in enumerate(add):
        name = wanted["name"].strip()
        source = wanted.get("source") or (name if name in sources else None)
        type = wanted.get("type") or sources.get(source or "", "VARCHAR")
        column = Column(ids.new("column"), name, type, wanted.get("role"), wanted.get("description"), source)
        after[column.id] = column
        paths[column.id] = ("add", place)
    problems += _faults(list(after.values()), sources, paths)
    if problems:
        raise Problems(problems)
    return [Column(**{**asdict(column), "name": column.name.strip()}) for column in after.values()]


def _faults(columns: list[Column], sources: Mapping[str, str], paths: Mapping[str, tuple[str, int]]) -> list[Problem]:
    """What is wrong with the columns, at the ``paths`` of those that the caller named."""
    problems: list[Problem] = []
    seen: set[str] = set()
    if len(columns) > MOST_COLUMNS:
        problems.append(bad_input(f"A sheet has at most {MOST_COLUMNS} columns.", "add"))
    for column in columns:
        path = paths.get(column.id, ("columns", column.id))
        try:
            check_name(column.name, *path, "name")
            check_text(column.type, *path, "type", max_length=200)
            check_text(column.role or "", *path, "role", max_length=50)
            check_text(column.description or "", *path, "description", max_length=2_000)
        except Problem as problem:
            problems.append(problem)
        if column.name.strip() in seen:
            problems.append(bad_input(f"Two columns are named {column.name!r}.", *path, "name"))
        if column.source is not None and column.source not in sources:
            problems.append(bad_input(f"The table has no column {column.source!r}.", *path, "source"))
        seen.add(column.name.strip())
    return problems
