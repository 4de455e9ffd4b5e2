"""A real `begat serve` in a process of its own, on an embedded graph, and what the machine shows of it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from begat import cli
from tests.embedded_graph import java_options, put_database
from tests.listening import PLAIN

COMMAND = (sys.executable, "-m", "begat")

_SETTING = re.compile("BEGAT_(?!FAST$)|NEO4J_")
"""Settings of the machine that are not those of a begat of the tests; all may run without the fast path."""


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tests' environment without settings of begat's, but with this home."""
    kept = {name: value for name, value in os.environ.items() if not _SETTING.match(name)}
    return {**kept, "BEGAT_HOME": str(home), "BEGAT_JAVA_OPTIONS": shlex.join(java_options()), **(more or {})}


def begat(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(home, settings), capture_output=True, text=True, timeout=120
    )


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> float:
    """Waits for the condition and says how many seconds it took; fails when they are over."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"in {seconds} s it was not so that {what}"
        time.sleep(0.02)
    return time.monotonic() - start


def processes(home: Path) -> list[int]:
    """The living processes in whose command lines this home's graph stands: the guard and its Java."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            if os.fsencode(home / "graph") in command and state != "Z":
                found.append(int(process.name))
    return found


def java(home: Path) -> list[int]:
    """The embedded graph's servers that live on this home."""
    found = []
    for pid in processes(home):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/exe").resolve().name == "java":
                found.append(pid)
    return found


def workers(home: Path) -> list[int]:
    """The training workers that live on this home."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if b"begat.platforms.local.trainer" in command and os.fsencode(home) in command:
                    found.append(int(process.name))
    return found


class Process(Protocol):
    """What of `subprocess.Popen` the tests use."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A command of begat in a process of its own that was forked from one which has loaded begat: loading it is most
    of what a start costs, more than two seconds of a core. It differs from the command only in /proc/<pid>/cmdline
    and /proc/<pid>/environ."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["begat.serving", __name__])
        self._process = context.Process(target=_command, args=(arguments, dict(environment), out, err))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        assert code is not None, f"in {timeout} s it did not end"
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended, which poll knows a moment later
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _command(arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.exit(cli.main(arguments))


@dataclass
class Begat:
    """A running `begat serve`."""

    process: Process
    home: Path
    out: Path
    err: Path

    @property
    def address(self) -> str:
        """Where it serves; empty while it does not yet."""
        match = re.search(r"begat serves (\S+)/graphql", self.out.read_text("utf-8"))
        return match[1] if match else ""

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        return self.err.read_text("utf-8")

    def wait_ready(self) -> None:
        """Returns when it serves."""

        def ready() -> bool:
            assert self.process.poll() is None, self.log
            return bool(self.address)

        until(ready, "begat serves", 90)

    def ask(self, query: str, **variables: object) -> dict[str, object]:
        """The data of a document that must succeed."""
        sent = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.address}/graphql", json=sent, timeout=30, verify=PLAIN).json()
        assert "errors" not in answer, answer
        data: dict[str, object] = answer["data"]
        return data

    def end(self, number: signal.Signals) -> int:
        """Sends the signal and waits for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)


@contextlib.contextmanager
def serving(home: Path, name: str = "", *, forked: bool = True, **settings: str) -> Iterator[Begat]:
    """`begat serve` on any free port, from its first moment on; ended with all it started when the block ends. Several
    on one home have names. Not ``forked`` it is the command itself, which migrates its graph itself, too."""
    out, err = home.with_name(f"{home.name}{name}.out"), home.with_name(f"{home.name}{name}.err")
    for path in (out, err):
        path.write_bytes(b"")  # what one before it on this home wrote
    if forked and "NEO4J_URI" not in settings and not (home / "graph").exists():
        put_database(home / "graph")
    arguments, variables = ("serve", "--port", "0"), environment(home, settings)
    process = Forked(arguments, variables, out, err) if forked else _started(arguments, variables, out, err)
    try:
        yield Begat(process, home, out, err)
    finally:
        process.kill()
        process.wait()
        until(lambda: not processes(home), "the graph of a killed begat ends", 20)


def _started(arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> Process:
    with out.open("ab") as stdout, err.open("ab") as stderr:
        return subprocess.Popen([*COMMAND, *arguments], env=environment, stdout=stdout, stderr=stderr)
