"""The files of the inference log: what their names say, and what lies in a folder at one moment.

``<log>/<endpoint id>/`` holds, for each day (UTC, of ``at``):

| file | holds |
|---|---|
| ``<day>-<id>.jsonl`` | a *tail*: lines that still come |
| ``<day>-<id>.closed.jsonl`` | a tail that gets no more lines |
| ``<day>-<id>.<first>-<last>.<low>-<high>.parquet`` | a *segment*: a closed tail, rewritten; it never changes |

``first`` and ``last`` are the times of its records (milliseconds since 1970), ``low`` and ``high`` the least and
greatest time part of their request ids: who looks for something opens few files.

A segment stands for the tail with its id: where both are there (somebody was killed in between), the tail counts as
gone. So each step from one form to the next is one rename.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from begat.core.errors import Code, Problem
from begat.platforms.local.telemetry_records import ms_of

ENDPOINT = re.compile(r"[A-Za-z0-9_-]{1,200}")
REQUEST = re.compile(r"req_([0-9a-z]{10})[0-9a-z]{16}")
DAY_MS = 86_400_000
LOWEST, HIGHEST = "0" * 10, "z" * 10

_NAME = re.compile(
    r"(?P<id>(?P<day>\d{4}-\d\d-\d\d)-[0-9a-z]+)"
    r"(?:\.(?P<first>-?\d+)-(?P<last>-?\d+)\.(?P<low>[0-9a-z]{10})-(?P<high>[0-9a-z]{10})\.parquet"
    r"|(?P<closed>\.closed)?\.jsonl)"
)
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file: times are milliseconds since 1970, both included; ``low`` and ``high`` bound its request ids' times."""

    path: Path
    id: str
    day: str
    tail: bool
    closed: bool
    first: int
    last: int
    low: str = LOWEST
    high: str = HIGHEST

    def may_hold(self, request: str) -> bool:
        """Whether the record of this request can be in it."""
        match = REQUEST.fullmatch(request)
        return match is None or self.low <= match[1] <= self.high


def part_of(path: Path) -> Part | None:
    """What the name says; None for a file that is not of the log, as a draft."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    if match["first"] is None:
        start = ms_of(f"{match['day']}T00:00:00.000Z")
        return Part(path, match["id"], match["day"], True, match["closed"] is not None, start, start + DAY_MS - 1)
    first, last = int(match["first"]), int(match["last"])
    return Part(path, match["id"], match["day"], False, True, first, last, match["low"], match["high"])


def open_path(folder: Path, id: str) -> Path:
    """Where the tail is while lines come."""
    return folder / f"{id}.jsonl"


def closed_path(folder: Path, id: str) -> Path:
    """Where the tail is when no more come."""
    return folder / f"{id}.closed.jsonl"


def segment_path(folder: Path, id: str, first: int, last: int, requests: tuple[str, str]) -> Path:
    """Where the tail's segment is; ``requests`` are its least and greatest request id."""
    matches = [REQUEST.fullmatch(request) for request in requests]
    low, high = (match[1] if match else None for match in matches)
    if low is None or high is None:  # ids of another make are found too, by looking into every file
        low, high = LOWEST, HIGHEST
    return folder / f"{id}.{first}-{last}.{low}-{high}.parquet"


def folder_of(log: Path, endpoint: str) -> Path | None:
    """The endpoint's folder, there or not; None for what can be no endpoint's id, so that no path leads elsewhere."""
    return log / endpoint if ENDPOINT.fullmatch(endpoint) else None


def folders(log: Path) -> Iterator[Path]:
    """The folders of all endpoints, in the order of their ids."""
    yield from (path for path in sorted(log.iterdir()) if ENDPOINT.fullmatch(path.name) and path.is_dir())


def parts(folder: Path) -> list[Part]:
    """All files that hold the folder's records, each record once, oldest first.

    A listing is no snapshot: of a tail that becomes a segment meanwhile it may show neither. The next one then shows
    the segment, so two that agree miss nothing.
    """
    before: set[str] | None = None
    for _ in range(_TRIES):
        found = {path.name: part for path in _entries(folder) if (part := part_of(path)) is not None}
        if found.keys() == before:
            return _each_once(found.values())
        before = set(found)
    raise Problem(Code.UNAVAILABLE, "The log's files change all the time.", hint="Try again.")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _each_once(found: Iterable[Part]) -> list[Part]:
    kept: dict[str, Part] = {}
    for part in found:
        other = kept.get(part.id)
        if other is None or (other.tail, not other.closed) > (part.tail, not part.closed):
            kept[part.id] = part
    return sorted(kept.values(), key=lambda part: (part.last, part.first, part.id))
