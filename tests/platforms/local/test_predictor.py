"""A model file is a program: only the bytes that were registered are loaded."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import joblib
import pytest
from tests.platforms.local.training_samples import small

from begat.core.errors import Code, Problem
from begat.platforms.local.fitting import train
from begat.platforms.local.predictor import Predictor, load


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.path, "boom")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A small model's file and hash."""
    folder = tmp_path_factory.mktemp("model")
    result = train(small(folder), folder / "model.joblib", lambda *_: None)
    return result.model_file, result.model_sha256


def refusal(path: Path, sha256: str) -> Code:
    """The code with which loading is refused."""
    with pytest.raises(Problem) as caught:
        load(path, sha256)
    assert str(path) not in caught.value.message
    return caught.value.code


def test_answers_come_in_order_one_for_each_text(trained: tuple[Path, str]) -> None:
    predictor = load(*trained)
    texts = ["where is the card", "rate for dollars", "I lost it, stolen"] * 1500
    answers = predictor.predict(texts)
    assert [answer for answer, _ in answers] == ["card_arrival", "exchange_rate", "lost_card"] * 1500
    assert predictor.answers(texts[:2]) == ["card_arrival", "exchange_rate"]
    assert predictor.predict([]) == []


def test_a_text_without_any_known_word_gets_an_answer_too(trained: tuple[Path, str]) -> None:
    ((answer, score),) = load(*trained).predict([""])
    assert answer in load(*trained).classes
    assert 0 < score < 1


def test_a_file_that_is_another_one_is_refused_before_it_is_run(tmp_path: Path, trained: tuple[Path, str]) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "boom")))
    assert refusal(path, trained[1]) is Code.PLATFORM
    assert not (tmp_path / "boom").exists()


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone", "0" * 64) is Code.NOT_FOUND


@pytest.mark.parametrize("content", [b"", b"no pickle at all", pickle.dumps({"format": 99}), pickle.dumps([1])])
def test_a_file_of_the_right_hash_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(content)
    assert refusal(path, hashlib.sha256(content).hexdigest()) is Code.PLATFORM


def test_the_file_holds_no_trace_of_where_it_was_made(trained: tuple[Path, str]) -> None:
    assert str(trained[0].parent).encode() not in trained[0].read_bytes()
    assert isinstance(load(*trained), Predictor)
    assert joblib.load(trained[0])["format"] == 1
