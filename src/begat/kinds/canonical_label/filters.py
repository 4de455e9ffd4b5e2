"""What canonical labels can be selected by: the same filter for lists and for moves of many."""

from __future__ import annotations

import strawberry

from begat.core.errors import bad_input
from begat.core.label_files import LabelUse
from begat.find import filters
from begat.find.lists import Condition
from begat.gql import inputs
from begat.gql.inputs import AssetFilter

strawberry.enum(
    LabelUse,
    name="LabelUse",
    description="What a label can be used for: to learn from, to tune on, to measure on, or as an example in a prompt.",
)


@strawberry.input(description="A range of confidences; both ends belong to it.")
class ConfidenceRange:
    """Open where an end is not given; a label without a confidence is in none."""

    from_: float | None = strawberry.field(name="from", default=None, description="The least, 0 to 1.")
    to: float | None = strawberry.field(default=None, description="The most, 0 to 1.")


@strawberry.input(description="What canonical labels can be filtered by; all that is given must hold.")
class CanonicalLabelFilter(AssetFilter):
    """AssetFilter's fields and these."""

    sheet_id: strawberry.ID | None = strawberry.field(default=None, description="Of this sheet's items.")
    item_ref: list[str] | None = strawberry.field(default=None, description="Of one of these items, any characters.")
    label_type: list[str] | None = strawberry.field(default=None, description="Of one of these label types.")
    value: list[str] | None = strawberry.field(default=None, description="With exactly one of these values.")
    allowed_use: list[LabelUse] | None = strawberry.field(
        default=None, description="Explicitly allowed for one of these uses."
    )
    prohibited_use: list[LabelUse] | None = strawberry.field(
        default=None, description="Prohibited for one of these uses."
    )
    confidence: ConfidenceRange | None = strawberry.field(default=None, description="With a confidence in this range.")


def conditions(where: CanonicalLabelFilter | None) -> list[Condition]:
    """The filter as conditions over ``n``; without one, what is LIVE."""
    found = inputs.conditions(where)
    if where is None:
        return found
    found += [
        *filters.equals("n.sheet", "sheet", where.sheet_id, "where", "sheetId"),
        *filters.one_of("n.itemRef", "item_ref", where.item_ref, "where", "itemRef"),
        *filters.one_of("n.labelType", "label_type", where.label_type, "where", "labelType"),
        *filters.one_of("n.value", "value", where.value, "where", "value"),
        *_uses("n.allowedUses", "allowed_use", where.allowed_use),
        *_uses("n.prohibitedUses", "prohibited_use", where.prohibited_use),
    ]
    return found + _within(where.confidence)


def _uses(expression: str, parameter: str, uses: list[LabelUse] | None) -> list[Condition]:
    if uses is None:
        return []
    return [Condition(f"any(use IN ${parameter} WHERE use IN {expression})", {parameter: [use.value for use in uses]})]


def _within(range: ConfidenceRange | None) -> list[Condition]:
    found: list[Condition] = []
    if range is None:
        return found
    if range.from_ is not None and range.to is not None and range.from_ > range.to:
        raise bad_input("The range ends before it begins.", "where", "confidence", hint="Swap from and to.")
    if range.from_ is not None:
        found.append(Condition("n.confidence >= $confidence_from", {"confidence_from": range.from_}))
    if range.to is not None:
        found.append(Condition("n.confidence <= $confidence_to", {"confidence_to": range.to}))
    return found
