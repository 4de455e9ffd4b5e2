"""The command line: what it refuses, and a begat that is started, asked, ended and killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from functools import partial
from pathlib import Path

import httpx
import pytest

from begat.api import schema
from begat.graph.embedded import REACH
from tests import begat_process
from tests.begat_process import COMMAND, begat, environment, java, processes, until

CREATE = 'mutation { projectCreate(input: { name: "kept" }) { node { id } errors { code } } }'
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what must be refused
NAMES = "{ projects { nodes { name } } }"


serving = partial(begat_process.serving, forked=False)  # the real command


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def hold_ended(home: Path) -> None:
    """Holds that no graph runs, and that its guard's helper, which looks five times a second, notices."""
    assert java(home) == []
    until(lambda: not processes(home), "the guard of an ended graph ends", 2)


def names(data: dict[str, object]) -> list[str]:
    nodes = data["projects"]["nodes"]  # type: ignore[index] # a GraphQL answer
    return sorted(node["name"] for node in nodes)


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        ((), {}, "COMMAND"),
        (("sevre",), {}, "invalid choice: 'sevre'"),
        (("serve", "--port", "70000"), {}, "'70000' is no port"),
        (("serve", "--host", EVERYWHERE), {}, "BEGAT_AUTH=tokens"),
        (("demo", "--host", EVERYWHERE), {}, "BEGAT_AUTH=tokens"),
        (("serve", "--host", "no such host"), {"BEGAT_AUTH": "tokens"}, "no host 'no such host'"),
        (("serve",), {"BEGAT_HOEM": "x"}, "Did you mean BEGAT_HOME?"),
        (("serve",), {"NEO4J_URI": "bolt://127.0.0.1:1"}, "The graph database does not answer."),
        (("token", "create", "begat"), {}, "begat itself"),
        (("token", "create", "group:x"), {}, "--group"),
        (("token", "create", "a\nb"), {}, "name"),
        (("schema", "--check", "/nowhere"), {}, "/nowhere cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    home: Path, arguments: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    done = begat(home, *arguments, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("begat: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_home_that_cannot_be_used_is_one_line(home: Path) -> None:
    home.write_text("no folder")
    done = begat(home, "serve", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "BEGAT_HOME" in done.stderr
    home.unlink()
    home.mkdir(0o700)
    (home / "graph").write_text("no folder")
    done = begat(home, "serve", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert str(home / "graph") in done.stderr


def test_the_schema_is_printed_and_compared(home: Path, tmp_path: Path) -> None:
    printed = begat(home, "schema")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout == schema.printed()
    kept = tmp_path / "schema.graphql"
    kept.write_text(printed.stdout, "utf-8")
    assert begat(home, "schema", "--check", str(kept)).returncode == 0
    kept.write_text(printed.stdout + "# more\n", "utf-8")
    differs = begat(home, "schema", "--check", str(kept))
    assert differs.returncode == 1
    assert "begat schema >" in differs.stderr
    assert not home.exists()


def test_a_reader_that_leaves_is_no_fault(home: Path) -> None:
    text = f"{' '.join(COMMAND)} schema | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", text], env=environment(home), capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_a_port_that_is_taken_is_found_out_before_a_graph_is_started(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = begat(home, "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert not (home / "graph").exists()


def test_sigterm_ends_begat_and_its_graph_in_order_and_what_was_done_is_there_again(home: Path) -> None:
    with serving(home) as one:
        one.wait_ready()
        answer = httpx.get(f"{one.address}/readyz")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        one.ask(CREATE)
        assert len(java(home)) == 1
        assert one.end(signal.SIGTERM) == 0
        hold_ended(home)
        assert not (home / "graph" / REACH).exists()
        assert "Traceback" not in one.log
    with serving(home) as again:
        again.wait_ready()
        assert names(again.ask(NAMES)) == ["default", "kept"]
        assert again.end(signal.SIGINT) == 0
        hold_ended(home)


def test_a_signal_while_it_starts_ends_it_too(home: Path) -> None:
    with serving(home) as one:
        until(lambda: bool(java(home)), "the graph starts")
        assert one.end(signal.SIGTERM) == 0
        hold_ended(home)
        assert "Traceback" not in one.log


def test_after_kill_9_the_graph_ends_by_itself_and_the_next_begat_finds_all_that_was_acknowledged(home: Path) -> None:
    with serving(home) as one:
        one.wait_ready()
        one.ask(CREATE)
        one.end(signal.SIGKILL)
        until(lambda: not java(home), "the graph of a killed begat ends", 10)
    with serving(home) as again:
        again.wait_ready()
        assert names(again.ask(NAMES)) == ["default", "kept"]


def test_a_graph_that_is_killed_is_started_again_under_a_running_begat(home: Path) -> None:
    with serving(home) as one:
        one.wait_ready()
        one.ask(CREATE)
        os.kill(java(home)[0], signal.SIGKILL)

        def healthy() -> bool:
            answer = httpx.post(f"{one.address}/graphql", json={"query": NAMES}, timeout=60).json()
            if "errors" in answer:
                assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            return "errors" not in answer

        until(lambda: "it is started again" in one.log and healthy(), "the graph answers again", 60)
        assert names(one.ask(NAMES)) == ["default", "kept"]
        one.ask(CREATE.replace("kept", "later"))
        assert len(java(home)) == 1
        assert one.end(signal.SIGTERM) == 0
        hold_ended(home)


def test_a_second_begat_on_the_same_home_is_refused_at_once(home: Path) -> None:
    with serving(home) as one:
        one.wait_ready()
        second = begat(home, "serve", "--port", "0")
        assert second.returncode == 2
        assert f"Another begat (process {one.process.pid})" in second.stderr
        assert second.stderr.count("\n") == 1
        assert names(one.ask(NAMES)) == ["default"]


def test_tokens_are_made_and_revoked_beside_a_running_begat(home: Path) -> None:
    with serving(home, BEGAT_AUTH="tokens") as one:
        one.wait_ready()
        made = begat(home, "token", "create", "ann", "--admin")
        assert (made.returncode, made.stderr) == (0, "")
        token = made.stdout.removesuffix("\n")

        def status(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.post(f"{one.address}/graphql", json={"query": NAMES}, headers=headers).status_code

        assert (status(token), status(token + "x")) == (200, 401)
        assert begat(home, "token", "revoke", "ann").stdout == "1 token of ann revoked.\n"
        assert status(token) == 401
        assert token not in one.log
        assert one.end(signal.SIGTERM) == 0
    kept = [path for path in home.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert kept == []


def test_a_token_that_was_made_before_begat_started_counts(home: Path) -> None:
    made = begat(home, "token", "create", "ann", "--group", "a", "--group", "b")
    assert made.returncode == 0, made.stderr
    hold_ended(home)
    with serving(home, BEGAT_AUTH="tokens") as one:
        one.wait_ready()
        answer = httpx.post(
            f"{one.address}/graphql",
            json={"query": "{ viewer { name admin groups projects { id } } }"},
            headers={"Authorization": f"Bearer {made.stdout.strip()}"},
        ).json()
    assert answer["data"]["viewer"] == {"name": "ann", "admin": False, "groups": ["a", "b"], "projects": []}


def test_the_graphs_password_is_seen_by_nobody_else(home: Path) -> None:
    key = "sk-throwaway-4711"
    with serving(home, BEGAT_CHAT_KEY=key) as one:
        until(lambda: (home / "graph" / "java.args").exists(), "the graph's arguments are written")
        assert stat.S_IMODE((home / "graph" / "java.args").stat().st_mode) == 0o600
        one.wait_ready()
        assert not (home / "graph" / "java.args").exists()
        password = _password(home)
        for pid in [one.process.pid, *processes(home)]:
            for place in ("cmdline", "environ"):
                assert password not in Path(f"/proc/{pid}/{place}").read_bytes()
        for pid in processes(home):
            assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
        assert password not in one.err.read_bytes() + one.out.read_bytes()
        holders = [path for path in home.rglob("*") if path.is_file() and password in path.read_bytes()]
        assert holders == [home / "graph" / REACH]
        assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
        open_to_others = [path for path in home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
        assert [path for path in open_to_others if path.is_relative_to(home / "graph")] == []
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


def _password(home: Path) -> bytes:
    password: str = json.loads((home / "graph" / REACH).read_text("utf-8"))[2]
    return password.encode()
