"""Training models outside of the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from begat.core.errors import Code
from begat.platforms.ports.values import Json


@dataclass(frozen=True, slots=True)
class SnapshotRef:
    """A frozen set of rows: where its file lies (a local path or the platform's URI) and the sha256 it is named by."""

    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class EvaluateOn:
    """One split of one snapshot to measure the finished model on; None takes all its rows, whatever their split."""

    snapshot: SnapshotRef
    split: str | None


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A registered model to start from: the sha256 of its file's bytes, and where that lies."""

    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """Everything a training needs, fixed at its start; two runs of one spec learn from the same bytes.

    With a ``base`` it goes on from what that model knows, whose answers it keeps. A snapshot's rows hold the three
    named fields: texts in ``input_field`` and ``target_field``, the split's name in ``split_field``.
    ``hyperparameters`` are as ``Training.check`` returned them.
    """

    trainer: str
    hyperparameters: Mapping[str, Json]
    snapshot: SnapshotRef
    train_splits: tuple[str, ...]
    evaluate: tuple[EvaluateOn, ...] = ()
    base: BaseModel | None = None
    input_field: str = "question"
    target_field: str = "answer"
    split_field: str = "split"


class TrainingState(Enum):
    """Where a training stands. LOST: the platform does not know it (any more), so nothing of it will come."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why work that had begun did not end well; the message is for people and holds no stack and no secret."""

    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """A metric measured on one split: ``value`` and its 95 % interval are fractions from 0 to 1 for the metrics so far
    (``accuracy``, ``macro_f1``); ``low`` and ``high`` are None where the metric has no interval."""

    snapshot_sha256: str
    split: str | None
    metric: str
    value: float
    sample_size: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training made. ``hyperparameters`` are the ones really used, defaults and found values included."""

    model_file: Path
    model_sha256: str
    hyperparameters: Mapping[str, Json]
    evaluations: tuple[EvaluationResult, ...]
    cpu_seconds: float
    classes: tuple[str, ...]
    train_rows: int


@dataclass(frozen=True, slots=True)
class TrainingStatus:
    """``done`` of ``total`` steps (0 of 0 before it is known). ``result`` is there exactly when SUCCEEDED, ``failure``
    exactly when FAILED or LOST. Times are begat's UTC texts; ``url`` is where the platform shows the run."""

    state: TrainingState
    done: int = 0
    total: int = 0
    failure: Failure | None = None
    result: TrainingResult | None = None
    started_at: str | None = None
    finished_at: str | None = None
    url: str | None = None


class HyperparameterType(Enum):
    """INTEGER and NUMBER have bounds, CHOICE has choices."""

    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"


@dataclass(frozen=True, slots=True)
class HyperparameterInfo:
    """One setting of a trainer; both bounds are inclusive, None means unbounded. ``inherited`` marks one in which a
    training cannot differ from the model that it starts from."""

    name: str
    type: HyperparameterType
    default: Json
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class TrainerInfo:
    """A way to train that can be chosen by name; ``default`` marks the one that is taken where none is named,
    ``starts_from_model`` those that can start from a model that they made."""

    name: str
    description: str
    hyperparameters: tuple[HyperparameterInfo, ...]
    default: bool = False
    starts_from_model: bool = False


class Training(Protocol):
    """Runs trainings outside of the caller. A ``token`` (a job's id) names one run for ever: starting it twice, also
    from two instances or after a crash, runs it once."""

    def trainers(self) -> list[TrainerInfo]:
        """What can be chosen, sorted by name; exactly one is the default."""
        ...

    def check(
        self, trainer: str, hyperparameters: Mapping[str, Json], base: Mapping[str, Json] | None = None
    ) -> dict[str, Json]:
        """The complete settings: defaults filled in, or what is unsaid as in ``base``, the settings of a model to start
        from. Problems (all at once) for an unknown trainer, or one that cannot start from a model, and for unknown,
        ill-typed or out-of-bounds settings, and for inherited ones that differ from the base's; their paths are
        ``("trainer",)`` and ``("hyperparameters", name)``."""
        ...

    def start(self, token: str, spec: TrainingSpec) -> None:
        """Begins, or does nothing where this token was begun already; a LOST one begins again. Returns at once;
        ``status`` tells the rest. Problems of ``check``, CONFLICT where the token was begun with another spec,
        BAD_INPUT where it is no plain name (letters, digits, _ and -, at most 100) or no split is named."""
        ...

    def status(self, token: str) -> TrainingStatus:
        """How it stands now. An ended state never changes, save that a LOST one may be started again; an unknown token
        is LOST. A worker that died shows FAILED (with the reason) at the next call, never RUNNING for ever."""
        ...

    def cancel(self, token: str) -> None:
        """Asks it to stop; returns at once and may be repeated. ``status`` shows CANCELED when it has, or how it ended
        where it was quicker. An ended token: nothing happens. One that was never begun is CANCELED, so that a start
        which comes late does nothing, or stays LOST where the platform cannot remember that."""
        ...

    def close(self) -> None:
        """Ends what runs for this process only; what was asked for stays known."""
        ...
