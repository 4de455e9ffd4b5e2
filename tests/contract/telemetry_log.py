"""Inference logs of a test's own, and records for them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from begat.core.ids import new
from begat.core.times import later
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Kept, Telemetry, Wanted, Window

ENDPOINT, OTHER = "endpoint_a", "endpoint_b"
START = "2026-03-01T22:00:00.000Z"
WINDOW = Window("2026-02-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z")
V1, V2 = "model_m:v1", "model_m:v2"


class Log:
    """A log of the test's own, which can be opened several times."""

    def __init__(self, open_: Callable[[Path], Telemetry], folder: Path) -> None:
        self._open, self._folder = open_, folder
        self.opened: list[Telemetry] = []

    def open(self) -> Telemetry:
        """One more instance on the same log."""
        self.opened.append(self._open(self._folder))
        return self.opened[-1]

    def settled(self, kept: dict[str, Kept] | None = None) -> None:
        """Upkeep, an hour after the last record and an hour later, until there is nothing to do."""
        hour_ago = time.time() - 3600
        for _ in range(2):
            for path in [path for path in self._folder.rglob("*") if path.is_file()]:
                os.utime(path, (hour_ago, hour_ago))
            while self.opened[0].settle(kept or {}):
                pass

    def close(self) -> None:
        """Closes all instances."""
        while self.opened:
            self.opened.pop().close()


OPEN: dict[str, Callable[[Path], Telemetry]] = {"local": LocalTelemetry}


@contextlib.contextmanager
def opened(kind: str, folder: Path) -> Iterator[Log]:
    log = Log(OPEN[kind], folder)
    log.open()
    try:
        yield log
    finally:
        log.close()


def record(seconds: float = 0, **more: Any) -> Inference:
    """An answered query, so long after START."""
    plain = Inference(
        request_id=new("req"),
        at=later(seconds, START),
        endpoint=ENDPOINT,
        endpoint_version=f"{ENDPOINT}:v1",
        model_version=V1,
        code=None,
        latency_ms=12.5,
        model_ms=3.25,
        cpu_seconds=0.002,
        inputs=1,
        input=[{"question": "Where is my card?"}],
        output=[{"answer": "card_arrival", "score": 0.75}],
    )
    return replace(plain, **more)


def kept(telemetry: Telemetry, records: Sequence[Inference]) -> list[Inference]:
    """The records, in the order in which pages show them."""
    for one in records:
        telemetry.append(one)
    return newest(records)


def newest(records: Sequence[Inference]) -> list[Inference]:
    return sorted(records, key=lambda one: (one.at, one.request_id), reverse=True)


def paged(telemetry: Telemetry, wanted: Wanted, first: int, endpoint: str = ENDPOINT) -> list[Inference]:
    """All pages, one after the other."""
    found, after, more = [], None, True
    while more:
        page, more = telemetry.page(endpoint, wanted, first, after)
        assert len(page) == first or not more
        found += page
        after = page[-1].request_id if page else None
    return found
