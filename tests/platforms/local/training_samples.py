"""Small and endless trainings, and the processes that run them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.ports import EvaluateOn, Json, Row, SnapshotRef, TrainingSpec, TrainingState

ENDED = {TrainingState.SUCCEEDED, TrainingState.FAILED, TrainingState.CANCELED, TrainingState.LOST}

TOPICS = {
    "card_arrival": ["Where is my new card?", "My card has not come yet", "When will the card arrive in the mail?"],
    "exchange_rate": ["What rate do you use for euros?", "Is the exchange rate fixed?", "Rate for dollars today?"],
    "lost_card": ["I lost my purse and the card", "Somebody stole my card!", "I cannot find my card, block it"],
}


def row(question: Json, answer: Json, split: Json = "TRAIN", id: str = "pair_1") -> Row:
    """A snapshot's row."""
    return {"id": id, "itemRef": "1", "question": question, "answer": answer, "split": split}


def small_rows() -> list[Row]:
    """36 rows to learn from, in 3 classes, and 9 to measure on, which say the same in other words."""
    train = [
        row(f"{question} {word}", answer, id=f"pair_{answer}_{place}_{word}")
        for answer, questions in TOPICS.items()
        for place, question in enumerate(questions)
        for word in ("please", "thanks", "now", "hello")
    ]
    test = [row(f"Hi, {q.lower()}", answer, "TEST") for answer, questions in TOPICS.items() for q in questions]
    return train + test


def snapshot(root: Path, rows: list[Row]) -> SnapshotRef:
    """The rows, frozen under ``root``."""
    return LocalArtifacts(root).write(rows).ref


def small(root: Path, **hyperparameters: Json) -> TrainingSpec:
    """A training of about two seconds, nearly all of it loading scikit-learn."""
    frozen = snapshot(root, small_rows())
    return TrainingSpec("linear_svm", hyperparameters, frozen, ("TRAIN",), (EvaluateOn(frozen, "TEST"),))


def endless(root: Path) -> TrainingSpec:
    """A training of many minutes: noise, nearly unregularised, with as many iterations as are allowed."""
    noise = random.Random(7)
    words = ["".join(noise.choices("abcdefghij", k=5)) for _ in range(400)]
    rows = [row(" ".join(noise.choices(words, k=8)), f"answer {noise.randrange(40)}") for _ in range(2000)]
    return TrainingSpec("logistic_regression", {"c": 10_000, "max_iter": 100_000}, snapshot(root, rows), ("TRAIN",))


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Waits for ``condition``, fails after ``seconds``; returns how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - start


def workers_at(folder: Path) -> list[int]:
    """The ids of the living training processes that were started for this run directory."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes().split(b"\0") if process.name.isdigit() else []
            state = (process / "stat").read_text().rpartition(")")[2].split()[0] if command else "Z"
        except (FileNotFoundError, ProcessLookupError):
            continue
        if os.fsencode(folder) in command and state != "Z":
            found.append(int(process.name))
    return found
