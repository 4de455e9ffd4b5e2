"""What may be done to a pair, by its status and its training sheet's: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from begat.core.errors import Code, Problem
from begat.core.lifecycle import States, illegal, states
from begat.kinds.qa_pair.kind import DECIDED

LEASE_SECONDS = 15 * 60
"""How long a pair that was handed out is kept for its reviewer."""


@dataclass(frozen=True)
class Verdict:
    """What a reviewer says of a pair. With the policy that one review is required, the first verdict decides.

    ``word`` is what the Review keeps, ``reason`` whether one must be given.
    """

    name: str
    word: str
    sources: States
    target: str
    reason: bool


UNDECIDED = states("PENDING", "FLAGGED", "DISPUTED")

APPROVE = Verdict("approve", "APPROVE", UNDECIDED, "APPROVED", reason=False)
REJECT = Verdict("reject", "REJECT", UNDECIDED | {"FAILED"}, "REJECTED", reason=True)
FLAG = Verdict("flag", "FLAG", states("PENDING", "DISPUTED"), "FLAGGED", reason=True)
VERDICTS = {verdict.name: verdict for verdict in (APPROVE, REJECT, FLAG)}

REOPENABLE = states("APPROVED", "REJECTED", "FLAGGED")
ASSIGNABLE = UNDECIDED | {"FAILED"}
EDITABLE = UNDECIDED | {"FAILED", "APPROVED", "REJECTED"}

IN_REVIEW = states("IN_REVIEW")
OPEN = states("DRAFT", "IN_REVIEW")
"""Where rows may be edited and assigned."""

_CLOSED = {
    "DRAFT": "Generate its rows, or submit it for review.",
    "FAILED": "Generate its rows again.",
    "GENERATING": "Wait until its rows are made, or cancel that.",
    "APPROVED": "Reopen the training sheet first.",
    "FINALIZED": "It is frozen for ever: make another training sheet of its sheet and template.",
}

Sheets = Mapping[str, tuple[str, str]]
"""Status and retention of training sheets, by id."""


def check_sheet(node: Mapping[str, Any], sheets: Sheets, allowed: States, act: str) -> None:
    """Raises ILLEGAL_MOVE where the pair's training sheet is not in one of these statuses, or is not LIVE."""
    status, retention = sheets.get(node["trainingSheet"], ("PURGED", "PURGED"))
    if retention != "LIVE":
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"{act} is not possible: the training sheet is {retention.lower()}.",
            id=node["id"],
            hint="Restore the training sheet first.",
        )
    if status not in allowed:
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"{act} is not possible while the training sheet is {status}.",
            id=node["id"],
            hint=_CLOSED.get(status, f"It is possible in {', '.join(sorted(allowed))}."),
        )


def check_status(node: Mapping[str, Any], allowed: States, act: str) -> None:
    """Raises ILLEGAL_MOVE where the pair is not in one of these statuses; says who decided what is decided."""
    if node["status"] in allowed:
        return
    if node["status"] in DECIDED:
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"{act} is not possible: it was {node['status'].lower()} by {node.get('decidedBy')}.",
            id=node["id"],
            hint="Reopen or edit it, and it can be decided anew.",
        )
    raise illegal(act, node["status"], allowed, node["id"])


def leased_by(node: Mapping[str, Any], at: str) -> str | None:
    """Who holds the pair at this moment; None where nobody does."""
    return node["leasedBy"] if node.get("leasedUntil", "") > at else None
