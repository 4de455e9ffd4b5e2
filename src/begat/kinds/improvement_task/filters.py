"""What improvement tasks can be selected and ordered by: the same filter for lists and for acts on many."""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.find import filters
from begat.find.lists import Condition, Order
from begat.gql import inputs
from begat.gql.inputs import AssetFilter
from begat.kinds.improvement_task.kind import Priority, TaskSource


@strawberry.input(description="What improvement tasks can be filtered by; all that is given must hold.")
class ImprovementTaskFilter(AssetFilter):
    """See AssetFilter."""

    assignee: str | None = strawberry.field(default=None, description="Assigned to this person.")
    assigned: bool | None = strawberry.field(default=None, description="Whether anybody is assigned.")
    priority: list[Priority] | None = strawberry.field(default=None, description="Of one of these priorities.")
    endpoint_id: strawberry.ID | None = strawberry.field(default=None, description="About this endpoint.")
    raised_from_id: strawberry.ID | None = strawberry.field(
        default=None, description="Raised from this feedback or monitor."
    )
    source: list[TaskSource] | None = strawberry.field(default=None, description="Raised from one of these sorts.")
    suggestion: strawberry.ID | None = strawberry.field(default=None, description="Raised by this suggestion, a key.")


def conditions(where: ImprovementTaskFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is None:
        return held
    priorities = None if where.priority is None else [one.value for one in where.priority]
    held += [
        *filters.equals("n.assignee", "assignee", where.assignee, "where", "assignee"),
        *filters.one_of("n.priority", "priority", priorities),
        *filters.equals("n.suggestion", "suggestion", where.suggestion, "where", "suggestion"),
    ]
    if where.assigned is not None:
        held.append(Condition(f"n.assignee IS {'NOT ' if where.assigned else ''}NULL"))
    for text, parameter, id, name in (
        ("$endpoint IN n.endpoints", "endpoint", where.endpoint_id, "endpointId"),
        (_RAISED_FROM, "raised_from", where.raised_from_id, "raisedFromId"),
    ):
        named = filters.equals("", parameter, id, "where", name)
        held += [Condition(text, condition.parameters) for condition in named]
    if where.source is not None:
        sources = [one.value for one in where.source]
        held.append(Condition("any(source IN n.sources WHERE source IN $sources)", {"sources": sources}))
    return held


_RAISED_FROM = "EXISTS { MATCH (n)-[:RAISED_FROM]->(s) WHERE s.id = $raised_from }"


@strawberry.enum(description="How improvement tasks are ordered; ties by id.")
class ImprovementTaskOrder(Enum):
    """Names of declared orders."""

    ID_ASC = "ID_ASC"
    ID_DESC = "ID_DESC"
    NAME_ASC = "NAME_ASC"
    NAME_DESC = "NAME_DESC"
    CREATED_AT_ASC = "CREATED_AT_ASC"
    CREATED_AT_DESC = "CREATED_AT_DESC"
    UPDATED_AT_ASC = "UPDATED_AT_ASC"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"
    IMPACT_ASC = "IMPACT_ASC"
    IMPACT_DESC = "IMPACT_DESC"
    PRIORITY_ASC = "PRIORITY_ASC"
    PRIORITY_DESC = "PRIORITY_DESC"


_EXPRESSIONS = {
    "ID": "n.id",
    "NAME": "n.name",
    "CREATED_AT": "n.createdAt",
    "UPDATED_AT": "n.updatedAt",
    # What has no score yet comes after all that has one.
    "IMPACT": "coalesce(n.impact, -1.0)",
    "PRIORITY": "CASE n.priority WHEN 'URGENT' THEN 4 WHEN 'HIGH' THEN 3 WHEN 'NORMAL' THEN 2 ELSE 1 END",
}


def order(by: ImprovementTaskOrder | None) -> Order:
    """The declared order; by id where unsaid."""
    return Order.named((by or ImprovementTaskOrder.ID_ASC).value, _EXPRESSIONS, ("IMPACT", "PRIORITY"))
