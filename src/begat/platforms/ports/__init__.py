"""What begat needs of a platform: small ports, each with one contract suite (``tests/contract``).

Calls are synchronous (those of Serving apart) and may be slow: asynchronous callers put them in a thread, so an
implementation must bear several threads at once. Every refusal is a :class:`begat.core.errors.Problem`: NOT_FOUND for
what does not exist or may not be seen, BAD_INPUT for what the caller can mend, UNAVAILABLE for what may pass by itself
(try again), PLATFORM for what the platform refused or answered wrongly. No message holds a secret. Where a platform
knows the person who asks (Databricks: on behalf of), an implementation is made per caller; the ports do not carry one.

A table is named ``<catalog>.<schema>.<table>``. Values of rows are JSON; an implementation documents its text forms for
what JSON lacks (decimals, times, bytes, NaN, nested keys that are no text).
"""

from __future__ import annotations

from begat.platforms.ports.artifacts import Artifacts, StoredSnapshot
from begat.platforms.ports.chat import Chat, ChatAnswer, Unusable
from begat.platforms.ports.journal import Call, Journal, Journals
from begat.platforms.ports.registry import Registry
from begat.platforms.ports.serving import ModelRef, Prediction, Serving
from begat.platforms.ports.tables import ColumnInfo, Preview, TableContent, TableInfo, TableKind, Tables
from begat.platforms.ports.telemetry import Inference, Kept, Measures, Origin, Telemetry, Wanted, Window
from begat.platforms.ports.training import (
    BaseModel,
    EvaluateOn,
    EvaluationResult,
    Failure,
    HyperparameterInfo,
    HyperparameterType,
    SnapshotRef,
    TrainerInfo,
    Training,
    TrainingResult,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
)
from begat.platforms.ports.values import Json, Row
from begat.platforms.ports.webhooks import Webhooks

__all__ = [
    "Artifacts",
    "BaseModel",
    "Call",
    "Chat",
    "ChatAnswer",
    "ColumnInfo",
    "EvaluateOn",
    "EvaluationResult",
    "Failure",
    "HyperparameterInfo",
    "HyperparameterType",
    "Inference",
    "Journal",
    "Journals",
    "Json",
    "Kept",
    "Measures",
    "ModelRef",
    "Origin",
    "Prediction",
    "Preview",
    "Registry",
    "Row",
    "Serving",
    "SnapshotRef",
    "StoredSnapshot",
    "TableContent",
    "TableInfo",
    "TableKind",
    "Tables",
    "Telemetry",
    "TrainerInfo",
    "Training",
    "TrainingResult",
    "TrainingSpec",
    "TrainingState",
    "TrainingStatus",
    "Unusable",
    "Wanted",
    "Webhooks",
    "Window",
]
