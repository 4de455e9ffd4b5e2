"""A sheet's columns: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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


def keyed(columns: Sequence[Column], before: str | None, after: str | None) -> list[Column]:
    """The columns where the item key changes: the role that begat gave goes along, a word of somebody's own stays."""
    if before == after:
        return list(columns)
    roles = {(before, "key"): None, (after, None): "key"}
    return [replace(column, role=roles.get((column.name, column.role), column.role)) for column in columns]


def key_after(columns: Sequence[Column], before: Sequence[Column], item_key: str | None) -> str | None:
    """What the item key is called after a change of the columns: it is the same column, whatever its name."""
    id = next((column.id for column in before if column.name == item_key), None)
    return next((column.name for column in columns if column.id == id), None)


def over(columns: Sequence[Column], table: TableInfo) -> list[Column]:
    """The columns over another table: those that read nothing or what it has, too, and then the rest of the table's.
    Raises Problems where these have names that are taken."""
    sources = {column.name for column in table.columns or ()}
    kept = [column for column in columns if column.source is None or column.source in sources]
    read, names = {column.source for column in kept}, {column.name for column in kept}
    rest = [column for column in of_table(table, None) if column.source not in read]
    if taken := [column.name for column in rest if column.name in names]:
        hint = "Rename or delete the sheet's first."
        said = (f"Its column {name!r} has the name of one of the sheet's." for name in taken)
        raise Problems([bad_input(message, "input", "table", hint=hint) for message in said])
    return kept + rest


def change(
    columns: Sequence[Column],
    add: Sequence[dict[str, Any]],
    update: Sequence[dict[str, Any]],
    delete: Sequence[str],
    table: TableInfo,
    item_key: str | None,
) -> list[Column]:
    """The columns after the changes. Raises Problems that name every unknown id, duplicate name and bad text, and the
    item key where it is deleted."""
    problems: list[Problem] = []
    sources = {column.name: column.type for column in table.columns or ()}
    after = {column.id: column for column in columns}
    paths: dict[str, tuple[str, int]] = {}
    for place, id in enumerate(delete):
        gone = after.pop(id, None)
        if gone is None:
            problems.append(bad_input(f"There is no column {id!r}.", "delete", place))
        elif gone.name == item_key:
            hint = "Give the sheet another item key first, or null."
            problems.append(bad_input(f"The column {item_key!r} is the item key.", "delete", place, hint=hint))
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
