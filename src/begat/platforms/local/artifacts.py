"""Frozen rows as content-addressed files in a folder, which several instances may share."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from begat.core.canonical import canonical
from begat.core.errors import Code, Problem, not_found
from begat.platforms.local import snapshot_file
from begat.platforms.local.files import write_atomic
from begat.platforms.ports import Json, Row, StoredSnapshot

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = 86_400.0


class LocalArtifacts:
    """``<root>/snapshots/<sha256>.parquet``; see :class:`begat.platforms.ports.Artifacts`."""

    def __init__(self, root: Path) -> None:
        self._folder = root.absolute() / "snapshots"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def write(self, rows: Iterable[Mapping[str, Json]]) -> StoredSnapshot:
        """Stores the rows. One that is there but damaged is replaced, so that writing again mends it.

        UNAVAILABLE where the disk does not take it.
        """
        kept = list(rows)
        sha256 = sha256_of_rows(kept)
        path = self._path(sha256)
        if not (path.exists() and _is_whole(path, sha256)):
            try:
                write_atomic(path, lambda file: snapshot_file.save(kept, file))
            except OSError as error:
                raise Problem(
                    Code.UNAVAILABLE, f"The snapshot could not be stored: {error.strerror}.", hint="Free some space."
                ) from error
        return StoredSnapshot(sha256, str(path), len(kept))

    def read(self, sha256: str) -> list[Row]:
        """Exactly the rows that were written; verified."""
        if not self.exists(sha256):
            raise not_found(f"snapshot {sha256}")
        return read_snapshot(self._path(sha256), sha256)

    def exists(self, sha256: str) -> bool:
        """Whether it is stored. What is no sha256 is not."""
        return _SHA256.fullmatch(sha256) is not None and self._path(sha256).is_file()

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.parquet"

    def _sweep(self) -> None:
        """Removes what writers that were killed left behind; no living one takes a day."""
        for draft in self._folder.glob(".*.part"):
            try:
                if time.time() - draft.stat().st_mtime > _DAY:
                    draft.unlink()
            except FileNotFoundError:  # another instance swept it, or its writer ended
                continue


def sha256_of_rows(rows: Sequence[Mapping[str, Json]]) -> str:
    """The name of these rows: the sha256 of their canonical JSON, a line (ended by LF) each, in this order.

    BAD_INPUT, at the row's position and field, for what JSON cannot say.
    """
    digest = hashlib.sha256()
    for position, row in enumerate(rows):
        try:
            digest.update(canonical(row).encode("utf-8"))
        except Problem as problem:
            raise Problem(problem.code, problem.message, path=(position, *problem.path), hint=problem.hint) from None
        except TypeError as error:
            raise Problem(Code.BAD_INPUT, str(error), path=(position,), hint="Write it as text.") from None
        digest.update(b"\n")
    return digest.hexdigest()


def read_snapshot(path: Path, sha256: str) -> list[Row]:
    """The rows of a snapshot's file, verified against its name; for whoever has just the file, as a worker process.

    NOT_FOUND where there is no file, PLATFORM where it does not hold the rows that this sha256 names.
    """
    try:
        with path.open("rb") as file:
            rows = snapshot_file.load(file)
        found = sha256_of_rows(rows)
    except FileNotFoundError:
        raise not_found(f"snapshot {sha256}") from None
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError, Problem) as error:
        raise _damaged(sha256) from error
    if found != sha256:
        raise _damaged(sha256)
    return rows


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        read_snapshot(path, sha256)
    except Problem:
        return False
    return True


def _damaged(sha256: str) -> Problem:
    return Problem(
        Code.PLATFORM,
        f"The file of snapshot {sha256} is damaged: it does not hold the rows that it is named by.",
        hint="Restore it from a backup; writing the same rows again mends it too.",
    )
