"""Verdicts on pairs: each is a review of the caller's, written with the pair's new status."""

from __future__ import annotations

from typing import Any

from begat.change.many import Act
from begat.change.rows import revise
from begat.change.write import Change, Properties
from begat.core import ids, times
from begat.core.errors import bad_input
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.review.rows import FREED, reopened, sheets_of, standing
from begat.review.rules import (
    IN_REVIEW,
    LEASE_SECONDS,
    REOPENABLE,
    VERDICTS,
    check_sheet,
    check_status,
    leased_by,
)


def decide(name: str, reason: str | None = None) -> Act:
    """approve, reject or flag. Raises BAD_INPUT where a reason is needed and none is given."""
    verdict = VERDICTS[name]
    reason = check_reason(reason)
    if verdict.reason and reason is None:
        raise bad_input(f"{name} needs a reason.", "reason", hint="Say why; it is kept with the pair and the review.")
    decides = verdict.name != "flag"

    async def apply(change: Change, node: Properties, sheets: Any) -> Properties:
        check_sheet(node, sheets, IN_REVIEW, name)
        check_status(node, verdict.sources, name)
        after = revise(
            change,
            node,
            {
                "status": verdict.target,
                "reason": reason,
                "decidedAt": change.at if decides else None,
                "decidedBy": change.viewer.name if decides else None,
                **FREED,
            },
        )
        # Named after the revision that it made: of two verdicts on one state only one can be written.
        id = ids.derived("review", f"{node['id']}|{after['revision']}")
        change.create(
            ("Review",),
            {
                "id": id,
                "pair": node["id"],
                "trainingSheet": node["trainingSheet"],
                "project": node["project"],
                "reviewer": change.viewer.name,
                "verdict": verdict.word,
                "reason": reason,
                "at": change.at,
                "seconds": _seconds(change, node),
                "void": False,
            },
        )
        change.join("REVIEWS", id, node["id"])
        return after

    return Act(
        name,
        Role.REVIEWER,
        apply,
        prepare=sheets_of,
        label="QaPair",
        job=f"QA_PAIR.{name}",
        arguments={"reason": reason},
    )


def reopen(reason: str | None = None) -> Act:
    """Takes a decision or a flag back: the pair waits again, and its reviews no longer count."""
    reason = check_reason(reason)

    async def prepare(change: Change, nodes: list[Properties]) -> Any:
        return await sheets_of(change, nodes), await standing(change, nodes)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        sheets, reviews = prepared
        check_sheet(node, sheets, IN_REVIEW, "reopen")
        check_status(node, REOPENABLE, "reopen")
        return revise(change, node, {**reopened(change, reviews.get(node["id"], ())), "reason": reason})

    return Act(
        "reopen",
        Role.REVIEWER,
        apply,
        prepare=prepare,
        label="QaPair",
        job="QA_PAIR.reopen",
        arguments={"reason": reason},
    )


def _seconds(change: Change, node: Properties) -> float | None:
    """How long the caller held the pair; None where it was not leased to him, as in a bulk approval."""
    if leased_by(node, change.at) != change.viewer.name:
        return None
    return round(min(times.seconds_between(node["leasedAt"], change.at), float(LEASE_SECONDS)), 3)
