"""QaPair in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access import mentions
from begat.core import times
from begat.find import lists
from begat.gql import versions, walks
from begat.gql.columns import column, from_json, mentioning, needs, rows, selected
from begat.gql.connections import Connection
from begat.gql.context import Info, Row
from begat.gql.lists import listed
from begat.gql.running import Failure, failed
from begat.gql.scalars import DateTime
from begat.kinds.qa_pair.filters import QaPairFilter, QaPairOrder, order, selecting
from begat.kinds.qa_pair.kind import LABEL, QaPairSource, QaPairStatus, Split
from begat.review import comments, reviews
from begat.review.comments import Comment
from begat.review.reviews import Review

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.feedback.graphql import Feedback
    from begat.kinds.training_sheet.generation import Generation
    from begat.kinds.training_sheet.graphql import TrainingSheet


@strawberry.type(description="A question with its answer, as they were on one side of an edit.")
class QaText:
    """One side of an edit."""

    question: str | None = strawberry.field(description="The question.")
    answer: str | None = strawberry.field(description="The answer; null where there was none.")


@strawberry.type(description="One edit of a pair.")
class QaPairEdit:
    """Kept in the pair, oldest first."""

    at: DateTime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who.")
    before: QaText = strawberry.field(description="What it said before.")
    after: QaText = strawberry.field(description="What it says since.")
    generation_id: strawberry.ID | None = strawberry.field(
        description="The generation that answered it anew; null for an edit by a person."
    )


def _edits(text: str) -> list[QaPairEdit]:
    return [
        QaPairEdit(
            at=DateTime(edit["at"]),
            actor=edit["actor"],
            before=_text(edit["before"]),
            after=_text(edit["after"]),
            generation_id=edit.get("generation"),
        )
        for edit in from_json(text)
    ]


def _text(value: dict[str, Any]) -> QaText:
    return QaText(question=value.get("question"), answer=value.get("answer"))


@strawberry.type(description="A row of a training sheet: a question with its answer, and what was decided on it.")
class QaPair:
    """A row of a QaPair node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id: `pair_` and a time-ordered part.")
    position: int = column("n.position", "Its place in the training sheet, from 1; it stays.")
    question: str = column("n.question", "The rendered prompt.")
    answer: str | None = column(
        "n.answer", "The answer; null where its generation failed. While it is GENERATING, the one before."
    )
    source: QaPairSource = column("n.source", "Where the answer came from.", QaPairSource)
    status: QaPairStatus = column("n.status", "Where it stands.", QaPairStatus)
    status_name: str = column("n.status", "The status, as text.")
    split: Split | None = column("n.split", "What it is for; null before the sheet was split.", Split)
    item_ref: str = mentioning(
        "n.itemRef",
        str,
        "The source row: the item key's value, or its content's hash and occurrence; of a correction, the feedback, "
        "and `(hidden)` where that is.",
        make=lambda shown: mentions.HIDDEN if shown is None else shown,
    )
    revision: int = column("n.revision", "Counts every change; pass it as expectedRevision to change only this state.")
    reason: str | None = column("n.reason", "Why it was rejected or flagged.")
    failure: Failure | None = failed("Why it has no answer; null where it has one.")
    edits: list[QaPairEdit] = column("coalesce(n.edits, '[]')", "Every edit, oldest first.", _edits)
    created_at: DateTime = column("n.createdAt", "When it was made.")
    updated_at: DateTime = column("n.updatedAt", "When it last changed.")
    updated_by: str | None = column("n.updatedBy", "Who changed it last; `begat` for its generation.")
    decided_at: DateTime | None = column("n.decidedAt", "When it was approved or rejected; null while it is not.")
    decided_by: str | None = column("n.decidedBy", "Who decided it.")
    label_version_id: strawberry.ID | None = mentioning(
        "n.labelVersion",
        strawberry.ID | None,
        "The label version that answered; null where none did, or where it is hidden.",
    )

    leased_until: DateTime | None = column(
        "n.leasedUntil", "Until when a reviewer holds it; null where none does.", lambda until: _present(until)
    )
    assignees: list[str] = column("coalesce(n.assignees, [])", "The reviewers it is assigned to, by name.")

    @strawberry.field(description="The training sheet it is a row of.", metadata=needs("n.trainingSheet"))
    async def training_sheet(
        self, info: Info
    ) -> Annotated[TrainingSheet, strawberry.lazy("begat.kinds.training_sheet.graphql")] | None:
        from begat.kinds.training_sheet.generation import training_sheet  # it shows its pairs

        return await training_sheet(info, self.row["n.trainingSheet"])

    @strawberry.field(
        description="The act that made it, or answered it anew last: content, prompt and model; null where none did.",
        metadata=needs("n.generation"),
    )
    async def generation(
        self, info: Info
    ) -> Annotated[Generation, strawberry.lazy("begat.kinds.training_sheet.generation")] | None:
        from begat.kinds.training_sheet.generation import Generation  # see above

        return await versions.linked(info, self.row["n.generation"], Generation)

    @strawberry.field(
        description="The feedback whose correction its answer was; null where it did not come of one.",
        metadata=needs("n.feedback"),
    )
    async def corrects(self, info: Info) -> Annotated[Feedback, strawberry.lazy("begat.kinds.feedback.graphql")] | None:
        from begat.kinds.feedback.graphql import loaded  # it shows the pairs that correct it

        return await loaded(info, self.row["n.feedback"])

    upstream = walks.upstream("What it was made from, depth hops up (1 where unsaid).")
    downstream = walks.downstream("What was made from it, depth hops down (1 where unsaid).")

    @strawberry.field(description="Every verdict on it, newest first, void ones too.", metadata=needs("n.id"))
    async def reviews(self, info: Info) -> list[Review]:
        return await info.context.batch(reviews.load, self.row["n.id"])

    @strawberry.field(description="What was said about it, oldest first.", metadata=needs("n.id"))
    async def comments(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Comment]:
        return await comments.of(info, self.row["n.id"], first, after)


def _present(until: str) -> DateTime | None:
    return DateTime(until) if until > times.now() else None


async def fetch(info: Info, wanted: Sequence[str], *path: str) -> dict[str, QaPair]:
    """Pairs by id, with the columns that the current field's selection under ``path`` needs; one statement."""
    columns = selected(info, QaPair, *path)
    values = await lists.by_ids(info.context.graph, info.context.viewer, LABEL, wanted, columns)
    return {row["n.id"]: QaPair(row=row) for row in rows(columns, values)}


@strawberry.type
class QaPairQuery:
    """Queries of pairs."""

    @strawberry.field(description="A pair by its id; null where it is unknown or hidden.")
    async def qa_pair(self, info: Info, id: strawberry.ID) -> QaPair | None:
        return (await fetch(info, [id])).get(id) if len(id) <= 200 else None

    qa_pairs: Connection[QaPair] = listed(
        QaPair,
        "Pairs of one training sheet or of all; unless the filter names a training sheet or pairs, only of "
        "training sheets that are LIVE.",
        filter=QaPairFilter,
        conditions=selecting,
        orders=QaPairOrder,
        order=order,
    )
