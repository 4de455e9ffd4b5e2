"""Serving registered models."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from begat.platforms.ports.values import Json


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A registered model: the model version's id, where its file is kept, and that file's hash."""

    id: str
    uri: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """Answers in the order of the texts, each ``{"answer": text, "score": 0 to 1}``.

    ``model_ms`` is how long the model itself worked on the call (or on the batch that the call was part of),
    ``cpu_seconds`` this call's share of the CPU time.
    """

    outputs: tuple[dict[str, Json], ...]
    model_ms: float
    cpu_seconds: float


class Serving(Protocol):
    """Keeps models in memory and lets them answer.

    Of all instances that share a platform one *holds* the serving (it has the lease): there each model is loaded once.
    ``predict`` reaches it from any instance. Other than the other ports' calls these are asynchronous, as many queries
    wait at once.
    """

    async def hold(self) -> None:
        """Makes this instance the one that serves; repeated, it starts again what had died, and else does nothing.
        Raises UNAVAILABLE."""
        ...

    async def release(self) -> None:
        """Ends the serving of this instance, where it holds it."""
        ...

    async def load(self, model: ModelRef) -> None:
        """Has the model in memory and proves that it answers; in memory already, it is only asked. Raises NOT_FOUND or
        PLATFORM for a file that cannot be used, UNAVAILABLE where nothing serves."""
        ...

    async def keep(self, ids: Collection[str]) -> None:
        """Forgets every model but these."""
        ...

    async def predict(self, model: ModelRef, texts: Sequence[str], seconds: float) -> Prediction:
        """What the model answers, within ``seconds``; it is loaded first where it is not in memory. UNAVAILABLE where
        nothing serves or the time is over, BAD_INPUT for what the model cannot take, else as ``load``."""
        ...

    def close(self) -> None:
        """Ends what runs for this process, as ``release`` does; calls on their way are given up."""
        ...
