"""A begat as a process of its own, on the embedded graph, that tests may kill at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS = 90


@dataclass
class Begat:
    """A home and a port, and the process that serves them now."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
        environ = {name: value for name, value in os.environ.items() if name in kept} | {"BEGAT_HOME": str(self.home)}
        self.home.mkdir(exist_ok=True, mode=0o700)
        with (self.home.parent / "begat.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "begat", "serve", "--port", str(self.port)], env=environ, stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return
            assert self.process.poll() is None, (self.home.parent / "begat.log").read_text()[-3000:]
            assert time.monotonic() < end, "begat did not get ready"
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, and no more."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """Ends it in order."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def children(self, word: str) -> list[int]:
        """Processes below this home whose command line holds the word: the graph's java, a training worker."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if word in command and str(self.home) in command and "/bin/sh" not in command:
                    found.append(int(entry.name))
        return found

    def kill_child(self, word: str) -> bool:
        """kill -9 of such a child; whether there was one."""
        for pid in self.children(word):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return True
        return False


@contextlib.contextmanager
def begat(folder: Path) -> Iterator[Begat]:
    """A begat that is running, and is gone afterwards, whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    one = Begat(folder / "home", port)
    one.start()
    try:
        yield one
    finally:
        one.kill()
