"""Feedback that finds fault with an endpoint's answers, and the issues that recur in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from begat.core.clusters import MOST_TEXTS, Cluster, Said, cluster
from begat.graph.driver import Graph
from begat.kinds.feedback.judged import answer_of, judged_answers
from begat.platforms.ports import Window

MOST = 5_000
"""The newest feedbacks that are looked at."""

_FAULTS = (
    "MATCH (n:Feedback) WHERE n.endpoint = $endpoint AND n.createdAt < $until AND n.status <> 'DISMISSED' "
    "AND (n.isRight = false OR (n.isRight IS NULL AND (n.comment IS NOT NULL OR n.correction IS NOT NULL))) "
    "WITH n ORDER BY n.createdAt DESC, n.id DESC LIMIT $most "
    "RETURN collect([n.id, n.createdAt, n.requestId, n.position, n.answer, n.correction, n.comment, n.question, "
    "n.isRight])"
)


@dataclass(frozen=True)
class Issue:
    """A cluster with those of its members that are in the window."""

    whole: Cluster
    members: Sequence[Said]

    @property
    def judged(self) -> set[str]:
        """The answers that its members of the window judge."""
        return {one.of for one in self.members if one.judges}


@dataclass(frozen=True)
class Faults:
    """The issues of an endpoint, largest in the window first; how many answers of the window anybody judged; and
    whether all feedback was looked at."""

    window: Window
    issues: Sequence[Issue] = ()
    judged: int = 0
    complete: bool = True


async def faults_of(graph: Graph, endpoint: str, window: Window) -> Faults:
    """Of all feedback up to the window's end, so that an issue is the same one in whatever window it is seen. Whoever
    sees the endpoint sees its feedback."""
    rows: list[list[Any]] = await graph.read(_FAULTS, endpoint=endpoint, until=window.until, most=MOST + 1) or []
    judged = await judged_answers(graph, [endpoint], window.since, window.until)
    said = [_said(row) for row in rows[:MOST]]
    clusters = await anyio.to_thread.run_sync(cluster, said)
    issues = [Issue(one, [member for member in one.members if member.at >= window.since]) for one in clusters]
    issues = sorted((one for one in issues if one.members), key=lambda one: (-len(one.members), one.whole.key))
    # A text that is in no issue was too old to be looked at: those without any words are no texts.
    texts = sum(one.correction is None or one.correction == one.answer for one in said)
    return Faults(window, issues, judged.get(endpoint, 0), complete=len(rows) <= MOST and texts <= MOST_TEXTS)


def _said(row: Sequence[Any]) -> Said:
    id, at, request, position, answer, correction, comment, question, right = row
    return Said(
        id,
        at,
        answer_of(id, request, position),
        answer,
        correction,
        comment or question or correction,
        right is not None,
    )
