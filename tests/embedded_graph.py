"""What lets the tests' embedded graphs start quickly, made once for a checkout: Java's classes as they lie in memory,
and a database in which the migrations have run. Both together are two thirds of what a start costs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import anyio

from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, Embedded
from begat.graph.migrate import MIGRATIONS, migrate

CACHE = Path(__file__).parents[1] / ".pytest_cache" / "embedded-graph"
CLASSES = "java.aot"
SHORT_LIVED = "-XX:TieredStopAtLevel=1"
"""For what lives for seconds: Java does not spend half of them on optimising it."""


def java_options() -> list[str]:
    """Options for the Java of a graph that a test starts."""
    classes = _made() / CLASSES if _wheel() else None
    return [SHORT_LIVED, *([f"-XX:AOTCache={classes}"] if classes and classes.exists() else [])]


def put_database(home: Path) -> None:
    """Puts a migrated, otherwise empty database into a graph's new home, with the modes that begat gives it."""
    if _wheel():
        for folder in (home.parent, home):
            folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copytree(_made() / "graph" / "databases", home / "databases")


def _wheel() -> Path | None:
    spec = find_spec("arcadedb_embedded")
    return None if spec is None or spec.origin is None else Path(spec.origin)


@cache
def _made() -> Path:
    wheel = _wheel()
    assert wheel is not None
    of = hashlib.sha256(repr((str(wheel), wheel.stat().st_mtime_ns, MIGRATIONS)).encode()).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / of
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several processes that test the first makes it
        if not (folder / "done").exists():
            for old in CACHE.glob("*/"):
                shutil.rmtree(old)
            with Embedded(folder / "graph", [SHORT_LIVED, f"-XX:AOTCacheOutput={folder / CLASSES}"]) as server:
                anyio.run(_migrated, server)
                _ended(server, wheel)
            (folder / "done").touch()
    return folder


async def _migrated(server: Embedded) -> None:
    async with Graph(server.uri, server.auth, DATABASE) as graph:
        await migrate(graph)


def _ended(server: Embedded, wheel: Path) -> None:
    """Java lays out its classes when it ends: it is told to, and gets the time that a stopped one would not."""
    command = f"{wheel.parent / 'jre/bin/java'}\0@{server.home / 'java.args'}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes() == command:
                os.kill(int(process.name), signal.SIGTERM)
                break
    else:
        return  # a machine without /proc
    end = time.monotonic() + 120
    while not server.ended and time.monotonic() < end:
        time.sleep(0.1)
