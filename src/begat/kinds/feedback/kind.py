"""Feedback: what somebody said of one answer of an endpoint.

A row: its history is inline, and it has no Revision and no retention of its own.
"""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.core.lifecycle import Lifecycle, Move, states
from begat.core.roles import Role

LABELS = ("Row", "Feedback")
LABEL = "Feedback"
PREFIX = "feedback"
NAME = "FEEDBACK"

LIFECYCLE = Lifecycle(
    "NEW",
    (
        Move("triage", states("NEW"), "TRIAGED", role=Role.REVIEWER),
        Move("resolve", states("TRIAGED"), "RESOLVED", role=Role.REVIEWER),
        Move("dismiss", states("NEW", "TRIAGED"), "DISMISSED", role=Role.REVIEWER),
        Move("reopen", states("RESOLVED", "DISMISSED"), "NEW", role=Role.REVIEWER),
    ),
)
"""The moves of a feedback; a reviewer may make them."""

ENDED = ("RESOLVED", "DISMISSED")


@strawberry.enum(description="Where a feedback stands.")
class FeedbackStatus(Enum):
    """States of `LIFECYCLE`."""

    NEW = "NEW"
    TRIAGED = "TRIAGED"
    RESOLVED = "RESOLVED"
    DISMISSED = "DISMISSED"


@strawberry.enum(description="Whether an answer was found good.")
class Rating(Enum):
    """Thumbs up, thumbs down."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
