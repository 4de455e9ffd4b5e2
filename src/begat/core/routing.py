"""Which model version answers a request: by its id alone, so that everybody who asks later finds the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_RANGE = 2**64


def choose(request_id: str, shares: Sequence[tuple[str, int]]) -> str:
    """The id among ``[(id, percent)]`` whose part of the range the request's hash falls into.

    The percents total 100. The order of the shares does not matter.
    """
    place = int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8]) * 100
    reached = 0
    ordered = sorted(shares)
    for id, percent in ordered:
        reached += percent * _RANGE
        if place < reached:
            return id
    raise ValueError(f"The shares of {ordered} do not total 100.")
