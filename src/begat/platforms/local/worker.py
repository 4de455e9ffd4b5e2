"""A training worker's process, seen from the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable

from begat.platforms.local.children import command, environment, last_words
from begat.platforms.local.runs import Run

_MODULE = "begat.platforms.local.trainer"
_KEPT = 8192  # bytes of standard error


class Worker:
    """A living worker. ``on_end`` is called once, in a thread of its own, when the process has let go of everything."""

    def __init__(self, python: str, run: Run, lock: int, on_end: Callable[[Worker], None]) -> None:
        """Starts it. It takes over ``lock``, which the caller closes. OSError where no process can be started."""
        self.run = run
        self.ended = threading.Event()
        self._tail = b""
        self._process = subprocess.Popen(  # noqa: S603 - our own module and a directory that we named
            command(python, _MODULE, str(run.folder), str(lock)),
            stdin=subprocess.PIPE,  # nothing is sent: its end tells the worker that this process is gone
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(lock,),
            env={**environment(), "PYTHONHASHSEED": "0"},
            start_new_session=True,  # Ctrl-C in a terminal is for begat, which ends its workers in order
        )
        self._thread = threading.Thread(
            target=self._follow, args=(on_end,), name=f"worker {run.folder.name}", daemon=True
        )
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def terminate(self) -> None:
        """Asks it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends it, even where it is stopped."""
        self._process.kill()

    def reap(self) -> int:
        """The exit code, minus the signal's number where one ended it. Only for ``on_end``: waits for the process."""
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe is not None:
                pipe.close()
        return code

    def join(self) -> None:
        """Waits until ``on_end`` has returned."""
        self._thread.join()

    @property
    def stderr(self) -> str:
        """The end of what it wrote to standard error."""
        return self._tail.decode("utf-8", "replace")

    def _follow(self, on_end: Callable[[Worker], None]) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe, said to the type checker
        # The pipe ends exactly when the process does; draining it also keeps a talkative worker from blocking.
        while chunk := os.read(self._process.stderr.fileno(), 65536):
            self._tail = (self._tail + chunk)[-_KEPT:]
        try:
            on_end(self)
        finally:
            self.ended.set()


def reason(code: int, stderr: str) -> str:
    """Why a worker ended without an outcome, in words for people: the signal or exit code, and its last words without
    stack and without paths."""
    if code < 0:
        said = f"The training worker was ended by {_signal(-code)}"
        if -code == signal.SIGKILL:
            said += " (the machine ran out of memory, or someone killed it)"
    else:
        said = f"The training worker ended with exit code {code} and left no result"
    words = last_words(stderr)
    return f"{said}: {words}" if words else f"{said}."


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
