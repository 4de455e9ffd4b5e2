"""What pairs can be selected and ordered by: the same filter for lists, for a sheet's pairs and for acts on many."""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.find import filters
from begat.find.lists import Condition, Order
from begat.gql.inputs import DateRange
from begat.kinds.qa_pair.kind import QaPairSource, QaPairStatus, Split


@strawberry.input(description="What pairs can be filtered by; all that is given must hold.")
class QaPairFilter:
    """See `conditions`."""

    training_sheet_id: strawberry.ID | None = strawberry.field(default=None, description="Of this training sheet.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="One of these pairs; at most 1,000.")
    status: list[QaPairStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    source: list[QaPairSource] | None = strawberry.field(default=None, description="Answered by one of these.")
    split: list[Split] | None = strawberry.field(default=None, description="In one of these splits.")
    has_split: bool | None = strawberry.field(default=None, description="Whether it was given a split.")
    text: str | None = strawberry.field(default=None, description="In question or answer, whatever the case.")
    answer: list[str] | None = strawberry.field(default=None, description="With exactly one of these answers.")
    item_ref: list[str] | None = strawberry.field(default=None, description="Of one of these source rows.")
    assignee: str | None = strawberry.field(default=None, description="Assigned to this reviewer.")
    decided_by: str | None = strawberry.field(default=None, description="Decided by this reviewer.")
    generation_id: strawberry.ID | None = strawberry.field(default=None, description="Made in this generation.")
    label_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="Answered by this label version."
    )
    updated_at: DateRange | None = strawberry.field(default=None, description="Last changed in this range.")


ASSIGNED = "$assignee IN coalesce(n.assignees, [])"

OF_LIVE_SHEETS = Condition("EXISTS { MATCH (t:TrainingSheet) WHERE t.id = n.trainingSheet AND t.retention = 'LIVE' }")
"""Rows inherit their sheet's retention."""


def selecting(where: QaPairFilter | None) -> list[Condition]:
    """The filter as a list and an act on many take it: unless it names a training sheet or pairs, only pairs of
    training sheets that are LIVE."""
    named = where is not None and (where.training_sheet_id is not None or where.ids is not None)
    return [*conditions(where), *([] if named else [OF_LIVE_SHEETS])]


def conditions(where: QaPairFilter | None) -> list[Condition]:
    """The filter as conditions over ``n``, a QaPair."""
    where = where or QaPairFilter()
    found = [
        *filters.equals("n.trainingSheet", "training_sheet", where.training_sheet_id, "where", "trainingSheetId"),
        *filters.one_of("n.id", "ids", where.ids, "where", "ids"),
        *filters.one_of("n.status", "status", _names(where.status)),
        *filters.one_of("n.source", "source", _names(where.source)),
        *filters.one_of("n.split", "split", _names(where.split)),
        *filters.contains(("n.question", "coalesce(n.answer, '')"), "text", where.text, "where", "text"),
        *filters.one_of("n.answer", "answer", where.answer, "where", "answer"),
        *filters.one_of("n.itemRef", "item_ref", where.item_ref, "where", "itemRef"),
        *filters.equals("n.decidedBy", "decided_by", where.decided_by, "where", "decidedBy"),
        *filters.equals("n.generation", "generation", where.generation_id, "where", "generationId"),
        *filters.equals("n.labelVersion", "label_version", where.label_version_id, "where", "labelVersionId"),
    ]
    if where.has_split is not None:
        found.append(Condition(f"n.split IS {'NOT ' if where.has_split else ''}NULL"))
    if where.assignee is not None:
        found += [
            Condition(ASSIGNED, condition.parameters)
            for condition in filters.equals("", "assignee", where.assignee, "where", "assignee")
        ]
    if where.updated_at is not None:
        range = where.updated_at
        found += filters.between("n.updatedAt", "updated_at", range.from_, range.to, "where", "updatedAt")
    return found


@strawberry.enum(description="How pairs are ordered; ties by id.")
class QaPairOrder(Enum):
    """Names of declared orders."""

    ID_ASC = "ID_ASC"
    POSITION_ASC = "POSITION_ASC"
    POSITION_DESC = "POSITION_DESC"
    UPDATED_AT_ASC = "UPDATED_AT_ASC"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"


_EXPRESSIONS = {"ID": "n.id", "POSITION": "n.position", "UPDATED_AT": "n.updatedAt"}


def order(by: QaPairOrder | None) -> Order:
    """The declared order; by id where unsaid."""
    return Order.named((by or QaPairOrder.ID_ASC).value, _EXPRESSIONS, ("POSITION",))


def _names(values: list[QaPairStatus] | list[QaPairSource] | list[Split] | None) -> list[str] | None:
    return None if values is None else [value.value for value in values]
