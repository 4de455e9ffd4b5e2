"""The folder of one training run: what was asked for and what came of it, so that both survive a restart.

| file | written by | holds |
|---|---|---|
| ``spec.json`` | begat | the intent |
| ``attempts.json`` | begat | how many workers were started |
| ``lock`` | worker | nothing; locked (``flock``) as long as a worker lives, whatever becomes of begat |
| ``cancel`` | begat | nothing; there when the run shall end |
| ``progress.json`` | worker | steps done, steps in all, stage, start |
| ``model.joblib`` | worker | the model |
| ``result.json`` | either | how it ended; once there, it never changes |
| ``stderr.txt`` | begat | the worker's last words, for who runs the machine |
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from begat.core.errors import Code
from begat.core.times import now
from begat.platforms.local.files import read_json, write_json
from begat.platforms.ports import (
    BaseModel,
    EvaluateOn,
    EvaluationResult,
    Failure,
    SnapshotRef,
    TrainingResult,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
)


class Run:
    """One run in ``folder``, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model_file = folder / "model.joblib"

    # ── Intent ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def write_spec(self, spec: TrainingSpec) -> None:
        """Keeps the intent, before anything acts on it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self.folder / "spec.json", asdict(spec))

    def spec(self) -> TrainingSpec | None:
        """The intent, None where this run was never begun."""
        kept = read_json(self.folder / "spec.json")
        if kept is None:
            return None
        evaluate = tuple(EvaluateOn(SnapshotRef(**on["snapshot"]), on["split"]) for on in kept.pop("evaluate"))
        snapshot, splits = SnapshotRef(**kept.pop("snapshot")), tuple(kept.pop("train_splits"))
        named = kept.pop("base", None)  # one that was begun by an older begat has none
        base = None if named is None else BaseModel(**named)
        return TrainingSpec(**kept, snapshot=snapshot, train_splits=splits, evaluate=evaluate, base=base)

    @property
    def attempts(self) -> int:
        """How many workers were started."""
        return int(read_json(self.folder / "attempts.json") or 0)

    @attempts.setter
    def attempts(self, count: int) -> None:
        write_json(self.folder / "attempts.json", count)

    def ask_cancel(self) -> None:
        """Leaves word that the run shall end, also for a worker that another process started."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "cancel").touch(mode=0o600)

    @property
    def cancel_asked(self) -> bool:
        """Whether the run shall end."""
        return (self.folder / "cancel").exists()

    # ── The worker's lock ───────────────────────────────────────────────────────────────────────────────────────────

    def lock(self) -> int | None:
        """A descriptor that holds the run's lock until it, and every copy of it, is closed; None where a worker has it.

        begat takes it and hands it down to the worker, so there is no moment in which a second one could start.
        """
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    @property
    def worker_lives(self) -> bool:
        """Whether some worker, of this begat or of a dead one, is at this run."""
        if not (self.folder / "lock").exists():
            return False
        descriptor = self.lock()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    # ── Outcome ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def write_progress(self, started_at: str, done: int = 0, total: int = 0, stage: str = "starting") -> None:
        """Says how far it is; whoever reads sees the former or this one, never half of it."""
        progress = {"done": done, "total": total, "stage": stage, "started_at": started_at}
        write_json(self.folder / "progress.json", progress)

    def progress(self) -> TrainingStatus:
        """RUNNING, with what the worker said last."""
        kept = read_json(self.folder / "progress.json") or {}
        return TrainingStatus(
            TrainingState.RUNNING, kept.get("done", 0), kept.get("total", 0), started_at=kept.get("started_at")
        )

    def finish(
        self, state: TrainingState, *, failure: Failure | None = None, result: TrainingResult | None = None
    ) -> TrainingStatus:
        """Ends the run for good, with the steps it had done, and returns how."""
        status = replace(self.progress(), state=state, failure=failure, result=result, finished_at=now())
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self.folder / "result.json", _plain(status))
        return status

    def fail(self, code: Code, message: str) -> TrainingStatus:
        """``finish`` as FAILED."""
        return self.finish(TrainingState.FAILED, failure=Failure(code, message))

    def outcome(self) -> TrainingStatus | None:
        """How it ended, None where it has not."""
        kept = read_json(self.folder / "result.json")
        return None if kept is None else self._status(kept)

    def sweep(self) -> None:
        """Removes what an earlier worker left half-done. Only for who holds the lock."""
        for file in (*self.folder.glob(".*.part"), self.model_file, self.folder / "progress.json"):
            file.unlink(missing_ok=True)

    def _status(self, kept: Mapping[str, Any]) -> TrainingStatus:
        failure, result = kept["failure"], kept["result"]
        return TrainingStatus(
            TrainingState(kept["state"]),
            kept["done"],
            kept["total"],
            Failure(Code(failure["code"]), failure["message"]) if failure else None,
            self._result(result) if result else None,
            kept["started_at"],
            kept["finished_at"],
        )

    def _result(self, kept: Mapping[str, Any]) -> TrainingResult:
        evaluations = tuple(EvaluationResult(**evaluation) for evaluation in kept["evaluations"])
        # The file is found beside its result, so that the whole folder can move.
        changed = {"model_file": self.model_file, "evaluations": evaluations, "classes": tuple(kept["classes"])}
        return TrainingResult(**{**kept, **changed})


def _plain(status: TrainingStatus) -> dict[str, Any]:
    plain = asdict(status)
    plain["state"] = status.state.value
    if status.failure is not None:
        plain["failure"]["code"] = status.failure.code.value
    if status.result is not None:
        del plain["result"]["model_file"]
    return plain
