"""Training on this machine: one worker process a run, and a folder that remembers what became of it."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from begat.core.errors import Code, Problem, bad_input
from begat.core.times import now
from begat.platforms.local import recipes
from begat.platforms.local.files import write_atomic
from begat.platforms.local.runs import Run
from begat.platforms.local.worker import Worker, reason
from begat.platforms.ports import (
    Failure,
    Json,
    TrainerInfo,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
)

MAX_ATTEMPTS = 3
"""Workers that a run may use up when begat is killed again and again: the run itself may be what ends it."""

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_PATIENCE = 0.4  # seconds that a worker has to end when asked; one that is well takes a few milliseconds


class LocalTraining:
    """``<root>/runs/<token>/`` holds each run; see :class:`begat.platforms.ports.Training` and :class:`.runs.Run`.

    A run whose begat was killed is LOST, until ``start`` begins it again with the same rows. A worker outlives its
    begat by no more than a moment, and as long as it does, the run is RUNNING and no second one starts.
    """

    def __init__(self, root: Path, python: str = sys.executable, workers: int = 1) -> None:
        """``python`` runs the workers, at most ``workers`` of them at a time; further runs are QUEUED."""
        self._runs = root.absolute() / "runs"
        self._runs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._python = python
        self._workers = workers
        # Held for reading and writing a few small files, never while waiting for a worker that works.
        self._mutex = threading.Lock()
        self._queue: deque[str] = deque()
        self._live: dict[str, Worker] = {}
        self._closed = False

    def trainers(self) -> list[TrainerInfo]:
        """The recipes, sorted by name."""
        return recipes.trainers()

    def check(
        self, trainer: str, hyperparameters: Mapping[str, Json], base: Mapping[str, Json] | None = None
    ) -> dict[str, Json]:
        """The complete settings; Problems name what is wrong."""
        return recipes.check(trainer, hyperparameters, base)

    def start(self, token: str, spec: TrainingSpec) -> None:
        """Begins the run, or does nothing where it waits, runs or has ended; a LOST one begins again.

        Problems of ``check``; BAD_INPUT for no split to learn from or an impossible token; CONFLICT where this token
        was begun with another spec; UNAVAILABLE after ``close``.
        """
        if _TOKEN.fullmatch(token) is None:
            raise bad_input("A token is 1 to 100 letters, digits, _ and -.", "token")
        if not spec.train_splits:
            raise bad_input("Name at least one split to learn from.", "trainSplits")
        spec = replace(spec, hyperparameters=recipes.check(spec.trainer, spec.hyperparameters))
        run = self._run(token)
        with self._mutex:
            if self._closed:
                raise Problem(Code.UNAVAILABLE, "Training has been closed.", hint="Start begat again.")
            begun = run.spec()
            if begun is not None and _content(begun) != _content(spec):
                raise Problem(Code.CONFLICT, f"{token} names another training already.", hint="Use a new token.")
            if self._status(token, run).state is not TrainingState.LOST:
                return
            try:
                run.write_spec(spec)  # also where it was begun: its files may lie elsewhere now
            except OSError as error:
                raise Problem(Code.UNAVAILABLE, f"The training could not be noted: {error.strerror}.") from error
            self._queue.append(token)
            self._launch()

    def status(self, token: str) -> TrainingStatus:
        """How it stands now."""
        if _TOKEN.fullmatch(token) is None:
            return _lost("This training is not known here.")
        with self._mutex:
            return self._status(token, self._run(token))

    def cancel(self, token: str) -> None:
        """Ends the run within a second. One that was not begun is CANCELED, too: a late ``start`` does nothing."""
        if _TOKEN.fullmatch(token) is None:
            return
        run = self._run(token)
        with self._mutex:
            if run.outcome() is not None:
                return
            run.ask_cancel()
            if token in self._queue:
                self._queue.remove(token)
            worker = self._live.get(token)
            if worker is None:
                self._status(token, run)  # settles it; a worker of another process sees that it shall end
                return
            worker.terminate()
        self._wait(worker)

    def close(self) -> None:
        """Ends all workers; their runs, and those that wait, can be started again by the next begat."""
        with self._mutex:
            self._closed = True
            self._queue.clear()
            workers = list(self._live.values())
            for worker in workers:
                worker.terminate()
        for worker in workers:
            self._wait(worker)
            worker.join()

    def _run(self, token: str) -> Run:
        return Run(self._runs / token)

    def _wait(self, worker: Worker) -> None:
        if worker.ended.wait(_PATIENCE):
            return
        with self._mutex:
            if worker in self._live.values():  # else it is reaped, and its number may be another's
                worker.kill()
        worker.ended.wait(_PATIENCE)

    # ── With the mutex held ─────────────────────────────────────────────────────────────────────────────────────────

    def _status(self, token: str, run: Run) -> TrainingStatus:
        # Whether a worker lives comes first: when it does not, no outcome can appear behind our back.
        alive = token in self._live or run.worker_lives
        outcome = run.outcome()
        if outcome is not None:
            return outcome
        if alive:
            return run.progress()
        if run.cancel_asked:
            return run.finish(TrainingState.CANCELED)
        if token in self._queue:
            return TrainingStatus(TrainingState.QUEUED)
        if run.spec() is None:
            return _lost("This training is not known here.")
        if run.attempts >= MAX_ATTEMPTS:
            return run.fail(Code.PLATFORM, f"begat was ended {MAX_ATTEMPTS} times while this training ran.")
        return _lost("begat was ended while this training waited or ran.")

    def _launch(self) -> None:
        """Starts what waits, as far as workers are free."""
        while not self._closed and self._queue and len(self._live) < self._workers:
            token = self._queue.popleft()
            run = self._run(token)
            lock = run.lock()
            if lock is None:  # another begat, which shares the folder, was quicker
                continue
            try:
                if run.outcome() is None:  # else another begat has run it, while this one had it in its queue
                    run.sweep()
                    run.attempts += 1
                    run.write_progress(now())
                    self._live[token] = Worker(self._python, run, lock, self._on_end)
            except OSError as error:
                with suppress(OSError):  # a full disk cannot even keep that; the run is LOST then
                    run.fail(Code.UNAVAILABLE, f"No training worker could be started: {error.strerror}.")
            finally:
                os.close(lock)

    def _on_end(self, worker: Worker) -> None:
        with self._mutex:
            try:
                self._settle(worker.run, worker.reap(), worker.stderr)
            finally:
                del self._live[worker.run.folder.name]
                self._launch()

    def _settle(self, run: Run, code: int, stderr: str) -> None:
        if run.outcome() is None:
            if run.cancel_asked:
                run.finish(TrainingState.CANCELED)
            elif self._closed:
                run.attempts -= 1  # begat ends in order: that is not the run's fault
            else:
                run.fail(Code.PLATFORM, reason(code, stderr))
        if stderr:
            write_atomic(run.folder / "stderr.txt", lambda file: file.write(stderr.encode()))


def _content(spec: TrainingSpec) -> object:
    """What a spec means, wherever its files lie."""
    evaluate = [(on.snapshot.sha256, on.split) for on in spec.evaluate]
    fields = (spec.input_field, spec.target_field, spec.split_field)
    base = None if spec.base is None else spec.base.sha256
    return spec.trainer, spec.hyperparameters, spec.snapshot.sha256, spec.train_splits, evaluate, base, fields


def _lost(message: str) -> TrainingStatus:
    return TrainingStatus(TrainingState.LOST, failure=Failure(Code.PLATFORM, message))
