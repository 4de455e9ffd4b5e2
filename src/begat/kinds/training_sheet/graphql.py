"""TrainingSheet in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.find import filters, lists
from begat.find.lists import Condition
from begat.gql import asset, inputs, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, from_json, mentioning, needs, rows, selected
from begat.gql.connections import Connection, nested
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter
from begat.gql.lists import listed
from begat.gql.running import LongRunning
from begat.gql.scalars import JSON
from begat.kinds.qa_pair import filters as pair_filters
from begat.kinds.qa_pair.filters import QaPairFilter, QaPairOrder
from begat.kinds.qa_pair.graphql import QaPair
from begat.kinds.sheet.graphql import Sheet, SheetVersion
from begat.kinds.template.graphql import Template, TemplateVersion
from begat.kinds.training_sheet import counts, generation
from begat.kinds.training_sheet.counts import Quality, SplitCount
from begat.kinds.training_sheet.generation import Generation
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.snapshot import Snapshot
from begat.review import progress
from begat.review.progress import ReviewProgress

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion


@strawberry.enum(description="The life of a training sheet.")
class TrainingSheetStatus(Enum):
    """States of a TrainingSheet."""

    DRAFT = "DRAFT"
    GENERATING = "GENERATING"
    FAILED = "FAILED"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    FINALIZED = "FINALIZED"


@strawberry.type(description="Questions and answers made of a sheet's rows by a template, reviewed, then frozen.")
class TrainingSheet(Asset, LongRunning):
    """A row of a TrainingSheet node; its progress counts pairs that are made."""

    status: TrainingSheetStatus = column(
        "n.status", "DRAFT, GENERATING, FAILED, IN_REVIEW, APPROVED or FINALIZED.", TrainingSheetStatus
    )
    label_type: str | None = column("n.labelType", "Which canonical labels answer first; null where none do.")
    definition: JSON = mentioning(
        "n.definition", JSON, "An object: answer (method and what it needs), first and where (which rows).", from_json
    )
    available_actions: list[AvailableAction] = actions(TRAINING_SHEET)

    @strawberry.field(description="The sheet whose rows it was made of.", metadata=needs("n.sheet"))
    async def sheets(self, info: Info) -> list[Sheet]:
        found = await asset.linked(info, self.row["n.sheet"], Sheet)
        return [] if found is None else [found]

    @strawberry.field(description="The template that prompts.", metadata=needs("n.template"))
    async def templates(self, info: Info) -> list[Template]:
        found = await asset.linked(info, self.row["n.template"], Template)
        return [] if found is None else [found]

    @strawberry.field(description="The sheet's version that was pinned.", metadata=needs("n.sheetVersion"))
    async def sheet_version(self, info: Info) -> SheetVersion | None:
        return await generation.sheet_version(info, self.row["n.sheetVersion"])

    @strawberry.field(description="The template's version that was pinned.", metadata=needs("n.templateVersion"))
    async def template_version(self, info: Info) -> TemplateVersion | None:
        return await generation.template_version(info, self.row["n.templateVersion"])

    @strawberry.field(description="The model that answers; null where none does.", metadata=needs("n.modelVersion"))
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await generation.model_version(info, self.row["n.modelVersion"])

    @strawberry.field(description="Its pairs.", metadata=needs("n.id"))
    async def pairs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        where: QaPairFilter | None = None,
        order_by: QaPairOrder | None = None,
    ) -> Connection[QaPair]:
        return await nested(
            info,
            QaPair,
            "QaPair",
            QaPair,
            "trainingSheet",
            self.row["n.id"],
            pair_filters.conditions(where),
            order=pair_filters.order(order_by),
            first=50 if first is None else first,
            after=after,
        )

    @strawberry.field(description="The acts that added pairs, newest first.", metadata=needs("n.id"))
    async def generations(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Generation]:
        return await versions.history(info, Generation, "Generation", self.row["n.id"], first, after)

    @strawberry.field(description="How good it is, counted now.", metadata=needs("n.id"))
    async def quality(self, info: Info) -> Quality:
        return await info.context.batch(counts.qualities, self.row["n.id"])

    @strawberry.field(description="The splits that its pairs were given; empty before.", metadata=needs("n.id"))
    async def splits(self, info: Info) -> list[SplitCount]:
        return await info.context.batch(counts.splits, self.row["n.id"])

    @strawberry.field(description="How far its review is, counted now.", metadata=needs("n.id"))
    async def review(self, info: Info) -> ReviewProgress:
        return await info.context.batch(progress.load, self.row["n.id"])

    @strawberry.field(description="What it was finalized as; null before.", metadata=needs("n.snapshot"))
    async def snapshot(self, info: Info) -> Snapshot | None:
        return await versions.linked(info, self.row["n.snapshot"], Snapshot)

    @strawberry.field(
        description="All frozen sets of its pairs, newest first: what it was finalized as, and what jobs froze.",
        metadata=needs("n.id"),
    )
    async def snapshots(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Snapshot]:
        return await versions.history(info, Snapshot, "Snapshot", self.row["n.id"], first, after)


@strawberry.input(description="What training sheets can be filtered by; all that is given must hold.")
class TrainingSheetFilter(AssetFilter):
    """AssetFilter's fields and these."""

    sheet_id: list[strawberry.ID] | None = strawberry.field(default=None, description="Made of one of these sheets.")
    template_id: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Prompted by one of these templates."
    )


def conditions(where: TrainingSheetFilter | None) -> list[Condition]:
    """The filter as conditions; without one, what is LIVE."""
    found = inputs.conditions(where)
    if where is not None:
        found += filters.one_of("n.sheet", "sheet", where.sheet_id, "where", "sheetId")
        found += filters.one_of("n.template", "template", where.template_id, "where", "templateId")
    return found


@strawberry.type
class TrainingSheetQuery:
    """Queries of this kind."""

    @strawberry.field(description="A training sheet by its id; null where it is unknown or hidden.")
    async def training_sheet(self, info: Info, id: strawberry.ID) -> TrainingSheet | None:
        found = await fetch_one(info, id, base=TrainingSheet)
        return found if isinstance(found, TrainingSheet) else None

    training_sheets: Connection[TrainingSheet] = listed(
        TrainingSheet, "Training sheets, LIVE ones unless asked.", filter=TrainingSheetFilter, conditions=conditions
    )

    @strawberry.field(description="A generation by its id; null where it is unknown or hidden.")
    async def generation(self, info: Info, id: strawberry.ID) -> Generation | None:
        return next((Generation(row=row) for row in await _versions(info, Generation, "Generation", [id])), None)

    @strawberry.field(description="A snapshot by its id; null where it is unknown or hidden.")
    async def snapshot(self, info: Info, id: strawberry.ID) -> Snapshot | None:
        return next((Snapshot(row=row) for row in await _versions(info, Snapshot, "Snapshot", [id])), None)


async def _versions(info: Info, base: type, label: str, wanted: Sequence[str]) -> list[dict[str, object]]:
    columns = selected(info, base)
    sound = [id for id in wanted if len(id) <= 200]
    return rows(columns, await lists.by_ids(info.context.graph, info.context.viewer, label, sound, columns))
