"""Trainers are listed, checked and named wrong before anything starts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.errors import Code, Problems
from begat.platforms.local import recipes
from begat.platforms.ports import HyperparameterType, Json, TrainerInfo


def repr_short(value: object) -> str:
    return repr(value)[:8]


def refused(trainer: str, hyperparameters: dict[str, Json]) -> list[tuple[str | int, ...]]:
    """The paths of what was refused."""
    with pytest.raises(Problems) as caught:
        recipes.check(trainer, hyperparameters)
    assert all(problem.code is Code.BAD_INPUT for problem in caught.value.problems)
    return [problem.path for problem in caught.value.problems]


def test_trainers_are_sorted_by_name_and_the_default_is_one_of_them() -> None:
    names = [trainer.name for trainer in recipes.trainers()]
    assert names == ["linear_svm", "logistic_regression", "naive_bayes"]
    assert [trainer.name for trainer in recipes.trainers() if trainer.default] == ["linear_svm"]


@pytest.mark.parametrize("trainer", recipes.trainers(), ids=lambda trainer: trainer.name)
def test_the_defaults_of_a_trainer_pass_its_own_check(trainer: TrainerInfo) -> None:
    settings = recipes.check(trainer.name, {})
    assert settings == {info.name: info.default for info in trainer.hyperparameters}
    assert recipes.check(trainer.name, settings) == settings


def test_an_unknown_trainer_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(Problems) as caught:
        recipes.check("transformer", {})
    (problem,) = caught.value.problems
    assert problem.path == ("trainer",)
    assert problem.hint == "Choose one of linear_svm, logistic_regression, naive_bayes."


def test_everything_wrong_is_named_at_once() -> None:
    wrong: dict[str, Json] = {"c": 0, "max_iter": 1.5, "class_weight": "heavy", "sublinear_tf": 1, "depth": 3}
    assert sorted(refused("linear_svm", wrong)) == [
        ("hyperparameters", "c"),
        ("hyperparameters", "class_weight"),
        ("hyperparameters", "depth"),
        ("hyperparameters", "max_iter"),
        ("hyperparameters", "sublinear_tf"),
    ]


@pytest.mark.parametrize("value", [True, None, "1", [1], {}, float("nan"), float("inf"), 10**400, -1], ids=repr_short)
def test_no_such_value_is_a_number_within_bounds(value: Json) -> None:
    assert refused("linear_svm", {"c": value}) == [("hyperparameters", "c")]
    assert refused("linear_svm", {"max_iter": value}) == [("hyperparameters", "max_iter")]


def test_bounds_are_inclusive_and_a_whole_number_is_kept_as_the_number_it_is() -> None:
    settings = recipes.check("linear_svm", {"c": 10_000, "min_rows": 1000})
    assert settings["c"] == 10_000.0
    assert isinstance(settings["c"], float)
    assert settings["min_rows"] == 1000


def test_the_least_piece_may_not_be_longer_than_the_longest() -> None:
    assert refused("naive_bayes", {"char_ngram_min": 4, "char_ngram_max": 3}) == [("hyperparameters", "char_ngram_min")]
    assert recipes.check("naive_bayes", {"char_ngram_min": 3, "char_ngram_max": 3})["char_ngram_min"] == 3


json_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(
    st.sampled_from(recipes.trainers()),
    st.dictionaries(
        st.sampled_from([info.name for trainer in recipes.trainers() for info in trainer.hyperparameters]) | st.text(),
        json_values,
    ),
)
def test_whatever_is_sent_it_is_refused_or_complete_and_of_its_type(
    trainer: TrainerInfo, sent: dict[str, Json]
) -> None:
    try:
        settings = recipes.check(trainer.name, sent)
    except Problems as refusal:
        assert {problem.path[1] for problem in refusal.problems} <= {*sent, "char_ngram_min"}  # noqa: PT017 - either is right
        return
    for info in trainer.hyperparameters:
        value = settings.pop(info.name)
        match info.type:
            case HyperparameterType.BOOLEAN:
                assert isinstance(value, bool)
            case HyperparameterType.CHOICE:
                assert value in info.choices
            case HyperparameterType.INTEGER | HyperparameterType.NUMBER:
                assert type(value) is (int if info.type is HyperparameterType.INTEGER else float)
                assert info.minimum is not None
                assert info.maximum is not None
                assert info.minimum <= value <= info.maximum
    assert settings == {}


def test_listing_trainers_does_not_load_scikit_learn() -> None:
    code = "import sys; from begat.platforms.local import recipes; recipes.trainers(); print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout == b"False\n"


def test_settings_of_a_model_to_start_from_are_filled_in_and_those_of_its_features_cannot_differ() -> None:
    base = recipes.check("linear_svm", {"c": 3, "word_ngram_max": 1})
    assert recipes.check("linear_svm", {}, base) == base
    assert recipes.check("linear_svm", {"c": 4, "word_ngram_max": 1}, base) == {**base, "c": 4.0}
    with pytest.raises(Problems) as caught:
        recipes.check("linear_svm", {"word_ngram_max": 2, "min_rows": 2, "c": 0}, base)
    assert {problem.path[-1]: problem.hint for problem in caught.value.problems} == {
        "c": "Choose from 0.0001 to 10000.0.",
        "word_ngram_max": "Leave it out, or name 1; start anew to choose it.",
        "min_rows": "Leave it out, or name 1; start anew to choose it.",
    }


def test_a_trainer_that_cannot_start_from_a_model_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = replace(recipes._TRAINERS["naive_bayes"], starts_from_model=False)
    monkeypatch.setitem(recipes._TRAINERS, "naive_bayes", plain)
    with pytest.raises(Problems) as caught:
        recipes.check("naive_bayes", {}, {})
    assert [(one.code, one.path, one.hint) for one in caught.value.problems] == [
        (Code.BAD_INPUT, ("trainer",), "Start anew, without a base model.")
    ]
    assert recipes.check("naive_bayes", {})["alpha"] == 0.03
