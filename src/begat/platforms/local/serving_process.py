"""The serving worker's process, seen from the instance that holds the serving."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import threading
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from begat.core.errors import Code, Problem
from begat.platforms.local.children import command, environment, last_words
from begat.platforms.local.files import write_json

_MODULE = "begat.platforms.local.serving_worker"
log = logging.getLogger("begat.serving")

START_SECONDS = 60.0
STOP_SECONDS = 3.0
"""What a worker has for the calls that it is answering; after that it is killed."""
_LINES = 50  # of standard error are kept


@dataclass(frozen=True, slots=True)
class Address:
    """Where a worker answers on this machine, and to whom."""

    pid: int
    port: int
    token: str


class ServingProcess:
    """At most one living worker of this instance, and the file that tells all instances where it answers. Bears several
    threads: what is asked while it starts or stops waits for that."""

    def __init__(self, root: Path, python: str) -> None:
        """The file is ``<root>/serving/address.json``, for its owner only."""
        self._root = root.absolute()
        self._file = self._root / "serving" / "address.json"
        self._python = python
        self._mutex = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._address: Address | None = None
        self._said: deque[str] = deque(maxlen=_LINES)
        self._seen: tuple[tuple[int, int], Address] | None = None

    def address(self) -> Address | None:
        """Where the worker of whichever instance answers; None where there is none. Cheap enough for every call."""
        try:
            state = self._file.stat()
            signature = (state.st_ino, state.st_mtime_ns)
            if self._seen is None or self._seen[0] != signature:
                found = orjson.loads(self._file.read_bytes())
                self._seen = signature, Address(int(found["pid"]), int(found["port"]), str(found["token"]))
            address = self._seen[1]
            os.kill(address.pid, 0)  # what has its port now may be anybody: it is not to see a question
        except PermissionError:
            return None  # it is another user's, so it is not our worker
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return address

    @property
    def holds(self) -> bool:
        """Whether this instance's worker lives and is the one that all find."""
        process, address = self._process, self._address
        return process is not None and process.poll() is None and address is not None and self.address() == address

    def start(self) -> None:
        """Has a living worker that all find; a new one takes the place of another instance's, while one that lived
        before leaves it: its instance was paused, and the other holds the serving by now. Raises UNAVAILABLE."""
        with self._mutex:
            new = self._process is None or self._process.poll() is not None
            if new:
                self._end()
                self._launch()
            if new or self.address() is None:
                self._tell()

    def stop(self) -> None:
        """Ends this instance's worker, when it has answered what it was asked."""
        with self._mutex:
            self._end()

    # ── With the mutex held ─────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self) -> None:
        token = secrets.token_hex(32)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module and a directory that we named
                command(self._python, _MODULE, str(self._root)),
                stdin=subprocess.PIPE,  # the token; its end tells the worker that this process is gone
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for begat, which ends its worker in order
            )
        except OSError as error:
            raise Problem(Code.UNAVAILABLE, f"No serving worker could be started: {error.strerror}.") from error
        self._process = process
        self._said.clear()
        listening = threading.Thread(target=self._listen, args=(process,), name="serving stderr", daemon=True)
        listening.start()
        late = threading.Timer(START_SECONDS, process.kill)
        late.start()
        try:
            assert process.stdin is not None  # noqa: S101 - they are pipes, said to the type checker
            assert process.stdout is not None  # noqa: S101
            with suppress(BrokenPipeError):
                process.stdin.write(f"{token}\n".encode())
                process.stdin.flush()
            line = process.stdout.readline()
        finally:
            late.cancel()
        if not line.strip().isdigit():
            self._end()
            listening.join()
            words = last_words("\n".join(self._said))
            raise Problem(Code.UNAVAILABLE, f"The serving worker did not start{f': {words}' if words else '.'}")
        self._address = Address(process.pid, int(line), token)

    def _tell(self) -> None:
        assert self._address is not None  # noqa: S101 - a worker was launched
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_json(self._file, asdict(self._address))
        except OSError as error:
            raise Problem(
                Code.UNAVAILABLE, f"Where the models are served could not be noted: {error.strerror}."
            ) from error

    def _end(self) -> None:
        process, self._process = self._process, None
        address, self._address = self._address, None
        if address is not None and self.address() in (address, None):
            self._file.unlink(missing_ok=True)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """What the worker says of its faults belongs in begat's log; it must not block because nobody reads it."""
        assert process.stderr is not None  # noqa: S101 - a pipe
        with process.stderr:
            for line in process.stderr:
                self._said.append(line[:1000].decode("utf-8", "replace").rstrip())
                log.warning("serving worker: %s", self._said[-1])
