"""From a question to the document that answers it."""

from __future__ import annotations

import anyio.to_thread

from begat.access.scope import Viewer, predicate
from begat.core import ids
from begat.core.errors import not_found
from begat.graph.driver import Graph
from begat.graph.statement import fill
from begat.lineage.answers import walks
from begat.lineage.export.document import Document
from begat.lineage.question import Question, kind_name
from begat.lineage.reach import LIMIT


async def document(
    graph: Graph,
    viewer: Viewer,
    secret: str,
    start: str,
    question: Question,
    now: str,
    as_of: str | None = None,
    limit: int = LIMIT,
) -> Document:
    """The walk from an asset, an immutable node or a row, as of ``as_of``, now where that is unsaid or to come;
    ``limit`` bounds what it reaches. Raises NOT_FOUND for what is unknown or out of scope."""
    subject = fill("begat.lineage", "subject", scope=predicate())
    stored = await graph.read(subject, id=ids.check(start, "id"), **viewer.scope)
    if stored is None:
        raise not_found(start, "id")
    kind = kind_name(stored)
    at = now if as_of is None or as_of > now else as_of
    answer = (await walks(graph, viewer, secret, {start: kind}, question, at, limit))[start]
    found = Document(answer, kind)
    await anyio.to_thread.run_sync(lambda: found.edges)  # of a hundred thousand nodes they take seconds
    return found
