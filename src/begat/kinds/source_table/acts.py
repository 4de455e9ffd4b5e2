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
    id = id_of(table.full_name)
    if not await change.read("MATCH (n:Asset {id: $id}) RETURN n.id", id=id):
        node = {
            "id": id,
            "kind": SOURCE_TABLE.name,
            "name": table.name,
            "fullName": table.full_name,
            "catalog": table.catalog,
            "schema": table.schema,
            "columns": columns_json(table.columns or ()),
            "status": SOURCE_TABLE.lifecycle.initial,
            "retention": "LIVE",
            "revision": 1,
            "createdAt": change.at,
            "createdBy": change.viewer.name,
            "updatedAt": change.at,
            "updatedBy": change.viewer.name,
        }
        change.create(SOURCE_TABLE.labels(), node)
        change.revise(node, "create")
    return id
