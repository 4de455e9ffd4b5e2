"""QaPair: a row of a training sheet, a question with its answer, and what was decided on it.

A row has an id, a status and an inline history, but no name, owner, retention or Revision of its own.
"""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.core.splits import Split as Split

LABELS = ("Row", "QaPair")
LABEL = "QaPair"
PREFIX = "pair"
NAME = "QA_PAIR"


class QaPairStatus(Enum):
    """Where a pair stands. Decided is APPROVED or REJECTED."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    FLAGGED = "FLAGGED"
    FAILED = "FAILED"
    GENERATING = "GENERATING"
    DISPUTED = "DISPUTED"


class QaPairSource(Enum):
    """Where a pair's answer came from."""

    LABEL = "LABEL"
    COLUMN = "COLUMN"
    GENERATED = "GENERATED"
    MANUAL = "MANUAL"
    FEEDBACK = "FEEDBACK"
    IMPORTED = "IMPORTED"


# Named here, so that whoever uses one in a type has it named before.
strawberry.enum(
    QaPairStatus,
    name="QaPairStatus",
    description="PENDING waits for a review, APPROVED and REJECTED are decided, FLAGGED needs a second look, FAILED "
    "has no answer because its generation failed, GENERATING waits for its answer, DISPUTED has reviews that disagree.",
)
strawberry.enum(
    QaPairSource,
    name="QaPairSource",
    description="Who or what answered: a canonical label, the sheet's column, a model, a person, feedback or a file.",
)
strawberry.enum(Split, name="Split", description="What a row is for: to learn from, to tune on, or to measure on.")

DECIDED = (QaPairStatus.APPROVED.value, QaPairStatus.REJECTED.value)
"""The statuses in which a pair no longer waits for a reviewer."""


def key(training_sheet: str, position: int) -> str:
    """What names a pair in its training sheet, unique, so that a generation that goes on makes no row twice."""
    return f"{training_sheet}|{position}"


def source_row(sheet: str, item_ref: str) -> str:
    """What labels, pairs and exposure know a source row by."""
    return f"{sheet}|{item_ref}"
