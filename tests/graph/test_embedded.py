"""The embedded graph: one server on one home, which ends with whoever started it."""

from __future__ import annotations

import importlib.util
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.begat_process import processes, until
from tests.conftest import absent
from tests.embedded_graph import java_options

from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, REACH, Embedded, EmbeddedError, reach

pytestmark = pytest.mark.anyio

PARENT = """
import sys
from pathlib import Path
from begat.graph.embedded import Embedded
embedded = Embedded(Path(sys.argv[1]), sys.argv[2:])
embedded.start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for a graph; skips where there is no embedded graph for this machine."""
    if importlib.util.find_spec("arcadedb_embedded") is None:
        absent("The embedded graph: the package arcadedb-embedded is not there.")
    java_options()  # made here, where no event loop runs
    return tmp_path / "graph"


async def test_what_was_written_is_there_after_a_restart_under_another_password(home: Path) -> None:
    with Embedded(home, java_options()) as first:
        async with Graph(first.uri, first.auth, DATABASE) as graph:
            await graph.execute("CREATE (n:Kept {name: 'ÄÖ 🙂'})")
    with Embedded(home, java_options()) as second:
        assert second.auth != first.auth
        async with Graph(second.uri, second.auth, DATABASE) as graph:
            assert await graph.read("MATCH (n:Kept) RETURN n.name") == "ÄÖ 🙂"


def test_a_running_one_can_be_reached_by_its_user_and_by_nobody_else(home: Path) -> None:
    assert reach(home) is None
    with Embedded(home, java_options()) as embedded:
        assert stat.S_IMODE((home / REACH).stat().st_mode) == 0o600
        assert reach(home) == (embedded.uri, embedded.auth)
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert reach(home) is None
    assert not (home / REACH).exists()


def test_a_second_one_on_the_same_home_is_refused_while_the_first_lives(home: Path) -> None:
    with (
        Embedded(home, java_options()) as embedded,
        pytest.raises(EmbeddedError, match=f"process {os.getpid()}"),
        Embedded(home),
    ):
        pytest.fail("two servers on one home")
    assert embedded.uri
    with Embedded(home, java_options()):
        pass


def test_it_ends_with_a_parent_that_is_killed_and_the_next_one_need_not_be_told(home: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(home), *java_options()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert reach(home) is None  # though its file may still be there
    with Embedded(home, java_options()) as embedded:  # waits for the lock that the dying server holds
        assert reach(home) == (embedded.uri, embedded.auth)
    until(lambda: not processes(home.parent), "all servers have ended", 15)


def test_a_server_that_dies_takes_its_guard_along_and_can_be_started_anew(home: Path) -> None:
    with Embedded(home, java_options()):
        for pid in processes(home.parent):
            if Path(f"/proc/{pid}/exe").resolve().name == "java":
                os.kill(pid, signal.SIGKILL)
        until(lambda: not processes(home.parent), "the guard has ended", 5)
    with Embedded(home, java_options()) as again:
        assert again.uri
