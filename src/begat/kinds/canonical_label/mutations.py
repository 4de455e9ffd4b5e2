"""What GraphQL lets people do to canonical labels."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import strawberry
from strawberry import UNSET

from begat.core.errors import Problem, Problems
from begat.core.label_files import LabelUse
from begat.find.lists import check_first
from begat.gql import inputs
from begat.gql.asset import fetch
from begat.gql.common import check_common
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error
from begat.gql.jobs import BulkJob
from begat.gql.moves import move
from begat.gql.payloads import Moved, Payload, acted
from begat.kinds.canonical_label import acts
from begat.kinds.canonical_label.filters import CanonicalLabelFilter, conditions
from begat.kinds.canonical_label.graphql import CanonicalLabel
from begat.kinds.canonical_label.importing import Imported, import_labels
from begat.kinds.canonical_label.kind import CANONICAL_LABEL

UPDATABLE = {
    "tags": "tags",
    "owner": "owner",
    "value": "value",
    "confidence": "confidence",
    "allowed_uses": "allowedUses",
    "prohibited_uses": "prohibitedUses",
    "notes": "notes",
}


@strawberry.input(description="A new canonical label.")
class CanonicalLabelCreateInput:
    """What a create names."""

    sheet_id: strawberry.ID = strawberry.field(description="The sheet; the label is in its project.")
    item_ref: str = strawberry.field(description="The item: 1 to 1,000 characters, any.")
    label_type: str = strawberry.field(description="What is labelled: 1 to 100 characters without `|`.")
    value: str = strawberry.field(description="The right answer, at most 100,000 characters.")
    confidence: float | None = strawberry.field(default=None, description="How sure, 0 to 1.")
    allowed_uses: list[LabelUse] | None = strawberry.field(default=None, description="What it is explicitly for.")
    prohibited_uses: list[LabelUse] | None = strawberry.field(default=None, description="What it must not be used for.")
    notes: str | None = strawberry.field(default=None, description="At most 10,000 characters.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="That of the sheet, where it is said."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a canonical label; what is not named stays.")
class CanonicalLabelUpdateInput:
    """Value and confidence are content and make a version."""

    value: str | None = strawberry.field(default=UNSET, description="Another value loses VERIFIED.")
    confidence: float | None = strawberry.field(default=UNSET, description="0 to 1; null: nobody says.")
    allowed_uses: list[LabelUse] | None = strawberry.field(default=UNSET, description="All that it is explicitly for.")
    prohibited_uses: list[LabelUse] | None = strawberry.field(default=UNSET, description="All that it must not be for.")
    notes: str | None = strawberry.field(default=UNSET, description="null takes them away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")


@strawberry.enum(description="How a file of labels is written.")
class LabelFormat(Enum):
    """See core.label_files."""

    CSV = "CSV"
    JSONL = "JSONL"


@strawberry.input(description="A file of labels: one line for each, at least with itemRef and value.")
class CanonicalLabelImportInput:
    """Other columns: confidence, labelType, allowedUses, prohibitedUses, notes."""

    format: LabelFormat = strawberry.field(description="CSV with a header, or JSONL with an object a line.")
    text: str = strawberry.field(description="The file; a request has at most 2 MB.")
    sheet_id: strawberry.ID = strawberry.field(description="The sheet whose items are labelled.")
    label_type: str = strawberry.field(description="The label type of lines that name none.")


@strawberry.type(description="A line of a file that did not go in.")
class BadLabelRow:
    """See core.label_files.BadRow."""

    row: int = strawberry.field(description="Its number in the file, from 1; a CSV's header is line 1.")
    error: UserError = strawberry.field(description="What is wrong with it.")


@strawberry.type(description="What became of a file of labels; in a dry run, what would become of it.")
class CanonicalLabelImportPayload:
    """created + updated + unchanged + rejected are the file's lines."""

    result: strawberry.Private[Imported]
    errors: list[UserError] = strawberry.field(
        description="Why nothing was done, or why the import ended early; importing again does the rest."
    )
    job: BulkJob | None = strawberry.field(
        default=None, description="Null: a file is imported while its sender waits, 200 lines a transaction."
    )

    @strawberry.field(description="Labels that there were not.")
    def created(self) -> int:
        return self.result.created

    @strawberry.field(description="Labels that were changed.")
    def updated(self) -> int:
        return self.result.updated

    @strawberry.field(description="Labels that say the same already.")
    def unchanged(self) -> int:
        return self.result.unchanged

    @strawberry.field(description="Lines that did not go in; badRows says which and why.")
    def rejected(self) -> int:
        return len(self.result.bad)

    @strawberry.field(description="The lines that did not go in, at most 1,000, in the order of the file.")
    def bad_rows(self, first: int = 100) -> list[BadLabelRow]:
        check_first(first)
        return [BadLabelRow(row=bad.row, error=user_error(bad.problem)) for bad in self.result.bad[:first]]

    @strawberry.field(
        description="The labels of the good lines as they are now, at most 1,000, in the order of the file."
    )
    async def nodes(self, info: Info, first: int = 100) -> list[CanonicalLabel]:
        check_first(first)
        wanted: Sequence[str] = self.result.ids[:first]
        found = await fetch(info, wanted, base=CanonicalLabel)
        return [label for id in wanted if isinstance(label := found.get(id), CanonicalLabel)]


@strawberry.type
class CanonicalLabelMutation:
    """Mutations of this kind."""

    @strawberry.mutation(description="Labels an item; a second label of one type is DUPLICATE and names the first.")
    async def canonical_label_create(self, info: Info, input: CanonicalLabelCreateInput) -> Payload[CanonicalLabel]:
        new = acts.NewLabel(
            input.sheet_id,
            input.item_ref,
            input.label_type,
            input.value,
            input.confidence,
            [use.value for use in input.allowed_uses or ()],
            [use.value for use in input.prohibited_uses or ()],
            input.notes,
            input.tags or (),
            input.project_id,
            input.idempotency_key,
        )
        node, errors = await acted(info, CanonicalLabel, lambda: acts.create(info.context, new))
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Changes a label. Another value or confidence is a version; another value loses VERIFIED."
    )
    async def canonical_label_update(
        self,
        info: Info,
        id: strawberry.ID,
        input: CanonicalLabelUpdateInput,
        expected_revision: int | None = None,
        reason: str | None = None,
    ) -> Payload[CanonicalLabel]:
        async def work() -> str:
            named = check_common(inputs.given(input, UPDATABLE))
            return await acts.update(info.context, id, named, expected_revision, reason)

        node, errors = await acted(info, CanonicalLabel, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Imports a file of labels: by item and label type, a label is made, changed or left as it is. "
        "Broken lines are named, the rest goes in. What a line does not say stays as it is."
    )
    async def canonical_label_import(
        self, info: Info, input: CanonicalLabelImportInput, dry_run: bool | None = None
    ) -> CanonicalLabelImportPayload:
        try:
            result = await import_labels(
                info.context,
                input.format.value,
                input.text,
                input.sheet_id,
                input.label_type,
                dry_run=bool(dry_run),
            )
        except (Problem, Problems) as refused:
            errors = [user_error(problem) for problem in problems_of(refused)]
            return CanonicalLabelImportPayload(result=Imported(), errors=errors)
        errors = [] if result.problem is None else [user_error(result.problem)]
        return CanonicalLabelImportPayload(result=result, errors=errors)

    canonical_label_verify: Moved[CanonicalLabel] = move(
        CANONICAL_LABEL,
        CanonicalLabel,
        "verify",
        "Says that the value is right.",
        filter=CanonicalLabelFilter,
        conditions=conditions,
    )
    canonical_label_flag: Moved[CanonicalLabel] = move(
        CANONICAL_LABEL,
        CanonicalLabel,
        "flag",
        "Asks for a second look, with a reason.",
        filter=CanonicalLabelFilter,
        conditions=conditions,
    )
    canonical_label_reject: Moved[CanonicalLabel] = move(
        CANONICAL_LABEL,
        CanonicalLabel,
        "reject",
        "Says, with a reason, that it is wrong: lookups stop finding it.",
        filter=CanonicalLabelFilter,
        conditions=conditions,
    )
    canonical_label_reopen: Moved[CanonicalLabel] = move(
        CANONICAL_LABEL,
        CanonicalLabel,
        "reopen",
        "Takes a rejection back: it needs a review.",
        filter=CanonicalLabelFilter,
        conditions=conditions,
    )
