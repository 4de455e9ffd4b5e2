"""What changes of pairs share: the training sheet, asked after the pair is locked, and what a decision leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from begat.change.write import Change, Properties
from begat.review.rules import Sheets

FREED = {"leasedBy": None, "leasedAt": None, "leasedUntil": None}
"""What takes a lease away."""


async def sheets_of(change: Change, nodes: Iterable[Properties]) -> Sheets:
    """Status and retention of the locked pairs' training sheets, in one statement.

    Pairs are locked before their sheet is read, and whoever closes a sheet locks its pairs: so none is changed in a
    sheet that was closed. The sheet itself is not locked, as every reviewer would wait for every other one.
    """
    found = await change.read(
        "MATCH (s:TrainingSheet) WHERE s.id IN $ids RETURN collect([s.id, s.status, s.retention])",
        ids=sorted({node["trainingSheet"] for node in nodes}),
    )
    return {id: (status, retention) for id, status, retention in found}


async def standing(change: Change, nodes: Sequence[Properties]) -> dict[str, list[str]]:
    """The ids of the reviews that count, by pair, in one statement; none is asked for pairs that have none."""
    asked = [node["id"] for node in nodes if node["status"] in ("APPROVED", "REJECTED", "FLAGGED", "DISPUTED")]
    if not asked:
        return {}
    found = await change.read(
        "MATCH (r:Review) WHERE r.pair IN $ids AND r.void = false RETURN collect([r.pair, r.id])", ids=asked
    )
    reviews: dict[str, list[str]] = {}
    for pair, review in found:
        reviews.setdefault(pair, []).append(review)
    return reviews


def reopened(change: Change, reviews: Iterable[str]) -> Properties:
    """Voids these reviews, which were given on what the pair was; the properties of a pair that waits again."""
    for review in reviews:
        change.set(review, {"void": True})
    return {"status": "PENDING", "reason": None, "decidedAt": None, "decidedBy": None}
