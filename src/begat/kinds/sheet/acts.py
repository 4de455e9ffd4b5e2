"""What is done to sheets and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import anyio.to_thread

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import answered, once
from begat.change.write import Change, write
from begat.core.errors import Code, Problem, bad_input
from begat.core.roles import Role
from begat.core.text import check_text
from begat.find.lists import by_ids
from begat.gql.columns import from_json, to_json
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.sheet import rules
from begat.kinds.sheet.kind import SHEET
from begat.kinds.sheet.rules import Column
from begat.kinds.source_table.acts import ensure
from begat.platforms.ports import TableInfo


@dataclass(frozen=True)
class NewSheet:
    """What a create names."""

    name: str
    table: str
    item_key: str | None
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewSheet) -> str:
    """A draft sheet over a table that can be read, with the table's columns; its id."""
    common, input = check_new(new), asdict(new)
    if (before := await answered(context.graph, context.viewer, new.key, "sheetCreate", input)) is not None:
        return str(before)
    table = await described(context, new.table, "input", "table")
    columns = rules.of_table(table, new.item_key)
    rules.check_item_key(columns, new.item_key, "input", "itemKey")

    async def work(change: Change) -> str:
        async def act() -> str:
            project = await assets.project_of(change, new.project, Role.EDITOR)
            source = await ensure(change, table)
            node = await assets.create(
                change,
                SHEET,
                project,
                {
                    **common,
                    "table": table.full_name,
                    "columns": _kept(columns),
                    "itemKey": new.item_key,
                },
                links=[("READS", source, "SourceTable")],
            )
            return str(node["id"])

        return str(await once(change, new.key, "sheetCreate", input, act))

    return await write(context.graph, context.viewer, work)


async def update(context: Context, id: str, named: dict[str, Any], expected: int | None) -> str:
    """Changes what is ``named`` (name, description, tags, owner, table, itemKey); another table or key is content."""
    if "table" in named and named["table"] is None:
        raise bad_input("table cannot be null.", "input", "table", hint="Leave it out to keep it.")
    table = await described(context, named["table"], "input", "table") if "table" in named else None

    async def work(change: Change) -> str:
        node = await editable(change, id, expected)
        wanted = {key: value for key, value in named.items() if key != "table"}
        columns, links = columns_of(node), None
        if table is not None and table.full_name != node["table"]:
            columns = rules.over(columns, table)
            wanted["table"] = table.full_name
            links = [("READS", await ensure(change, table), "SourceTable")]
        before = node.get("itemKey")
        key = rules.check_item_key(columns, wanted.get("itemKey", before), "input", "itemKey")
        wanted["columns"] = _kept(rules.keyed(columns, before, key))
        return str((await assets.edit(change, SHEET, node, wanted, "update", links=links))["id"])

    return await write(context.graph, context.viewer, work)


async def change_columns(
    context: Context,
    id: str,
    add: Sequence[dict[str, Any]],
    update: Sequence[dict[str, Any]],
    delete: Sequence[str],
    expected: int | None,
) -> str:
    """Adds, changes and deletes columns at once."""
    seen = await by_ids(context.graph, context.viewer, "Sheet", [id], ("n.table",))
    table = await described(context, seen[0][0]) if seen else None

    async def work(change: Change) -> str:
        node = await editable(change, id, expected)
        if table is None or table.full_name != node["table"]:
            raise Problem(
                Code.CONFLICT, "Its table was changed at the same moment.", id=id, hint="Read it and send it again."
            )
        before, key = columns_of(node), node.get("itemKey")
        columns = rules.change(before, add, update, delete, table, key)
        wanted = {"columns": _kept(columns), "itemKey": rules.key_after(columns, before, key)}
        return str((await assets.edit(change, SHEET, node, wanted, "changeColumns"))["id"])

    return await write(context.graph, context.viewer, work)


async def editable(change: Change, id: str, expected: int | None) -> dict[str, Any]:
    """The sheet, locked, where the caller may edit it now."""
    node = await change.lock_one(id, "id", label="Sheet")
    require(change.viewer, node["project"], Role.EDITOR, id=id)
    assets.expect(node, expected)
    assets.refuse_retired(node)
    return node


def _kept(columns: Sequence[Column]) -> str:
    """As a sheet keeps them."""
    return to_json([asdict(column) for column in columns])


def columns_of(node: dict[str, Any]) -> list[Column]:
    """The columns that the node keeps."""
    return [Column(**column) for column in from_json(node["columns"])]


async def described(context: Context, full_name: str, *path: str) -> TableInfo:
    """The table as the platform describes it; its problem names the field at ``path``."""
    check_text(full_name, *path, max_length=1_000)
    try:
        return await anyio.to_thread.run_sync(context.platform.tables.describe, full_name)
    except Problem as problem:
        problem.path = path
        raise
