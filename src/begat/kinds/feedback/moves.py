"""Moves of feedback: triage, resolve, dismiss and reopen are acts on many rows."""

from __future__ import annotations

from typing import Any

from begat.change.many import Act
from begat.change.rows import revise
from begat.change.write import Change, Properties
from begat.core.lifecycle import illegal
from begat.core.text import check_reason
from begat.kinds.feedback.kind import LABEL, LIFECYCLE, NAME


def move(name: str, reason: str | None = None) -> Act:
    """The act of the lifecycle's move. The reason is kept with the feedback until its next move."""
    made = LIFECYCLE.move(name)
    reason = check_reason(reason)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["status"] not in made.sources:
            raise illegal(name, node["status"], made.sources, node["id"])
        return revise(change, node, {"status": made.target, "reason": reason})

    return Act(name, made.role, apply, label=LABEL, job=f"{NAME}.{name}", arguments={"reason": reason})
