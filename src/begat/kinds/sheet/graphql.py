"""Sheet in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import anyio.to_thread
import strawberry
from strawberry import UNSET

from begat.core.errors import Code, Problem
from begat.find import lists
from begat.find.lists import Condition, by_ids, check_first
from begat.gql import inputs, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, build, fetch_one
from begat.gql.columns import column, from_json, needs, rows, selected
from begat.gql.common import UPDATABLE, check_common
from begat.gql.connections import Connection, listing
from begat.gql.context import Info
from begat.gql.errors import UserError
from begat.gql.inputs import AssetFilter, AssetOrder
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.scalars import JSON
from begat.kinds.sheet import acts, rules
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


@strawberry.input(description="A new sheet.")
class SheetCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    table: str = strawberry.field(description="The table's full name, such as local.banking77.train.")
    item_key: str | None = strawberry.field(default=None, description="The column whose value names a row.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a sheet; what is not named stays.")
class SheetUpdateInput:
    """Another table or item key is content and may make a version."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")
    table: str | None = strawberry.field(default=UNSET, description="Another table's full name.")
    item_key: str | None = strawberry.field(default=UNSET, description="null: rows are named by content.")


@strawberry.input(description="A column to add.")
class ColumnInput:
    """See rules.Column."""

    name: str = strawberry.field(description="Not yet used in this sheet.")
    type: str | None = strawberry.field(default=None, description="The table's type where unsaid.")
    role: str | None = strawberry.field(default=None, description="A free word, such as input, answer or key.")
    description: str | None = strawberry.field(default=None, description="What it means.")
    source: str | None = strawberry.field(
        default=None, description="The table's column; the one of this name where unsaid."
    )


@strawberry.input(description="What to change of a column; what is not named stays.")
class ColumnUpdateInput:
    """The id stays."""

    id: strawberry.ID = strawberry.field(description="The column.")
    name: str | None = strawberry.field(default=UNSET, description="Its new name.")
    type: str | None = strawberry.field(default=UNSET, description="Its new type.")
    role: str | None = strawberry.field(default=UNSET, description="Its new role.")
    description: str | None = strawberry.field(default=UNSET, description="Its new description.")


@strawberry.type(description="An existing asset that a new one resembles: a hint, never a block.")
class SimilarAsset:
    """A candidate duplicate."""

    score: float = strawberry.field(description="1 for the same source, less for less.")
    reason: str = strawberry.field(description="What they share.")
    asset: Asset = strawberry.field(description="The existing one.")


@strawberry.type(description="The answer to sheetCreate.")
class SheetCreatePayload:
    """With at most five sheets that resemble it."""

    node: Sheet | None = strawberry.field(description="The new sheet.")
    errors: list[UserError] = strawberry.field(description="Why there is none.")
    similar: list[SimilarAsset] = strawberry.field(description="At most 5 sheets you see that read the same table.")


@strawberry.type
class SheetQuery:
    """Queries of this kind."""

    @strawberry.field(description="A sheet by its id; null where it is unknown or hidden.")
    async def sheet(self, info: Info, id: strawberry.ID) -> Sheet | None:
        found = await fetch_one(info, id, base=Sheet)
        return found if isinstance(found, Sheet) else None

    @strawberry.field(description="Sheets, LIVE ones unless asked.")
    async def sheets(
        self,
        info: Info,
        where: AssetFilter | None = None,
        order_by: AssetOrder | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Sheet]:
        return await listing(
            info,
            Sheet,
            "Sheet",
            lambda row: Sheet(row=row),
            inputs.conditions(where),
            order=inputs.order(order_by),
            first=first,
            after=after,
        )


async def _unreadable(info: Info, chosen: Sequence[str]) -> dict[str, Problem]:
    """What the platform has against reading the tables of these sheets."""
    found = await by_ids(info.context.graph, info.context.viewer, "Sheet", chosen, ("n.id", "n.table"))
    problems = {}
    for id, table in found:
        try:
            await acts.described(info.context, table)
        except Problem as problem:
            problems[id] = Problem(Code.GUARD_FAILED, f"Its table cannot be read: {problem.message}", id=id)
    return problems


async def _similar(info: Info, table: str, made: Sheet) -> list[SimilarAsset]:
    """At most five other sheets that read the same table."""
    columns = selected(info, Asset, "similar", "asset")
    conditions = [Condition("n.table = $table AND n.id <> $made", {"table": table, "made": made.row["n.id"]})]
    page = await lists.page(info.context.graph, info.context.viewer, "Sheet", columns, conditions, first=5)
    return [
        SimilarAsset(score=1.0, reason="It reads the same table.", asset=build(row))
        for row in rows(columns, page.values)
    ]


def _named(input: Any) -> dict[str, Any]:
    return {name: value for name, value in strawberry.asdict(input).items() if value is not UNSET}


@strawberry.type
class SheetMutation:
    """Mutations of this kind."""

    @strawberry.mutation(description="Makes a draft sheet over a table, with the table's columns.")
    async def sheet_create(self, info: Info, input: SheetCreateInput) -> SheetCreatePayload:
        new = acts.NewSheet(
            input.name,
            input.table,
            input.item_key,
            input.description,
            input.tags or (),
            input.project_id,
            input.idempotency_key,
        )
        node, errors = await acted(info, Sheet, lambda: acts.create(info.context, new))
        similar = await _similar(info, new.table, node) if node is not None else []
        return SheetCreatePayload(node=node, errors=errors, similar=similar)

    @strawberry.mutation(
        description="Changes a sheet; another table or item key makes a version once this one is used."
    )
    async def sheet_update(
        self, info: Info, id: strawberry.ID, input: SheetUpdateInput, expected_revision: int | None = None
    ) -> Payload[Sheet]:
        async def work() -> str:
            named = check_common(inputs.given(input, {**UPDATABLE, "table": "table", "item_key": "itemKey"}))
            return await acts.update(info.context, id, named, expected_revision)

        node, errors = await acted(info, Sheet, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Adds, changes and deletes columns in one step.")
    async def sheet_columns_change(
        self,
        info: Info,
        id: strawberry.ID,
        add: list[ColumnInput] | None = None,
        update: list[ColumnUpdateInput] | None = None,
        delete: list[strawberry.ID] | None = None,
        expected_revision: int | None = None,
    ) -> Payload[Sheet]:
        async def work() -> str:
            added, changed = [_named(item) for item in add or ()], [_named(item) for item in update or ()]
            return await acts.change_columns(info.context, id, added, changed, delete or (), expected_revision)

        node, errors = await acted(info, Sheet, work)
        return Payload(node=node, errors=errors)

    sheet_publish: Moved[Sheet] = move(
        SHEET,
        Sheet,
        "publish",
        "Publishes: the latest version never changes again. Refused where the table is unreadable.",
        blocked=_unreadable,
    )
    sheet_unpublish: Moved[Sheet] = move(SHEET, Sheet, "unpublish", "Takes a sheet that nothing unfinished uses back.")
    sheet_deprecate: Moved[Sheet] = move(SHEET, Sheet, "deprecate", "Says that a sheet is not for new work.")
    sheet_reinstate: Moved[Sheet] = move(SHEET, Sheet, "reinstate", "Takes a deprecation back.")
