"""The embedded graph: the ArcadeDB server of the `arcadedb-embedded` wheel, as a child that ends with its parent."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from begat.core.errors import Code, Problem

DATABASE = "begat"
USER = "root"
REACH = "bolt.json"
"""The file in ``home`` that tells where a running server answers and under which password."""
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""What the server gets of our environment: no secret of ours, and no JAVA_TOOL_OPTIONS."""
START_SECONDS = 60.0
STOP_SECONDS = 15.0

# The shell holds our pipe: when this process ends, even by SIGKILL, `cat` returns and the server is ended; when the
# server ends, the shell ends too. It also keeps the lock's descriptor, so the lock outlives us exactly as long as
# the server does.
GUARD = """
"$@" </dev/null & p=$!
(while kill -0 $p 2>/dev/null; do sleep 0.2; done; kill $$) &
cat >/dev/null
kill $p 2>/dev/null
i=0; while kill -0 $p 2>/dev/null && [ $i -lt 80 ]; do sleep 0.1; i=$((i+1)); done
kill -9 $p 2>/dev/null
wait $p 2>/dev/null
"""


class EmbeddedError(Problem):
    """The embedded graph cannot be had; the message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNAVAILABLE, message)


class Embedded:
    """A running embedded graph; use it as a context manager.

    ``home`` holds data, log and lock. The password is new at every start, is handed to the server in a file of mode
    0600 that is removed once it was read, and is in no process list and no log. While it runs, another such file tells
    the command line of the same user how to reach it, see `reach`. ``java`` are further options of its Java, which
    weigh more than begat's own.
    """

    def __init__(self, home: Path, java: Sequence[str] = ()) -> None:
        self.home = home
        self.java = java
        self.uri = ""
        self.auth = (USER, secrets.token_hex(24))
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._port = 0
        self._stopping = False
        self._moving = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server, once, and returns when it answers; raises EmbeddedError, also when `stop` comes first."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(self.home / "lock")
        self._port = _free_port()
        self.uri = f"bolt://127.0.0.1:{self._port}"
        with self._moving:
            if self._stopping:
                raise EmbeddedError("The embedded graph was stopped before it was started.")
            self._launch()

    @property
    def ended(self) -> bool:
        """Whether the server ended although nobody stopped it: it was killed, or crashed."""
        process = self._process
        return process is not None and process.poll() is not None

    def revive(self) -> None:
        """Starts a server that ended again, at its address, so that connections find it; raises EmbeddedError. After
        `stop` it does nothing."""
        with self._moving:
            if self.ended and not self._stopping:
                self._launch()

    def stop(self) -> None:
        """Ends the server in order and gives up the lock."""
        self._stopping = True
        with self._moving:
            process, self._process = self._process, None
            if process is not None:
                (self.home / REACH).unlink(missing_ok=True)
                _end(process)
            lock, self._lock = self._lock, None
            if lock is not None:
                # The guard's own helpers may keep the descriptor for a moment longer; there is no server any more.
                fcntl.flock(lock, fcntl.LOCK_UN)
                os.close(lock)

    def _launch(self) -> None:
        if self._process is not None:
            _end(self._process)  # what is left of it: its guard's helpers wait for our pipe to close
        (self.home / REACH).unlink(missing_ok=True)
        # Users are kept from the first start on; without this the new password would not count.
        shutil.rmtree(self.home / "config", ignore_errors=True)
        wheel, arguments = _wheel(), self.home / "java.args"
        _write_secret(arguments, "\n".join(self._arguments(wheel, self._port, _free_port())))
        assert self._lock is not None  # noqa: S101 - start took it, for the type checker
        with os.fdopen(os.open(self.home / "out.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own text, no caller's input
                ["/bin/sh", "-c", GUARD, "sh", str(wheel / "jre" / "bin" / "java"), f"@{arguments}"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                cwd=self.home,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                pass_fds=(self._lock,),
                umask=0o077,
                start_new_session=True,  # Ctrl-C is for begat, which then ends the server in order
            )
        try:
            self._wait()
        finally:
            arguments.unlink(missing_ok=True)
        # Whole or not at all: who looks for it may look at any moment.
        _write_secret(self.home / f"{REACH}.new", json.dumps([self.uri, *self.auth]))
        (self.home / f"{REACH}.new").replace(self.home / REACH)

    def _arguments(self, wheel: Path, port: int, http: int) -> list[str]:
        settings = {
            "arcadedb.server.rootPath": str(self.home),
            "arcadedb.server.rootPassword": self.auth[1],
            "arcadedb.server.httpIncomingHost": "127.0.0.1",
            "arcadedb.server.httpIncomingPort": str(http),
            "arcadedb.bolt.host": "127.0.0.1",
            "arcadedb.bolt.port": str(port),
            "arcadedb.server.defaultDatabases": f"{DATABASE}[{USER}]",
            "arcadedb.server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        }
        return [
            "-Xmx1g",
            "-XX:+UseSerialGC",
            *(f'"{_quoted(option)}"' for option in self.java),
            "--add-modules",
            "jdk.incubator.vector",
            "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
            "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
            *(f'"-D{name}={_quoted(value)}"' for name, value in settings.items()),
            "-cp",
            f'"{_quoted(str(wheel / "jars"))}/*"',
            "com.arcadedb.server.ArcadeDBServer",
        ]

    def _wait(self) -> None:
        process, deadline = self._process, time.monotonic() + START_SECONDS
        assert process is not None  # noqa: S101 - set by start, for the type checker
        while True:
            if self._stopping or process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded graph did not start; see {self.home / 'out.log'}.")
            if _listens(self.uri):
                with GraphDatabase.driver(self.uri, auth=self.auth, max_transaction_retry_time=0) as driver:
                    try:  # it listens before the database is there
                        driver.execute_query("RETURN 1", database_=DATABASE)
                    except (Neo4jError, DriverError):
                        pass
                    else:
                        return
            time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tells the guard to end the server, and waits until it has."""
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe, for the type checker
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:  # pragma: no cover - the guard itself kills after eight seconds
        process.kill()
        process.wait()


def reach(home: Path) -> tuple[str, tuple[str, str]] | None:
    """URI and credentials of the server that another process of this user runs on ``home``, when it is ready; None
    where none runs. Raises EmbeddedError for one that does not become ready."""
    deadline = time.monotonic() + START_SECONDS
    while _held(home / "lock"):
        try:
            uri, user, password = json.loads((home / REACH).read_text("utf-8"))
        except FileNotFoundError:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"The begat that uses {home} does not become ready.") from None
            time.sleep(0.1)
        else:
            return uri, (user, password)
    return None


def _held(path: Path) -> bool:
    """Whether a living begat holds the lock; of one that was killed, only its server may for a moment."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _alive(_holder(descriptor))
    finally:
        os.close(descriptor)
    return False


def _holder(descriptor: int) -> str:
    """The process id that the lock's holder wrote into it."""
    return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()


def _write_secret(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _wheel() -> Path:
    spec = importlib.util.find_spec("arcadedb_embedded")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "No embedded graph exists for this machine (package arcadedb-embedded): set NEO4J_URI to a Neo4j 5 server."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            # The server of a begat that was killed needs a moment to end; a living begat keeps its home.
            if _alive(holder) or time.monotonic() > deadline:
                os.close(descriptor)
                raise EmbeddedError(
                    f"Another begat (process {holder}) uses {path.parent}: stop it, or set BEGAT_HOME elsewhere."
                ) from None
            time.sleep(0.1)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return descriptor


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(uri: str) -> bool:
    host, _, port = uri.removeprefix("bolt://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=0.5):
            return True
    except OSError:
        return False
