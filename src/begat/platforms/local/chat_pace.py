"""How fast a chat service may be asked: one pace for all who ask it through this begat."""

from __future__ import annotations

import threading
import time

HORIZON = 1.0
"""Seconds that are given away in advance: a run that must wait longer looks again later, and sees then that it was
canceled."""
FORGET = 10.0
"""Seconds after which a run that reserves no more does not slow others down."""


class Pace:
    """Spreads questions evenly, and stops all of them while the service wants to be left alone. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: dict[str, tuple[float, float]] = {}
        """Seconds between two questions, and when it was last heard of, by run."""
        self._last = float("-inf")
        self._until = float("-inf")

    def reserve(self, run: str, most: int, per_minute: float | None) -> list[float]:
        """See ``Chat.reserve``."""
        with self._lock:
            now = time.monotonic()
            if per_minute is not None:
                self._limits[run] = (60.0 / per_minute, now)
            self._limits = {name: held for name, held in self._limits.items() if now - held[1] < FORGET}
            apart = max((seconds for seconds, _ in self._limits.values()), default=0.0)
            times: list[float] = []
            while len(times) < most:
                at = max(now, self._last + apart, self._until)
                if at - now > HORIZON:
                    break
                times.append(at - now)
                self._last = at
            return times

    def pause(self, seconds: float) -> None:
        """From now on nobody asks for so long."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Returns when no pause is left. The service itself named this time; there is no state to watch meanwhile."""
        while (left := self._left()) > 0:
            time.sleep(left)

    def _left(self) -> float:
        with self._lock:
            return self._until - time.monotonic()
