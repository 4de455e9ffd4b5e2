"""What every ``Telemetry`` removes, and what it shows meanwhile."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.contract.telemetry_log import (
    ENDPOINT,
    OTHER,
    WINDOW,
    Log,
    kept,
    newest,
    paged,
    record,
)

from begat.core.ids import new
from begat.core.times import later
from begat.platforms.ports import Kept, Telemetry, Wanted, Window


def test_records_older_than_the_days_go_and_no_younger_ones(log: Log, telemetry: Telemetry) -> None:
    ages = [0, 0.4, 1.2, 2.9, 3.4, 4.01, 5, 40]
    records = [record(at=later(-age * 86_400)) for age in ages]
    kept(telemetry, [*records, *(replace(one, request_id=new("req"), endpoint=OTHER) for one in records)])
    for _ in ("lines and segments", "segments"):
        log.settled({ENDPOINT: Kept(3, None)})
        left = telemetry.find([one.request_id for one in records])
        assert {one.request_id for one, age in zip(records, ages, strict=True) if age < 3} <= left.keys()
        assert not {one.request_id for one, age in zip(records, ages, strict=True) if age > 4} & left.keys()
    assert telemetry.count(OTHER, Wanted(Window("2020-01-01T00:00:00.000Z", later(60)))) == len(ages)
    log.settled({ENDPOINT: Kept(0, None), OTHER: Kept(None, 0)})
    assert telemetry.requests([OTHER], Window("2020-01-01T00:00:00.000Z", later(-4 * 86_400))) == {}


def test_the_oldest_go_until_the_others_fit(log: Log, telemetry: Telemetry, tmp_path: Path) -> None:
    noise = np.random.default_rng(7)
    records = newest([record(-n * 86_400, input=[{"question": noise.bytes(2_000).hex()}]) for n in range(20)])
    kept(telemetry, records)
    log.settled({ENDPOINT: Kept(None, 10**9)})
    window = Wanted(Window("2020-01-01T00:00:00.000Z", WINDOW.until))
    assert paged(telemetry, window, 50) == records
    whole = size(tmp_path)
    log.settled({ENDPOINT: Kept(None, whole // 2)})
    left = paged(telemetry, window, 50)
    assert left == records[: len(left)]
    assert len(left) in (9, 10)
    assert size(tmp_path) <= whole // 2
    assert telemetry.find([records[-1].request_id]) == {}
    log.settled({ENDPOINT: Kept(None, 0)})
    assert telemetry.count(ENDPOINT, window) == 0
    assert size(tmp_path) == 0


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_readers_see_every_record_once_while_another_instance_settles(
    log: Log, telemetry: Telemetry, tmp_path: Path
) -> None:
    records = kept(telemetry, [record(day * 3_600, input=[{"question": "x"}]) for day in range(600)])
    asked, other, done = [one.request_id for one in records[::50]], log.open(), threading.Event()
    wrong: list[object] = []

    def read() -> None:
        try:
            while not done.is_set():
                wrong.extend(x for x in (telemetry.count(ENDPOINT, Wanted(WINDOW)),) if x != 600)
                wrong.extend(x for x in (len(telemetry.find(asked)),) if x != len(asked))
                wrong.extend(x for x in (len(telemetry.page(ENDPOINT, Wanted(WINDOW), 700)[0]),) if x != 600)
        except BaseException as error:
            wrong.append(error)

    hour_ago = time.time() - 3600
    for path in tmp_path.rglob("*.jsonl"):
        os.utime(path, (hour_ago, hour_ago))
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    while other.settle({}):  # as many at once as it can
        pass
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert paged(telemetry, Wanted(WINDOW), 700) == records
