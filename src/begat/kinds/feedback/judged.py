"""The answers that anybody judged: several feedbacks on one answer judge it once."""

from __future__ import annotations

from collections.abc import Sequence

from begat.graph.driver import Graph

_JUDGED = (
    "UNWIND $endpoints AS endpoint MATCH (n:Feedback) WHERE n.endpoint = endpoint AND n.createdAt >= $since "
    "AND n.createdAt < $until AND n.isRight IS NOT NULL "
    "WITH DISTINCT endpoint, coalesce(n.requestId, n.id) AS request, n.position AS position "
    "WITH endpoint, count(request) AS judged RETURN collect([endpoint, judged])"
)


async def judged_answers(graph: Graph, endpoints: Sequence[str], since: str, until: str) -> dict[str, int]:
    """How many answers of each endpoint anybody judged by feedback that was given in the window."""
    return dict(await graph.read(_JUDGED, endpoints=list(endpoints), since=since, until=until) or ())


def answer_of(id: str, request: str | None, position: int) -> str:
    """What names the answer that the feedback ``id`` is about; one on an endpoint as a whole is about nothing else."""
    return id if request is None else f"{request}|{position}"
