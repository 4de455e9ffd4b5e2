"""Keeping model files by name and version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from begat.platforms.ports.values import Json


class Registry(Protocol):
    """Keeps model files by name and version; what is registered never changes."""

    def register(self, name: str, version: int, file: Path, sha256: str, metadata: Mapping[str, Json]) -> str:
        """Keeps a copy and returns its URI. Repeated with the same sha256 it returns the same URI; with another one it
        is a CONFLICT. A file that does not have this sha256 is refused (PLATFORM), and nothing is kept."""
        ...

    def open(self, uri: str) -> Path:
        """A local file of the model, verified against its sha256: NOT_FOUND where it does not exist, PLATFORM where its
        bytes are not the ones that were registered. The caller does not change it."""
        ...
