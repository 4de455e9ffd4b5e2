"""The inference log: one record for each query of an endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from begat.platforms.ports.values import Json


class Origin(Enum):
    """Who asked. Metrics, drift, feedback and monitors know of QUERY only."""

    QUERY = "QUERY"
    TEST = "TEST"
    GENERATION = "GENERATION"


@dataclass(frozen=True, slots=True)
class Inference:
    """One query. ``at`` is when it came (begat's UTC text), ``latency_ms`` how long the caller waited, ``model_ms`` the
    model's own part of it. ``code`` is None for an answer, else the Code of the refusal or failure: BAD_INPUT and LIMIT
    are the caller's mistakes, all others count as errors. ``input`` and ``output`` are lists, one entry for each input;
    None where the endpoint does not keep them. Any text and number comes back as it was, but half a surrogate pair
    (which is no text that could be sent) as ``?``."""

    request_id: str
    at: str
    endpoint: str
    endpoint_version: str
    model_version: str | None
    code: str | None
    latency_ms: float
    model_ms: float | None
    cpu_seconds: float | None
    inputs: int
    input: list[Json] | None
    output: list[Json] | None
    origin: Origin = Origin.QUERY


@dataclass(frozen=True, slots=True)
class Window:
    """From ``since`` (included) to ``until`` (excluded), begat's UTC texts."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What the records of a window (and, where asked, bucket and model version) add up to. Latencies are milliseconds
    over answered queries, by linear interpolation as numpy.percentile; None where there is no record: no data is not
    zero. ``client_errors`` are BAD_INPUT and LIMIT, ``errors`` all other failures."""

    requests: int
    errors: int
    client_errors: int
    p50: float | None
    p95: float | None
    p99: float | None
    cpu_seconds: float | None
    model_version: str | None = None
    at: str | None = None
    """The beginning of the bucket."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records of an endpoint a page shows; None asks for all."""

    window: Window
    only_errors: bool = False
    """Those with a code: the caller's mistakes, too."""
    model_version: str | None = None
    endpoint_version: str | None = None
    text: str | None = None
    """Somewhere in a text (or name) of the input or output, whatever its case."""
    origin: Origin | None = Origin.QUERY
    min_latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How long an endpoint's records stay: None means without end. A record goes within a day after it is ``days`` old;
    the oldest go, many at once, until the others have at most ``bytes`` on disk."""

    days: float | None
    bytes: int | None


class Telemetry(Protocol):
    """Keeps records whole or not at all, also when begat is killed; a record is found as soon as ``append`` returned,
    by every instance that shares the log. An unknown endpoint has no records."""

    def append(self, record: Inference) -> None:
        """Keeps one record. UNAVAILABLE where it cannot be written, LIMIT where it is longer than 16 MB; ValueError for
        one that no begat makes (an endpoint's id that is none, a figure that is not finite)."""
        ...

    def find(self, request_ids: Sequence[str]) -> dict[str, Inference]:
        """The records of these requests, of whatever endpoint; unknown ones are missing."""
        ...

    def page(self, endpoint: str, wanted: Wanted, first: int, after: str | None = None) -> tuple[list[Inference], bool]:
        """The ``first`` records newest first (by ``at``, then request id), after the one with request id ``after``; and
        whether more follow. Where that one is gone meanwhile, its request id tells the place. BAD_INPUT for an
        ``after`` that is no request id."""
        ...

    def count(self, endpoint: str, wanted: Wanted) -> int:
        """How many records paging would yield."""
        ...

    def measures(
        self, endpoint: str, window: Window, *, bucket_seconds: int | None = None, by_model_version: bool = False
    ) -> list[Measures]:
        """Of QUERY records: one entry for the whole window, also without records (requests 0); or one for each bucket
        (multiples of it since 1970, so one that divides a day begins at UTC midnight; empty ones are missing) and each
        model version that has records, in this order; queries that failed before one was chosen have None. BAD_INPUT
        for a bucket below a second."""
        ...

    def requests(self, endpoints: Sequence[str], window: Window) -> dict[str, int]:
        """How many QUERY records each endpoint has; those without any are missing."""
        ...

    def sample(
        self, endpoint: str, window: Window, most: int, *, model_version: str | None = None
    ) -> list[tuple[str, Mapping[str, Json], Mapping[str, Json]]]:
        """At most ``most`` answered inputs of QUERY records with (at, input, output): of all, in the order of time,
        those at even distances, so the same ones each time it is asked. Not of records without input or output."""
        ...

    def settle(self, kept: Mapping[str, Kept]) -> bool:
        """Upkeep: rewrites what is complete into its compact form and removes what is too old or too much, by endpoint
        (one that is not in ``kept`` keeps all). One instance does it, but it may be killed at any moment, and two may
        do it at once: nothing is lost or doubled. A bounded piece of work; whether there is more to do at once."""
        ...

    def close(self) -> None:
        """Lets go of what this process holds; nothing is appended or asked afterwards."""
        ...
