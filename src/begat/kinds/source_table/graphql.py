"""SourceTable in GraphQL: browsed on the platform, never written by browsing."""

from __future__ import annotations

import base64
from enum import Enum
from typing import Any

import anyio.to_thread
import strawberry

from begat.core.errors import Problem, no_cursor
from begat.find.lists import check_first
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import asks, column, from_json, needs
from begat.gql.connections import Connection, connection
from begat.gql.context import Info, Row
from begat.kinds.source_table import fed_by
from begat.kinds.source_table.acts import columns_json, id_of
from begat.kinds.source_table.fed_by import TableFeed
from begat.kinds.source_table.kind import SOURCE_TABLE
from begat.platforms.ports import TableInfo, Tables


@strawberry.enum(description="Whether the platform still has the table.")
class SourceTableStatus(Enum):
    """States of a SourceTable."""

    AVAILABLE = "AVAILABLE"
    MISSING = "MISSING"


@strawberry.type(description="A column as the platform types it.")
class TableColumn:
    """A column of a table, not of a sheet."""

    name: str = strawberry.field(description="The column's name.")
    type: str = strawberry.field(description="The platform's type, such as VARCHAR.")


def _columns(text: str) -> list[TableColumn]:
    return [TableColumn(name=column["name"], type=column["type"]) for column in from_json(text)]


@strawberry.type(description="A table, view or file that sheets read: where every trace ends.")
class SourceTable(Asset):
    """A row of a SourceTable node, or of the platform's listing."""

    status: SourceTableStatus = column("n.status", "Whether the platform still has it.", SourceTableStatus)
    full_name: str = column("n.fullName", "Its name on the platform: catalog.schema.table.")
    columns: list[TableColumn] | None = column(
        "n.columns", "Its columns, in order; null where it is unreadable.", _columns
    )
    available_actions: list[AvailableAction] = actions(SOURCE_TABLE)

    @strawberry.field(
        description="What feeds it now, as the jobs of others say, in the order of the tables' ids; a table stands "
        "once for each job.",
        metadata=needs("n.id"),
    )
    async def fed_by(self, info: Info, first: int = 50, after: str | None = None) -> Connection[TableFeed]:
        return await info.context.batch(fed_by.load, self.row["n.id"], first, after)


class _Browsed(dict[str, Any]):
    """A row of a table that may have no node yet: what the platform does not say is null."""

    def __missing__(self, key: str) -> None:
        return None


def browsed(table: TableInfo) -> SourceTable:
    """A table of the platform's listing as an asset."""
    row: Row = _Browsed(
        {
            "n.id": id_of(table.full_name),
            "n.kind": SOURCE_TABLE.name,
            "n.project": None,
            "n.name": table.name,
            "n.fullName": table.full_name,
            "n.columns": None if table.columns is None else columns_json(table.columns),
            "n.status": SOURCE_TABLE.lifecycle.initial,
            "n.retention": "LIVE",
            "n.revision": 0,
            "coalesce(n.tags, [])": [],
        }
    )
    return SourceTable(row=row)


@strawberry.type
class SourceTableQuery:
    """Queries of this kind."""

    @strawberry.field(
        description="Tables that a sheet can point at, in the order of their full names, from the platform itself."
    )
    async def source_tables(
        self,
        info: Info,
        catalog: str | None = None,
        schema: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[SourceTable]:
        check_first(first)
        tables = sorted(
            await anyio.to_thread.run_sync(info.context.platform.tables.browse, catalog, schema),
            key=lambda table: table.full_name,
        )
        start = "" if after is None else _place(after)
        rest = [table for table in tables if table.full_name > start]
        shown = rest[:first]
        if asks(info, "nodes", "columns") or asks(info, "edges", "node", "columns"):
            shown = [await anyio.to_thread.run_sync(_described, info.context.platform.tables, table) for table in shown]
        cursors = [base64.urlsafe_b64encode(table.full_name.encode()).decode() for table in shown]
        return connection(
            [browsed(table) for table in shown], cursors, has_next=len(rest) > first, after=after, total=len(tables)
        )

    @strawberry.field(description="A table by its id; null where it is unknown.")
    async def source_table(self, info: Info, id: strawberry.ID) -> SourceTable | None:
        found = await fetch_one(info, id, base=SourceTable)
        if isinstance(found, SourceTable):
            return found
        tables = await anyio.to_thread.run_sync(info.context.platform.tables.browse)
        return next((browsed(table) for table in tables if id_of(table.full_name) == id), None)


def _described(tables: Tables, table: TableInfo) -> TableInfo:
    try:
        return tables.describe(table.full_name)
    except Problem:  # a listing shows also what cannot be read
        return table


def _place(cursor: str) -> str:
    try:
        place = base64.urlsafe_b64decode(cursor).decode()
    except ValueError as error:
        raise no_cursor() from error
    if not place:
        raise no_cursor()
    return place
