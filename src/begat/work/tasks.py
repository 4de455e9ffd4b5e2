"""All background work of begat."""

from __future__ import annotations

from begat.work.loops import Loop

LOOPS: tuple[Loop, ...] = ()
