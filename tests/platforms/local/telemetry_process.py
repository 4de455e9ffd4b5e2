"""Processes that work on one inference log: ``python -m tests.platforms.local.telemetry_process <work> <home>``."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from begat.core.errors import Problem
from begat.core.ids import new
from begat.core.times import later, now
from begat.platforms.local import telemetry_upkeep, telemetry_writer
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Kept, Wanted, Window

ENDPOINT = "endpoint_a"
ALL = Wanted(Window("2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"))
KILLED = 9


def record(question: str = "Where is my card?", at: str | None = None) -> Inference:
    """An answered query of this moment, or of ``at``."""
    return Inference(
        request_id=new("req"),
        at=at or now(),
        endpoint=ENDPOINT,
        endpoint_version=f"{ENDPOINT}:v1",
        model_version="model_m:v1",
        code=None,
        latency_ms=1.5,
        model_ms=0.5,
        cpu_seconds=0.001,
        inputs=1,
        input=[{"question": question}],
        output=[{"answer": "card_arrival", "score": 1.0}],
    )


@contextlib.contextmanager
def opened(home: Path) -> Iterator[LocalTelemetry]:
    """One more instance on the log."""
    telemetry = LocalTelemetry(home)
    try:
        yield telemetry
    finally:
        telemetry.close()


def shown(home: Path) -> list[str]:
    """The request ids of all records, as every way to ask shows them."""
    with opened(home) as telemetry:
        page, more = telemetry.page(ENDPOINT, ALL, 1_000_000)
        assert not more
        found = [one.request_id for one in page]
        assert telemetry.count(ENDPOINT, ALL) == len(found)
        assert telemetry.find(found).keys() == set(found)
        return found


def writes(home: Path) -> None:
    """Appends without end, and says each request id when its record is kept."""
    telemetry_writer.MAX_RECORDS = 200
    with opened(home) as telemetry:
        while True:
            one = record()
            telemetry.append(one)
            os.write(1, one.request_id.encode() + b"\n")


def settles(home: Path) -> None:
    """Settles without end, and says each time."""
    telemetry_upkeep.READ_SECONDS = 1.0
    with opened(home) as telemetry:
        while True:
            telemetry.settle({})
            os.write(1, b".")


def fills(home: Path) -> None:
    """Appends a record, one for which there is no room, and one more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    with opened(home) as telemetry:
        for size in (10, 100_000, 20):
            one = record("x" * size)
            try:
                telemetry.append(one)
                os.write(1, one.request_id.encode() + b"\n")
            except Problem as problem:
                os.write(1, f"{problem.code.value} {problem.message}\n".encode())


def crashes(root: Path) -> None:
    """Settles a log, killed before its first touch of a file, its second, ...; after each, the log is looked at,
    settled again, and looked at. What lies on the disk is the same from one touch to the next, so that is each line.
    Says how many there were."""
    telemetry_upkeep.QUIET_SECONDS = telemetry_upkeep.READ_SECONDS = telemetry_upkeep.DRAFT_SECONDS = -1.0
    kept = [record(at=later(-86_400)) for _ in range(3)]
    old = [record(at=later(-86_400 * days)) for days in (12, 12, 30)]

    def begin() -> None:
        with opened(root / "begin") as telemetry:
            for one in old[:2]:
                telemetry.append(one)
            telemetry.settle({})
            for one in [*kept, old[2]]:
                telemetry.append(one)

    def check(home: Path, *, may_be_old: bool) -> None:
        found, those = shown(home), {one.request_id for one in kept}
        assert len(found) == len(set(found)), "a record is doubled"
        assert those <= set(found), "a record is lost"
        assert may_be_old or those == set(found), "a record is kept too long"

    def again(home: Path) -> None:
        check(home, may_be_old=True)
        for _ in range(2):  # what was rewritten stays until the next time, for who still reads it
            _settle(home)
        check(home, may_be_old=False)
        left = [path.suffix for path in home.rglob("*") if path.is_file()]
        assert left == [".parquet"], left

    assert _child(begin) == 0
    code, touches = KILLED, 0
    while code == KILLED:
        home = root / str(touches)
        shutil.copytree(root / "begin", home)
        code = _child(lambda: _settle(home, touches))  # noqa: B023 - it ends within the round
        assert code in (0, KILLED), touches
        assert _child(lambda: again(home)) == 0, touches  # noqa: B023 - it ends within the round
        touches += 1
    os.write(1, str(touches).encode())


def _child(work: Callable[[], None]) -> int:
    """The exit code of a process that does the work."""
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _settle(home: Path, touches: int | None = None) -> None:
    """Settles; this process is gone, as a killed one, before the file touch after so many."""
    count = 0

    def touch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if any(isinstance(path, str | Path) and str(path).startswith(str(home)) for path in arguments[:1]):
            if count == touches:
                os._exit(KILLED)
            count += 1

    with opened(home) as telemetry:
        sys.addaudithook(touch)
        while telemetry.settle({ENDPOINT: Kept(10, None)}):
            pass


if __name__ == "__main__":
    {work.__name__: work for work in (writes, settles, fills, crashes)}[sys.argv[1]](Path(sys.argv[2]))
