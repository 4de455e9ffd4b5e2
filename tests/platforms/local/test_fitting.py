"""What is learned from, what is measured, and which rows are refused, without a process of its own."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.platforms.local.training_samples import row, small, small_rows, snapshot

from begat.core.errors import Code, Problem, Problems
from begat.platforms.local.fitting import train
from begat.platforms.local.predictor import load
from begat.platforms.ports import EvaluateOn, Json, Row, SnapshotRef, TrainingResult, TrainingSpec


def trained(spec: TrainingSpec, folder: Path) -> TrainingResult:
    """The training's result; what it reports is dropped."""
    return train(spec, folder / "model.joblib", lambda *_: None)


def refusal(spec: TrainingSpec, folder: Path) -> Problem:
    """Why it was refused; no model was left."""
    with pytest.raises(Problem) as caught:
        trained(spec, folder)
    assert not (folder / "model.joblib").exists()
    return caught.value


def of(folder: Path, rows: list[Row], *, trainer: str = "linear_svm", **settings: Json) -> TrainingSpec:
    """A training on these rows' TRAIN split, measured on nothing."""
    return TrainingSpec(trainer, settings, snapshot(folder, rows), ("TRAIN",))


def test_only_the_named_splits_are_learned_from(tmp_path: Path) -> None:
    extra = [row("What is the weather?", "weather", "VALIDATION"), row("Will it rain?", "rain", "TEST")]
    spec = small(tmp_path)
    spec = replace(spec, snapshot=snapshot(tmp_path, small_rows() + extra))
    assert trained(spec, tmp_path).classes == ("card_arrival", "exchange_rate", "lost_card")
    wider = trained(replace(spec, train_splits=("TRAIN", "VALIDATION")), tmp_path)
    assert wider.classes == ("card_arrival", "exchange_rate", "lost_card", "weather")
    assert wider.train_rows == 37


def test_what_is_measured_on_changes_nothing_in_what_is_learned(tmp_path: Path) -> None:
    spec = small(tmp_path)
    unmeasured = replace(spec, evaluate=())
    assert trained(spec, tmp_path).model_sha256 == trained(unmeasured, tmp_path).model_sha256
    assert trained(unmeasured, tmp_path).evaluations == ()


def test_every_split_of_every_named_snapshot_is_measured_in_the_order_asked(tmp_path: Path) -> None:
    other = snapshot(tmp_path, [row("Where is my card?", "card_arrival", "ALL"), row("Rain?", "weather", "ALL")])
    spec = small(tmp_path)
    spec = replace(spec, evaluate=(EvaluateOn(other, "ALL"), *spec.evaluate, EvaluateOn(spec.snapshot, "TRAIN")))
    measured = [
        (evaluation.snapshot_sha256, evaluation.split, evaluation.sample_size, evaluation.value)
        for evaluation in trained(spec, tmp_path).evaluations
        if evaluation.metric == "accuracy"
    ]
    own = spec.snapshot.sha256
    # The model cannot know the answer "weather": it counts as wrong.
    assert measured[0] == (other.sha256, "ALL", 2, 0.5)
    assert [measure[:3] for measure in measured[1:]] == [(own, "TEST", 9), (own, "TRAIN", 36)]


def test_rows_without_any_split_are_measured_where_all_rows_are_asked(tmp_path: Path) -> None:
    unsplit = snapshot(tmp_path, [row("Where is my card?", "card_arrival", None), row("Rain?", "weather", None)])
    spec = replace(small(tmp_path), evaluate=(EvaluateOn(unsplit, None),))
    accuracy = trained(spec, tmp_path).evaluations[0]
    assert (accuracy.split, accuracy.sample_size, accuracy.value) == (None, 2, 0.5)


@pytest.mark.parametrize("trainer", ["linear_svm", "logistic_regression", "naive_bayes"])
@pytest.mark.parametrize("classes", [2, 3])
def test_every_trainer_learns_two_classes_and_more(tmp_path: Path, trainer: str, classes: int) -> None:
    names = ["card_arrival", "exchange_rate", "lost_card"][:classes]
    rows = [row for row in small_rows() if row["answer"] in names]
    result = trained(of(tmp_path, rows, trainer=trainer), tmp_path)
    assert result.classes == tuple(names)
    answers = load(result.model_file, result.model_sha256).predict(["When does my new card arrive?", "euros rate?"])
    assert [answer for answer, _ in answers] == ["card_arrival", "exchange_rate"]
    assert all(1 / classes < score < 1 for _, score in answers)


def test_other_fields_can_be_learned_from(tmp_path: Path) -> None:
    rows: list[Row] = [{"text": text, "label": label, "part": "a"} for text, label in (("up", "+"), ("down", "-"))]
    spec = replace(of(tmp_path, rows), train_splits=("a",), input_field="text", target_field="label")
    assert trained(replace(spec, split_field="part"), tmp_path).classes == ("+", "-")


def test_texts_of_signs_only_and_of_any_script_can_be_learned(tmp_path: Path) -> None:
    rows = [row("?", "question"), row("!", "call"), row("カードはどこ", "カード"), row("\u200b", "nothing to see")]
    assert trained(of(tmp_path, rows), tmp_path).train_rows == 4


def test_answers_stay_as_they_are_even_where_numpy_would_change_them(tmp_path: Path) -> None:
    rows = [row("one", "a"), row("two", "a\0"), row("three", " a "), row("four", "a" * 50_000)]
    assert set(trained(of(tmp_path, rows), tmp_path).classes) == {"a", "a\0", " a ", "a" * 50_000}


@pytest.mark.parametrize("answer", [None, "", "  \n", 7, ["a"]])
def test_rows_without_a_usable_text_are_named_and_their_content_is_not(tmp_path: Path, answer: Json) -> None:
    rows = [*small_rows(), *(row("My secret question", answer, id=f"pair_{place}") for place in range(7))]
    problem = refusal(of(tmp_path, rows), tmp_path)
    assert problem.code is Code.BAD_INPUT
    assert "7 without answer: pair_0, pair_1, pair_2, pair_3, pair_4, ..." in problem.message
    assert "secret" not in problem.message
    swapped = [*small_rows(), row(answer, "lost_card", id="pair_0")]
    assert "1 without question: pair_0" in refusal(of(tmp_path, swapped), tmp_path).message


def test_rows_of_other_splits_may_be_unusable(tmp_path: Path) -> None:
    rows = [*small_rows(), row(None, None, "VALIDATION"), row("", "", None)]
    assert trained(of(tmp_path, rows), tmp_path).train_rows == 36


def test_a_split_without_rows_is_refused_to_learn_from_and_to_measure_on(tmp_path: Path) -> None:
    spec = small(tmp_path)
    for bad in (
        replace(spec, train_splits=("VALIDATION",)),
        replace(spec, evaluate=(EvaluateOn(spec.snapshot, "VALIDATION"),)),
        replace(spec, split_field="part"),
    ):
        problem = refusal(bad, tmp_path)
        assert problem.code is Code.BAD_INPUT
        assert "has no row in" in problem.message
    assert "has no row in TRAIN" in refusal(of(tmp_path, []), tmp_path).message


def test_one_answer_alone_is_refused(tmp_path: Path) -> None:
    problem = refusal(of(tmp_path, [row("one", "same"), row("two", "same")]), tmp_path)
    assert problem.code is Code.BAD_INPUT


def test_settings_that_leave_no_feature_are_refused(tmp_path: Path) -> None:
    problem = refusal(of(tmp_path, small_rows(), min_rows=1000), tmp_path)
    assert problem.code is Code.BAD_INPUT
    assert problem.message.startswith("linear_svm cannot learn from these rows")


def test_settings_are_checked_again(tmp_path: Path) -> None:
    with pytest.raises(Problems):
        trained(of(tmp_path, small_rows(), c="much"), tmp_path)


def test_free_text_as_answers_is_a_limit_and_not_a_full_memory(tmp_path: Path) -> None:
    noise = random.Random(1)
    texts = ["".join(noise.choices("abcdefghijklmnopqrstuvwxyz ", k=22)) for _ in range(3000)]
    problem = refusal(of(tmp_path, [row(text, text[::-1]) for text in texts]), tmp_path)
    assert problem.code is Code.LIMIT
    assert problem.message.startswith("3,000 answers and ")


def test_a_snapshot_that_is_not_what_it_is_named_by_is_refused(tmp_path: Path) -> None:
    spec = small(tmp_path)
    other = snapshot(tmp_path, [row("one", "a"), row("two", "b")])
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(Path(other.path).read_bytes()[:-20])
    for ref, code in (
        (SnapshotRef(spec.snapshot.sha256, other.path), Code.PLATFORM),
        (SnapshotRef(other.sha256, str(damaged)), Code.PLATFORM),
        (SnapshotRef(other.sha256, str(tmp_path / "gone.parquet")), Code.NOT_FOUND),
    ):
        for bad in (replace(spec, snapshot=ref), replace(spec, evaluate=(EvaluateOn(ref, "TRAIN"),))):
            problem = refusal(bad, tmp_path)
            assert problem.code is code
            assert str(tmp_path) not in problem.message


def test_progress_counts_every_step_once(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    train(small(tmp_path), tmp_path / "model.joblib", lambda *step: told.append(step))
    assert [(done, total) for done, total, _ in told] == [(step, 5) for step in range(6)]
    assert [stage for _, _, stage in told] == [
        "reading the snapshots",
        "finding features",
        "fitting the classifier",
        "saving the model",
        "measuring on TEST",
        "done",
    ]
