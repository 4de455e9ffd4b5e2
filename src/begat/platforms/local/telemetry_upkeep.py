"""Upkeep of the inference log: tails become segments, and what is too old or too much goes.

It may be killed at any line, and two may work at once (one that slept while its lease went to another): each step is a
rename or a removal that means the same when it is done again.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from begat.core.times import now
from begat.platforms.local.files import write_atomic
from begat.platforms.local.telemetry_engine import Engine
from begat.platforms.local.telemetry_files import DAY_MS, Part, closed_path, folders, parts, segment_path
from begat.platforms.local.telemetry_records import NAMES, ms_of
from begat.platforms.local.telemetry_writer import MAX_BYTES, try_lock
from begat.platforms.ports import Kept

log = logging.getLogger("begat.telemetry")

QUIET_SECONDS = 60.0
"""A tail of another day than today is closed when nothing came for so long: queries that began before midnight are
logged after it."""
MOST = 8
"""So many tails become segments in one call."""
_DRAFT_SECONDS = 86_400.0
_REPEATED = ["endpoint", "endpoint_version", "model_version", "code", "inputs", "output", "origin"]


class Upkeep:
    """The work of ``Telemetry.settle``."""

    def __init__(self, log: Path, engine: Engine) -> None:
        self._log, self._engine = log, engine

    def settle(self, kept: Mapping[str, Kept]) -> bool:
        """See the port."""
        left = MOST
        for folder in folders(self._log):
            limit = kept.get(folder.name, Kept(None, None))
            _sweep(folder)
            for part in _without_old(folder, limit.days):
                if part.tail and (part.closed or (_is_over(part) and _close(folder, part))):
                    if not left:
                        return True
                    left -= self._rewritten(folder, part)
            if _drop_much(folder, limit.bytes):
                return True
        return False

    def _rewritten(self, folder: Path, tail: Part) -> bool:
        """Whether the tail became a segment. One that cannot is left, and keeps nobody from the others."""
        try:
            self._rewrite(folder, tail)
        except (OSError, duckdb.Error, pa.ArrowException):
            log.exception("a file of the inference log, %s, stays as it is", tail.path.name)
            return False
        return True

    def _rewrite(self, folder: Path, tail: Part) -> None:
        """Makes a segment of a closed tail. Whoever repeats it writes the same records to the same name."""
        source = replace(tail, path=closed_path(folder, tail.id))
        asked = f"SELECT {NAMES} FROM records ORDER BY ms, request_id"
        try:
            table = self._engine.select([source], asked).to_arrow_table()
        except duckdb.IOException:
            if source.path.exists():
                raise
            return  # somebody else made a segment of it
        if table.num_rows:
            times, requests = (pc.min_max(table[name]).as_py() for name in ("ms", "request_id"))
            bounds = (requests["min"], requests["max"])
            path = segment_path(folder, tail.id, times["min"], times["max"], bounds)
            write_atomic(path, lambda file: _save(table, file))
        source.path.unlink(missing_ok=True)


def _save(table: pa.Table, file: IO[bytes]) -> None:
    pq.write_table(table, file, compression="zstd", use_dictionary=_REPEATED)


def _is_over(tail: Part) -> bool:
    """Whether no line is to come to an open tail: it is full, or its day is not today and it is quiet."""
    try:
        status = tail.path.stat()
    except FileNotFoundError:
        return False
    today = tail.day == now()[: len(tail.day)]
    return status.st_size >= MAX_BYTES or (not today and time.time() - status.st_mtime > QUIET_SECONDS)


def _close(folder: Path, tail: Part) -> bool:
    """Whether the tail gets no more lines from now on; not where somebody is just writing to it, or closed it."""
    try:
        file = os.open(tail.path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not try_lock(file):
            return False
        os.rename(tail.path, closed_path(folder, tail.id))
    except FileNotFoundError:
        return False
    finally:
        os.close(file)
    return True


def _without_old(folder: Path, days: float | None) -> list[Part]:
    """Removes files whose last record is older, and says which stay. A file has the records of one day, so none of them
    stays a day too long."""
    until = -math.inf if days is None else ms_of(now()) - days * DAY_MS
    stay = []
    for part in parts(folder):
        if part.last >= until:
            stay.append(part)
        elif not part.tail:
            part.path.unlink(missing_ok=True)
        elif part.closed or _close(folder, part):
            closed_path(folder, part.id).unlink(missing_ok=True)
    return stay


def _drop_much(folder: Path, most: int | None) -> bool:
    """Removes the oldest segments until the files have at most ``most`` bytes. Whether tails alone have more: they are
    closed then, so that they get smaller and can go next."""
    if most is None:
        return False
    sizes = {part: size for part in parts(folder) if (size := _size(part)) is not None}
    total = sum(sizes.values())
    for part, size in sizes.items():
        if total > most and not part.tail:
            part.path.unlink(missing_ok=True)
            total -= size
    if total <= most:
        return False
    closed = [part.closed or _close(folder, part) for part in sizes if part.tail]
    return any(closed)


def _size(part: Part) -> int | None:
    try:
        return part.path.stat().st_size
    except FileNotFoundError:
        return None


def _sweep(folder: Path) -> None:
    """Removes what killed rewriters left behind; no living one takes a day."""
    for draft in folder.glob(".*.part"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > _DRAFT_SECONDS:
                draft.unlink()
