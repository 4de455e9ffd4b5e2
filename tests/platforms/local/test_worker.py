"""What is said of a worker that ended without an outcome, and the worker program by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.platforms.local.training_samples import endless, small, until

from begat.platforms.local.children import EXIT_ENDED, last_words
from begat.platforms.local.runs import Run
from begat.platforms.local.trainer import EXIT_LOCKED
from begat.platforms.local.worker import reason
from begat.platforms.ports import TrainingState

COMMAND = [sys.executable, "-m", "begat.platforms.local.trainer"]


def test_a_signal_is_named() -> None:
    assert reason(-signal.SIGSEGV, "") == "The training worker was ended by SIGSEGV."
    assert "out of memory" in reason(-signal.SIGKILL, "")
    assert reason(-120, "") == "The training worker was ended by signal 120."


def test_last_words_hold_no_stack_and_no_path() -> None:
    stderr = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/begat/trainer.py", line 7, in main\n'
        "    x = secret\n"
        "OSError: [Errno 28] No space left on device: '/home/ada/.begat/runs/job_1/model.joblib'\n"
    )
    words = "OSError: [Errno 28] No space left on device: 'model.joblib'"
    assert last_words(stderr) == words
    assert reason(1, stderr) == f"The training worker ended with exit code 1 and left no result: {words}"


@pytest.mark.parametrize("path", [r"C:\Users\ada\x.py", "/home/ada/x.py", "/home/ada//x.py/"])
def test_every_path_is_reduced_to_its_last_part(path: str) -> None:
    assert last_words(f"cannot open {path}, and/or 3/4 of it") == "cannot open x.py, and/or 3/4 of it"


def test_last_words_are_few() -> None:
    assert last_words("\n".join(f"line {number}" for number in range(100))) == "line 97 line 98 line 99"
    assert len(last_words("x" * 100_000)) == 300


def test_a_worker_by_hand_trains_while_its_input_is_open(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.write_spec(small(tmp_path))
    with subprocess.Popen([*COMMAND, str(run.folder)], stdin=subprocess.PIPE) as worker:
        try:
            assert worker.wait(30) == 0
        finally:
            worker.kill()
    outcome = run.outcome()
    assert outcome is not None
    assert outcome.state is TrainingState.SUCCEEDED
    assert list(run.folder.glob(".*.part")) == []


def test_a_worker_ends_when_its_input_ends_and_leaves_no_outcome(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.write_spec(endless(tmp_path))
    with subprocess.Popen([*COMMAND, str(run.folder)], stdin=subprocess.PIPE) as worker:
        try:
            until(lambda: run.progress().done >= 2)
            assert run.worker_lives
            assert worker.stdin is not None
            worker.stdin.close()
            assert worker.wait(1) == EXIT_ENDED
        finally:
            worker.kill()
    assert run.outcome() is None
    assert not run.worker_lives


def test_a_second_worker_at_one_run_leaves_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.write_spec(small(tmp_path))
    lock = run.lock()
    assert lock is not None
    assert run.lock() is None
    try:
        second = subprocess.run([*COMMAND, str(run.folder)], stdin=subprocess.DEVNULL, check=False, timeout=30)
        assert second.returncode == EXIT_LOCKED
    finally:
        os.close(lock)
    assert run.outcome() is None
    assert not run.worker_lives


def test_a_run_keeps_its_intent_and_its_place_when_its_folder_moves(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    spec = small(tmp_path, c=2)
    run.write_spec(spec)
    run.folder.rename(tmp_path / "elsewhere")
    moved = Run(tmp_path / "elsewhere")
    assert moved.spec() == spec
    assert run.spec() is None
