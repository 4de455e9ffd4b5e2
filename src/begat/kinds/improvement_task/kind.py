"""ImprovementTask: something to be mended, raised from feedback and monitors, closed only with evidence."""

from __future__ import annotations

from enum import Enum

import strawberry

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


@strawberry.enum(description="The life of an improvement task. RESOLVED is done; CLOSED is proven, or has a reason.")
class ImprovementTaskStatus(Enum):
    """States of an ImprovementTask."""

    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"


@strawberry.enum(description="How urgent people find a task; its impact is measured, this is said.")
class Priority(Enum):
    """From least to most."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


@strawberry.enum(description="What a task may be raised from.")
class TaskSource(Enum):
    """Labels of sources, and suggestions."""

    FEEDBACK = "FEEDBACK"
    MONITOR = "MONITOR"
    SUGGESTION = "SUGGESTION"
