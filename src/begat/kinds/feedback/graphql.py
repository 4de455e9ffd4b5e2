"""Feedback in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access.scope import SCOPE
from begat.find import lists
from begat.find.lists import Order
from begat.gql import asset, walks
from begat.gql.columns import column, from_json, needs, rows, selected
from begat.gql.connections import Connection, nested
from begat.gql.context import Context, Info, Row
from begat.gql.lists import listed
from begat.gql.scalars import JSON, DateTime
from begat.graph.statement import projection
from begat.kinds.endpoint.versions import EndpointVersion, by_id, model_version
from begat.kinds.feedback.filters import FeedbackFilter, FeedbackOrder, conditions, order
from begat.kinds.feedback.kind import LABEL, FeedbackStatus, Rating
from begat.kinds.qa_pair.graphql import QaPair
from begat.kinds.training_sheet.generation import template_version

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.improvement_task.graphql import ImprovementTask
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.template.graphql import TemplateVersion


@strawberry.type(
    description="What a feedback said, on one side of an edit; null where it said nothing or did not change."
)
class FeedbackContent:
    """One side of an edit."""

    rating: Rating | None = strawberry.field(description="The rating.")
    correction: str | None = strawberry.field(description="The correction.")
    comment: str | None = strawberry.field(description="The comment.")


@strawberry.type(description="One edit of a feedback.")
class FeedbackEdit:
    """Kept in the feedback, oldest first."""

    at: DateTime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who sent it.")
    changed: list[str] = strawberry.field(description="Which of rating, correction and comment it changed.")
    before: FeedbackContent = strawberry.field(description="What these said before.")
    after: FeedbackContent = strawberry.field(description="What these say since.")


def _edits(text: str) -> list[FeedbackEdit]:
    return [
        FeedbackEdit(
            at=DateTime(edit["at"]),
            actor=edit["actor"],
            changed=sorted(edit["after"]),
            before=_content(edit["before"]),
            after=_content(edit["after"]),
        )
        for edit in from_json(text)
    ]


def _content(value: dict[str, Any]) -> FeedbackContent:
    rating = value.get("rating")
    return FeedbackContent(
        rating=None if rating is None else Rating(rating),
        correction=value.get("correction"),
        comment=value.get("comment"),
    )


@strawberry.type(description="What somebody said of one answer of an endpoint, or of the endpoint as a whole.")
class Feedback:
    """A row of a Feedback node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id: `feedback_` and a time-ordered part.")
    request_id: strawberry.ID | None = column("n.requestId", "The request; null where it is about the endpoint.")
    position: int = column("n.position", "Which of the request's answers, from 0.")
    rating: Rating | None = column(
        "n.rating", "Whether the answer was found good; null where that was not said.", Rating
    )
    correction: str | None = column("n.correction", "What would have been the right answer.")
    comment: str | None = column("n.comment", "What else was said, at most 10,000 characters.")
    is_right: bool | None = column(
        "n.isRight",
        "Whether the answer was right, as this says: with a correction, whether that is equal to the answer; else by "
        "the rating; null where neither tells.",
    )
    question: str | None = column("n.question", "The prompt as the model read it; null where it was not kept.")
    answer: str | None = column("n.answer", "The answer that it is about; null where it was not kept.")
    input: JSON | None = column("n.input", "The input as it was logged; null where it was not kept.", from_json)
    status: FeedbackStatus = column("n.status", "Where it stands.", FeedbackStatus)
    status_name: str = column("n.status", "The status, as text.")
    reason: str | None = column("n.reason", "Why it was last moved, where that was said.")
    by: str = column("n.by", "Who says it: the sender, or whom the sender names; `anonymous` where nobody is named.")
    submitted_by: str = column("n.submittedBy", "Who sent it: a principal, or `anonymous` without a token.")
    at: DateTime = column("n.createdAt", "When it was given.")
    answered_at: DateTime | None = column(
        "n.answeredAt", "When the question came; null where it is about the endpoint."
    )
    updated_at: DateTime = column("n.updatedAt", "When it last changed.")
    updated_by: str = column("n.updatedBy", "Who changed it last.")
    revision: int = column("n.revision", "Counts every change; pass it in items to change only this state.")
    edits: list[FeedbackEdit] = column("coalesce(n.edits, '[]')", "Every change of what it says, oldest first.", _edits)

    @strawberry.field(description="The endpoint that answered.", metadata=needs("n.endpoint"))
    async def endpoint(self, info: Info) -> Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")] | None:
        from begat.kinds.endpoint.graphql import Endpoint  # it shows its feedback

        return await asset.linked(info, self.row["n.endpoint"], Endpoint)

    @strawberry.field(description="The deployment that answered.", metadata=needs("n.endpointVersion"))
    async def endpoint_version(self, info: Info) -> EndpointVersion | None:
        return await by_id(info, self.row["n.endpointVersion"])

    @strawberry.field(
        description="The model version that answered; null where none did, or where it is about an endpoint whose "
        "traffic several share.",
        metadata=needs("n.modelVersion"),
    )
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.row["n.modelVersion"])

    @strawberry.field(
        description="The template version that worded the question; null where it was sent as it is.",
        metadata=needs("n.templateVersion"),
    )
    async def template_version(
        self, info: Info
    ) -> Annotated[TemplateVersion, strawberry.lazy("begat.kinds.template.graphql")] | None:
        id = self.row["n.templateVersion"]
        return None if id is None else await template_version(info, id)

    @strawberry.field(description="The pairs that its correction became, oldest first.", metadata=needs("n.id"))
    async def pairs(self, info: Info, first: int = 50, after: str | None = None) -> Connection[QaPair]:
        return await nested(
            info,
            QaPair,
            "QaPair",
            QaPair,
            "feedback",
            self.row["n.id"],
            (),
            order=Order("ID_ASC"),
            first=first,
            after=after,
        )

    @strawberry.field(
        description="The improvement tasks that were raised from it, oldest first; hidden ones are left out.",
        metadata=needs("n.id"),
    )
    async def tasks(
        self, info: Info, first: int = 50
    ) -> list[Annotated[ImprovementTask, strawberry.lazy("begat.kinds.improvement_task.graphql")]]:
        from begat.kinds.improvement_task.graphql import of_source  # a circle

        return await of_source(info, "Feedback", self.row["n.id"], first)

    upstream = walks.upstream("What it is about, depth hops up (1 where unsaid).")
    downstream = walks.downstream("What was made of it, depth hops down (1 where unsaid).")


async def fetch(info: Info, wanted: Sequence[str], *path: str) -> dict[str, Feedback]:
    """Feedback by id, with the columns that the current field's selection under ``path`` needs; one statement."""
    columns = selected(info, Feedback, *path)
    sound = [id for id in wanted if len(id) <= 200]
    values = await lists.by_ids(info.context.graph, info.context.viewer, LABEL, sound, columns)
    return {row["n.id"]: Feedback(row=row) for row in rows(columns, values)}


async def loaded(info: Info, id: str | None) -> Feedback | None:
    """A feedback by its id, batched over the nodes of a level."""
    return None if id is None else await info.context.batch(_load, id, selected(info, Feedback))


async def of_request(info: Info, request: str) -> list[Feedback]:
    """What was said of a request's answers, oldest first, batched over the requests of a level."""
    return await info.context.batch(_of_requests, request, selected(info, Feedback))


async def _load(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[Feedback | None]:
    values = await lists.by_ids(context.graph, context.viewer, LABEL, list(dict.fromkeys(keys)), columns)
    found = {row["n.id"]: Feedback(row=row) for row in rows(columns, values)}
    return [found.get(key) for key in keys]


async def _of_requests(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[list[Feedback]]:
    names = tuple(dict.fromkeys((*columns, "n.requestId")))
    values = await context.graph.read(
        f"MATCH (n:Feedback) WHERE n.requestId IN $ids AND {SCOPE} RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found: dict[str, list[Feedback]] = {}
    for row in sorted(rows(names, values), key=lambda row: str(row["n.id"])):
        found.setdefault(row["n.requestId"], []).append(Feedback(row=row))
    return [found.get(key, []) for key in keys]


@strawberry.type
class FeedbackQuery:
    """Queries of feedback."""

    @strawberry.field(description="A feedback by its id; null where it is unknown or hidden.")
    async def feedback(self, info: Info, id: strawberry.ID) -> Feedback | None:
        return (await fetch(info, [id])).get(id)

    feedbacks: Connection[Feedback] = listed(
        Feedback,
        "Feedback, newest first; also of endpoints that were put aside or in the trash.",
        filter=FeedbackFilter,
        conditions=conditions,
        orders=FeedbackOrder,
        order=order,
    )
