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
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from begat.core.times import now
from begat.platforms.local.files import write_atomic
from begat.platforms.local.telemetry_engine import Engine
from begat.platforms.local.telemetry_files import (
    DAY_MS,
    Part,
    closed_path,
    folders,
    listed,
    parts,
    segment_path,
    tail_path,
)
from begat.platforms.local.telemetry_records import NAMES, ms_of
from begat.platforms.local.telemetry_writer import MAX_BYTES, try_lock
from begat.platforms.ports import Kept

log = logging.getLogger("begat.telemetry")

QUIET_SECONDS = 60.0
"""A tail of another day than today is closed when nothing came for so long: queries that began before midnight are
logged after it."""
READ_SECONDS = 60.0
"""A tail that has its segment stays so long, as a question that began before may still read it."""
MOST = 8
"""So many tails become segments in one call."""
DRAFT_SECONDS = 86_400.0
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
            kept_on = _without_old(folder, limit.days)
            for tail in [part for part in kept_on if part.tail and (part.closed or (_is_over(part) and _close(part)))]:
                if not left:
                    return True
                left -= self._rewritten(folder, tail)
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
        asked = f"SELECT {NAMES} FROM records ORDER BY ms, request_id"
        try:
            table = self._engine.select([tail], asked).to_arrow_table()
        except duckdb.IOException:
            if tail.path.exists():
                raise
            return  # somebody else made a segment of it, or removed it
        if table.num_rows:
            times, requests = (pc.min_max(table[name]).as_py() for name in ("ms", "request_id"))
            bounds = (requests["min"], requests["max"])
            path = segment_path(folder, tail.id, times["min"], times["max"], bounds)
            write_atomic(path, lambda file: _save(table, file))
        else:
            _remove(tail)


def _save(table: pa.Table, file: IO[bytes]) -> None:
    pq.write_table(table, file, compression="zstd", use_dictionary=_REPEATED)


def _is_over(tail: Part) -> bool:
    """Whether no line is to come to an open tail: it is full, or its day is not today and it is quiet."""
    today = tail.day == now()[: len(tail.day)]
    return (_size(tail) or 0) >= MAX_BYTES or (not today and _age(tail.path) > QUIET_SECONDS)


def _close(tail: Part) -> bool:
    """Whether the tail gets no more lines from now on; not where somebody is just writing to it, or closed it."""
    try:
        file = os.open(tail.path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not try_lock(file):
            return False
        closed_path(tail.path.parent, tail.id).touch(0o600)
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
        elif part.closed or _close(part):
            _remove(part)
    return stay


def _drop_much(folder: Path, most: int | None) -> bool:
    """Removes the oldest segments until the files have at most ``most`` bytes. Where tails alone have more, they are
    closed, so that they get smaller and can go next; whether any was. One that was closed before could not be rewritten
    just now: it waits for the next look."""
    if most is None:
        return False
    sizes = {part: size for part in parts(folder) if (size := _size(part)) is not None}
    total = sum(sizes.values())
    for part, size in sizes.items():
        if total > most and not part.tail:
            _remove(part)
            total -= size
    if total <= most:
        return False
    closed = [_close(part) for part in sizes if not part.closed]
    return any(closed)


def _remove(part: Part) -> None:
    """Removes a segment or closed tail for good: first the tail, which would else stand in for the
    segment, or take lines again."""
    _remove_tail(part.path.parent, part.id)
    part.path.unlink(missing_ok=True)


def _remove_tail(folder: Path, id: str) -> None:
    tail_path(folder, id).unlink(missing_ok=True)
    closed_path(folder, id).unlink(missing_ok=True)


def _size(part: Part) -> int | None:
    try:
        return part.path.stat().st_size
    except FileNotFoundError:
        return None


def _sweep(folder: Path) -> None:
    """Removes the tails that have a segment, when nobody reads them any more, and what killed rewriters left behind; no
    living one takes a day."""
    found, closed = listed(folder)
    segments = {part.id: part for part in found if not part.tail}
    for id in closed:
        if (id in segments and _age(segments[id].path) > READ_SECONDS) or all(part.id != id for part in found):
            _remove_tail(folder, id)
    for draft in folder.glob(".*.part"):
        if _age(draft) > DRAFT_SECONDS:
            draft.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Seconds since it was written to; none where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
