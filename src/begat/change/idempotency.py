"""Idempotency keys: a request sent twice is done once and answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from begat.access.scope import Viewer
from begat.change.background import Background
from begat.change.write import Change
from begat.core import times
from begat.core.errors import bad_input
from begat.graph.driver import Graph

KEPT_SECONDS = 7 * 24 * 3600
SECONDS = 3600.0
"""How often it is looked for answers that are older."""

PATH = ("input", "idempotencyKey")

_FIND = "MATCH (n:Answered {key: $key}) RETURN [n.digest, n.answer, n.at]"
_FORGET = "MATCH (n:Answered) WHERE n.at < $before WITH n LIMIT $most DELETE n RETURN count(n)"
_MOST = 500


async def once(
    change: Change,
    key: str | None,
    action: str,
    input: Any,
    act: Callable[[], Awaitable[Any]],
    path: Sequence[str] = PATH,
) -> Any:
    """What ``act`` returns (JSON-able: ids and outcomes), or what it returned the first time under this key.

    The key is unique per caller and is kept seven days, in the transaction of the act itself; another input under it is
    BAD_INPUT. Without a key the act just runs.
    """
    if key is None:
        return await act()
    unique, digest = _unique(change.viewer, key, path), _digest(action, input)
    found = await change.read(_FIND, key=unique)
    if (kept := _kept(found, digest, path)) is not None:
        return kept
    if found:
        await change.read("MATCH (n:Answered {key: $key}) DELETE n RETURN 1", key=unique)
    answer = await act()
    change.create(
        ("Answered",), {"key": unique, "digest": digest, "answer": orjson.dumps(answer).decode(), "at": change.at}
    )
    return answer


async def answered(graph: Graph, viewer: Viewer, key: str | None, action: str, input: Any) -> Any:
    """What a request under this key was answered before; None where it is new. For acts that ask the world outside
    before their change: who repeats one is answered as he was, whatever a table, a log or the clock says by now."""
    if key is None:
        return None
    return _kept(await graph.read(_FIND, key=_unique(viewer, key, PATH)), _digest(action, input), PATH)


def _unique(viewer: Viewer, key: str, path: Sequence[str]) -> str:
    if not 1 <= len(key) <= 200:
        hint = "Make one for each request, such as a UUID."
        raise bad_input("An idempotency key has 1 to 200 characters.", *path, hint=hint)
    return hashlib.sha256(f"{viewer.name}\0{key}".encode()).hexdigest()


def _digest(action: str, input: Any) -> str:
    return hashlib.sha256(orjson.dumps([action, input], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _kept(found: list[Any] | None, digest: str, path: Sequence[str]) -> Any:
    """The answer that was given, where it still counts."""
    if not found or found[2] < times.later(-KEPT_SECONDS):
        return None
    if found[0] != digest:
        raise bad_input("This idempotency key was used with another input.", *path, hint="Use a new key.")
    return orjson.loads(found[1])


async def forget(work: Background) -> bool:
    """A step of background work: forgets some of the answers that are kept no longer; whether there may be more."""
    before = times.later(-KEPT_SECONDS)

    async def forgotten(change: Change) -> int:
        return int(await change.read(_FORGET, before=before, most=_MOST) or 0)

    return await work.write(forgotten) == _MOST
