"""Template in GraphQL: what it is and how it is read."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import anyio.to_thread
import strawberry

from begat.access.scope import require
from begat.core.errors import bad_input, not_found
from begat.core.roles import Role
from begat.find import filters
from begat.find.lists import Condition, by_ids
from begat.gql import asset, inputs, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import ONCE, column, from_json, needs
from begat.gql.connections import Connection
from begat.gql.context import Info, Row
from begat.gql.errors import UserError, user_error
from begat.gql.history import FieldChange, changes
from begat.gql.inputs import AssetFilter
from begat.gql.lists import listed
from begat.gql.scalars import JSON
from begat.kinds.sheet.rules import Column
from begat.kinds.template import sample
from begat.kinds.template.kind import TEMPLATE

CONTENT = ("n.system", "n.prompt", "n.variables", "n.settings", "n.labelType")


@strawberry.enum(description="The life of a template.")
class TemplateStatus(Enum):
    """States of a Template."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    DEPRECATED = "DEPRECATED"


@strawberry.type(description="A template's texts and settings, as they were.")
class TemplateVersion(versions.Version):
    """A row of a TemplateVersion node."""

    system: str | None = column("n.system", "What the model is told before the prompt; null where nothing is said.")
    prompt: str = column("n.prompt", "What the model is asked of each row: text with {{ column }} in it.")
    variables: list[str] = column("n.variables", "The columns that both texts use, in order of first use.", from_json)
    settings: JSON | None = column(
        "n.settings", "What goes to the model beside the texts, such as temperature.", from_json
    )
    label_type: str | None = column("n.labelType", "Which canonical labels answer first; null where none do.")

    @strawberry.field(description="The template it is a version of.", metadata=needs("n.asset"))
    async def template(self, info: Info) -> Template | None:
        return await asset.linked(info, self.row["n.asset"], Template)


@strawberry.type(description="The row of a sheet that a template was tried on.")
class TemplateTestRow:
    """Values go by the sheet's names of its columns."""

    item_ref: str | None = strawberry.field(description="How labels and lineage name it; null where its key is blank.")
    values: JSON = strawberry.field(description="An object: the row's values by column name.")


@strawberry.type(description="A template tried on one row; nothing of it is stored.")
class TemplateTest:
    """See sample.Tried."""

    row: TemplateTestRow = strawberry.field(description="The row, read from the platform now.")
    system: str | None = strawberry.field(description="The rendered system text.")
    prompt: str | None = strawberry.field(description="The rendered prompt; null where it cannot be rendered.")
    response: str | None = strawberry.field(description="The model's answer; null where none was asked for.")
    error: UserError | None = strawberry.field(description="Why there is no prompt, or no answer.")


@strawberry.type(description="What a model is asked of each row of a sheet: a prompt with variables, and settings.")
class Template(Asset):
    """A row of a Template node; its content is the latest version's."""

    status: TemplateStatus = column("n.status", "DRAFT, PUBLISHED or DEPRECATED.", TemplateStatus)
    system: str | None = column("n.system", "What the model is told before the prompt, in the latest version.")
    prompt: str = column("n.prompt", "What the model is asked of each row, in the latest version.")
    variables: list[str] = column("n.variables", "The columns that both texts use, in order of first use.", from_json)
    settings: JSON | None = column(
        "n.settings", "What goes to the model beside the texts, such as temperature.", from_json
    )
    label_type: str | None = column("n.labelType", "Which canonical labels answer first; null where none do.")
    available_actions: list[AvailableAction] = actions(TEMPLATE)

    @strawberry.field(description="The version of this number; the latest where no number is given.")
    async def version(self, info: Info, number: int | None = None) -> TemplateVersion | None:
        if number is None:
            return await versions.latest(info, TemplateVersion, "TemplateVersion", self.row["n.id"])
        return await versions.numbered(info, TemplateVersion, "TemplateVersion", self.row["n.id"], number)

    @strawberry.field(
        description="The version that new work takes: the latest that was published; null where none was.",
        metadata=needs("n.publishedVersion"),
    )
    async def published_version(self, info: Info) -> TemplateVersion | None:
        number = self.row["n.publishedVersion"]
        if number is None:
            return None
        return await versions.numbered(info, TemplateVersion, "TemplateVersion", self.row["n.id"], number)

    @strawberry.field(description="All its versions, newest first.")
    async def versions(self, info: Info, first: int = 50, after: str | None = None) -> Connection[TemplateVersion]:
        return await versions.history(info, TemplateVersion, "TemplateVersion", self.row["n.id"], first, after)

    @strawberry.field(description="What differs between two versions; nothing between equal ones.")
    async def compare_versions(
        self,
        info: Info,
        from_: Annotated[int, strawberry.argument(name="from", description="The number of the one.")],
        to: Annotated[int, strawberry.argument(description="The number of the other.")],
    ) -> list[FieldChange]:
        before = await self._numbered(info, from_, "from")
        after = await self._numbered(info, to, "to")
        return changes(before, after)

    async def _numbered(self, info: Info, number: int, path: str) -> Row:
        columns = ("n.id", *CONTENT)
        key = f"{self.row['n.id']}:v{number}"
        row: Row | None = await info.context.batch(versions.by_id, key, "TemplateVersion", columns)
        if row is None:
            raise bad_input(f"There is no version {number}.", path)
        structured = ("n.variables", "n.settings")
        return {name[2:]: from_json(row[name]) if name in structured and row[name] else row[name] for name in CONTENT}

    @strawberry.field(
        description="Renders the latest version on the first rows of a sheet (5 where unsaid, at most 20), read from "
        "the platform now. With `model`, which needs EDITOR, that model of the chat service answers; with "
        "`endpointId`, which needs REVIEWER in its project, that live endpoint. Stores nothing, but for the endpoint's "
        "log, in which these queries are marked as tests.",
        metadata={**needs("n.project", *CONTENT), ONCE: True},
    )
    async def test(
        self,
        info: Info,
        sheet_id: strawberry.ID,
        first: int | None = None,
        model: str | None = None,
        endpoint_id: strawberry.ID | None = None,
    ) -> list[TemplateTest]:
        context = info.context
        if model is not None and endpoint_id is not None:
            raise bad_input("Either a model or an endpoint answers.", "endpointId", hint="Name one of them.")
        wanted = sample.check_first(first)
        columns = ("n.table", "n.columns", "n.itemKey")
        found = await by_ids(context.graph, context.viewer, "Sheet", [sheet_id], columns)
        if not found:
            raise not_found(sheet_id, "sheetId")
        table, kept, item_key = found[0]
        seen = await anyio.to_thread.run_sync(context.platform.tables.preview, table, wanted)
        names = [Column(**one) for one in from_json(kept)]
        tried = sample.rendered(self.row["n.system"], self.row["n.prompt"], seen, names, item_key)
        if model is not None:
            require(context.viewer, self.row["n.project"], Role.EDITOR, "model", id=self.row["n.id"])
            parameters = from_json(self.row["n.settings"]) if self.row["n.settings"] else {}
            tried = await sample.answered(context.platform.chat, model, parameters, tried)
        if endpoint_id is not None:
            tried = await sample.served(context, endpoint_id, tried)
        return [_tested(one) for one in tried]


def _tested(one: sample.Tried) -> TemplateTest:
    return TemplateTest(
        row=TemplateTestRow(item_ref=one.item_ref, values=JSON(one.values)),
        system=one.system,
        prompt=one.prompt,
        response=one.response,
        error=None if one.problem is None else user_error(one.problem),
    )


@strawberry.input(description="What templates can be filtered by; all that is given must hold.")
class TemplateFilter(AssetFilter):
    """AssetFilter's fields and these."""

    label_type: list[str] | None = strawberry.field(default=None, description="Of one of these label types.")


def conditions(where: TemplateFilter | None) -> list[Condition]:
    """The filter as conditions; without one, what is LIVE."""
    found = inputs.conditions(where)
    if where is not None:
        found += filters.one_of("n.labelType", "label_type", where.label_type, "where", "labelType")
    return found


@strawberry.type
class TemplateQuery:
    """Queries of this kind."""

    @strawberry.field(description="A template by its id; null where it is unknown or hidden.")
    async def template(self, info: Info, id: strawberry.ID) -> Template | None:
        found = await fetch_one(info, id, base=Template)
        return found if isinstance(found, Template) else None

    templates: Connection[Template] = listed(
        Template, "Templates, LIVE ones unless asked.", filter=TemplateFilter, conditions=conditions
    )
