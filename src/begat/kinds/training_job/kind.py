"""TrainingJob: one training, whose inputs are fixed at its creation."""

from __future__ import annotations

from typing import Any

from begat.core.errors import Code
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.usage import user

UNFINISHED = ("QUEUED", "RUNNING", "CANCELING")
"""The statuses that background work follows until they end."""

GOES_ON = f"status IN {list(UNFINISHED)}"
"""That a job has one of these: a condition of Cypher, behind the job's name and a point."""


def unfinished(way: str) -> str:
    """The Cypher list, as `users` reads it, of the training jobs at the end of ``way`` that have not ended."""
    return f"[{way}-(u:TrainingJob) WHERE u.{GOES_ON} | {user('u')}]"


def _unfinished(status: Any, sees: Sees) -> list[str]:
    return [f"It has not ended (it is {status}): cancel it first."] if status in UNFINISHED else []


TRAINING_JOB = Kind(
    name="TRAINING_JOB",
    label="TrainingJob",
    prefix="job",
    noun="training job",
    lifecycle=Lifecycle(
        "QUEUED",
        (
            Move("start", states("QUEUED"), "RUNNING", platform=True),
            Move("succeed", states("RUNNING", "CANCELING"), "SUCCEEDED", platform=True),
            Move("fail", states("QUEUED", "RUNNING", "CANCELING"), "FAILED", platform=True),
            Move("lose", states("QUEUED", "RUNNING"), "LOST", platform=True),
            Move("cancel", states("QUEUED", "RUNNING"), "CANCELING", archived=True),
            Move("canceled", states("CANCELING"), "CANCELED", platform=True),
        ),
    ),
    in_use=Guard("n.status", _unfinished, Code.IN_USE),
)
