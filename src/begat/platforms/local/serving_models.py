"""Models in the serving worker's memory: each loaded once, and asked by all that wait for it at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from begat.core.errors import Code, Problem
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.ports import Json, ModelRef, Prediction

if TYPE_CHECKING:
    from begat.platforms.local.predictor import Predictor

MAX_WAITING = 20_000
"""Texts that may wait for one model."""

BATCH = 256
"""Texts that several calls are answered with at once. A call of more is a batch of its own."""

INLINE = 20_000
"""Characters up to which a batch is answered in the event loop: it takes a few milliseconds, and what comes in
meanwhile is the next batch. In a thread, each answer would wait for the interpreter's lock once more."""

PROOF = "Does this model answer?"


@dataclass(slots=True)
class _Call:
    texts: Sequence[str]
    until: float
    answer: asyncio.Future[Prediction]


class Served:
    """A model in memory. All calls that wait are answered in one go, in the order in which they came."""

    def __init__(self, model: Predictor) -> None:
        self._model = model
        self._waiting: deque[_Call] = deque()
        self._texts = 0
        self._work: asyncio.Task[None] | None = None

    async def predict(self, texts: Sequence[str], seconds: float) -> Prediction:
        """UNAVAILABLE where too many wait or the time is over, PLATFORM where the model fails."""
        if self._texts + len(texts) > MAX_WAITING:
            raise Problem(Code.UNAVAILABLE, "Too many questions wait for this model.", hint="Try it again later.")
        loop = asyncio.get_running_loop()
        call = _Call(texts, loop.time() + seconds, loop.create_future())
        self._waiting.append(call)
        self._texts += len(texts)
        if self._work is None:
            # It begins when all that came in together have been read.
            self._work = loop.create_task(self._answer_all())
        return await call.answer

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                batch = self._next()
                if sum(len(text) for call in batch for text in call.texts) <= INLINE:
                    self._answer(batch, _predict(self._model, batch))
                    await asyncio.sleep(0)  # whoever has come in belongs to the next batch
                else:
                    self._answer(batch, await asyncio.to_thread(_predict, self._model, batch))
        finally:
            self._work = None

    def _next(self) -> list[_Call]:
        batch: list[_Call] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0].texts) <= BATCH):
            call = self._waiting.popleft()
            self._texts -= len(call.texts)
            if call.answer.done():
                continue
            if call.until < asyncio.get_running_loop().time():
                _say(call, Problem(Code.UNAVAILABLE, "The model was too busy to answer in time.", hint="Try again."))
            else:
                batch.append(call)
                size += len(call.texts)
        return batch

    def _answer(self, batch: list[_Call], answers: list[Prediction | Problem]) -> None:
        for call, answer in zip(batch, answers, strict=True):
            _say(call, answer)


class Models:
    """All that is in memory. Belongs to one event loop."""

    def __init__(self, registry: LocalRegistry) -> None:
        self._registry = registry
        self._loading: dict[ModelRef, asyncio.Task[Served]] = {}

    async def load(self, model: ModelRef) -> Served:
        """The model, loaded where it is not; whoever asks meanwhile waits for the same loading. One that failed is
        forgotten, so that the next call tries again."""
        task = self._loading.get(model)
        if task is None:
            task = self._loading[model] = asyncio.create_task(asyncio.to_thread(self._load, model))
            task.add_done_callback(lambda ended: self._loaded(model, ended))
        return await asyncio.shield(task)  # one caller's patience is not the others'

    def keep(self, ids: Collection[str]) -> None:
        """Forgets the others. Calls that they are answering are still answered."""
        for model in [model for model in self._loading if model.id not in ids]:
            del self._loading[model]

    def _load(self, model: ModelRef) -> Served:
        # scikit-learn is loaded with the first model: a begat that serves none starts at once and stays small.
        from begat.platforms.local import predictor

        loaded = predictor.load(self._registry.open(model.uri), model.sha256)
        try:
            [(answer, score)] = loaded.predict([PROOF])
            proven = answer in loaded.classes and 0.0 <= score <= 1.0
        except Exception as error:
            raise _failed(error) from error
        if not proven:
            raise Problem(Code.PLATFORM, "The model gives no answer with a score from 0 to 1.", hint="Train it again.")
        return Served(loaded)

    def _loaded(self, model: ModelRef, task: asyncio.Task[Served]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._loading.get(model) is task:
            del self._loading[model]


def _predict(model: Predictor, batch: Sequence[_Call]) -> list[Prediction | Problem]:
    """One answer a call; where the batch fails, each call is tried alone, so that none spoils another's."""
    began, worked = time.perf_counter(), time.thread_time()
    texts = [text for call in batch for text in call.texts]
    try:
        found = model.predict(texts)
    except Exception as error:
        if len(batch) > 1:
            return [answer for call in batch for answer in _predict(model, [call])]
        return [_failed(error)] * len(batch)
    model_ms = (time.perf_counter() - began) * 1_000
    each = (time.thread_time() - worked) / max(len(texts), 1)
    outputs: Iterator[dict[str, Json]] = iter([{"answer": answer, "score": score} for answer, score in found])
    return [Prediction(tuple(next(outputs) for _ in call.texts), model_ms, each * len(call.texts)) for call in batch]


def _say(call: _Call, answer: Prediction | Problem) -> None:
    if call.answer.done():  # whoever asked has gone
        return
    if isinstance(answer, Problem):
        call.answer.set_exception(answer)
    else:
        call.answer.set_result(answer)


def _failed(error: Exception) -> Problem:
    return Problem(Code.PLATFORM, f"The model failed ({type(error).__name__}).", hint="Train it again.")
