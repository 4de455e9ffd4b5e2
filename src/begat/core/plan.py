"""Plan tokens: what a dry run showed, signed, so that the commit acts on just that.

The token is ``<payload>.<signature>``: base64url JSON ``{action, at, items: {id: [revision, digest of the impact]}}``
and its HMAC-SHA256 (RFC 2104) under a secret that all instances on one graph share.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from begat.core import times
from begat.core.errors import Code, Problem, bad_input

VALID_SECONDS = 3600

Planned = Mapping[str, tuple[int, str]]
"""Revision and digest of the impact that were shown, by id."""


def digest(impact: Any) -> str:
    """A short name of what depends on an asset."""
    return hashlib.sha256(json.dumps(impact, sort_keys=True).encode()).hexdigest()[:16]


def sign(secret: str, action: str, items: Planned) -> str:
    """The token of a plan made now."""
    payload = _encode(json.dumps({"action": action, "at": times.now(), "items": dict(items)}).encode())
    return f"{payload}.{_mac(secret, payload)}"


def read(secret: str, token: str, action: str, *path: str | int) -> Planned:
    """What the token's plan showed. Raises BAD_INPUT for a token that is not ours or of another act, CONFLICT for one
    older than an hour."""
    payload, _, signature = token.partition(".")
    if not hmac.compare_digest(_mac(secret, payload).encode(), signature.encode("utf-8", "replace")):
        raise bad_input("This is no token of a plan.", *path, hint="Use the token that dryRun: true returned, whole.")
    plan = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if plan["action"] != action:
        raise bad_input(f"This token plans {plan['action']}, not {action}.", *path)
    if plan["at"] < times.later(-VALID_SECONDS):
        raise Problem(Code.CONFLICT, "This plan is older than an hour.", path=path, hint="Ask with dryRun: true again.")
    return {id: (revision, impact) for id, (revision, impact) in plan["items"].items()}


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _mac(secret: str, payload: str) -> str:
    return _encode(hmac.new(secret.encode(), payload.encode("utf-8", "replace"), hashlib.sha256).digest())
