"""Generation in GraphQL: the record of one act that added pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.gql import asset, versions
from begat.gql.columns import column, from_json, mentioning, needs
from begat.gql.context import Info
from begat.gql.running import Failure, failed
from begat.gql.scalars import JSON, BigInt
from begat.kinds.sheet.graphql import SheetVersion
from begat.kinds.template.graphql import TemplateVersion
from begat.kinds.training_sheet.rules import AnswerMethod

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.training_sheet.graphql import TrainingSheet

strawberry.enum(
    AnswerMethod,
    name="AnswerMethod",
    description="Who answers where no canonical label does: a COLUMN of the sheet, a CHAT model, an ENDPOINT, or "
    "nobody: with LABELS_ONLY only rows that have a label become pairs. FEEDBACK: people, who "
    "corrected an endpoint's answers.",
)


@strawberry.type(description="What something cost.")
class Cost:
    """A platform's own unit; begat converts none."""

    amount: float = strawberry.field(description="How much.")
    unit: str = strawberry.field(description="Of what, such as CPU_SECONDS.")


@strawberry.type(
    description="The record of one act that added pairs, or answered some anew: over which content, by which prompt "
    "and model."
)
class Generation(versions.Version):
    """A row of a Generation node."""

    method: AnswerMethod = column("n.method", "Who answered where no canonical label did.", AnswerMethod)
    rows: BigInt = column("n.rows", "How many pairs it makes; of a canceled one, how many it made.", BigInt)
    tokens: BigInt | None = column("n.tokens", "Tokens it took; null where none were counted.", BigInt)
    sha256: str = column(
        "n.sha256", "The sha256 of what was read: of the table's content, or of the corrections' canonical JSON."
    )
    failure: Failure | None = failed(
        "Why it ended before all was made, where single pairs were regenerated; else null."
    )
    asked_by: str | None = column(
        "n.askedBy",
        "Who had single pairs answered anew; null where the training sheet's history says who asked for it.",
    )
    reason: str | None = column("n.reason", "Why they were answered anew, where it was said.")
    endpoint_version_id: strawberry.ID | None = mentioning(
        "n.endpointVersion",
        strawberry.ID | None,
        "The endpoint's deployment that answered; null where none did, or where it is hidden.",
    )
    definition: JSON = mentioning(
        "n.definition",
        JSON,
        "Rows and answer as the training sheet defines them; of FEEDBACK, the endpoints. Hidden ones are null.",
        from_json,
    )

    @strawberry.field(
        description="What it cost; null where that is unknown.", metadata=needs("n.costAmount", "n.costUnit")
    )
    def cost(self) -> Cost | None:
        amount = self.row["n.costAmount"]
        return None if amount is None else Cost(amount=amount, unit=self.row["n.costUnit"])

    @strawberry.field(
        description="The sheet's version that it read; null where it read none.", metadata=needs("n.sheetVersion")
    )
    async def sheet_version(self, info: Info) -> SheetVersion | None:
        return await sheet_version(info, self.row["n.sheetVersion"])

    @strawberry.field(
        description="The template's version that prompted; null where none did.", metadata=needs("n.templateVersion")
    )
    async def template_version(self, info: Info) -> TemplateVersion | None:
        return await template_version(info, self.row["n.templateVersion"])

    @strawberry.field(
        description="The model that answered, of several the first by id; null where none did.",
        metadata=needs("n.modelVersion"),
    )
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.row["n.modelVersion"])

    @strawberry.field(description="The training sheet that it made pairs of.", metadata=needs("n.asset"))
    async def training_sheet(
        self, info: Info
    ) -> Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")] | None:
        return await training_sheet(info, self.row["n.asset"])


async def sheet_version(info: Info, id: str | None) -> SheetVersion | None:
    """A sheet's version, batched over the nodes of a level."""
    return await versions.linked(info, id, SheetVersion)


async def template_version(info: Info, id: str | None) -> TemplateVersion | None:
    """A template's version, batched over the nodes of a level."""
    return await versions.linked(info, id, TemplateVersion)


async def model_version(info: Info, id: str | None) -> ModelVersion | None:
    """A model's version, batched over the nodes of a level."""
    from begat.kinds.model.graphql import ModelVersion  # it knows evaluations, which know snapshots

    return await asset.linked(info, id, ModelVersion)


async def training_sheet(info: Info, id: str) -> TrainingSheet | None:
    """A training sheet, batched over the nodes of a level."""
    from begat.kinds.training_sheet.graphql import TrainingSheet  # it shows its generations and snapshots

    return await asset.linked(info, id, TrainingSheet)
