"""The default trainer, as it is, on real questions: 10,003 to learn from, 3,080 to be measured on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.platforms.local.training_samples import ENDED, row, snapshot, until

import begat
from begat.platforms.local.predictor import load
from begat.platforms.local.training import LocalTraining
from begat.platforms.ports import EvaluateOn, SnapshotRef, TrainingSpec, TrainingState


def banking77() -> Path:
    """The folder of train.csv and test.csv: the package's own, else the one beside the repository."""
    shipped = [path.parent for path in Path(begat.__file__).parent.rglob("train.csv")]
    beside = Path(__file__).parents[4] / "shared" / "data" / "banking77"
    for folder in (*shipped, beside):
        if (folder / "test.csv").is_file():
            return folder
    pytest.skip("Banking77 is neither in the package nor beside the repository.")


def frozen(root: Path, name: str, split: str) -> SnapshotRef:
    """A snapshot of one file, all in one split."""
    with (banking77() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row(line["text"], line["category"], split, f"pair_{name}_{n}")
            for n, line in enumerate(csv.DictReader(file))
        ]
    return snapshot(root, rows)


@pytest.mark.slow
def test_the_default_trainer_answers_nine_of_ten_questions_rightly(tmp_path: Path) -> None:
    learned, measured = frozen(tmp_path, "train", "TRAIN"), frozen(tmp_path, "test", "TEST")
    training = LocalTraining(tmp_path)
    try:
        spec = TrainingSpec("linear_svm", {}, learned, ("TRAIN",), (EvaluateOn(measured, "TEST"),))
        training.start("job", spec)
        until(lambda: training.status("job").state in ENDED, 120)
        status = training.status("job")
    finally:
        training.close()
    assert status.state is TrainingState.SUCCEEDED, status.failure
    assert status.result is not None
    assert status.result.train_rows == 10_003
    assert len(status.result.classes) == 77
    accuracy, macro_f1 = status.result.evaluations
    assert accuracy.sample_size == macro_f1.sample_size == 3080
    assert accuracy.low is not None
    assert accuracy.low < accuracy.value
    assert accuracy.value >= 0.90
    assert macro_f1.value >= 0.90
    predictor = load(status.result.model_file, status.result.model_sha256)
    assert predictor.answers(["My card has been stolen, what now?"]) == ["lost_or_stolen_card"]
