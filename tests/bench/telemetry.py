"""What the local inference log costs: ``python -m tests.bench.telemetry [records]`` prints figures, best of three."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from begat.core import ids
from begat.core.times import iso
from begat.platforms.local import telemetry_upkeep
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Kept, Wanted, Window
from tests.bench.say import say

ENDPOINT = "endpoint_bench"
DAYS = 30
START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(iso(START), iso(START + timedelta(days=DAYS)))
QUESTIONS = ("Where is my card?", "I was charged twice for one payment", "How do I change my PIN?", "カードはどこ？")


def _record(number: int, of: int, chance: random.Random) -> Inference:
    at = START + timedelta(days=DAYS) * number / of
    code = None if chance.random() > 0.02 else chance.choice(["BAD_INPUT", "PLATFORM"])
    return Inference(
        request_id=_request_id(at, chance),
        at=iso(at),
        endpoint=ENDPOINT,
        endpoint_version=f"{ENDPOINT}:v1",
        model_version=f"model_bench:v{1 if chance.random() < 0.9 else 2}",
        code=code,
        latency_ms=chance.lognormvariate(2, 0.5),
        model_ms=chance.lognormvariate(1, 0.5),
        cpu_seconds=chance.random() / 100,
        inputs=1,
        input=[{"question": f"{chance.choice(QUESTIONS)} {number}", "channel": chance.choice(["web", "app"])}],
        output=None if code else [{"answer": f"intent_{chance.randrange(77)}", "score": chance.random()}],
    )


def _request_id(at: datetime, chance: random.Random) -> str:
    value, digits = int(at.timestamp() * 1000) << 80 | chance.getrandbits(80), ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        digits = ids.ALPHABET[digit] + digits
    return f"req_{digits}"


def _best(name: str, ask: Callable[[], object]) -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        ask()
        took.append((time.perf_counter() - start) * 1000)
    say(f"{name:<58}{min(took):>10.1f} ms")


def _ask(telemetry: LocalTelemetry, made: list[Inference]) -> None:
    some, hour = made[len(made) // 2], 3600
    day = Window(iso(START + timedelta(days=3)), iso(START + timedelta(days=4)))
    _best("measures of all", lambda: telemetry.measures(ENDPOINT, WINDOW))
    _best(
        "measures by hour and model version",
        lambda: telemetry.measures(ENDPOINT, WINDOW, bucket_seconds=hour, by_model_version=True),
    )
    _best("measures of one day by hour", lambda: telemetry.measures(ENDPOINT, day, bucket_seconds=hour))
    _best("requests", lambda: telemetry.requests([ENDPOINT], WINDOW))
    _best("page of 50, newest", lambda: telemetry.page(ENDPOINT, Wanted(WINDOW), 50))
    _best("page of 50 in the middle", lambda: telemetry.page(ENDPOINT, Wanted(WINDOW), 50, some.request_id))
    _best("page of 50 failures", lambda: telemetry.page(ENDPOINT, Wanted(WINDOW, only_errors=True), 50))
    _best("page of 50 with a text", lambda: telemetry.page(ENDPOINT, Wanted(WINDOW, text="PIN? 77"), 50))
    _best("page of 50 with a text that nobody wrote", lambda: telemetry.page(ENDPOINT, Wanted(WINDOW, text="nope"), 50))
    _best("count of all", lambda: telemetry.count(ENDPOINT, Wanted(WINDOW)))
    _best(
        "count with a text and a model version",
        lambda: telemetry.count(ENDPOINT, Wanted(WINDOW, text="pin", model_version="model_bench:v2")),
    )
    _best("find one request", lambda: telemetry.find([some.request_id]))
    _best("find 1,000 requests", lambda: telemetry.find([record.request_id for record in made]))
    _best("find a request that is not there", lambda: telemetry.find([ids.new("req")]))
    _best("sample of 100", lambda: telemetry.sample(ENDPOINT, WINDOW, 100))
    _best(
        "sample of 5,000 of a model version",
        lambda: telemetry.sample(ENDPOINT, WINDOW, 5000, model_version="model_bench:v2"),
    )


def main(records: int) -> None:
    """Fills a log of its own, asks it, and removes it."""
    chance, made, spent = random.Random(7), [], 0.0
    with tempfile.TemporaryDirectory(prefix="begat-bench-") as folder:
        telemetry = LocalTelemetry(Path(folder))
        for number in range(records):
            record = _record(number, records, chance)
            start = time.perf_counter()
            telemetry.append(record)
            spent += time.perf_counter() - start
            if number % max(1, records // 1000) == 0:
                made.append(record)
        say(f"{records:,} records over {DAYS} days, appended at {spent / records * 1e6:.0f} µs each")
        telemetry_upkeep.QUIET_SECONDS = -1.0
        start = time.perf_counter()
        while telemetry.settle({}):
            pass
        say(f"settled in {time.perf_counter() - start:.1f} s")
        sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
        say(f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB")
        _ask(telemetry, made)
        start = time.perf_counter()
        telemetry.settle({ENDPOINT: Kept(None, sum(sizes) // 2)})
        say(f"half of the bytes removed in {(time.perf_counter() - start) * 1000:.0f} ms")
        telemetry.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
