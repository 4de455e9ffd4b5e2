"""Keeping frozen rows by their content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from begat.platforms.ports.training import SnapshotRef
from begat.platforms.ports.values import Json, Row


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot that is on disk to stay."""

    sha256: str
    path: str
    rows: int

    @property
    def ref(self) -> SnapshotRef:
        """The same, as a training takes it."""
        return SnapshotRef(self.sha256, self.path)


class Artifacts(Protocol):
    """Frozen rows, named by their content: ``snapshots/<sha256>.parquet``.

    The sha256 is over the rows' canonical JSON lines (:mod:`begat.core.canonical`): not over the Parquet bytes, which
    differ from one pyarrow to the next. The same rows in the same order have the same name everywhere.
    """

    def write(self, rows: Iterable[Mapping[str, Json]]) -> StoredSnapshot:
        """Stores the rows, in this order, whole or not at all; does nothing where they are there already. Several
        writers at once are fine. BAD_INPUT for what JSON cannot say (NaN, a lone surrogate)."""
        ...

    def read(self, sha256: str) -> list[Row]:
        """Exactly the rows that were written, verified against their name. NOT_FOUND where they do not exist, PLATFORM
        where the file is damaged."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether that snapshot is stored (its content is verified by ``read``)."""
        ...
