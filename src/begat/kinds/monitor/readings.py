"""What a monitor's windows measure: of the inference log, and of the feedback in the graph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import anyio.to_thread

from begat.core import times
from begat.core.drift import Verdict
from begat.gql.windows import SECONDS, WIDTH, Bucket
from begat.graph.driver import Graph
from begat.kinds.monitor.drift import drift_of
from begat.kinds.monitor.rules import Metric, Reading
from begat.platforms.platform import Platform
from begat.platforms.ports import Measures, Telemetry, Window

TO_SECONDS = 19
"""How many characters of `2026-11-24T07:35:28.123Z` name the second that a moment is in."""

_LATENCIES: Mapping[Metric, Callable[[Measures], float | None]] = {
    Metric.P50_LATENCY: lambda one: one.p50,
    Metric.P95_LATENCY: lambda one: one.p95,
    Metric.P99_LATENCY: lambda one: one.p99,
}

_JUDGED: Mapping[Metric, Callable[[int, int, int, int], tuple[int, int]]] = {
    Metric.NEGATIVE_FEEDBACK: lambda rated, negative, judged, right: (rated, negative),
    Metric.ACCURACY: lambda rated, negative, judged, right: (judged, right),
}


async def read(graph: Graph, platform: Platform, monitor: Mapping[str, Any], asked: Sequence[Window]) -> list[Reading]:
    """A reading for each of the monitor's windows, which follow each other."""
    metric = Metric(monitor["metric"])
    if not asked:
        return []
    if metric is Metric.DRIFT:
        return [await _drifted(graph, platform, monitor["endpoint"], window) for window in asked]
    if metric in _JUDGED:
        return await _judged(graph, metric, monitor["endpoint"], asked)
    measure = partial(_measured, platform.telemetry, monitor["endpoint"], asked)
    found = await anyio.to_thread.run_sync(measure)
    return [_of_log(metric, window, one) for window, one in zip(asked, found, strict=True)]


def _measured(telemetry: Telemetry, endpoint: str, asked: Sequence[Window]) -> list[Measures | None]:
    """One question for all windows: as the log's buckets they begin at multiples of their length since 1970."""
    whole, seconds = Window(asked[0].since, asked[-1].until), _seconds(asked[0])
    found = {one.at: one for one in telemetry.measures(endpoint, whole, bucket_seconds=seconds)}
    return [found.get(window.since) for window in asked]


def _of_log(metric: Metric, window: Window, one: Measures | None) -> Reading:
    requests = 0 if one is None else one.requests
    if metric is Metric.REQUEST_RATE:
        return Reading(window, requests / times.seconds_between(window.since, window.until), requests)
    if one is None or not requests:
        return Reading(window, None, 0)
    if metric is Metric.ERROR_RATE:
        return Reading(window, one.errors / requests, requests)
    return Reading(window, _LATENCIES[metric](one), requests - one.errors - one.client_errors)


async def _judged(graph: Graph, metric: Metric, endpoint: str, asked: Sequence[Window]) -> list[Reading]:
    """Of the feedback that was given in each window, whenever the answer was: it often comes much later. One statement,
    which counts by the largest buckets that every window is made of."""
    lengths = (Bucket.HOUR, Bucket.MINUTE)
    width = next((WIDTH[one] for one in lengths if not _seconds(asked[0]) % SECONDS[one]), TO_SECONDS)
    counted = await graph.read(
        "MATCH (n:Feedback) WHERE n.endpoint = $endpoint AND n.createdAt >= $since AND n.createdAt < $until "
        "WITH substring(n.createdAt, 0, $width) AS bucket, count(n.rating) AS rated, "
        "sum(CASE WHEN n.rating = 'NEGATIVE' THEN 1 ELSE 0 END) AS negative, count(n.isRight) AS judged, "
        "sum(CASE WHEN n.isRight THEN 1 ELSE 0 END) AS correct "
        "RETURN collect([bucket, rated, negative, judged, correct])",
        endpoint=endpoint,
        since=asked[0].since,
        until=asked[-1].until,
        width=width,
    )
    begins = [window.since[:width] for window in asked]
    sums = [[0, 0] for _ in asked]
    for bucket, *counts in counted or ():
        total, part = _JUDGED[metric](*counts)
        place = bisect_right(begins, bucket) - 1
        sums[place][0] += total
        sums[place][1] += part
    return [
        Reading(window, part / total if total else None, total)
        for window, (total, part) in zip(asked, sums, strict=True)
    ]


def _seconds(window: Window) -> int:
    return round(times.seconds_between(window.since, window.until))


async def _drifted(graph: Graph, platform: Platform, endpoint: str, window: Window) -> Reading:
    """How many fields drifted; which ones stands beside it."""
    found = await drift_of(graph, platform, endpoint, window)
    if found.verdict is Verdict.INSUFFICIENT_DATA:
        return Reading(window, None, found.sample_size)
    fields = sorted({one.field for one in found.fields if one.verdict is Verdict.DRIFT})
    return Reading(window, float(len(fields)), found.sample_size, ", ".join(fields) or None)
