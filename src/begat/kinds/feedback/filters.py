"""What feedback can be selected and ordered by: the same filter for lists and for acts on many."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

import strawberry

from begat.find import filters
from begat.find.lists import Condition, Order
from begat.gql.inputs import DateRange
from begat.kinds.feedback.kind import FeedbackStatus, Rating


@strawberry.input(description="What feedback can be filtered by; all that is given must hold.")
class FeedbackFilter:
    """See `conditions`."""

    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="One of these; at most 1,000.")
    endpoint_id: strawberry.ID | None = strawberry.field(default=None, description="About answers of this endpoint.")
    endpoint_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="About answers of this deployment."
    )
    model_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="About answers of this model version."
    )
    request_id: strawberry.ID | None = strawberry.field(default=None, description="About answers of this request.")
    rating: Rating | None = strawberry.field(default=None, description="With this rating.")
    status: list[FeedbackStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    by: str | None = strawberry.field(default=None, description="Said by this person.")
    text: str | None = strawberry.field(
        default=None, description="In comment, correction, question or answer, whatever the case."
    )
    at: DateRange | None = strawberry.field(default=None, description="Given in this range.")
    has_correction: bool | None = strawberry.field(default=None, description="Whether it says what would be right.")


TEXTS = tuple(f"coalesce(n.{name}, '')" for name in ("comment", "correction", "question", "answer"))


def conditions(where: FeedbackFilter | None) -> list[Condition]:
    """The filter as conditions over ``n``, a Feedback."""
    where = where or FeedbackFilter()
    rating = None if where.rating is None else [where.rating.value]
    status = None if where.status is None else [value.value for value in where.status]
    found = [
        *filters.one_of("n.id", "ids", where.ids, "where", "ids"),
        *filters.equals("n.endpoint", "endpoint", where.endpoint_id, "where", "endpointId"),
        *filters.equals("n.endpointVersion", "version", where.endpoint_version_id, "where", "endpointVersionId"),
        *filters.equals("n.modelVersion", "model", where.model_version_id, "where", "modelVersionId"),
        *filters.equals("n.requestId", "request", where.request_id, "where", "requestId"),
        *filters.one_of("n.rating", "rating", rating),
        *filters.one_of("n.status", "status", status),
        *filters.equals("n.by", "by", where.by, "where", "by"),
        *filters.contains(TEXTS, "text", where.text, "where", "text"),
    ]
    if where.at is not None:
        found += filters.between("n.createdAt", "at", where.at.from_, where.at.to, "where", "at")
    if where.has_correction is not None:
        found.append(Condition(f"n.correction IS {'NOT ' if where.has_correction else ''}NULL"))
    return found


@strawberry.enum(description="How feedback is ordered; ties by id.")
class FeedbackOrder(Enum):
    """Names of declared orders."""

    AT_DESC = "AT_DESC"
    AT_ASC = "AT_ASC"
    UPDATED_AT_DESC = "UPDATED_AT_DESC"
    UPDATED_AT_ASC = "UPDATED_AT_ASC"
    ID_ASC = "ID_ASC"


_EXPRESSIONS = {"ID": "n.id", "AT": "n.createdAt", "UPDATED_AT": "n.updatedAt"}


def order(by: FeedbackOrder | None) -> Order:
    """The declared order; newest first where unsaid."""
    chosen = by or FeedbackOrder.AT_DESC
    return replace(Order.named(chosen.value, _EXPRESSIONS), recent=chosen is FeedbackOrder.AT_DESC)
