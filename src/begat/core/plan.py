"""Plan tokens: what a dry run showed, signed, so that the commit acts on just that.

The token is the signed JSON ``{action, at, items: {id: [revision, digest of the impact]}}``, compressed: that of 50,000
assets has to fit into the body of a request.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

from begat.core import signed, times
from begat.core.errors import Code, Problem, bad_input

VALID_SECONDS = 3600
_PURPOSE = "compressed plan"

Planned = Mapping[str, tuple[int, str]]
"""Revision and digest of the impact that were shown, by id."""


def digest(impact: Any) -> str:
    """A short name of what depends on an asset."""
    return hashlib.sha256(json.dumps(_ordered(impact), sort_keys=True).encode()).hexdigest()[:16]


def _ordered(impact: Any) -> Any:
    """The same whatever order the database found the users in."""
    if not isinstance(impact, list):
        return impact
    parts = [_ordered(one) for one in impact]
    return sorted(parts, key=json.dumps) if all(isinstance(one, list) for one in parts) else parts


def sign(secret: str, action: str, items: Planned) -> str:
    """The token of a plan made now."""
    plan = {"action": action, "at": times.now(), "items": dict(items)}
    return signed.sign(secret, _PURPOSE, zlib.compress(json.dumps(plan).encode()))


def read(secret: str, token: str, action: str, *path: str | int) -> Planned:
    """What the token's plan showed. Raises BAD_INPUT for a token that is not ours or of another act, CONFLICT for one
    older than an hour."""
    content = signed.read(secret, _PURPOSE, token)
    if content is None:
        raise bad_input("This is no token of a plan.", *path, hint="Use the token that dryRun: true returned, whole.")
    plan = json.loads(zlib.decompress(content))
    if plan["action"] != action:
        raise bad_input(f"This token plans {plan['action']}, not {action}.", *path)
    if plan["at"] < times.later(-VALID_SECONDS):
        raise Problem(Code.CONFLICT, "This plan is older than an hour.", path=path, hint="Ask with dryRun: true again.")
    return {id: (revision, impact) for id, (revision, impact) in plan["items"].items()}
