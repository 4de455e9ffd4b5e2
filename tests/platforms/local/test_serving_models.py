"""Models in memory: loaded once, and asked together by all that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.platforms.local.serving_samples import registered

from begat.core.errors import Code, Problem
from begat.platforms.local.predictor import Predictor
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.local.serving_models import BATCH, MAX_WAITING, Models, Served

pytestmark = pytest.mark.anyio


class Counting(LocalRegistry):
    """Counts how often a file is asked for."""

    opened = 0

    def open(self, uri: str) -> Path:
        self.opened += 1
        return super().open(uri)


class Fussy:
    """A pipeline that fails on one text, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
        self.asked.append(len(texts))
        if "poison" in texts:
            raise ValueError("a fault of the library")
        return np.array([[0.25, 0.75] if text == "yes" else [0.75, 0.25] for text in texts])


@pytest.fixture
def fussy() -> Fussy:
    return Fussy()


@pytest.fixture
def served(fussy: Fussy) -> Served:
    return Served(Predictor(fussy, ("no", "yes")))


async def test_a_model_is_loaded_once_however_many_ask(tmp_path: Path) -> None:
    model, registry = registered(tmp_path), Counting(tmp_path)
    models = Models(registry)
    impatient = asyncio.create_task(models.load(model))
    waiting = [asyncio.create_task(models.load(model)) for _ in range(20)]
    await asyncio.sleep(0)
    impatient.cancel()
    found = await asyncio.gather(*waiting)
    assert len(set(map(id, found))) == 1
    assert registry.opened == 1
    models.keep([model.id])
    assert await models.load(model) is found[0]
    models.keep([])
    assert await models.load(model) is not found[0]
    assert registry.opened == 2


async def test_all_that_wait_are_answered_at_once_each_with_its_own(served: Served, fussy: Fussy) -> None:
    calls = [["yes"], ["no", "yes"], ["no"]] * 10
    said = await asyncio.gather(*(served.predict(texts, 10) for texts in calls))
    assert [[one["answer"] for one in answer.outputs] for answer in said] == calls
    assert fussy.asked == [40]
    assert sum(answer.cpu_seconds for answer in said) <= said[0].model_ms / 1_000
    await asyncio.gather(*(served.predict(["no"] * 200, 10) for _ in range(3)), served.predict(["no"] * 999, 10))
    assert max(fussy.asked[1:4]) <= BATCH
    assert fussy.asked[1:] == [200, 200, 200, 999]


async def test_a_text_that_a_model_fails_on_spoils_nobody_elses_answer(served: Served) -> None:
    said = await asyncio.gather(
        served.predict(["yes"], 10),
        served.predict(["no", "poison"], 10),
        served.predict(["no"], 10),
        return_exceptions=True,
    )
    assert [getattr(one, "code", None) for one in said] == [None, Code.PLATFORM, None]
    assert "a fault of the library" not in str(said[1])


async def test_more_than_can_be_answered_is_refused_at_once(served: Served, fussy: Fussy) -> None:
    many = [asyncio.create_task(served.predict(["no"] * 1_000, 30)) for _ in range(MAX_WAITING // 1_000)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await served.predict(["no"], 30)
    assert refused.value.code is Code.UNAVAILABLE
    for gone in many[::2]:
        gone.cancel()
    assert [len((await one).outputs) for one in many[1::2]] == [1_000] * (MAX_WAITING // 2_000)
    assert fussy.asked == [1_000] * (MAX_WAITING // 2_000)  # nobody worked for those who had gone
    with pytest.raises(Problem) as late:
        await served.predict(["no"], -1)
    assert late.value.code is Code.UNAVAILABLE
