"""The files of the inference log: what their names say, and what lies in a folder at one moment.

``<log>/<endpoint id>/`` holds, for each day (UTC, of ``at``):

| file | holds |
|---|---|
| ``<day>-<id>.jsonl`` | a *tail*: lines that still come |
| ``<day>-<id>.closed`` | nothing; no more lines come to the tail |
| ``<day>-<id>.<first>-<last>.<low>-<high>.parquet`` | a *segment*: a closed tail, rewritten; it never changes |

``first`` and ``last`` are the times of its records (milliseconds since 1970), ``low`` and ``high`` the least and
greatest time part of their request ids: who looks for something opens few files.

A segment stands for the tail with its id: where both are there, the tail counts as gone. It is removed a little later,
so that who lists the files meanwhile sees one of them, and who listed them before can still read it. So each step from
one form to the next is one file that appears.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from begat.platforms.local.telemetry_records import ms_of

ENDPOINT = re.compile(r"[A-Za-z0-9_-]{1,200}")
REQUEST = re.compile(r"req_([0-9a-z]{10})[0-9a-z]{16}")
DAY_MS = 86_400_000
LOWEST, HIGHEST = "0" * 10, "z" * 10

_NAME = re.compile(
    r"(?P<id>(?P<day>\d{4}-\d\d-\d\d)-[0-9a-z]+)"
    r"(?:\.(?P<first>-?\d+)-(?P<last>-?\d+)\.(?P<low>[0-9a-z]{10})-(?P<high>[0-9a-z]{10})\.parquet"
    r"|\.(?P<form>jsonl|closed))"
)


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


def tail_path(folder: Path, id: str) -> Path:
    """Where the tail is."""
    return folder / f"{id}.jsonl"


def closed_path(folder: Path, id: str) -> Path:
    """What is there when no more lines come to the tail."""
    return folder / f"{id}.closed"


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
    """The files that hold the folder's records, each record once, oldest first."""
    found, _ = listed(folder)
    rewritten = {part.id for part in found if not part.tail}
    kept = [part for part in found if not part.tail or part.id not in rewritten]
    return sorted(kept, key=lambda part: (part.last, part.first, part.id))


def listed(folder: Path) -> tuple[list[Part], set[str]]:
    """All tails and segments of the folder, and the ids that are closed."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return [], set()
    matches = [match for name in names if (match := _NAME.fullmatch(name)) is not None]
    closed = {match["id"] for match in matches if match["form"] == "closed"}
    return [_part(folder, match, closed) for match in matches if match["form"] != "closed"], closed


def _part(folder: Path, match: re.Match[str], closed: Collection[str]) -> Part:
    path, id, day = folder / match[0], match["id"], match["day"]
    if match["form"] == "jsonl":
        start = ms_of(f"{day}T00:00:00.000Z")
        return Part(path, id, day, True, id in closed, start, start + DAY_MS - 1)
    return Part(path, id, day, False, True, int(match["first"]), int(match["last"]), match["low"], match["high"])
