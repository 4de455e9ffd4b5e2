"""Inputs that several kinds share: ranges, the filter of assets and their orders."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from begat.core.kind import Kind
from begat.core.retention import Retention
from begat.find import filters
from begat.find.lists import Condition, Order
from begat.gql.asset import AssetKind
from begat.gql.scalars import DateTime


@strawberry.input(description="A range of time, from its start (inclusive) to its end (exclusive).")
class DateRange:
    """Open where an end is not given."""

    from_: DateTime | None = strawberry.field(name="from", default=None, description="The start.")
    to: DateTime | None = strawberry.field(default=None, description="The end.")


@strawberry.input(description="What every list of assets can be filtered by; all that is given must hold.")
class AssetFilter:
    """Shared by the filter of each kind."""

    kinds: list[AssetKind] | None = strawberry.field(default=None, description="One of these kinds.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="One of these ids.")
    text: str | None = strawberry.field(default=None, description="In name or description, whatever the case.")
    tags: list[str] | None = strawberry.field(default=None, description="Has all of these tags.")
    owner: str | None = strawberry.field(default=None, description="Owned by this principal.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="In this project.")
    status: list[str] | None = strawberry.field(default=None, description="In one of these statuses (statusName).")
    retention: list[Retention] | None = strawberry.field(
        default=None, description="In one of these; only LIVE where unsaid."
    )
    created_at: DateRange | None = strawberry.field(default=None, description="Made in this range.")
    updated_at: DateRange | None = strawberry.field(default=None, description="Last changed in this range.")
    unused: bool | None = strawberry.field(default=None, description="true: only what nothing was made from.")


def conditions(where: AssetFilter | None) -> list[Condition]:
    """The filter as conditions; without one, what is LIVE."""
    where = where or AssetFilter()
    kinds = None if where.kinds is None else [kind.value for kind in where.kinds]
    found = [
        *filters.one_of("n.kind", "kinds", kinds, "where", "kinds"),
        *filters.one_of("n.id", "ids", where.ids, "where", "ids"),
        *filters.contains(("n.name", "n.description"), "text", where.text, "where", "text"),
        *filters.tagged(where.tags, "where", "tags"),
        *filters.equals("n.owner", "owner", where.owner, "where", "owner"),
        *filters.equals("n.project", "project", where.project_id, "where", "projectId"),
        *filters.one_of("n.status", "status", where.status, "where", "status"),
        *filters.one_of(
            "n.retention",
            "retention",
            ["LIVE"] if where.retention is None else [value.value for value in where.retention],
        ),
    ]
    for name, range in (("createdAt", where.created_at), ("updatedAt", where.updated_at)):
        if range is not None:
            found += filters.between(f"n.{name}", name, range.from_, range.to, "where", name)
    if where.unused:
        found.append(filters.UNUSED)
    return found


@strawberry.enum(description="How a list of assets is ordered; ties by id.")
class AssetOrder(Enum):
    """Names of declared orders."""

    ID_ASC = "ID_ASC"
    ID_DESC = "ID_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    CREATED_AT_ASC = "CREATED_AT_ASC"
    CREATED_AT_DESC = "CREATED_AT_DESC"
    UPDATED_AT_ASC = "UPDATED_AT_ASC"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"


_EXPRESSIONS = {"ID": "n.id", "NAME": "n.name", "CREATED_AT": "n.createdAt", "UPDATED_AT": "n.updatedAt"}


def order(by: AssetOrder | None) -> Order:
    """The declared order; by id where unsaid."""
    return Order.named((by or AssetOrder.ID_ASC).value, _EXPRESSIONS)


def given(input: object, names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an update that the caller named, under their stored names; what was not named stays as it is."""
    return {
        stored: getattr(input, field)
        for field, stored in names.items()
        if getattr(input, field) is not strawberry.UNSET
    }


def of_kind(kind: Kind) -> Condition:
    """Only this kind, whatever the filter says."""
    return Condition("n.kind = $of_kind", {"of_kind": kind.name})
