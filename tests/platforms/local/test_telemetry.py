"""The local inference log where it is killed, torn, full, crowded or asked for what is not its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from tests.begat_process import until
from tests.platforms.local.telemetry_process import ALL, ENDPOINT, opened, record, shown

from begat.core.errors import Code, Problem
from begat.core.ids import new
from begat.core.times import later
from begat.platforms.local import telemetry_upkeep, telemetry_writer
from begat.platforms.local.telemetry_engine import Engine
from begat.platforms.local.telemetry_files import closed_path
from begat.platforms.local.telemetry_records import line_of
from begat.platforms.local.telemetry_writer import Tail
from begat.platforms.ports import Kept

COMMAND = (sys.executable, "-m", "tests.platforms.local.telemetry_process")

# ── Torn, full, crowded ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_torn_last_line_is_no_record_and_the_next_writer_removes_it(tmp_path: Path) -> None:
    first, second, third = record(), record("whole, but without its end"), record()
    with opened(tmp_path) as telemetry:
        telemetry.append(first)
    (tail,) = tmp_path.rglob("*.jsonl")
    for torn in (b'{"request_id":"req_', line_of(record())[:-40], b"\x00\xff{"):
        whole = tail.read_bytes()
        tail.write_bytes(whole + torn)
        assert shown(tmp_path) == [first.request_id]
        tail.write_bytes(whole)
    tail.write_bytes(whole + line_of(record())[:-2])
    with opened(tmp_path) as telemetry:
        telemetry.append(second)
        tail.write_bytes(tail.read_bytes()[:-1])
        telemetry.append(third)
    assert list(tmp_path.rglob("*.jsonl")) == [tail], "the tail of a writer that is gone is taken over"
    assert tail.read_bytes() == line_of(first) + line_of(second) + line_of(third)
    assert sorted(shown(tmp_path)) == sorted(one.request_id for one in (first, second, third))


def test_a_tail_is_full_at_its_limits_and_a_closed_one_gets_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_writer, "MAX_RECORDS", 10)
    monkeypatch.setattr(telemetry_writer, "MAX_BYTES", 20_000)
    records = [record() for _ in range(25)] + [record("x" * 30_000), record()]
    with opened(tmp_path) as first, opened(tmp_path) as second:
        for number, one in enumerate(records):
            (first, second)[number % 2].append(one)
        sizes = {path.stem: len(path.read_bytes().splitlines()) for path in tmp_path.rglob("*.jsonl")}
        closed = {path.stem for path in tmp_path.rglob("*.closed")}
        assert sum(sizes.values()) == len(records)
        assert max(sizes.values()) == 10
        assert len(sizes.keys() - closed) == 2, "each writer has one open"
        while first.settle({ENDPOINT: Kept(None, 100)}):  # closes the open ones, too
            pass
        assert shown(tmp_path) == []
        last = record()
        second.append(last)
        assert shown(tmp_path) == [last.request_id]


def test_a_tail_is_closed_between_two_lines_and_takes_none_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_upkeep, "QUIET_SECONDS", -1.0)
    first, second, third = (record(at=later(-86_400)) for _ in range(3))
    with opened(tmp_path) as telemetry:
        telemetry.append(first)
        (tail,) = tmp_path.rglob("*.jsonl")
        with tail.open("rb") as writing:
            fcntl.flock(writing, fcntl.LOCK_EX)
            telemetry.settle({})
            assert list(tmp_path.rglob("*.jsonl")) == [tail], "somebody is writing to it"
            assert not list(tmp_path.rglob("*.closed"))
            telemetry.append(second)  # waits for nobody
            assert len(list(tmp_path.rglob("*.jsonl"))) == 2
        telemetry.settle({})
        assert len(list(tmp_path.rglob("*.parquet"))) == 2
        telemetry.append(third)  # its tail is closed, though it is still there
    assert sorted(shown(tmp_path)) == sorted(one.request_id for one in (first, second, third))


def test_no_line_goes_to_a_tail_that_is_removed_while_its_writer_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = record(), record()
    with opened(tmp_path) as telemetry:
        telemetry.append(first)
        (tail,) = tmp_path.rglob("*.jsonl")
        closed = tail.with_suffix(".closed")
        closed.touch()

        def looked_for(folder: Path, id: str) -> Path:
            for path in (tail, closed):  # as a sweep does
                path.unlink(missing_ok=True)
            return closed_path(folder, id)

        monkeypatch.setattr(telemetry_writer, "closed_path", looked_for)
        telemetry.append(second)
    assert shown(tmp_path) == [second.request_id]


def test_a_tail_that_cannot_be_rewritten_is_tried_again_later_and_not_without_end(tmp_path: Path) -> None:
    kept, (soft, hard) = {ENDPOINT: Kept(None, 1)}, resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(tmp_path) as telemetry:
        telemetry.append(record())
        assert telemetry.settle(kept), "it is closed, so that it can be rewritten at once"
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        try:
            assert not telemetry.settle(kept)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(shown(tmp_path)) == 1
        assert not telemetry.settle(kept)
    assert shown(tmp_path) == []


def test_a_line_that_gets_its_end_from_another_writer_is_counted_once(tmp_path: Path) -> None:
    line = line_of(record())
    (tmp_path / "2026-03-01-a.jsonl").write_bytes(line[:-1])
    tail = Tail(tmp_path, "2026-03-01-a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(line), hard))
        with pytest.raises(OSError, match="File too large"):
            tail.append(line)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert tail.append(line)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        tail.close()
    assert (tmp_path / "2026-03-01-a.jsonl").read_bytes() == line * 2


def test_a_writer_keeps_few_files_open_and_ends_with_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry_writer, "MOST_OPEN", 4)
    days = [record(at=later(-day * 86_400)) for day in range(12)]
    records = days + [replace(one, request_id=new("req")) for one in days]
    with opened(tmp_path) as telemetry:
        for one in records:
            telemetry.append(one)
        assert len(_open_below(tmp_path)) == 4
    assert not _open_below(tmp_path)
    assert len(list(tmp_path.rglob("*.jsonl"))) == 12
    assert sorted(shown(tmp_path)) == sorted(one.request_id for one in records)
    with pytest.raises(Problem) as refused:
        telemetry.append(record())
    assert refused.value.code is Code.UNAVAILABLE


def _open_below(folder: Path) -> list[str]:
    """The files of the folder that this process has open; a begat of other tests may have its own."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
    return [path for path in found if path.startswith(f"{folder}/")]


def test_a_full_disk_refuses_the_record_and_spoils_no_other(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "fills", tmp_path], capture_output=True, check=True, text=True)
    first, refusal, second = done.stdout.splitlines()
    assert refusal.startswith("UNAVAILABLE The query could not be logged: ")
    assert str(tmp_path) not in refusal
    assert sorted(shown(tmp_path)) == sorted([first, second])


# ── Where DuckDB may look ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_home_whose_name_is_a_pattern_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry_upkeep, "QUIET_SECONDS", -1.0)
    for name in ("a[1]*?", "it's {b}, %20"):
        records = [record(), record(at=later(-86_400))]
        with opened(tmp_path / name) as telemetry:
            for one in records:
                telemetry.append(one)
            assert not telemetry.settle({})
        assert shown(tmp_path / name) == [one.request_id for one in records]


def test_duckdb_opens_nothing_but_the_log(tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    (tmp_path / "log").mkdir()
    engine = Engine(tmp_path / "log")
    try:
        for statement in (
            f"SELECT * FROM read_csv('{outside}')",
            f"SELECT * FROM read_csv('{tmp_path}/log/../secret.csv')",
            "SELECT * FROM read_text('/etc/hostname')",
            "SELECT * FROM read_parquet('https://127.0.0.1:1/x.parquet')",
        ):
            with pytest.raises(duckdb.Error, match=r"disabled|configuration|extension"):
                engine.select([], statement).fetchall()
    finally:
        engine.close()


def test_a_damaged_segment_is_said_without_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry_upkeep, "QUIET_SECONDS", -1.0)
    one = record(at=later(-86_400))
    with opened(tmp_path) as telemetry:
        for endpoint in (ENDPOINT, "endpoint_b"):
            telemetry.append(replace(one, endpoint=endpoint))
        telemetry.settle({})
        (segment,) = (tmp_path / "inference" / ENDPOINT).glob("*.parquet")
        segment.write_bytes(segment.read_bytes()[:-9])
        with pytest.raises(Problem) as refused:
            telemetry.count(ENDPOINT, ALL)
        assert telemetry.page("endpoint_b", ALL, 1, one.request_id) == ([], False), "pages of others need it not"
    assert refused.value.code is Code.PLATFORM
    assert str(tmp_path) not in str(refused.value)


# ── Killed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_upkeep_that_is_killed_at_any_line_loses_and_doubles_nothing(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "crashes", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15, "it was killed at many"


def test_processes_that_write_and_settle_at_once_and_are_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    home, processes = tmp_path / "home", []
    outs = [tmp_path / f"{number}.out" for number in range(4)]

    def acknowledged() -> list[str]:
        return [line for out in outs[:2] for line in out.read_text().splitlines()]

    try:
        for out, work in zip(outs, ["writes"] * 2 + ["settles"] * 2, strict=True):
            with out.open("wb") as stdout:
                processes.append(subprocess.Popen([*COMMAND, work, home], stdout=stdout))
        until(lambda: all(out.stat().st_size for out in outs), "all work")
        with opened(home) as telemetry:
            for victim in (processes[0], processes[3]):
                many = len(acknowledged()) + 250
                until(lambda: len(acknowledged()) >= many, "they go on")  # noqa: B023 - awaited in the round
                said = acknowledged()
                assert telemetry.find(said).keys() == set(said)
                victim.kill()
                victim.wait()
    finally:
        for process in processes:
            process.kill()
            process.wait()
    for _ in ("as they were left", "settled"):
        found, said = shown(home), acknowledged()
        assert len(found) == len(set(found))
        assert set(said) <= set(found)
        assert len(found) - len(said) <= 2, "each writer may have been killed before it could say so"
        with opened(home) as telemetry:
            while telemetry.settle({}):
                pass
