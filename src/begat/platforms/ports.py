"""What begat needs of a platform: five small ports, each with one contract suite (``tests/contract``).

Calls are synchronous and may be slow: asynchronous callers put them in a thread, so an implementation must bear several
threads at once. Every refusal is a :class:`begat.core.errors.Problem`: NOT_FOUND for what does not exist or may not be
seen, BAD_INPUT for what the caller can mend, UNAVAILABLE for what may pass by itself (try again), PLATFORM for what the
platform refused or answered wrongly. No message holds a secret. Where a platform knows the person who asks (Databricks:
on behalf of), an implementation is made per caller; the ports do not carry one.

A table is named ``<catalog>.<schema>.<table>``. Values of rows are JSON; an implementation documents its text forms for
what JSON lacks (decimals, times, bytes, NaN, nested keys that are no text).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeAlias

from begat.core.errors import Code

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""Anything JSON can say. Floats are finite: NaN and the infinities are texts where a table holds them."""

Row: TypeAlias = dict[str, Json]


# ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class TableKind(Enum):
    """What a table is on its platform. All three are read alike."""

    TABLE = "TABLE"
    VIEW = "VIEW"
    VOLUME = "VOLUME"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column: its name as it stands in the source and its type in the platform's own words (``VARCHAR``, ...)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table as its catalog shows it.

    ``columns`` is None where listing does not know them without reading the table (``describe`` always does).
    ``bytes`` is its size as stored, None where unknown.
    """

    full_name: str
    catalog: str
    schema: str
    name: str
    kind: TableKind
    bytes: int | None
    columns: tuple[ColumnInfo, ...] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, each a list in the order of ``columns``.

    ``total_rows`` counts the whole table (None where the platform cannot say cheaply); ``truncated`` says that it has
    more rows than are shown.
    """

    columns: tuple[ColumnInfo, ...]
    rows: list[list[Json]]
    total_rows: int | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class TableContent:
    """Rows as read, in the table's own order, and the proof of which content that was.

    ``sha256`` (64 hexadecimal digits) is of the file's bytes, and the rows were read of exactly those bytes, even when
    the file is replaced meanwhile. A platform without files gives the sha256 of the rows' canonical JSON lines (see
    :class:`Artifacts`) and its own ``version`` (Delta: the table's version that was read).
    ``total_rows`` counts the whole table at that moment, also when fewer were asked for.
    """

    sha256: str
    columns: tuple[ColumnInfo, ...]
    rows: list[Row]
    total_rows: int
    version: str | None = None


class Tables(Protocol):
    """Reads the catalog's tables; writes nothing."""

    def schemas(self) -> list[tuple[str, str]]:
        """Every (catalog, schema) that holds a table, sorted."""
        ...

    def browse(self, catalog: str | None = None, schema: str | None = None) -> list[TableInfo]:
        """The tables (of that catalog, of that schema), sorted by full name; cheap: it reads no table's rows.

        An unknown catalog or schema has no tables: the answer is empty.
        """
        ...

    def describe(self, full_name: str) -> TableInfo:
        """One table with its columns. NOT_FOUND where it does not exist, PLATFORM where it cannot be read."""
        ...

    def preview(self, full_name: str, first: int) -> Preview:
        """The first ``first`` rows (0 to 1,000; more is BAD_INPUT). Errors as ``describe``."""
        ...

    def read(self, full_name: str, columns: Sequence[str] | None = None, first: int | None = None) -> TableContent:
        """The rows, only of these columns and only the first so many where said; in the file's order.

        Errors as ``describe``; an unknown column is BAD_INPUT.
        """
        ...


# ── Chat ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A whole answer. Tokens are None where the service does not count them; ``model`` is what it says answered."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    model: str
    finish_reason: str


class Chat(Protocol):
    """Asks a language model."""

    def complete(
        self, model: str, system: str | None, prompt: str, parameters: Mapping[str, Json] | None = None
    ) -> ChatAnswer:
        """One answer to one prompt. ``parameters`` (temperature, max_tokens, ...) go to the service as they are.

        It waits out "too many requests" a bounded number of times. Problems: UNAVAILABLE (unreachable, too slow, still
        too busy, a fault of the service), PLATFORM (refused, garbage, or an answer that was cut off: no half answer is
        ever returned), BAD_INPUT (a parameter that would change what is asked: model, messages, stream, n).
        """
        ...

    def close(self) -> None:
        """Closes its connections; nothing is asked afterwards."""
        ...


# ── Training ────────────────────────────────────────────────────────────────────────────────────────────────────────


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
class TrainingSpec:
    """Everything a training needs, fixed at its start; two runs of one spec learn from the same bytes.

    A snapshot's rows hold the three named fields: texts in ``input_field`` and ``target_field``, the split's name in
    ``split_field``. ``hyperparameters`` are as ``Training.check`` returned them.
    """

    trainer: str
    hyperparameters: Mapping[str, Json]
    snapshot: SnapshotRef
    train_splits: tuple[str, ...]
    evaluate: tuple[EvaluateOn, ...] = ()
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
    """One setting of a trainer; both bounds are inclusive, None means unbounded."""

    name: str
    type: HyperparameterType
    default: Json
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainerInfo:
    """A way to train that can be chosen by name; ``default`` marks the one that is taken where none is named."""

    name: str
    description: str
    hyperparameters: tuple[HyperparameterInfo, ...]
    default: bool = False


class Training(Protocol):
    """Runs trainings outside of the caller. A ``token`` (a job's id) names one run for ever: starting it twice, also
    from two instances or after a crash, runs it once."""

    def trainers(self) -> list[TrainerInfo]:
        """What can be chosen, sorted by name; exactly one is the default."""
        ...

    def check(self, trainer: str, hyperparameters: Mapping[str, Json]) -> dict[str, Json]:
        """The complete settings: defaults filled in. Problems (all at once) for an unknown trainer, and for unknown,
        ill-typed or out-of-bounds settings; their paths are ``("trainer",)`` and ``("hyperparameters", name)``."""
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


# ── Registry ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Registry(Protocol):
    """Keeps model files by name and version; what is registered never changes."""

    def register(self, name: str, version: int, file: Path, sha256: str, metadata: Mapping[str, Json]) -> str:
        """Keeps a copy and returns its URI. Repeated with the same sha256 it returns the same URI; with another one it
        is a CONFLICT. A file that does not have this sha256 is refused (PLATFORM), and nothing is kept."""
        ...

    def open(self, uri: str) -> Path:
        """A local file of the model, verified against its sha256: NOT_FOUND where it does not exist, PLATFORM where its
        bytes are not the ones that were registered. The caller does not change it."""
        ...


# ── Artifacts ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot that is on disk to stay."""

    sha256: str
    path: str
    rows: int

    @property
    def ref(self) -> SnapshotRef:
        """The same, as a training takes it."""
        return SnapshotRef(self.sha256, self.path)


class Artifacts(Protocol):
    """Frozen rows, named by their content: ``snapshots/<sha256>.parquet``.

    The sha256 is over the rows' canonical JSON lines (:mod:`begat.core.canonical`): not over the Parquet bytes, which
    differ from one pyarrow to the next. The same rows in the same order have the same name everywhere.
    """

    def write(self, rows: Iterable[Mapping[str, Json]]) -> StoredSnapshot:
        """Stores the rows, in this order, whole or not at all; does nothing where they are there already. Several
        writers at once are fine. BAD_INPUT for what JSON cannot say (NaN, a lone surrogate)."""
        ...

    def read(self, sha256: str) -> list[Row]:
        """Exactly the rows that were written, verified against their name. NOT_FOUND where they do not exist, PLATFORM
        where the file is damaged."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether that snapshot is stored (its content is verified by ``read``)."""
        ...
