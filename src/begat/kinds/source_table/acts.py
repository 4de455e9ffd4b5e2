"""The node of a table: made by its first use, so that browsing writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from begat.change.write import Change
from begat.core import ids
from begat.gql.columns import to_json
from begat.kinds.source_table.kind import SOURCE_TABLE
from begat.platforms.ports import ColumnInfo, TableInfo


def id_of(full_name: str) -> str:
    """The id of a table's node: derived, so that two people who add one table get one node."""
    return ids.derived(SOURCE_TABLE.prefix, full_name)


def columns_json(columns: Sequence[ColumnInfo]) -> str:
    """Columns as the node keeps them."""
    return to_json([{"name": column.name, "type": column.type} for column in columns])


async def ensure(change: Change, table: TableInfo) -> str:
    """The id of the table's node, made where it is not there yet. Of two racing makers one is tried again."""
    return (await ensure_all(change, [table]))[0]


async def ensure_all(change: Change, tables: Sequence[TableInfo]) -> list[str]:
    """As `ensure`, for several; one statement. A node that was made by somebody who did not know its columns is told
    them."""
    wanted = {id_of(table.full_name): table for table in tables}
    found = await change.read(
        "MATCH (n:Asset) WHERE n.id IN $ids RETURN collect([n.id, n.columns IS NULL])", ids=list(wanted)
    )
    known = dict(found or ())
    for id, table in wanted.items():
        if id not in known:
            _make(change, id, table)
        elif known[id] and table.columns is not None:
            change.set(id, {"columns": columns_json(table.columns)})
    return [id_of(table.full_name) for table in tables]


def _make(change: Change, id: str, table: TableInfo) -> None:
    node = {
        "id": id,
        "kind": SOURCE_TABLE.name,
        "name": table.name,
        "fullName": table.full_name,
        "catalog": table.catalog,
        "schema": table.schema,
        "status": SOURCE_TABLE.lifecycle.initial,
        "retention": "LIVE",
        "revision": 1,
        "createdAt": change.at,
        "createdBy": change.viewer.name,
        "updatedAt": change.at,
        "updatedBy": change.viewer.name,
    }
    if table.columns is not None:
        node["columns"] = columns_json(table.columns)
    change.create(SOURCE_TABLE.labels(), node)
    change.revise(node, "create")
