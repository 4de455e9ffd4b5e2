"""ImprovementTask: something to be mended, raised from feedback and monitors, closed only with evidence."""

from __future__ import annotations

from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle, Move, states

IMPROVEMENT_TASK = Kind(
    name="IMPROVEMENT_TASK",
    label="ImprovementTask",
    prefix="task",
    noun="improvement task",
    lifecycle=Lifecycle(
        "OPEN",
        (
            Move("start", states("OPEN"), "IN_PROGRESS"),
            Move("resolve", states("IN_PROGRESS"), "RESOLVED"),
            Move("close", states("OPEN", "IN_PROGRESS", "RESOLVED"), "CLOSED"),
            Move("dismiss", states("OPEN", "IN_PROGRESS"), "DISMISSED", reason_required=True),
            Move("reopen", states("RESOLVED", "CLOSED", "DISMISSED"), "OPEN"),
        ),
    ),
)
