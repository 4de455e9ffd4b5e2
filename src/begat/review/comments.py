"""Comments on pairs and assets."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.access.scope import SCOPE, Viewer, require
from begat.change.write import Change, write
from begat.core import ids
from begat.core.errors import bad_input, not_found
from begat.core.roles import Role
from begat.core.text import check_text
from begat.find.lists import Order, by_ids
from begat.gql.columns import column, rows, selected
from begat.gql.connections import Connection, nested
from begat.gql.context import Info, Row
from begat.gql.scalars import DateTime
from begat.graph.driver import Graph

MOST_TEXT = 10_000
SUBJECTS = frozenset({"Asset", "Row"})
OLDEST_FIRST = Order("AT_ASC", "n.at")


@strawberry.type(description="What somebody said about a pair or an asset.")
class Comment:
    """A row of a Comment node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id.")
    subject_id: strawberry.ID = column("n.subject", "The pair or asset that it is about.")
    text: str = column("n.text", "What was said, at most 10,000 characters.")
    author: str = column("n.author", "Who said it.")
    at: DateTime = column("n.at", "When.")


async def add(graph: Graph, viewer: Viewer, subject: str, text: str) -> str:
    """A comment on a pair or an asset that the caller sees and may review; its id."""
    text = check_text(text.strip(), "text", max_length=MOST_TEXT)
    if not text:
        raise bad_input("A comment says something.", "text")
    label = ids.label_of(ids.check(subject, "subjectId"))

    async def work(change: Change) -> str:
        if label not in SUBJECTS:
            raise not_found(subject, "subjectId")
        # Nothing of the subject changes and nothing here depends on its state: it is read, and not locked.
        found = await change.read(
            f"MATCH (n:{label} {{id: $id}}) WHERE {SCOPE} RETURN [n.project]",
            id=subject,
            **viewer.scope,
        )
        if found is None:
            raise not_found(subject, "subjectId")
        if found[0] is not None:  # a source table is in no project: who sees it may say something about it
            require(viewer, found[0], Role.REVIEWER, "subjectId", id=subject)
        id = ids.new("comment")
        change.create(
            ("Comment",),
            {
                "id": id,
                "kind": "COMMENT",
                "subject": subject,
                "project": found[0],
                "text": text,
                "author": viewer.name,
                "at": change.at,
            },
        )
        return id

    return await write(graph, viewer, work)


async def fetch(info: Info, wanted: Sequence[str], *path: str) -> dict[str, Comment]:
    """Comments by id, with the columns that the selection under ``path`` needs."""
    columns = selected(info, Comment, *path)
    values = await by_ids(info.context.graph, info.context.viewer, "Comment", wanted, columns)
    return {row["n.id"]: Comment(row=row) for row in rows(columns, values)}


async def of(info: Info, subject: str, first: int, after: str | None) -> Connection[Comment]:
    """A page of the comments on a subject, oldest first; one statement for all subjects of a level."""
    return await nested(
        info,
        Comment,
        "Comment",
        Comment,
        "subject",
        subject,
        (),
        order=OLDEST_FIRST,
        first=first,
        after=after,
    )
