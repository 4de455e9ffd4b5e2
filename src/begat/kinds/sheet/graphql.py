"""Sheet in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import anyio.to_thread
import strawberry

from begat.find.lists import check_first
from begat.gql import versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, from_json, needs
from begat.gql.connections import Connection
from begat.gql.context import Info
from begat.gql.lists import listed
from begat.gql.scalars import JSON
from begat.kinds.sheet import rules
from begat.kinds.sheet.kind import SHEET
from begat.kinds.source_table.acts import id_of
from begat.kinds.source_table.graphql import SourceTable, TableColumn


@strawberry.enum(description="The life of a sheet.")
class SheetStatus(Enum):
    """States of a Sheet."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    DEPRECATED = "DEPRECATED"


@strawberry.type(description="A column of a sheet.")
class SheetColumn:
    """See rules.Column."""

    id: strawberry.ID = strawberry.field(description="Stays through renames.")
    name: str = strawberry.field(description="Its name in this sheet; prompts use it.")
    type: str = strawberry.field(description="Its type, as the platform names types.")
    role: str | None = strawberry.field(description="What it is for, in a free word such as input, answer or key.")
    description: str | None = strawberry.field(description="What it means.")
    source: str | None = strawberry.field(
        description="The table's column it reads; null where the table has none such."
    )


def _columns(text: str) -> list[SheetColumn]:
    return [SheetColumn(**{**column, "id": strawberry.ID(column["id"])}) for column in from_json(text)]


@strawberry.type(description="A sheet's table, columns and item key, as they were.")
class SheetVersion(versions.Version):
    """A row of a SheetVersion node."""

    table_name: str = column("n.table", "The full name of its table.")
    columns: list[SheetColumn] = column("n.columns", "Its columns, in order.", _columns)
    item_key: str | None = column("n.itemKey", "The column whose value names a row; null: rows are named by content.")

    @strawberry.field(description="The sheet it is a version of.", metadata=needs("n.asset"))
    async def sheet(self, info: Info) -> Sheet | None:
        found = await fetch_one(info, self.row["n.asset"], base=Sheet)
        return found if isinstance(found, Sheet) else None


@strawberry.type(description="The first rows of a sheet, read now.")
class SheetPreview:
    """Not kept anywhere."""

    columns: list[TableColumn] = strawberry.field(description="The sheet's columns.")
    rows: JSON = strawberry.field(description="A list of rows, each an object by column name.")
    total_rows: int | None = strawberry.field(description="How many rows the table has; null where that is unknown.")
    truncated: bool = strawberry.field(description="Whether the table has more rows than these.")


@strawberry.type(description="A table with typed, described columns, from which training sheets are built.")
class Sheet(Asset):
    """A row of a Sheet node."""

    status: SheetStatus = column("n.status", "DRAFT, PUBLISHED or DEPRECATED.", SheetStatus)
    columns: list[SheetColumn] = column("n.columns", "Its columns, in order.", _columns)
    item_key: str | None = column("n.itemKey", "The column whose value names a row; null: rows are named by content.")
    available_actions: list[AvailableAction] = actions(SHEET)

    @strawberry.field(description="The table it reads.", metadata=needs("n.table"))
    async def table(self, info: Info) -> SourceTable | None:
        found = await fetch_one(info, id_of(self.row["n.table"]), base=SourceTable)
        return found if isinstance(found, SourceTable) else None

    @strawberry.field(description="Its latest version.")
    async def version(self, info: Info) -> SheetVersion | None:
        return await versions.latest(info, SheetVersion, "SheetVersion", self.row["n.id"])

    @strawberry.field(description="All its versions, newest first.")
    async def versions(self, info: Info, first: int = 50, after: str | None = None) -> Connection[SheetVersion]:
        return await versions.history(info, SheetVersion, "SheetVersion", self.row["n.id"], first, after)

    @strawberry.field(
        description="Its first rows, at most 1,000, read from the platform now.", metadata=needs("n.table", "n.columns")
    )
    async def preview(self, info: Info, first: int | None = None) -> SheetPreview:
        wanted = 20 if first is None else first
        check_first(wanted)
        tables = info.context.platform.tables
        seen = await anyio.to_thread.run_sync(tables.preview, self.row["n.table"], wanted)
        columns = [rules.Column(**column) for column in from_json(self.row["n.columns"])]
        place = {column.name: index for index, column in enumerate(seen.columns)}
        return SheetPreview(
            columns=[TableColumn(name=column.name, type=column.type) for column in columns],
            rows=JSON([_row(columns, place, row) for row in seen.rows]),
            total_rows=seen.total_rows,
            truncated=seen.truncated,
        )


def _row(columns: Sequence[rules.Column], place: dict[str, int], row: Sequence[Any]) -> dict[str, Any]:
    return {
        column.name: row[place[column.source]] if column.source is not None and column.source in place else None
        for column in columns
    }


@strawberry.type
class SheetQuery:
    """Queries of this kind."""

    @strawberry.field(description="A sheet by its id; null where it is unknown or hidden.")
    async def sheet(self, info: Info, id: strawberry.ID) -> Sheet | None:
        found = await fetch_one(info, id, base=Sheet)
        return found if isinstance(found, Sheet) else None

    sheets: Connection[Sheet] = listed(Sheet, "Sheets, LIVE ones unless asked.")
