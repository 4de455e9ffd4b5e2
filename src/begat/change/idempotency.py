"""Idempotency keys: a request sent twice is done once and answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from begat.change.background import Background
from begat.change.write import Change
from begat.core import times
from begat.core.errors import bad_input

KEPT_SECONDS = 7 * 24 * 3600
SECONDS = 3600.0
"""How often it is looked for answers that are older."""

_FORGET = "MATCH (n:Answered) WHERE n.at < $before WITH n LIMIT $most DELETE n RETURN count(n)"
_MOST = 500


async def once(
    change: Change,
    key: str | None,
    action: str,
    input: Any,
    act: Callable[[], Awaitable[Any]],
    path: Sequence[str] = ("input", "idempotencyKey"),
) -> Any:
    """What ``act`` returns (JSON-able: ids and outcomes), or what it returned the first time under this key.

    The key is unique per caller and is kept seven days, in the transaction of the act itself; another input under it is
    BAD_INPUT. Without a key the act just runs.
    """
    if key is None:
        return await act()
    if not 1 <= len(key) <= 200:
        raise bad_input("An idempotency key has 1 to 200 characters.", *path)
    unique = hashlib.sha256(f"{change.viewer.name}\0{key}".encode()).hexdigest()
    digest = hashlib.sha256(orjson.dumps([action, input], option=orjson.OPT_SORT_KEYS)).hexdigest()
    found = await change.read("MATCH (n:Answered {key: $key}) RETURN [n.digest, n.answer, n.at]", key=unique)
    if found and found[2] >= times.later(-KEPT_SECONDS):
        if found[0] != digest:
            raise bad_input("This idempotency key was used with another input.", *path, hint="Use a new key.")
        return orjson.loads(found[1])
    if found:
        await change.read("MATCH (n:Answered {key: $key}) DELETE n RETURN 1", key=unique)
    answer = await act()
    change.create(
        ("Answered",), {"key": unique, "digest": digest, "answer": orjson.dumps(answer).decode(), "at": change.at}
    )
    return answer


async def forget(work: Background) -> bool:
    """A step of background work: forgets some of the answers that are kept no longer; whether there may be more."""
    before = times.later(-KEPT_SECONDS)

    async def forgotten(change: Change) -> int:
        return int(await change.read(_FORGET, before=before, most=_MOST) or 0)

    return await work.write(forgotten) == _MOST
