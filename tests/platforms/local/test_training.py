"""Trainings run in real worker processes, which are killed, stopped and orphaned here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.platforms.local.training_samples import ENDED, endless, row, small, snapshot, until, workers_at

from begat.core.errors import Code, Problem, Problems
from begat.platforms.local.predictor import load
from begat.platforms.local.runs import Run
from begat.platforms.local.training import MAX_ATTEMPTS, LocalTraining
from begat.platforms.ports import SnapshotRef, TrainingSpec, TrainingState, TrainingStatus

Open = Callable[..., LocalTraining]

PARENT = """
import sys
from pathlib import Path
from begat.platforms.local.training import LocalTraining
from tests.platforms.local.training_samples import endless, small
root = Path(sys.argv[1])
training = LocalTraining(root)
training.start("job", {"endless": endless, "small": small}[sys.argv[2]](root))
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens trainings at this test's root; closes them and ends every worker, whatever the test did."""
    trainings: list[LocalTraining] = []

    def open_(python: str = sys.executable, workers: int = 1) -> LocalTraining:
        trainings.append(LocalTraining(tmp_path, python, workers))
        return trainings[-1]

    yield open_
    for training in trainings:
        training.close()
    for folder in (tmp_path / "runs").glob("*"):
        for pid in workers_at(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def started_by_a_begat_that_is_killed(root: Path, kind: str, stop: bool = False) -> int:
    """Starts a training in another process, kills that one with -9 and returns the worker's id; ``stop`` stops the
    worker first, so that it cannot notice."""
    command = [sys.executable, "-c", PARENT, str(root), kind]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"started\n"
            until(lambda: len(workers_at(root / "runs" / "job")) == 1)
            (pid,) = workers_at(root / "runs" / "job")
            if stop:
                os.kill(pid, signal.SIGSTOP)
        finally:
            parent.kill()
    return pid


def ended(training: LocalTraining, token: str) -> TrainingStatus:
    """How it ended."""
    until(lambda: training.status(token).state in ENDED, 60)
    return training.status(token)


def fitting(training: LocalTraining, token: str) -> bool:
    """Whether it is in the midst of its longest step."""
    status = training.status(token)
    assert status.state not in ENDED, status
    return status.done >= 2


def test_a_training_reads_learns_measures_and_leaves_a_model_that_answers(tmp_path: Path, opened: Open) -> None:
    training = opened()
    training.start("job_1", small(tmp_path))
    status = ended(training, "job_1")
    assert status.state is TrainingState.SUCCEEDED, status.failure
    assert status.failure is None
    assert status.done == status.total == 5
    assert status.started_at is not None
    assert status.finished_at is not None
    assert status.started_at < status.finished_at
    result = status.result
    assert result is not None
    assert result.classes == ("card_arrival", "exchange_rate", "lost_card")
    assert result.train_rows == 36
    assert result.cpu_seconds > 0
    assert result.hyperparameters == training.check("linear_svm", {})
    accuracy, macro_f1 = result.evaluations
    assert (accuracy.metric, accuracy.split, accuracy.sample_size) == ("accuracy", "TEST", 9)
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert 0.5 < accuracy.low < accuracy.value <= accuracy.high <= 1
    assert (macro_f1.metric, macro_f1.sample_size, macro_f1.low) == ("macro_f1", 9, None)
    predictor = load(result.model_file, result.model_sha256)
    ((answer, score),) = predictor.predict(["my card was stolen"])
    assert answer == "lost_card"
    assert 0 < score < 1


def test_an_outcome_survives_a_restart_and_is_never_made_again(tmp_path: Path, opened: Open) -> None:
    spec = small(tmp_path)
    first = opened()
    first.start("job_1", spec)
    status = ended(first, "job_1")
    first.close()
    again = opened()
    assert again.status("job_1") == status
    again.start("job_1", spec)
    assert again.status("job_1") == status
    assert Run(tmp_path / "runs" / "job_1").attempts == 1


def test_the_same_spec_makes_the_same_bytes(tmp_path: Path, opened: Open) -> None:
    training = opened(workers=2)
    for token in ("job_1", "job_2"):
        training.start(token, small(tmp_path))
    first, second = ended(training, "job_1").result, ended(training, "job_2").result
    assert first is not None
    assert second is not None
    assert first.model_sha256 == second.model_sha256


def test_eight_threads_that_start_one_token_start_one_worker(tmp_path: Path, opened: Open) -> None:
    training, spec = opened(workers=8), endless(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(training.start, "job", spec) for _ in range(8)]:
            done.result()
    until(lambda: fitting(training, "job"))
    assert len(workers_at(tmp_path / "runs" / "job")) == 1
    assert Run(tmp_path / "runs" / "job").attempts == 1


def test_a_worker_killed_in_the_middle_leaves_the_run_failed_with_the_reason(tmp_path: Path, opened: Open) -> None:
    training, spec = opened(), endless(tmp_path)
    training.start("job", spec)
    until(lambda: fitting(training, "job"))
    (pid,) = workers_at(tmp_path / "runs" / "job")
    os.kill(pid, signal.SIGKILL)
    status = ended(training, "job")
    assert status.state is TrainingState.FAILED
    assert status.failure is not None
    assert status.failure.code is Code.PLATFORM
    assert "SIGKILL" in status.failure.message
    assert status.done == 2
    training.start("job", spec)
    assert training.status("job") == opened().status("job") == status


def test_cancel_ends_a_working_worker_within_a_second(tmp_path: Path, opened: Open) -> None:
    training, spec = opened(), endless(tmp_path)
    training.start("job", spec)
    until(lambda: fitting(training, "job"))
    training.cancel("job")
    assert until(lambda: training.status("job").state is TrainingState.CANCELED, 1) < 1
    assert workers_at(tmp_path / "runs" / "job") == []
    training.cancel("job")
    training.start("job", spec)
    assert training.status("job").state is TrainingState.CANCELED
    assert workers_at(tmp_path / "runs" / "job") == []


def test_cancel_ends_even_a_worker_that_is_stopped(tmp_path: Path, opened: Open) -> None:
    training = opened()
    training.start("job", endless(tmp_path))
    (pid,) = workers_at(tmp_path / "runs" / "job")
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(training.cancel, "job")
        assert until(lambda: training.status("job").state is TrainingState.CANCELED, 1) < 1
    assert workers_at(tmp_path / "runs" / "job") == []


def test_cancel_reaches_a_worker_that_another_begat_started(tmp_path: Path, opened: Open) -> None:
    one, other = opened(), opened()
    one.start("job", endless(tmp_path))
    until(lambda: fitting(one, "job"))
    assert other.status("job").state is TrainingState.RUNNING
    other.cancel("job")
    until(lambda: other.status("job").state is TrainingState.CANCELED, 2)
    assert one.status("job").state is TrainingState.CANCELED


def test_a_second_begat_starts_no_second_worker(tmp_path: Path, opened: Open) -> None:
    one, other, spec = opened(), opened(), endless(tmp_path)
    one.start("job", spec)
    other.start("job", spec)
    assert len(workers_at(tmp_path / "runs" / "job")) == 1
    other.close()
    assert one.status("job").state is TrainingState.RUNNING


def test_what_another_begat_has_trained_meanwhile_is_left_as_it_is(tmp_path: Path, opened: Open) -> None:
    """The holder of the lease is paused with a run in its queue, the next one trains it, and then the first one's
    worker is free."""
    paused, following = opened(), opened()
    paused.start("busy", endless(tmp_path))
    paused.start("waiting", small(tmp_path))
    assert following.status("waiting").state is TrainingState.LOST
    following.start("waiting", small(tmp_path))
    before = ended(following, "waiting")
    assert before.result is not None
    until(lambda: not workers_at(tmp_path / "runs" / "waiting"))
    following.cancel("busy")
    until(lambda: not paused._queue)
    paused.close()
    assert following.status("waiting") == before
    assert before.result.model_file.is_file()


def test_more_runs_than_workers_wait_and_follow_and_can_be_cancelled_while_they_wait(
    tmp_path: Path, opened: Open
) -> None:
    training = opened()
    training.start("first", endless(tmp_path))
    training.start("second", small(tmp_path))
    training.start("third", small(tmp_path))
    assert training.status("second") == TrainingStatus(TrainingState.QUEUED)
    training.cancel("second")
    assert training.status("second").state is TrainingState.CANCELED
    assert training.status("third").state is TrainingState.QUEUED
    training.cancel("first")
    assert ended(training, "third").state is TrainingState.SUCCEEDED
    assert training.status("first").state is TrainingState.CANCELED


def test_cancel_before_the_start_wins(tmp_path: Path, opened: Open) -> None:
    training = opened()
    training.cancel("job")
    assert training.status("job").state is TrainingState.CANCELED
    training.start("job", small(tmp_path))
    assert training.status("job").state is TrainingState.CANCELED
    assert workers_at(tmp_path / "runs" / "job") == []


def test_cancel_after_the_end_changes_nothing(tmp_path: Path, opened: Open) -> None:
    training = opened()
    training.start("job", small(tmp_path))
    status = ended(training, "job")
    training.cancel("job")
    assert status.state is TrainingState.SUCCEEDED
    assert training.status("job") == status


def test_a_worker_dies_with_its_begat_and_the_next_begat_begins_the_run_again(tmp_path: Path, opened: Open) -> None:
    started_by_a_begat_that_is_killed(tmp_path, "small")
    training = opened()
    until(lambda: training.status("job").state is not TrainingState.RUNNING, 2)
    assert workers_at(tmp_path / "runs" / "job") == []
    status = training.status("job")
    assert status.state is TrainingState.LOST, status
    assert status.failure is not None
    training.start("job", small(tmp_path))
    assert ended(training, "job").state is TrainingState.SUCCEEDED
    assert Run(tmp_path / "runs" / "job").attempts == 2


def test_a_run_whose_begat_dies_again_and_again_fails_in_the_end(tmp_path: Path, opened: Open) -> None:
    training = opened()
    for _ in range(MAX_ATTEMPTS):
        assert training.status("job").state is TrainingState.LOST, training.status("job")
        started_by_a_begat_that_is_killed(tmp_path, "endless")
        until(lambda: training.status("job").state is not TrainingState.RUNNING, 2)
    training.start("job", endless(tmp_path))
    status = training.status("job")
    assert status.state is TrainingState.FAILED
    assert status.failure is not None
    assert "3 times" in status.failure.message
    assert workers_at(tmp_path / "runs" / "job") == []


def test_a_worker_that_outlives_its_begat_keeps_the_run_to_itself_until_it_is_gone(
    tmp_path: Path, opened: Open
) -> None:
    pid = started_by_a_begat_that_is_killed(tmp_path, "endless", stop=True)
    training = opened()
    training.start("job", endless(tmp_path))
    assert training.status("job").state is TrainingState.RUNNING
    assert workers_at(tmp_path / "runs" / "job") == [pid]
    os.kill(pid, signal.SIGCONT)
    assert until(lambda: training.status("job").state is TrainingState.LOST, 2) < 2
    training.start("job", endless(tmp_path))
    assert training.status("job").state is TrainingState.RUNNING


def test_close_ends_the_workers_in_order_and_the_next_begat_begins_them_again(tmp_path: Path, opened: Open) -> None:
    training, spec = opened(), endless(tmp_path)
    training.start("running", spec)
    training.start("waiting", spec)
    training.close()
    training.close()
    for token in ("running", "waiting"):
        assert workers_at(tmp_path / "runs" / token) == []
        assert training.status(token).state is TrainingState.LOST
        assert Run(tmp_path / "runs" / token).attempts == 0
    with pytest.raises(Problem) as caught:
        training.start("running", spec)
    assert caught.value.code is Code.UNAVAILABLE
    following = opened()
    following.start("running", spec)
    assert following.status("running").state is TrainingState.RUNNING


def test_bad_settings_are_refused_before_anything_is_written(tmp_path: Path, opened: Open) -> None:
    training = opened()
    with pytest.raises(Problems) as caught:
        training.start("job", small(tmp_path, c=-1, depth=3))
    assert [problem.path[1] for problem in caught.value.problems] == ["depth", "c"]
    assert list((tmp_path / "runs").iterdir()) == []
    assert training.status("job").state is TrainingState.LOST


@pytest.mark.parametrize("token", ["", "../job", "a/b", "a" * 101, "-rf", "job\n", "jöb"])
def test_a_token_that_is_no_plain_name_is_refused_and_leads_nowhere(tmp_path: Path, opened: Open, token: str) -> None:
    training = opened()
    with pytest.raises(Problem) as caught:
        training.start(token, small(tmp_path))
    assert caught.value.code is Code.BAD_INPUT
    training.cancel(token)
    assert training.status(token).state is TrainingState.LOST
    assert list((tmp_path / "runs").iterdir()) == []


def test_one_token_with_another_spec_is_a_conflict(tmp_path: Path, opened: Open) -> None:
    training = opened()
    training.start("job", endless(tmp_path))
    with pytest.raises(Problem) as caught:
        training.start("job", small(tmp_path))
    assert caught.value.code is Code.CONFLICT
    assert training.status("job").state is TrainingState.RUNNING


def test_rows_that_teach_nothing_fail_the_run_with_a_reason_and_leave_no_model(tmp_path: Path, opened: Open) -> None:
    training = opened()
    frozen = snapshot(tmp_path, [row("Where is it?", "here"), row("And that?", "here")])
    training.start("job", TrainingSpec("linear_svm", {}, frozen, ("TRAIN",)))
    status = ended(training, "job")
    assert status.state is TrainingState.FAILED
    assert status.failure is not None
    assert status.failure.code is Code.BAD_INPUT
    assert "same answer" in status.failure.message
    assert not Run(tmp_path / "runs" / "job").model_file.exists()


def test_a_snapshot_with_another_hash_fails_the_run(tmp_path: Path, opened: Open) -> None:
    training = opened()
    spec = small(tmp_path)
    other = SnapshotRef("0" * 64, spec.snapshot.path)
    training.start("job", TrainingSpec("linear_svm", {}, other, ("TRAIN",)))
    status = ended(training, "job")
    assert status.state is TrainingState.FAILED
    assert status.failure is not None
    assert status.failure.code is Code.PLATFORM
    assert str(tmp_path) not in status.failure.message


@pytest.mark.parametrize(("python", "words"), [("/nonexistent/python", "could be started"), ("false", "exit code 1")])
def test_a_worker_that_cannot_begin_fails_the_run(tmp_path: Path, opened: Open, python: str, words: str) -> None:
    training = opened(python=python)
    training.start("job", small(tmp_path))
    status = ended(training, "job")
    assert status.state is TrainingState.FAILED
    assert status.failure is not None
    assert words in status.failure.message


def test_a_worker_is_told_no_secret(tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "correct horse")
    training = opened()
    training.start("job", endless(tmp_path))
    until(lambda: training.status("job").done >= 1)  # before, it may still look like who started it
    (pid,) = workers_at(tmp_path / "runs" / "job")
    process = Path(f"/proc/{pid}")
    assert b"correct horse" not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
