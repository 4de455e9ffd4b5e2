"""Trainings that start from a model know what it knew, beside what their own rows say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import joblib
import pytest
from tests.platforms.local.training_samples import TOPICS, row, small_rows, snapshot

from begat.core.errors import Code, Problem
from begat.platforms.local.fitting import train
from begat.platforms.local.predictor import Predictor, load
from begat.platforms.ports import BaseModel, Json, Row, TrainingResult, TrainingSpec

TRAINERS = ("linear_svm", "logistic_regression", "naive_bayes")
TOP_UP = ["Can I top up my account?", "How do I top up by cheque?", "Top up with another bank", "My top up failed"]
ASKED = {question.lower(): answer for answer, questions in TOPICS.items() for question in questions}
"""What the base learned, in other words."""

Train = Callable[..., TrainingResult]


@pytest.fixture
def trained(tmp_path: Path) -> Train:
    """Trains on TRAIN rows, on from a base where one is named; each to a file of its own."""
    numbers = iter(range(99))

    def work(rows: list[Row], trainer: str, base: TrainingResult | None = None, **settings: Json) -> TrainingResult:
        spec = TrainingSpec(
            trainer, settings, snapshot(tmp_path, rows), ("TRAIN",), base=None if base is None else based(base)
        )
        return train(spec, tmp_path / f"{next(numbers)}.joblib", lambda *_: None)

    return work


def based(model: TrainingResult) -> BaseModel:
    """A trained model as one to start from."""
    return BaseModel(model.model_sha256, str(model.model_file))


def rows_of(answer: str, questions: list[str]) -> list[Row]:
    """Rows to learn from."""
    return [row(question, answer) for question in questions]


def some(*answers: str) -> list[Row]:
    """The small rows to learn from that have one of these answers."""
    return [one for one in small_rows() if one["split"] == "TRAIN" and one["answer"] in answers]


def opened(model: TrainingResult) -> Predictor:
    """The model, as it serves."""
    return load(model.model_file, model.model_sha256)


def right(model: TrainingResult, asked: dict[str, str] = ASKED) -> int:
    """How many of these questions it answers rightly."""
    return sum(
        given == wanted for given, wanted in zip(opened(model).answers(list(asked)), asked.values(), strict=True)
    )


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_model_that_learns_a_new_answer_keeps_what_its_base_knew(trained: Train, trainer: str) -> None:
    new = rows_of("top_up", TOP_UP)
    base = trained(small_rows(), trainer)
    started = trained(new, trainer, base)
    assert started.classes == ("card_arrival", "exchange_rate", "lost_card", "top_up")
    assert started.train_rows == 4
    assert right(started) == right(base) == len(ASKED)
    assert opened(started).answers(["I want to top up", "the top up failed"]) == ["top_up", "top_up"]
    anew = trained([*new, *rows_of("lost_card", ["I lost it"])], trainer)
    assert right(anew) < len(ASKED) / 2, "without a base it knows none of that"


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("known", [("card_arrival", "exchange_rate"), ("card_arrival", "exchange_rate", "lost_card")])
def test_one_row_more_of_known_answers_changes_little(trained: Train, trainer: str, known: tuple[str, ...]) -> None:
    base = trained(some(*known), trainer)
    started = trained(rows_of("exchange_rate", ["what is a dollar worth today"]), trainer, base)
    assert started.classes == known
    asked = [question for question, answer in ASKED.items() if answer in known]
    before, after = opened(base).predict(asked), opened(started).predict(asked)
    assert [answer for answer, _ in after] == [answer for answer, _ in before]
    assert all(abs(one - other) < 0.1 for (_, one), (_, other) in zip(before, after, strict=True))
    worth = ["how much is a dollar worth"]
    (_, then), (answer, now) = opened(base).predict(worth)[0], opened(started).predict(worth)[0]
    assert answer == "exchange_rate"
    assert now > then, "it learned from the row"


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_base_of_two_answers_grows_to_three_and_so_do_those_that_start_from_that(
    trained: Train, trainer: str
) -> None:
    two = trained(some("card_arrival", "exchange_rate"), trainer)
    three = trained(some("lost_card"), trainer, two)
    four = trained(rows_of("top_up", TOP_UP), trainer, three)
    assert len(four.classes) == 4
    assert right(three) == right(four) == len(ASKED)
    assert all(0.0 < score < 1.0 for _, score in opened(four).predict(list(ASKED)))


def test_naive_bayes_learns_in_two_steps_what_it_learns_in_one(trained: Train) -> None:
    """Its averages are all that it takes of rows; the features are found in the first step, with their weights."""
    known = [*some("card_arrival"), *some("exchange_rate")]
    again = [row(f"{one['question']} again", one["answer"]) for one in known]
    first = trained(known, "naive_bayes", char_ngram_max=2, word_ngram_max=1)
    stepwise = trained(known, "naive_bayes", first, char_ngram_max=2, word_ngram_max=1)
    doubled = opened(first)
    doubled.pipeline[-1].fit(
        doubled.pipeline[:-1].transform([one["question"] for one in known * 2]),
        [doubled.classes.index(str(one["answer"])) for one in known * 2],
    )
    texts = [str(one["question"]) for one in again]
    wanted, found = doubled.predict(texts), opened(stepwise).predict(texts)
    assert [answer for answer, _ in found] == [answer for answer, _ in wanted]
    assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=1e-12)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_what_many_rows_say_counts_more_than_what_the_base_knew(trained: Train, trainer: str) -> None:
    base = trained([*rows_of("yes", ["the moon is round"]), *rows_of("no", ["the earth is flat"])], trainer)
    changed = trained(rows_of("no", ["the moon is round"] * 40), trainer, base)
    assert opened(base).answers(["the moon is round"]) == ["yes"]
    assert opened(changed).answers(["the moon is round"]) == ["no"]


@pytest.mark.parametrize("trainer", ["linear_svm", "logistic_regression"])
def test_balanced_answers_count_alike_however_many_rows_the_base_had(trained: Train, trainer: str) -> None:
    base = trained(some("card_arrival", "exchange_rate"), trainer)
    new = rows_of("lost_card", ["card lost"])
    plain = trained(new, trainer, base, class_weight="none")
    balanced = trained(new, trainer, base, class_weight="balanced")
    asked = ["I lost the card, when does my new card arrive?"]
    scores = [opened(one).pipeline.decision_function(asked)[0][2] for one in (plain, balanced)]
    assert scores[1] > scores[0], "one row of lost_card counts as much as twelve of another answer"


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_same_rows_from_the_same_base_make_the_same_file(trained: Train, trainer: str) -> None:
    base = trained(small_rows(), trainer)
    once, again = (trained(rows_of("top_up", TOP_UP), trainer, base) for _ in range(2))
    other = trained(rows_of("top_up", TOP_UP), trainer, trained(some("card_arrival", "lost_card"), trainer))
    assert once.model_sha256 == again.model_sha256 != other.model_sha256


def refusal(work: Callable[[], object]) -> Problem:
    """Why it was refused."""
    with pytest.raises(Problem) as caught:
        work()
    return caught.value


def test_a_base_of_another_trainer_or_other_features_is_refused(trained: Train) -> None:
    base, new = trained(small_rows(), "linear_svm"), rows_of("top_up", TOP_UP)
    others: tuple[tuple[str, dict[str, Json]], ...] = (
        ("naive_bayes", {}),
        ("linear_svm", {"char_ngram_max": 4}),
        ("linear_svm", {"word_ngram_max": 1}),
        ("linear_svm", {"sublinear_tf": False}),
    )
    for trainer, settings in others:
        assert refusal(partial(trained, new, trainer, base, **settings)).code is Code.BAD_INPUT
    assert trained(new, "linear_svm", base, c=3, max_iter=20).classes[-1] == "top_up", "what shapes no feature is free"


def test_the_file_of_a_base_must_be_there_and_be_the_one_that_was_registered(trained: Train, tmp_path: Path) -> None:
    base, new = trained(small_rows(), "naive_bayes"), rows_of("top_up", TOP_UP)
    altered = tmp_path / "altered.joblib"
    altered.write_bytes(base.model_file.read_bytes() + b"\0")
    for file, code in ((altered, Code.PLATFORM), (tmp_path / "gone.joblib", Code.NOT_FOUND)):
        problem = refusal(partial(trained, new, "naive_bayes", replace(base, model_file=file)))
        assert problem.code is code
        assert str(tmp_path) not in problem.message


def test_a_file_of_an_older_begat_serves_and_is_no_base(trained: Train, tmp_path: Path) -> None:
    kept = joblib.load(trained(small_rows(), "naive_bayes").model_file)
    del kept["memory"]
    file = tmp_path / "old.joblib"
    joblib.dump(kept, file)
    old = replace(
        trained(small_rows(), "naive_bayes"),
        model_file=file,
        model_sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    assert right(old) == len(ASKED)
    problem = refusal(partial(trained, rows_of("top_up", TOP_UP), "naive_bayes", old))
    assert problem.code is Code.PLATFORM
    assert "before trainings could start from a model" in problem.message
