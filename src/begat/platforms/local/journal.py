"""Journals as files: ``<home>/generations/<subject>/<run>.jsonl``, a line before each question and one after it.

A line is written by one ``write`` and synced. A lock on the file is held just for the moment in which a question is
begun, so that of two instances, one of which was thought dead, only one asks it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from begat.core import times
from begat.core.errors import Code, Problem
from begat.platforms.ports import Call

_BLOCK = 1 << 24
"""Bytes that are read at once: more than the longest line."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_DOUBT = (
    Code.UNAVAILABLE.value,
    "begat ended while this question was under way: it may have been billed, and it is not asked again by itself.",
    "Regenerate it.",
)


class FileJournal:
    """See ``Journal``."""

    def __init__(self, path: Path, earlier: Sequence[FileJournal] = ()) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        self._calls: dict[str, Call] = {}
        self._read = 0
        self._before = {call.key: call for journal in earlier for call in journal.calls() if call.text is not None}
        if path.exists():
            with self._lock, path.open("rb") as file:
                self._catch_up(file.fileno())

    def known(self, key: str) -> bool:
        """Whether it was asked."""
        with self._lock:
            return key in self._begun or key in self._before

    def calls(self) -> list[Call]:
        """What came of its questions."""
        with self._lock:
            return list(self._calls.values())

    def begin(self, key: str) -> Call | None:
        """Whether it may be asked."""
        with self._lock, self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            if key in self._begun:
                return self._calls.get(key) or Call(key, None, _DOUBT, None, None, paid=False)
            reused = self._before.get(key)
            lines = [{"at": times.now(), "begin": key}, *([_line(reused)] if reused else [])]
            self._append(file, lines)
            return reused

    def end(self, call: Call) -> None:
        """Keeps what came of it."""
        with self._lock, self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._append(file, [_line(call)])

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                yield file
            finally:
                os.close(file)  # which also gives the lock up
        except OSError as error:
            message = f"The journal of questions cannot be written ({error.strerror}), so none is asked."
            raise Problem(Code.UNAVAILABLE, message, hint="Make room in BEGAT_HOME, then generate again.") from error

    def _append(self, file: int, lines: Sequence[dict[str, Any]]) -> None:
        content = b"".join(json.dumps(line, ensure_ascii=True).encode() + b"\n" for line in lines)
        # What a full disk or a power cut left half written ends here, and is no line.
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        content = b"\n" + content if torn else content
        written = os.write(file, content)
        if written != len(content):
            raise OSError(28, "No space left on device")
        os.fsync(file)
        self._catch_up(file)

    def _catch_up(self, file: int) -> None:
        """Reads what was appended since, by whomever."""
        while whole := os.pread(file, _BLOCK, self._read).rpartition(b"\n")[0]:
            self._read += len(whole) + 1
            for line in whole.split(b"\n"):
                self._take(line)

    def _take(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            found = json.loads(line)
            if "begin" in found:
                self._begun.add(found["begin"])
            else:
                problem = None if found["problem"] is None else tuple(found["problem"])
                call = Call(found["end"], found["text"], problem, found["in"], found["out"], found["paid"])
                self._calls[call.key] = call


class FileJournals:
    """See ``Journals``."""

    def __init__(self, home: Path) -> None:
        self._home = home / "generations"

    def open(self, subject: str, run: str, earlier: Sequence[str] = ()) -> FileJournal:
        """The journal of a run."""
        return FileJournal(
            self._path(subject, run), [FileJournal(self._path(subject, one)) for one in earlier if one != run]
        )

    def runs(self, subject: str) -> list[str]:
        """The runs that have one."""
        folder = self._path(subject, "x").parent
        return sorted(file.stem for file in folder.glob("*.jsonl")) if folder.is_dir() else []

    def subjects(self) -> list[str]:
        """What has any."""
        # What a file manager or a file system leaves beside them is none, and must not end every generation.
        names = [folder.name for folder in self._home.iterdir()] if self._home.is_dir() else []
        return sorted(name for name in names if _NAME.fullmatch(name))

    def forget(self, subject: str, run: str | None = None) -> None:
        """Takes it away."""
        path = self._path(subject, run or "x")
        if run is None:
            shutil.rmtree(path.parent, ignore_errors=True)
            return
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are left in it
            path.parent.rmdir()

    def _path(self, subject: str, run: str) -> Path:
        if not _NAME.fullmatch(subject) or not _NAME.fullmatch(run):
            raise ValueError(f"no journal is named {subject!r} {run!r}")
        return self._home / subject / f"{run}.jsonl"


def _line(call: Call) -> dict[str, Any]:
    return {
        "at": times.now(),
        "end": call.key,
        "text": call.text,
        "problem": call.problem,
        "in": call.tokens_in,
        "out": call.tokens_out,
        "paid": call.paid,
    }
