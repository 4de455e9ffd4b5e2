"""Which media type a client wants, by its Accept header (RFC 9110)."""

from __future__ import annotations

from functools import lru_cache

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENTS = "text/event-stream"

# Where a client names several as equals it knows them all, so it gets the newer; where it only says */* it may not.
_NAMED = (GRAPHQL, JSON, HTML, EVENTS)
_WILDCARD = (JSON, GRAPHQL, HTML, EVENTS)


@lru_cache(maxsize=64)
def choose(header: str | None, offers: tuple[str, ...]) -> str | None:
    """The one of ``offers`` that the client likes best, or None where it accepts none of them."""
    ranges = _ranges(header or "*/*")
    best: tuple[float, int, int] | None = None
    chosen: str | None = None
    for offer in offers:
        matches = [(breadth, quality) for name, quality in ranges if (breadth := _match(name, offer))]
        if not matches:
            continue
        exactness, quality = max(matches)  # the most exact range decides, so that q=0 can take one out of */*
        order = _NAMED if exactness == _EXACT else _WILDCARD
        rank = (quality, exactness, -order.index(offer))
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, offer
    return chosen


_EXACT = 3


def _match(name: str, offer: str) -> int:
    """How exactly the range ``name`` names ``offer``; 0 where it does not."""
    if name == offer:
        return _EXACT
    if name == offer.split("/")[0] + "/*":
        return 2
    return 1 if name in ("*/*", "*") else 0


def _ranges(header: str) -> list[tuple[str, float]]:
    """The media ranges with their quality; other parameters (charset) are ignored: every answer is UTF-8."""
    ranges = []
    for part in header.split(",")[:100]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = _quality(value.strip())
        if name:
            ranges.append((name, quality))
    return ranges


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return min(max(quality, 0.0), 1.0) if quality == quality else 1.0  # NaN is not equal to itself
