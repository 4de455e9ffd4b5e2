"""The inference log in files that several instances share: lines of JSON while they come, Parquet when they are many.

Why not one DuckDB file: DuckDB lets one process write to a file, and no other may read it meanwhile. Here each instance
appends to a file that nobody else writes to at that moment and all read all, with DuckDB as the reader of both forms. A
line costs one ``write()``, needs no server, and is there when a killed process is not; Parquet is several times
smaller and lets a question about a million records read just the columns it is about.

``telemetry_records`` says what a line is, ``telemetry_files`` what the files are, ``telemetry_writer`` appends,
``telemetry_queries`` asks (through ``telemetry_engine``, a DuckDB that can open nothing else), ``telemetry_upkeep``
rewrites and removes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from begat.platforms.local.telemetry_engine import Engine
from begat.platforms.local.telemetry_queries import Queries
from begat.platforms.local.telemetry_records import line_of
from begat.platforms.local.telemetry_upkeep import Upkeep
from begat.platforms.local.telemetry_writer import Writer
from begat.platforms.ports import Inference, Json, Kept, Measures, Wanted, Window


class LocalTelemetry:
    """``<root>/inference/<endpoint id>/``; see :class:`begat.platforms.ports.Telemetry`. For any number of threads and
    of instances in other processes. A machine that loses its power may lose the last seconds; a killed begat nothing.
    """

    def __init__(self, root: Path) -> None:
        log = root.absolute() / "inference"
        log.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = Engine(log)
        self._writer = Writer(log)
        self._queries = Queries(log, self._engine)
        self._upkeep = Upkeep(log, self._engine)

    def append(self, record: Inference) -> None:
        """Keeps the record. ValueError for one that begat would not make; LIMIT above 16 MB."""
        self._writer.append(record.endpoint, record.at[:10], line_of(record))

    def find(self, request_ids: Sequence[str]) -> dict[str, Inference]:
        """The records of these requests."""
        return self._queries.find(request_ids)

    def page(self, endpoint: str, wanted: Wanted, first: int, after: str | None = None) -> tuple[list[Inference], bool]:
        """Records newest first, and whether more follow."""
        return self._queries.page(endpoint, wanted, first, after)

    def count(self, endpoint: str, wanted: Wanted) -> int:
        """How many there are."""
        return self._queries.count(endpoint, wanted)

    def measures(
        self, endpoint: str, window: Window, *, bucket_seconds: int | None = None, by_model_version: bool = False
    ) -> list[Measures]:
        """What they add up to."""
        return self._queries.measures(endpoint, window, bucket_seconds, by_model_version)

    def requests(self, endpoints: Sequence[str], window: Window) -> dict[str, int]:
        """How many each endpoint has."""
        return self._queries.requests(endpoints, window)

    def sample(
        self, endpoint: str, window: Window, most: int, *, model_version: str | None = None
    ) -> list[tuple[str, Mapping[str, Json], Mapping[str, Json]]]:
        """Answered inputs at even distances."""
        return self._queries.sample(endpoint, window, most, model_version)

    def settle(self, kept: Mapping[str, Kept]) -> bool:
        """Rewrites and removes."""
        return self._upkeep.settle(kept)

    def close(self) -> None:
        """Lets the files go."""
        self._writer.close()
        self._engine.close()
