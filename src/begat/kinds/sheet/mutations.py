"""Mutations of sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry import UNSET

from begat.core.errors import Code, Problem
from begat.find import lists
from begat.find.lists import Condition, by_ids
from begat.gql import inputs
from begat.gql.asset import Asset, build
from begat.gql.columns import selected
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.errors import UserError
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.gql.rows import Rows
from begat.kinds.sheet import acts
from begat.kinds.sheet.graphql import Sheet
from begat.kinds.sheet.kind import SHEET


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
    found = Rows(build, page.columns, page.values)
    return [SimilarAsset(score=1.0, reason="It reads the same table.", asset=one) for one in found]


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
