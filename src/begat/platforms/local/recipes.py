"""The local trainers: what can be chosen by name, with which settings. Their pipelines are in :mod:`.pipelines`.

This module imports no scikit-learn, so that a server can list and check trainers without loading it.

The defaults of ``linear_svm`` were chosen by 3-fold cross-validation on Banking77's training questions alone: 0.899,
where other ranges of n-grams, weights of the two kinds of n-grams and values of ``c`` gave 0.891 to 0.900.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from begat.core.errors import Problem, Problems, bad_input
from begat.platforms.ports import HyperparameterInfo, HyperparameterType, Json, TrainerInfo


def _integer(name: str, default: int, minimum: int, maximum: int, description: str) -> HyperparameterInfo:
    return HyperparameterInfo(name, HyperparameterType.INTEGER, default, description, minimum, maximum)


def _number(name: str, default: float, minimum: float, maximum: float, description: str) -> HyperparameterInfo:
    return HyperparameterInfo(name, HyperparameterType.NUMBER, default, description, minimum, maximum)


_FEATURES = tuple(
    replace(info, inherited=True)  # a model's weights mean its own features
    for info in (
        _integer("word_ngram_max", 2, 1, 4, "Longest run of words that is one feature; 1 looks at single words only."),
        _integer("char_ngram_min", 2, 1, 8, "Fewest characters of a piece of a word that is one feature."),
        _integer("char_ngram_max", 5, 1, 8, "Most characters of a piece of a word that is one feature."),
        _integer("min_rows", 1, 1, 1000, "A feature that occurs in fewer training rows than this is left out."),
        HyperparameterInfo(
            "sublinear_tf",
            HyperparameterType.BOOLEAN,
            True,
            "Count a feature that occurs n times in a text as 1 + log(n) instead of n.",
        ),
    )
)
_C = "Inverse strength of regularisation: smaller is simpler, larger follows the training rows more closely."
_WEIGHT = HyperparameterInfo(
    "class_weight",
    HyperparameterType.CHOICE,
    "none",
    "none: every row counts the same; balanced: every answer counts the same, however rare it is.",
    choices=("none", "balanced"),
)
_SEED = _integer("seed", 0, 0, 2**31 - 1, "Seed of the solver's random order; the same seed gives the same model.")

_TRAINERS = {
    trainer.name: trainer
    for trainer in (
        TrainerInfo(
            "linear_svm",
            "Word and character n-grams (TF-IDF) with a linear support vector machine. The default: fast and accurate "
            "on short texts.",
            (
                _number("c", 1.0, 0.0001, 10_000.0, _C),
                _WEIGHT,
                _integer("max_iter", 1000, 1, 100_000, "Most passes of the solver over the rows."),
                *_FEATURES,
                _SEED,
            ),
            default=True,
            starts_from_model=True,
        ),
        TrainerInfo(
            "logistic_regression",
            "The same n-grams with logistic regression: slower, and its scores are probabilities.",
            (
                _number("c", 10.0, 0.0001, 10_000.0, _C),
                _WEIGHT,
                _integer("max_iter", 200, 1, 100_000, "Most iterations of the solver."),
                *_FEATURES,
            ),
            starts_from_model=True,
        ),
        TrainerInfo(
            "naive_bayes",
            "The same n-grams with multinomial naive Bayes: the fastest, a baseline.",
            (
                _number("alpha", 0.03, 0.0001, 100.0, "Additive smoothing: how often every feature is imagined seen."),
                *_FEATURES,
            ),
            starts_from_model=True,
        ),
    )
}


def trainers() -> list[TrainerInfo]:
    """Every local trainer, sorted by name."""
    return sorted(_TRAINERS.values(), key=lambda trainer: trainer.name)


def check(trainer: str, hyperparameters: Mapping[str, Json], base: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """The complete settings, defaults (or what ``base`` has) filled in, in the trainer's own order.

    Raises Problems with one BAD_INPUT for each setting that is unknown, ill-typed, out of bounds, or inherited and not
    as in ``base``, at ``("hyperparameters", name)``; for a trainer that is unknown or that cannot start from a model
    one at ``("trainer",)``.
    """
    chosen = _TRAINERS.get(trainer)
    if chosen is None:
        raise Problems([bad_input("There is no such trainer.", "trainer", hint=f"Choose one of {_names(_TRAINERS)}.")])
    if base is not None and not chosen.starts_from_model:
        hint = "Start anew, without a base model."
        raise Problems([bad_input(f"The trainer {trainer} cannot start from a model.", "trainer", hint=hint)])
    inherited = base or {}
    known = {info.name: info for info in chosen.hyperparameters}
    problems = [
        bad_input(
            f"The trainer {trainer} has no such hyperparameter.",
            "hyperparameters",
            name,
            hint=f"It has {_names(known)}.",
        )
        for name in hyperparameters
        if name not in known
    ]
    settings: dict[str, Json] = {}
    for name, info in known.items():
        value = hyperparameters.get(name, inherited.get(name, info.default))
        problem = _problem(info, value)
        if problem is None and info.inherited and value != inherited.get(name, value):
            message = f"{name} is another one in the model to start from."
            hint = f"Leave it out, or name {inherited[name]}; start anew to choose it."
            problem = bad_input(message, "hyperparameters", name, hint=hint)
        if problem is not None:
            problems.append(problem)
        elif info.type is HyperparameterType.NUMBER and isinstance(value, int):
            settings[name] = float(value)  # one record of one setting, whether it was sent as 1 or as 1.0
        else:
            settings[name] = value
    if not problems and _as_int(settings["char_ngram_min"]) > _as_int(settings["char_ngram_max"]):
        problems.append(
            bad_input(
                "char_ngram_min is greater than char_ngram_max.",
                "hyperparameters",
                "char_ngram_min",
                hint=f"Choose at most {settings['char_ngram_max']}, or raise char_ngram_max.",
            )
        )
    if problems:
        raise Problems(problems)
    return settings


def _problem(info: HyperparameterInfo, value: Json) -> Problem | None:
    path = ("hyperparameters", info.name)
    if info.type is HyperparameterType.BOOLEAN:
        return None if isinstance(value, bool) else bad_input(f"{info.name} must be true or false.", *path)
    if info.type is HyperparameterType.CHOICE:
        if isinstance(value, str) and value in info.choices:
            return None
        return bad_input(f"{info.name} must be one of {_names(info.choices)}.", *path)
    kinds = (int,) if info.type is HyperparameterType.INTEGER else (int, float)
    low, high = info.minimum, info.maximum
    hint = f"Choose from {low} to {high}." if low is not None and high is not None else None
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "a whole number" if info.type is HyperparameterType.INTEGER else "a number"
        return bad_input(f"{info.name} must be {kind}.", *path, hint=hint)
    within = (low is None or low <= value) and (high is None or value <= high)
    if not within or value != value:  # NaN is unequal to itself; math.isnan cannot take every integer
        return bad_input(f"{info.name} is out of bounds.", *path, hint=hint)
    return None


def _as_int(value: Json) -> int:
    assert isinstance(value, int)  # noqa: S101 - checked above, said to the type checker
    return value


def _names(names: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names))
