"""Feedback: what somebody said of one answer of an endpoint.

A row: its history is inline, and it has no Revision and no retention of its own.
"""

from __future__ import annotations

from begat.core.lifecycle import Lifecycle, Move, states

LABELS = ("Row", "Feedback")
LABEL = "Feedback"
PREFIX = "feedback"
NAME = "FEEDBACK"

LIFECYCLE = Lifecycle(
    "NEW",
    (
        Move("triage", states("NEW"), "TRIAGED"),
        Move("resolve", states("TRIAGED"), "RESOLVED"),
        Move("dismiss", states("NEW", "TRIAGED"), "DISMISSED"),
        Move("reopen", states("RESOLVED", "DISMISSED"), "NEW"),
    ),
)
"""The moves of a feedback; a reviewer may make them."""
