"""TrainingSheet: questions and answers made of a sheet's rows by a template, reviewed, then frozen."""

from __future__ import annotations

from typing import Any

from begat.core.errors import Code
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.roles import Role
from begat.core.usage import users
from begat.kinds.training_job.kind import unfinished


def _pairs(condition: str) -> str:
    return f"COUNT {{ MATCH (p:QaPair) WHERE p.trainingSheet = n.id AND {condition} }}"


_UNDECIDED = _pairs("NOT p.status IN ['APPROVED', 'REJECTED']")
_APPROVED = _pairs("p.status = 'APPROVED'")


def _every_pair_decided(fact: Any, sees: Sees) -> list[str]:
    undecided, approved = fact
    if undecided:
        waits = "pair waits" if undecided == 1 else "pairs wait"
        return [f"{undecided} {waits} for a decision: approve or reject each."]
    return [] if approved else ["No pair is approved, so there is nothing to learn from."]


def _can_be_frozen(fact: Any, sees: Sees) -> list[str]:
    approved, splitting = fact
    if splitting:
        return ["A split of it was begun and has not ended: split it again."]
    return [] if approved else ["No pair is approved, so there is nothing to freeze."]


def _has_pairs(count: Any, sees: Sees) -> list[str]:
    return [] if count else ["It has no pairs: generate them first."]


def _used(fact: Any, sees: Sees) -> list[str]:
    status, jobs = fact
    return (["It is generating: cancel that first."] if status == "GENERATING" else []) + users(jobs, sees)


# All rows, because an edit that reopens a decided pair must wait for this decision or be seen by it.
EVERY_PAIR = "MATCH (p:QaPair) WHERE p.trainingSheet IN $ids WITH p ORDER BY p.id SET p._lock = $tx RETURN count(p)"

_UNFINISHED = unfinished("(n)<-[:OF]-(:Snapshot)<-[:TRAINED_ON]")

TRAINING_SHEET = Kind(
    name="TRAINING_SHEET",
    label="TrainingSheet",
    prefix="tsheet",
    noun="training sheet",
    lifecycle=Lifecycle(
        "DRAFT",
        (
            Move("generate", states("DRAFT", "FAILED"), "GENERATING"),
            Move("generated", states("GENERATING"), "IN_REVIEW", platform=True),
            Move("fail", states("GENERATING"), "FAILED", platform=True),
            # To DRAFT where nothing was made yet: see acts.cancel.
            Move("cancel", states("GENERATING"), "IN_REVIEW", archived=True),
            Move("submit", states("DRAFT"), "IN_REVIEW", guard=Guard(_pairs("true"), _has_pairs)),
            Move(
                "approve",
                states("IN_REVIEW"),
                "APPROVED",
                role=Role.REVIEWER,
                guard=Guard(f"[{_UNDECIDED}, {_APPROVED}]", _every_pair_decided, rows=EVERY_PAIR),
            ),
            Move("reopen", states("APPROVED"), "IN_REVIEW"),
            Move(
                "finalize", states("APPROVED"), "FINALIZED", guard=Guard(f"[{_APPROVED}, n.splitting]", _can_be_frozen)
            ),
        ),
    ),
    content=("sheetVersion", "templateVersion", "definition"),
    version="TrainingSheetVersion",
    in_use=Guard(f"[n.status, {_UNFINISHED}]", _used, Code.IN_USE),
)
