"""What every ``Training`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.local.training_samples import ENDED, endless, row, small, snapshot, until

from begat.core.errors import Code, Problem, Problems
from begat.platforms.local.training import LocalTraining
from begat.platforms.ports import (
    BaseModel,
    HyperparameterInfo,
    HyperparameterType,
    Training,
    TrainingResult,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
)

OPEN: dict[str, Callable[[Path], Training]] = {"local": LocalTraining}


@pytest.fixture(params=OPEN)
def training(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Training]:
    opened = OPEN[request.param](tmp_path)
    yield opened
    opened.close()


def refused(work: Callable[[], Any]) -> set[tuple[Code, tuple[str | int, ...]]]:
    """Codes and paths of the problems that the work raises."""
    try:
        work()
    except Problem as one:
        return {(one.code, one.path)}
    except Problems as several:
        return {(problem.code, problem.path) for problem in several.problems}
    raise AssertionError("nothing was refused")


def wrong_values(info: HyperparameterInfo) -> list[Any]:
    """Values that this setting cannot have."""
    found: list[Any] = [[], {"a": 1}]
    if info.type is not HyperparameterType.BOOLEAN:
        found.append(True)
    if info.type is not HyperparameterType.CHOICE:
        found.append("many")
    if info.type is HyperparameterType.CHOICE:
        found += ["none of these", 1]
    if info.minimum is not None:
        found.append(info.minimum - 1)
    if info.maximum is not None:
        found.append(info.maximum + 1)
    if info.type is HyperparameterType.INTEGER:
        found.append(1.5)
    if info.type is HyperparameterType.NUMBER:
        found += [float("nan"), float("inf")]
    return found


def test_trainers_are_sorted_and_one_is_the_default(training: Training) -> None:
    trainers = training.trainers()
    names = [trainer.name for trainer in trainers]
    assert names == sorted(set(names))
    assert [trainer.default for trainer in trainers].count(True) == 1
    for trainer in trainers:
        assert trainer.description
        assert all(one.description for one in trainer.hyperparameters)


def test_what_is_unsaid_is_filled_in_once_and_for_all(training: Training) -> None:
    for trainer in training.trainers():
        defaults = {one.name: one.default for one in trainer.hyperparameters}
        assert training.check(trainer.name, {}) == defaults
        assert training.check(trainer.name, defaults) == defaults


def test_every_setting_says_which_values_it_cannot_have(training: Training) -> None:
    for trainer in training.trainers():
        for info in trainer.hyperparameters:
            for value in wrong_values(info):
                wanted = {info.name: value}
                said = refused(partial(training.check, trainer.name, wanted))
                assert said == {(Code.BAD_INPUT, ("hyperparameters", info.name))}, (trainer.name, info.name, value)


def test_everything_wrong_is_said_at_once(training: Training) -> None:
    default = next(trainer for trainer in training.trainers() if trainer.default)
    wrong: dict[str, Any] = {"no such setting": 1, default.hyperparameters[0].name: []}
    assert refused(lambda: training.check(default.name, wrong)) == {
        (Code.BAD_INPUT, ("hyperparameters", name)) for name in wrong
    }
    assert (Code.BAD_INPUT, ("trainer",)) in refused(lambda: training.check("no such trainer", {}))


def test_what_is_unsaid_is_as_in_the_model_to_start_from_and_what_is_inherited_cannot_differ(
    training: Training,
) -> None:
    for trainer in training.trainers():
        defaults = training.check(trainer.name, {})
        if not trainer.starts_from_model:
            said = refused(partial(training.check, trainer.name, {}, defaults))
            assert said == {(Code.BAD_INPUT, ("trainer",))}
            continue
        for info in trainer.hyperparameters:
            if isinstance(info.default, bool) or not isinstance(info.default, int | float):
                continue
            base = {**defaults, info.name: info.default + 1}
            assert training.check(trainer.name, {}, base) == base
            other = partial(training.check, trainer.name, {info.name: info.default}, base)
            if info.inherited:
                assert refused(other) == {(Code.BAD_INPUT, ("hyperparameters", info.name))}
            else:
                assert other() == defaults


def test_a_training_starts_from_a_model_that_another_made(training: Training, tmp_path: Path) -> None:
    base = succeeded(training, "job_1", small(tmp_path))
    new = snapshot(tmp_path, [row("How do I top up?", "top_up"), row("Top up by cheque", "top_up")])
    spec = replace(small(tmp_path), snapshot=new, base=BaseModel(base.model_sha256, str(base.model_file)))
    started = succeeded(training, "job_2", spec)
    assert started.classes == (*base.classes, "top_up")
    known = [one.value for one in started.evaluations if (one.metric, one.split) == ("accuracy", "TEST")]
    assert known == [1.0], "the rows that it never saw itself"
    training.start("job_2", spec)  # the same again
    assert refused(lambda: training.start("job_2", replace(spec, base=None))) == {(Code.CONFLICT, ())}


def test_a_training_whose_base_is_gone_or_altered_fails_and_says_so(training: Training, tmp_path: Path) -> None:
    base = succeeded(training, "job_1", small(tmp_path))
    altered = tmp_path / "altered"
    altered.write_bytes(base.model_file.read_bytes()[:-1])
    for token, file, code in (("gone", tmp_path / "gone", Code.NOT_FOUND), ("altered", altered, Code.PLATFORM)):
        training.start(token, replace(small(tmp_path), base=BaseModel(base.model_sha256, str(file))))
        until(lambda token=token: training.status(token).state in ENDED, 60)  # type: ignore[misc] # of this round
        failure = training.status(token).failure
        assert failure is not None
        assert failure.code is code


def succeeded(training: Training, token: str, spec: TrainingSpec) -> TrainingResult:
    """What a training that must succeed made."""
    training.start(token, spec)
    until(lambda: training.status(token).state in ENDED, 60)
    result = training.status(token).result
    assert result is not None, training.status(token).failure
    return result


def test_a_training_goes_forward_only_and_its_end_stays(training: Training, tmp_path: Path) -> None:
    seen: list[TrainingStatus] = []
    training.start("job_1", small(tmp_path))

    def ended() -> bool:
        seen.append(training.status("job_1"))
        return seen[-1].state in ENDED

    until(ended, 60)
    order = [TrainingState.QUEUED, TrainingState.RUNNING, TrainingState.SUCCEEDED]
    places = [order.index(status.state) for status in seen]
    assert places == sorted(places)
    assert [status.done for status in seen] == sorted(status.done for status in seen)
    for status in seen:
        assert (status.result is not None) == (status.state is TrainingState.SUCCEEDED)
        assert status.failure is None
        assert status.done <= status.total or status.total == 0
    training.cancel("job_1")
    training.start("job_1", small(tmp_path))
    assert training.status("job_1") == seen[-1]
    result = seen[-1].result
    assert result is not None
    assert result.model_file.stat().st_size > 0
    assert {(one.metric, one.split) for one in result.evaluations} >= {("accuracy", "TEST")}


def test_a_token_keeps_its_spec(training: Training, tmp_path: Path) -> None:
    spec = endless(tmp_path)
    training.start("job_1", spec)
    training.start("job_1", spec)
    assert refused(lambda: training.start("job_1", replace(spec, train_splits=("TRAIN", "VALIDATION")))) == {
        (Code.CONFLICT, ())
    }
    assert training.status("job_1").state in (TrainingState.QUEUED, TrainingState.RUNNING)
    training.cancel("job_1")
    training.cancel("job_1")
    until(lambda: training.status("job_1").state is TrainingState.CANCELED)


def test_what_was_never_begun_is_lost_and_can_be_cancelled_before_it_begins(training: Training, tmp_path: Path) -> None:
    unknown = training.status("never")
    assert unknown.state is TrainingState.LOST
    assert unknown.failure is not None
    training.cancel("early")
    assert training.status("early").state in (TrainingState.CANCELED, TrainingState.LOST)


@pytest.mark.parametrize("token", ["", "..", "a/b", "a b", "a\n", "ä", "x" * 101])
def test_a_token_is_a_plain_name(training: Training, tmp_path: Path, token: str) -> None:
    assert {code for code, _ in refused(lambda: training.start(token, small(tmp_path)))} == {Code.BAD_INPUT}
    assert training.status(token).state is TrainingState.LOST


def test_a_training_on_no_split_is_refused(training: Training, tmp_path: Path) -> None:
    spec = replace(small(tmp_path), train_splits=())
    assert {code for code, _ in refused(lambda: training.start("job_1", spec))} == {Code.BAD_INPUT}
