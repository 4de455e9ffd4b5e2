"""Ids: a kind prefix and a time-ordered unique part; immutable nodes are named after their asset."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Iterable

from begat.core.errors import Problem, not_found

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case; see https://github.com/ulid/spec."""

PREFIXES = {
    "table": "SOURCE_TABLE",
    "sheet": "SHEET",
    "template": "TEMPLATE",
    "label": "CANONICAL_LABEL",
    "tsheet": "TRAINING_SHEET",
    "job": "TRAINING_JOB",
    "model": "MODEL",
    "mver": "MODEL_VERSION",
    "endpoint": "ENDPOINT",
    "monitor": "MONITOR",
    "task": "IMPROVEMENT_TASK",
    "pair": "QA_PAIR",
    "feedback": "FEEDBACK",
}
"""The kind of an asset or row, by the prefix of its id; a test holds them equal to the kinds' own."""
IMMUTABLE = {
    ("sheet", "v"): "SHEET_VERSION",
    ("template", "v"): "TEMPLATE_VERSION",
    ("label", "v"): "LABEL_VERSION",
    ("tsheet", "v"): "TRAINING_SHEET_VERSION",
    ("tsheet", "s"): "SNAPSHOT",
    ("tsheet", "g"): "GENERATION",
    ("mver", "e"): "EVALUATION",
    ("endpoint", "v"): "ENDPOINT_VERSION",
}
"""What lineage calls an immutable node, by the prefix and the letter of its id."""
ROW_PREFIXES = frozenset({"pair", "feedback"})
BOOKKEEPING = {
    "project": "Project",
    "review": "Review",
    "comment": "Comment",
    "bulk": "BulkJob",
    "delivery": "Delivery",
}
MAX_LENGTH = 200

MENTION = re.compile(
    rf"(?<![0-9a-zA-Z])(?:{'|'.join([*PREFIXES, 'project'])})_"
    rf"[{ALPHABET}]{{26}}(?![0-9a-zA-Z_])(?::[a-z][0-9]+(?![0-9a-zA-Z]))?"
)
"""An id in a text: of what is in a project or is one, or of an immutable node of it."""

_lock = threading.Lock()
_last = 0


def new(prefix: str) -> str:
    """A new id such as ``sheet_01j8x...``: 48 bits of milliseconds, then 80 random bits, as a monotonic ULID: of two
    that one process makes, the later one is the greater, also within a millisecond."""
    global _last
    made = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    with _lock:
        made = _last = max(made, _last + 1)
    return f"{prefix}_{_base32(made, 26)}"


def derived(prefix: str, key: str) -> str:
    """The id of something that everybody must name alike, made of its key (a SourceTable of its full name)."""
    return f"{prefix}_{_base32(int.from_bytes(hashlib.sha256(key.encode()).digest()[:16]), 26)}"


def immutable(asset: str, letter: str, number: int) -> str:
    """``sheet_01j...:v3``: the third immutable node of its sort (v version, s snapshot, g generation, e evaluation)."""
    return f"{asset}:{letter}{number}"


def asset_of(id: str) -> str:
    """The id of the asset that an immutable node is tied to; of an asset, itself."""
    return id.partition(":")[0]


def assets_of(ids: Iterable[str]) -> dict[str, str]:
    """`asset_of` each of the ids; all at once takes half the time."""
    return {id: id.partition(":")[0] for id in ids}


def prefix_of(id: str) -> str:
    """``sheet`` of ``sheet_01j...:v3``."""
    return id.partition("_")[0]


def kind_of_asset(id: str) -> str:
    """What lineage calls an asset or row; raises KeyError where nothing has such ids."""
    return PREFIXES[prefix_of(id)]


def kinds_of_assets(ids: Iterable[str]) -> list[str]:
    """`kind_of_asset` of each; all at once takes half the time."""
    return [PREFIXES[id.partition("_")[0]] for id in ids]


def kind_of(id: str) -> str:
    """What lineage calls the asset, row or immutable node; raises KeyError where nothing has such ids."""
    asset, _, rest = id.partition(":")
    return IMMUTABLE[prefix_of(asset), rest[0]] if rest else kind_of_asset(asset)


def label_of(id: str) -> str:
    """The label under which the id is indexed: Version, Row, Asset, or a bookkeeping label."""
    if ":" in id:
        return "Version"
    prefix = prefix_of(id)
    return "Row" if prefix in ROW_PREFIXES else BOOKKEEPING.get(prefix, "Asset")


def check(id: str, *path: str | int) -> str:
    """The id, where it could be one; a NOT_FOUND problem where no id looks like it."""
    if not id or len(id) > MAX_LENGTH or not id.isascii() or not id.isprintable():
        raise unknown(id, *path)
    return id


def unknown(text: str, *path: str | int) -> Problem:
    """A NOT_FOUND problem about what somebody took for an id; it can be any text, and is shown in ASCII."""
    return not_found(text.encode("ascii", "backslashreplace").decode(), *path)


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
