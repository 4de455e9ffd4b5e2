"""modelVersion.lineage in GraphQL: which data, labels and prompts made this model."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.core import times
from begat.core.errors import no_cursor
from begat.find.lists import check_first
from begat.gql.columns import of_page
from begat.gql.completeness import Completeness, completeness
from begat.gql.connections import Connection, connection
from begat.gql.context import Context, Info
from begat.gql.scalars import BigInt
from begat.kinds.asset.named import named_assets, named_versions
from begat.kinds.canonical_label.graphql import LabelVersion
from begat.kinds.sheet.graphql import SheetVersion
from begat.kinds.source_table.graphql import SourceTable
from begat.kinds.template.graphql import TemplateVersion
from begat.lineage import model
from begat.lineage.model import Made, Used

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.training_job.graphql import TrainingJob
    from begat.kinds.training_sheet.generation import Generation
    from begat.kinds.training_sheet.graphql import TrainingSheet
    from begat.kinds.training_sheet.snapshot import Snapshot

LIST_PAGE = 50
_LABEL = re.compile(r"label_\w+:v\d+", re.ASCII)
"""What a cursor of the labels names: a version of one."""


@strawberry.type(description="A split that a model learned from.")
class LearnedSplit:
    """Splits that it was only tested on are not among them."""

    split: str = strawberry.field(description="TRAIN, VALIDATION or TEST.")
    rows: BigInt = strawberry.field(description="How many rows of its snapshots are in it.")


@strawberry.type(
    description="What a model version was made from by its own training, exactly: later edits do not change it. What "
    "a base model had learned before is in that one's own lineage. What the caller may not see is left out and counted "
    "in completeness."
)
class ModelLineage:
    """See lineage.model.Made."""

    made: strawberry.Private[Made]

    @strawberry.field(description="The job that produced it; null for an external model.")
    async def job(
        self, info: Info
    ) -> Annotated[TrainingJob, strawberry.lazy("begat.kinds.training_job.graphql")] | None:
        from begat.kinds.training_job.graphql import TrainingJob

        found = await named_assets(info, TrainingJob, self.made.jobs)
        return found[0] if found else None

    @strawberry.field(description="The frozen rows that the job learned from.")
    async def snapshots(
        self, info: Info
    ) -> list[Annotated[Snapshot, strawberry.lazy("begat.kinds.training_sheet.snapshot")]]:
        from begat.kinds.training_sheet.snapshot import Snapshot

        return await named_versions(info, Snapshot, "Snapshot", self.made.snapshots)

    @strawberry.field(description="The splits that the job learned from.")
    async def splits(self, info: Info) -> list[LearnedSplit]:
        found = await info.context.batch(_splits, self.made.all_jobs)
        return [LearnedSplit(split=split, rows=BigInt(rows)) for split, rows in found]

    @strawberry.field(description="The training sheets whose rows were frozen.")
    async def training_sheets(
        self, info: Info
    ) -> list[Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")]]:
        from begat.kinds.training_sheet.graphql import TrainingSheet

        return await named_assets(info, TrainingSheet, self.made.training_sheets)

    @strawberry.field(description="The generations that made the rows, with the sha256 of the content that was read.")
    async def generations(
        self, info: Info
    ) -> list[Annotated[Generation, strawberry.lazy("begat.kinds.training_sheet.generation")]]:
        from begat.kinds.training_sheet.generation import Generation

        found = await info.context.batch(_generations, self.made.all_snapshots)
        return await named_versions(info, Generation, "Generation", found.seen)

    @strawberry.field(description="The template versions that prompted the rows.")
    async def template_versions(self, info: Info) -> list[TemplateVersion]:
        return await named_versions(info, TemplateVersion, "TemplateVersion", self.made.template_versions)

    @strawberry.field(description="The sheet versions that the rows were made of.")
    async def sheet_versions(self, info: Info) -> list[SheetVersion]:
        return await named_versions(info, SheetVersion, "SheetVersion", self.made.sheet_versions)

    @strawberry.field(description="The tables that these sheet versions read.")
    async def tables(self, info: Info) -> list[SourceTable]:
        return await named_assets(info, SourceTable, self.made.tables)

    @strawberry.field(description="The label versions that answered rows of the snapshots, in the order of id.")
    async def labels(self, info: Info, first: int | None = None, after: str | None = None) -> Connection[LabelVersion]:
        size = LIST_PAGE if first is None else first
        check_first(size)
        if after is not None and not _LABEL.fullmatch(after):
            raise no_cursor()
        used = await info.context.batch(_labels, self.made.all_snapshots)
        start = 0 if after is None else bisect_right(used.seen, after)
        shown = used.seen[start : start + size]
        nodes = await named_versions(info, LabelVersion, "LabelVersion", shown, of_page(info, LabelVersion))
        cursors = [node.row["n.id"] for node in nodes]
        more = start + len(shown) < len(used.seen)
        return connection(nodes, cursors, has_next=more, after=after, total=len(used.seen))

    @strawberry.field(description="The model versions that the job started from: none yet, jobs start anew.")
    async def base_models(
        self, info: Info
    ) -> list[Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")]]:
        from begat.kinds.model.graphql import ModelVersion

        return await named_assets(info, ModelVersion, self.made.base_models)

    @strawberry.field(description="The model versions that answered rows of the snapshots.")
    async def answering_models(
        self, info: Info
    ) -> list[Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")]]:
        from begat.kinds.model.graphql import ModelVersion

        return await named_assets(info, ModelVersion, self.made.answering_models)

    @strawberry.field(description="Whether this is all there is.")
    async def completeness(self, info: Info) -> Completeness:
        asked = (info.context.batch(load, self.made.all_snapshots) for load in (_labels, _generations))
        return completeness(model.answered(self.made, *await asyncio.gather(*asked)))


async def model_lineage(info: Info, version: str) -> ModelLineage:
    """What the model version was made from, with all others of its level in one statement."""
    return ModelLineage(made=await info.context.batch(_made, version))


async def _made(context: Context, keys: Sequence[str]) -> list[Made]:
    found = await model.made(context.graph, context.viewer, keys, times.now())
    return [found.get(key, Made()) for key in keys]


async def _labels(context: Context, keys: Sequence[tuple[str, ...]]) -> list[Used]:
    return await model.labels(context.graph, context.viewer, keys)


async def _generations(context: Context, keys: Sequence[tuple[str, ...]]) -> list[Used]:
    return await model.generations(context.graph, context.viewer, keys)


async def _splits(context: Context, keys: Sequence[tuple[str, ...]]) -> list[list[tuple[str, int]]]:
    return await model.splits(context.graph, keys)
