"""Questions to the inference log. DuckDB scans and filters; percentiles are numpy's own, so they equal numpy's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from begat.core.errors import bad_input
from begat.core.ids import ALPHABET
from begat.platforms.local.telemetry_engine import Engine, steady
from begat.platforms.local.telemetry_files import REQUEST, Part, folder_of, folders, parts
from begat.platforms.local.telemetry_records import NAMES, json_text, ms_of, record_of, record_of_line, text_of
from begat.platforms.ports import Inference, Json, Measures, Origin, Wanted, Window

_PERCENTS = (50, 95, 99)
_CLIENT = "('BAD_INPUT', 'LIMIT')"


class Queries:
    """What the log's files under ``log`` answer."""

    def __init__(self, log: Path, engine: Engine) -> None:
        self._log, self._engine = log, engine

    # ── Single records ──────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, request_ids: Sequence[str]) -> dict[str, Inference]:
        """The records of these requests, of all endpoints."""
        wanted = set(request_ids)
        if not wanted:
            return {}
        return steady(lambda: self._find(wanted, [part for folder in folders(self._log) for part in parts(folder)]))

    def _find(self, wanted: set[str], among: Sequence[Part]) -> dict[str, Inference]:
        found: dict[str, Inference] = {}
        keys = {id.encode(): id for id in wanted if id.isascii()}
        for part in among:
            if part.tail:
                for line in part.path.read_bytes().split(b"\n"):
                    # Each line begins with {"request_id":"..." as line_of writes it; only the wanted ones are read.
                    if line[15 : line.find(b'"', 15)] in keys and (record := record_of_line(line)) is not None:
                        found[record.request_id] = record
        left = wanted - found.keys()
        holding = [part for part in among if not part.tail and any(part.may_hold(id) for id in left)]
        if holding:
            asked = f"SELECT {NAMES} FROM records WHERE request_id IN (SELECT unnest(?))"
            for row in self._engine.select(holding, asked, [sorted(left)]).fetchall():
                found[row[0]] = record_of(row)
        return found

    # ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def page(self, endpoint: str, wanted: Wanted, first: int, after: str | None) -> tuple[list[Inference], bool]:
        """The records in the order of time, newest first; of one moment, by request id."""
        if first < 0:
            raise bad_input("A page has no negative length.", "first")
        where, values = _where(wanted)
        if after is not None:
            where += " AND (ms, request_id) < (?, ?)"
            values += [*self._place(endpoint, after)]
        keys = steady(lambda: self._newest(self._parts(endpoint, wanted.window), where, values, first + 1))
        shown = keys[:first]
        if not shown:
            return [], len(keys) > first
        rows_of = (
            f"SELECT {NAMES} FROM records WHERE ms BETWEEN ? AND ? AND request_id IN (SELECT unnest(?))"
            " ORDER BY ms DESC, request_id DESC"
        )
        window = Window(text_of(shown[-1][0]), text_of(shown[0][0] + 1))
        rows = steady(
            lambda: self._engine.select(
                self._parts(endpoint, window), rows_of, [shown[-1][0], shown[0][0], [id for _, id in shown]]
            ).fetchall()
        )
        return [record_of(row) for row in rows], len(keys) > first

    def _newest(self, among: Sequence[Part], where: str, values: Sequence[Any], most: int) -> list[tuple[int, str]]:
        """Time and request id of the newest ``most`` records; of older files only as many are read as it takes."""
        asked = f"SELECT ms, request_id FROM records WHERE {where} ORDER BY ms DESC, request_id DESC LIMIT ?"
        waiting = sorted(among, key=lambda part: part.last, reverse=True)
        keys: list[tuple[int, str]] = []
        files = 4
        while waiting and (len(keys) < most or waiting[0].last >= keys[-1][0]):
            keys += self._engine.select(waiting[:files], asked, [*values, most]).fetchall()
            keys = sorted(keys, reverse=True)[:most]
            waiting, files = waiting[files:], files * 2
        return keys

    def count(self, endpoint: str, wanted: Wanted) -> int:
        """How many records paging would yield."""
        where, values = _where(wanted)
        asked = f"SELECT count(*) FROM records WHERE {where}"
        ((count,),) = steady(
            lambda: self._engine.select(self._parts(endpoint, wanted.window), asked, values).fetchall()
        )
        return int(count)

    def _place(self, endpoint: str, after: str) -> tuple[int, str]:
        """Where the endpoint's record with this request id stands in time, or would, were it still kept."""
        folder = folder_of(self._log, endpoint)
        record = None if folder is None else steady(lambda: self._find({after}, parts(folder))).get(after)
        if record is not None:
            return ms_of(record.at), after
        match = REQUEST.fullmatch(after)
        if match is None:
            raise bad_input("No page ends with this request.", "after", hint="Give the endCursor of a page.")
        return _time_of(match[1]), after

    # ── Figures ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def measures(
        self, endpoint: str, window: Window, bucket_seconds: int | None, by_model_version: bool
    ) -> list[Measures]:
        """By bucket, then model version (those without one first)."""
        if bucket_seconds is not None and bucket_seconds < 1:
            raise bad_input("A bucket has at least a second.", "bucketSeconds")
        bucket = "NULL" if bucket_seconds is None else f"ms - (ms % {bucket_seconds * 1000:d})"
        model = "model_version" if by_model_version else "NULL"
        asked = f"""
            SELECT {bucket} AS bucket, {model} AS model, count(*), count(code),
                count(code) FILTER (WHERE code IN {_CLIENT}), sum(cpu_seconds),
                list(latency_ms) FILTER (WHERE code IS NULL)
            FROM records WHERE {_QUERIES} GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST"""
        table = steady(
            lambda: self._engine.select(self._parts(endpoint, window), asked, _bounds(window)).to_arrow_table()
        )
        *figures, latencies = table.columns
        found = [
            _measures(row, latencies[number].values)
            for number, row in enumerate(zip(*(column.to_pylist() for column in figures), strict=True))
        ]
        if not found and bucket_seconds is None and not by_model_version:
            found.append(_measures((None, None, 0, 0, 0, None), None))
        return found

    def requests(self, endpoints: Sequence[str], window: Window) -> dict[str, int]:
        """QUERY records by endpoint."""
        asked = f"SELECT endpoint, count(*) FROM records WHERE {_QUERIES} GROUP BY 1 ORDER BY 1"
        rows = steady(
            lambda: self._engine.select(
                [part for endpoint in dict.fromkeys(endpoints) for part in self._parts(endpoint, window)],
                asked,
                _bounds(window),
            ).fetchall()
        )
        return dict(rows)

    # ── Samples ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def sample(
        self, endpoint: str, window: Window, most: int, model_version: str | None
    ) -> list[tuple[str, Mapping[str, Json], Mapping[str, Json]]]:
        """Of all answered inputs in the order of time, ``most`` at even distances."""
        if most < 1:
            raise bad_input("A sample has at least one.", "most")
        where, values = f"{_QUERIES} AND code IS NULL AND input IS NOT NULL AND output IS NOT NULL", _bounds(window)
        if model_version is not None:
            where += " AND model_version = ?"
            values.append(model_version)
        # Of one moment, by a hash, which numpy sorts ten times as fast as texts.
        asked = f"SELECT ms, hash(request_id) AS tie, inputs FROM records WHERE {where}"

        def ask() -> list[Any]:
            among = self._parts(endpoint, window)
            columns = self._engine.select(among, asked, values).fetchnumpy()
            ms, tie, inputs = (np.asarray(columns[name]) for name in ("ms", "tie", "inputs"))
            order = np.lexsort((tie, ms))
            ends = np.cumsum(inputs[order])
            total = int(ends[-1]) if len(ends) else 0
            places = np.arange(min(most, total)) * total // max(1, min(most, total))
            records = np.searchsorted(ends, places, side="right")
            within = places - (ends - inputs[order])[records]
            chosen = order[records]
            fetched = self._engine.select(
                among,
                "SELECT ms, hash(request_id), input, output FROM records"
                f" WHERE {where} AND ms IN (SELECT unnest(?)) AND hash(request_id) IN (SELECT unnest(?))",
                [*values, [int(x) for x in ms[chosen]], [int(x) for x in tie[chosen]]],
            ).fetchall()
            texts = {(at, key): (input, output) for at, key, input, output in fetched}
            return [
                (int(ms[row]), texts[int(ms[row]), int(tie[row])], int(position))
                for row, position in zip(chosen, within, strict=True)
            ]

        return _samples(steady(ask))

    def _parts(self, endpoint: str, window: Window) -> list[Part]:
        """The endpoint's files that can hold records of the window."""
        folder = folder_of(self._log, endpoint)
        if folder is None:
            return []
        since, until = _bounds(window)
        return [part for part in parts(folder) if part.first < until and part.last >= since]


_QUERIES = f"ms >= ? AND ms < ? AND origin = '{Origin.QUERY.value}'"


def _bounds(window: Window) -> list[Any]:
    return [ms_of(window.since), ms_of(window.until)]


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    """The condition and its parameters."""
    parts, values = ["ms >= ? AND ms < ?"], _bounds(wanted.window)
    if wanted.only_errors:
        parts.append("code IS NOT NULL")
    for column, value in (
        ("model_version", wanted.model_version),
        ("endpoint_version", wanted.endpoint_version),
        ("origin", wanted.origin.value if wanted.origin else None),
    ):
        if value is not None:
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.min_latency_ms is not None:
        parts.append("latency_ms >= ?")
        values.append(wanted.min_latency_ms)
    if wanted.text:
        parts.append("(contains(lower(input), lower(?)) OR contains(lower(output), lower(?)))")
        values += [json_text(wanted.text)[1:-1]] * 2  # as JSON writes it, without the quotes around
    return " AND ".join(parts), values


def _measures(figures: Sequence[Any], latencies: pa.Array | None) -> Measures:
    bucket, model, requests, failed, client, cpu = figures
    p50, p95, p99 = (
        (None, None, None)
        if latencies is None or not len(latencies)
        else (float(value) for value in np.percentile(latencies.to_numpy(zero_copy_only=False), _PERCENTS))
    )
    at = None if bucket is None else text_of(bucket)
    return Measures(requests, failed - client, client, p50, p95, p99, cpu, model, at)


def _samples(
    chosen: Sequence[tuple[int, tuple[str, str], int]],
) -> list[tuple[str, Mapping[str, Json], Mapping[str, Json]]]:
    """The inputs at these positions with their outputs, of records' texts; each record's is read once."""
    read: dict[int, tuple[list[Any], list[Any]]] = {}
    found: list[tuple[str, Mapping[str, Json], Mapping[str, Json]]] = []
    for ms, texts, position in chosen:
        if id(texts) not in read:
            read[id(texts)] = (json.loads(texts[0]), json.loads(texts[1]))
        inputs, outputs = read[id(texts)]
        for input, output in zip(inputs[position : position + 1], outputs[position : position + 1], strict=False):
            if isinstance(input, dict) and isinstance(output, dict):
                found.append((text_of(ms), input, output))
    return found


def _time_of(digits: str) -> int:
    """Milliseconds since 1970 of a request id's time part."""
    value = 0
    for digit in digits:
        value = value * 32 + max(0, ALPHABET.find(digit))
    return value
