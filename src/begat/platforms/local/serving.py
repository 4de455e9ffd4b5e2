"""Serving on this machine: one worker process, reached by every instance that shares the home."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio.to_thread
import orjson

from begat.core.errors import Code, Problem, bad_input
from begat.platforms.local.serving_http import Broken, Connections
from begat.platforms.local.serving_models import PROOF
from begat.platforms.local.serving_process import Address, ServingProcess
from begat.platforms.ports import ModelRef, Prediction

LOAD_SECONDS = 120.0
"""How long loading a model may take; the smallest limit counts, the caller's or this one."""


class LocalServing:
    """See :class:`begat.platforms.ports.Serving`.

    The worker of the instance that holds the serving answers over loopback HTTP to whoever shows its token. Port and
    token stand in ``<root>/serving/address.json``, which only its owner can read and which is looked at for every call:
    the next holder's worker is found at once, and one that died is not waited for.
    """

    def __init__(self, root: Path, python: str = sys.executable) -> None:
        """``python`` runs the worker, over the models registered under ``root``."""
        self._process = ServingProcess(root, python)
        self._connections: tuple[Address, Connections] | None = None

    async def hold(self) -> None:
        """Starts the worker where it does not live."""
        if not self._process.holds:
            await anyio.to_thread.run_sync(self._process.start)

    async def release(self) -> None:
        """Ends the worker, when it has answered what it was asked; at most a few seconds."""
        await anyio.to_thread.run_sync(self._process.stop)

    def close(self) -> None:
        """As ``release``; and what is on its way is given up."""
        self._process.stop()
        if self._connections is not None:
            self._connections[1].close()
            self._connections = None

    async def load(self, model: ModelRef) -> None:
        """Has it in memory, and an answer from it just now."""
        await self.predict(model, [PROOF], LOAD_SECONDS)

    async def keep(self, ids: Collection[str]) -> None:
        """Forgets the others."""
        await self._ask("/keep", {"ids": list(ids)}, LOAD_SECONDS)

    async def predict(self, model: ModelRef, texts: Sequence[str], seconds: float) -> Prediction:
        """The answers."""
        said = await self._ask("/predict", {"model": asdict(model), "texts": list(texts), "seconds": seconds}, seconds)
        return Prediction(tuple(said["outputs"]), said["modelMs"], said["cpuSeconds"])

    async def _ask(self, path: str, body: dict[str, Any], seconds: float) -> Any:
        """What the worker says. All calls can be repeated without harm, so one whose connection broke is asked once
        more where a worker lives: an idle connection may be closed just then, or the next holder have taken over."""
        try:
            async with asyncio.timeout(seconds):
                try:
                    status, content = await self._connected().post(path, body)
                except Broken:
                    status, content = await self._connected().post(path, body)
        except Broken as error:
            raise _away() from error
        except TimeoutError:
            raise Problem(
                Code.UNAVAILABLE, f"The model did not answer within {seconds:g} seconds.", hint="Try it again."
            ) from None
        except TypeError as error:  # such as half a surrogate pair
            raise bad_input("The model takes texts of Unicode characters.", "inputs") from error
        return _answer(status, content)

    def _connected(self) -> Connections:
        address = self._process.address()
        if address is None:
            raise _away()
        if self._connections is None or self._connections[0] != address:
            if self._connections is not None:
                self._connections[1].close()
            self._connections = address, Connections(address.port, address.token)
        return self._connections[1]


def _answer(status: int, content: bytes) -> Any:
    try:
        said = orjson.loads(content)
        if status == 200:
            return said
        problem = Problem(Code(said["code"]), str(said["message"]), hint=said["hint"])
    except (ValueError, KeyError, TypeError):
        raise Problem(Code.UNAVAILABLE, f"The serving worker answered with status {status}.") from None
    raise problem


def _away() -> Problem:
    return Problem(
        Code.UNAVAILABLE, "Nothing serves models at the moment.", hint="Try it again in a few seconds; one is started."
    )
