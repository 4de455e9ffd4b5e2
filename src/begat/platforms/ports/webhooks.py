"""Calling other people's addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Webhooks(Protocol):
    """Sends to addresses that people name, and to none that they must not reach through begat."""

    def check(self, url: str, *path: str | int) -> None:
        """Raises BAD_INPUT at ``path`` for an address that is none, holds a password, or is private as it stands."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> int:
        """Sends JSON and returns the status of the answer, whose content is not read; no redirect is followed. Raises
        BAD_INPUT as ``check``, also for a name that leads to a private address, UNAVAILABLE where nobody answers."""
        ...
