"""Appending to the inference log, so that a line is there whole or not at all, also when somebody is killed.

A line is one ``write()`` under the tail's lock (``flock``, which the kernel takes back from a process that ends). Who
closes a tail says so under the same lock; a writer that finds its tail locked, closed or gone takes another. So nobody
need know whether a tail's writer lives, and nobody waits: a tail without a writer is taken over by the next one,
which first removes what a killed writer left of its last line.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections import OrderedDict
from pathlib import Path

import orjson

from begat.core import ids
from begat.core.errors import Code, Problem
from begat.platforms.local.telemetry_files import closed_path, folder_of, parts, tail_path

MAX_RECORDS = 10_000
MAX_BYTES = 16_000_000
"""A tail that has one of these gets no more lines."""
MOST_OPEN = 64
_TRIES = 5


class Tail:
    """An open file of lines for one endpoint and day. Not for several threads at once."""

    def __init__(self, folder: Path, id: str, *, new: bool = False) -> None:
        """Opens the tail, or begins a new one. FileNotFoundError where it is closed: it must not come to life again."""
        self.folder, self.id = folder, id
        self._path = tail_path(folder, id)
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | (os.O_CREAT | os.O_EXCL if new else 0), 0o600)
        self._size = 0
        self._records = 0

    def append(self, line: bytes) -> bool:
        """Adds the line; whether it did: not where the tail is full, closed, or in somebody's hands.

        OSError where the disk does not take it; the tail is then as before.
        """
        if not try_lock(self._file):
            return False
        try:
            if not self._is_open():
                return False
            if self._records and (self._records >= MAX_RECORDS or self._size + len(line) > MAX_BYTES):
                closed_path(self.folder, self.id).touch(0o600)
                return False
            self._write(line)
            return True
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets the file go; the next writer may go on with it."""
        os.close(self._file)

    def _is_open(self) -> bool:
        # In this order: a tail is closed under its lock, which we have, and removed before what says that it is closed.
        if closed_path(self.folder, self.id).exists():
            return False
        try:
            size = os.stat(self._path).st_size
        except FileNotFoundError:
            return False
        if size != self._size:
            self._catch_up(size)
        return True

    def _catch_up(self, size: int) -> None:
        """Counts what others wrote. What follows the last line end was never acknowledged: it stays if it
        is whole."""
        if size < self._size:  # a machine without power may have lost lines that it had acknowledged
            self._size = self._records = 0
        written = os.pread(self._file, size - self._size, self._size)
        end = written.rfind(b"\n") + 1
        self._records += written.count(b"\n")
        self._size += end
        if rest := written[end:]:
            if _is_whole(rest):
                self._write(b"\n")
                self._size += len(rest)
            else:
                os.ftruncate(self._file, self._size)

    def _write(self, line: bytes) -> None:
        try:
            whole = os.write(self._file, line) == len(line)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        if not whole:  # the disk is full
            os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += len(line)
        self._records += 1


class Writer:
    """Appends to the tails of all endpoints; for any number of threads."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._tails: OrderedDict[tuple[str, str], Tail] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    def append(self, endpoint: str, day: str, line: bytes) -> None:
        """Adds the line of a record of that day. UNAVAILABLE where it cannot be written."""
        folder = folder_of(self._log, endpoint)
        if folder is None:
            raise ValueError(f"{endpoint[:100]!r} is no endpoint's id")
        with self._lock:
            if self._closed:
                raise Problem(Code.UNAVAILABLE, "The inference log is closed.", hint="begat is ending; ask again.")
            try:
                self._append(folder, day, line)
            except OSError as error:
                raise Problem(
                    Code.UNAVAILABLE, f"The query could not be logged: {error.strerror}.", hint="Free some space."
                ) from error

    def close(self) -> None:
        """Lets all tails go."""
        with self._lock:
            self._closed = True
            while self._tails:
                self._tails.popitem()[1].close()

    def _append(self, folder: Path, day: str, line: bytes) -> None:
        key = (folder.name, day)
        tail = self._tails.get(key)
        if tail is not None:
            if tail.append(line):
                self._tails.move_to_end(key)
                return
            self._tails.pop(key).close()
        # Only a writer that just begins takes over: a tail that was refused is full, or another's who still lives.
        begun = (None if tail is not None else _taken_over(folder, day, line)) or _begun(folder, day, line)
        self._tails[key] = begun
        if len(self._tails) > MOST_OPEN:
            self._tails.popitem(last=False)[1].close()


def _taken_over(folder: Path, day: str, line: bytes) -> Tail | None:
    """A tail of the day that nobody writes to at this moment, with the line in it."""
    for part in parts(folder):
        if part.day == day and not part.closed:
            try:
                tail = Tail(folder, part.id)
            except FileNotFoundError:  # closed meanwhile
                continue
            if _kept(tail, line):
                return tail
    return None


def _begun(folder: Path, day: str, line: bytes) -> Tail:
    """A new tail with the line in it."""
    for _ in range(_TRIES):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tail = Tail(folder, ids.new(day).replace("_", "-"), new=True)
        if _kept(tail, line):
            return tail
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _kept(tail: Tail, line: bytes) -> bool:
    """Whether the tail took the line; closed where it did not."""
    try:
        taken = tail.append(line)
    except OSError:
        tail.close()
        raise
    if not taken:
        tail.close()
    return taken


def try_lock(file: int) -> bool:
    """Locks an open file, until it is unlocked or closed, or the process ends; False where somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
