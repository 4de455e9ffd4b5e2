"""What every ``Telemetry`` does."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.contract.telemetry_log import (
    ENDPOINT,
    OPEN,
    OTHER,
    START,
    V1,
    V2,
    WINDOW,
    Log,
    kept,
    newest,
    opened,
    paged,
    record,
)

from begat.core.errors import Code, Problem
from begat.core.times import later, now
from begat.platforms.ports import Inference, Measures, Origin, Telemetry, Wanted, Window

# ── Records come back as they were ──────────────────────────────────────────────────────────────────────────────────

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(input=st.none() | st.lists(values, max_size=3), output=st.none() | st.lists(values, max_size=2))
@example(input=["\x00", {"a\x00": '"\\\n\u2028'}, 2**70, -0.1], output=[{"answer": "カード 💳 ß"}])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_any_json_comes_back_as_it_was(log: Log, input: Any, output: Any) -> None:
    telemetry = log.opened[0]
    one = record(input=input, output=output, inputs=len(input or []))
    telemetry.append(one)
    assert telemetry.find([one.request_id]) == {one.request_id: one}
    log.settled()
    assert telemetry.find([one.request_id]) == {one.request_id: one}


def test_what_is_missing_stays_missing_and_failures_keep_their_code(log: Log, telemetry: Telemetry) -> None:
    records = [
        record(code="UNAVAILABLE", model_version=None, model_ms=None, cpu_seconds=None, input=None, output=None),
        record(86_400, endpoint=OTHER, origin=Origin.TEST, input=[{"text": "x" * 1_000_000}] * 5),
        record(at=now()),
    ]
    kept(telemetry, records)
    asked = [*[one.request_id for one in records], "req_" + "0" * 26, "", "é", "x" * 5_000]
    for _ in ("lines", "settled"):
        assert telemetry.find(asked) == {one.request_id: one for one in records}
        assert telemetry.find([]) == {}
        log.settled()


def test_half_a_surrogate_pair_becomes_a_question_mark(telemetry: Telemetry) -> None:
    one = record(input=[{"question": "a\ud800b"}])
    telemetry.append(one)
    assert telemetry.find([one.request_id])[one.request_id].input == [{"question": "a?b"}]


def test_what_no_begat_makes_is_refused_and_keeps_nothing(telemetry: Telemetry) -> None:
    for wrong in (record(latency_ms=float("nan")), record(endpoint="../x"), record(endpoint="")):
        with pytest.raises(ValueError, match=r"not finite|no endpoint"):
            telemetry.append(wrong)
    with pytest.raises(Problem) as refused:
        telemetry.append(record(input=["x" * 17_000_000]))
    assert refused.value.code is Code.LIMIT
    assert telemetry.count(ENDPOINT, Wanted(WINDOW, origin=None)) == 0


@pytest.mark.parametrize("endpoint", ["endpoint_unknown", "", "../home", "*", "a/b", "\x00", "é" * 500])
def test_an_unknown_endpoint_has_no_records(telemetry: Telemetry, endpoint: str) -> None:
    telemetry.append(record())
    assert telemetry.page(endpoint, Wanted(WINDOW), 10) == ([], False)
    assert telemetry.count(endpoint, Wanted(WINDOW)) == 0
    assert telemetry.measures(endpoint, WINDOW) == [Measures(0, 0, 0, None, None, None, None)]
    assert telemetry.measures(endpoint, WINDOW, bucket_seconds=60) == []
    assert telemetry.requests([endpoint], WINDOW) == {}
    assert telemetry.sample(endpoint, WINDOW, 10) == []


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────

QUESTIONS = ("Where is my CARD?", 'He said "Größe"\nand left', "カードはどこ？", "")
some = st.builds(
    record,
    st.integers(0, 5 * 86_400),
    code=st.sampled_from([None, None, None, "BAD_INPUT", "UNAVAILABLE"]),
    model_version=st.sampled_from([V1, V2, None]),
    endpoint_version=st.sampled_from([f"{ENDPOINT}:v1", f"{ENDPOINT}:v2"]),
    latency_ms=st.floats(0, 1e4),
    cpu_seconds=st.none() | st.integers(0, 8).map(lambda n: n / 8),
    origin=st.sampled_from([Origin.QUERY, Origin.QUERY, Origin.TEST]),
    input=st.sampled_from(QUESTIONS).map(lambda text: [{"question": text}]),
)
some_records = st.lists(some, max_size=40, unique_by=lambda one: one.request_id)
wanted = st.builds(
    Wanted,
    st.tuples(st.integers(0, 5 * 86_400), st.integers(0, 5 * 86_400)).map(
        lambda ends: Window(later(min(ends), START), later(max(ends), START))
    ),
    only_errors=st.booleans(),
    model_version=st.sampled_from([None, None, V1, V2]),
    endpoint_version=st.sampled_from([None, None, f"{ENDPOINT}:v1"]),
    text=st.sampled_from(
        [None, None, "card", '"GRÖSSE', '"größe"\nAND', "カード", "CARD_ARRIVAL", "question", "%", "\\"]
    ),
    origin=st.sampled_from([Origin.QUERY, Origin.TEST, None]),
    min_latency_ms=st.none() | st.floats(0, 1e4),
)


def matches(one: Inference, wanted: Wanted) -> bool:
    said = " ".join([one.input[0]["question"], "question", "answer", "score", "card_arrival"])  # type: ignore[index, call-overload, list-item]
    return (
        wanted.window.since <= one.at < wanted.window.until
        and (one.code is not None or not wanted.only_errors)
        and wanted.model_version in (None, one.model_version)
        and wanted.endpoint_version in (None, one.endpoint_version)
        and (wanted.text is None or wanted.text.lower() in said.lower())
        and wanted.origin in (None, one.origin)
        and one.latency_ms >= (wanted.min_latency_ms or 0)
    )


@given(records=some_records, wanted=wanted, first=st.integers(1, 15), settle=st.integers(0, 40))
@settings(max_examples=20)
def test_pages_show_each_wanted_record_once_newest_first(
    records: list[Inference], wanted: Wanted, first: int, settle: int
) -> None:
    for kind in OPEN:
        with tempfile.TemporaryDirectory() as folder, opened(kind, Path(folder)) as log:
            telemetry = log.opened[0]
            kept(telemetry, records[:settle])
            log.settled()
            kept(telemetry, records[settle:])
            expected = [one for one in newest(records) if matches(one, wanted)]
            assert paged(telemetry, wanted, first) == expected
            assert telemetry.count(ENDPOINT, wanted) == len(expected)
            assert telemetry.page(ENDPOINT, wanted, 0) == ([], bool(expected))


def test_a_page_goes_on_where_the_last_one_ended_also_when_that_record_is_gone(telemetry: Telemetry) -> None:
    records = kept(telemetry, [record(at=now()) for _ in range(5)])
    window = Wanted(Window(WINDOW.since, later(60)))
    assert telemetry.page(ENDPOINT, window, 2, records[1].request_id) == (records[2:4], True)
    gone = records[0].request_id[:14] + "z" * 16
    assert len(telemetry.page(ENDPOINT, window, 9, gone)[0]) >= 1
    for bad, path in (("x", "after"), ("", "after")):
        with pytest.raises(Problem) as refused:
            telemetry.page(ENDPOINT, window, 2, bad)
        assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, (path,))
    with pytest.raises(Problem, match="negative"):
        telemetry.page(ENDPOINT, window, -1)


# ── Figures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_hand(records: Sequence[Inference], **of: Any) -> Measures:
    """What numpy and counting make of the records."""
    latencies = [one.latency_ms for one in records if one.code is None]
    costs = [one.cpu_seconds for one in records if one.cpu_seconds is not None]
    client = sum(one.code in ("BAD_INPUT", "LIMIT") for one in records)
    p50, p95, p99 = (float(np.percentile(latencies, percent)) if latencies else None for percent in (50, 95, 99))
    return Measures(
        requests=len(records),
        errors=sum(one.code is not None for one in records) - client,
        client_errors=client,
        p50=p50,
        p95=p95,
        p99=p99,
        cpu_seconds=sum(costs) if costs else None,
        **of,
    )


@given(records=some_records, window=wanted.map(lambda one: one.window), bucket=st.sampled_from([7, 60, 3600, 86_400]))
@settings(max_examples=20)
def test_measures_are_those_computed_by_hand_with_numpy(records: list[Inference], window: Window, bucket: int) -> None:
    def start(one: Inference) -> str:
        ms = int(np.datetime64(one.at[:-1]).astype("datetime64[ms]").astype(np.int64))
        return str(np.datetime64(ms // 1000 // bucket * bucket, "s")) + ".000Z"

    for kind in OPEN:
        with tempfile.TemporaryDirectory() as folder, opened(kind, Path(folder)) as log:
            telemetry = log.opened[0]
            kept(telemetry, records[::2])
            log.settled()
            kept(telemetry, records[1::2])
            asked = [one for one in records if one.origin is Origin.QUERY and window.since <= one.at < window.until]
            assert telemetry.measures(ENDPOINT, window) == [by_hand(asked)]
            assert telemetry.requests([OTHER, ENDPOINT, ENDPOINT], window) == ({ENDPOINT: len(asked)} if asked else {})
            parts: dict[tuple[str, str], list[Inference]] = {}
            for one in asked:
                parts.setdefault((start(one), one.model_version or ""), []).append(one)
            assert telemetry.measures(ENDPOINT, window, bucket_seconds=bucket, by_model_version=True) == [
                by_hand(part, at=at, model_version=model or None) for (at, model), part in sorted(parts.items())
            ]
            versions = {one.model_version or "" for one in asked}
            assert telemetry.measures(ENDPOINT, window, by_model_version=True) == [
                by_hand([one for one in asked if (one.model_version or "") == model], model_version=model or None)
                for model in sorted(versions)
            ]


def test_a_bucket_has_at_least_a_second_and_a_sample_one(telemetry: Telemetry) -> None:
    with pytest.raises(Problem, match="second"):
        telemetry.measures(ENDPOINT, WINDOW, bucket_seconds=0)
    with pytest.raises(Problem, match="at least one"):
        telemetry.sample(ENDPOINT, WINDOW, 0)


def test_a_sample_is_even_in_time_and_the_same_each_time(log: Log, telemetry: Telemetry) -> None:
    many = [{"question": f"{n}"} for n in range(300)]
    answers: list[Any] = [{"answer": f"a{n}", "score": 1.0} for n in range(300)]
    kept(
        telemetry,
        [record(n, input=[many[n]], output=[answers[n]]) for n in range(100)]
        + [record(100, input=list(many[100:200]), output=answers[100:200], inputs=100)]
        + [record(n, input=[many[n]], output=[answers[n]], model_version=V2) for n in range(200, 300)]
        + [
            record(50, input=None),
            record(50, output=None),
            record(50, code="PLATFORM"),
            record(50, origin=Origin.TEST),
            record(50, input=[{"question": "elsewhere"}], endpoint=OTHER),
        ],
    )
    seen = []
    for _ in ("lines", "settled"):
        sample = telemetry.sample(ENDPOINT, WINDOW, 30)
        assert [(input["question"], output["answer"]) for _, input, output in sample] == [
            (f"{n}", f"a{n}") for n in range(0, 300, 10)
        ]
        assert [at for at, _, _ in sample] == sorted(at for at, _, _ in sample)
        assert len(telemetry.sample(ENDPOINT, WINDOW, 1000)) == 300
        second = telemetry.sample(ENDPOINT, WINDOW, 4, model_version=V2)
        assert [input["question"] for _, input, _ in second] == ["200", "225", "250", "275"]
        seen.append(sample)
        log.settled()
    assert seen[0] == seen[1] == telemetry.sample(ENDPOINT, WINDOW, 30)
