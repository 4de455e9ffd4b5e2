"""Texts that begat gives out and takes back only as they are: ``<payload>.<signature>``, base64url of some bytes and of
the HMAC-SHA256 (RFC 2104) of what they are for and of them, under a secret that all instances on one graph share."""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign(secret: str, purpose: str, data: bytes) -> str:
    """The text of these bytes."""
    payload = _encode(data)
    return f"{payload}.{_signature(secret, purpose, payload)}"


def read(secret: str, purpose: str, text: str) -> bytes | None:
    """The bytes of a text; None for one that was not given out for this purpose."""
    payload, _, signature = text.partition(".")
    expected = _signature(secret, purpose, payload)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return None
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(secret: str, purpose: str, payload: str) -> str:
    text = f"{purpose}\n{payload}".encode("utf-8", "replace")
    return _encode(hmac.new(secret.encode(), text, hashlib.sha256).digest())
