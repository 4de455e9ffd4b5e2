"""The nodes that follow one in the order of ids, at the cost of these: neither database sorts a large label lazily, but
both find the range between two ids by an index."""

from __future__ import annotations

import time
from collections import OrderedDict
from weakref import WeakKeyDictionary

from begat.graph.driver import Graph
from begat.graph.migrate import IDENTIFIED

LAST = "~"
"""Behind every id."""

FRESH, MOST = 10.0, 1_000
"""Seconds for which a bound is kept, and how many: as nodes are added a range would grow without an end."""

_kept: WeakKeyDictionary[Graph, OrderedDict[tuple[str, str, int, str], tuple[float, str]]] = WeakKeyDictionary()
"""By label, place and size: until when it is kept, and the bound."""


def identified(label: str) -> bool:
    """Whether the ids of the nodes with this label are indexed."""
    return label in IDENTIFIED


def wider(wanted: int, found: int, seen: int) -> int:
    """Among how many more nodes to look for those that are wanted, where so many were found among so many that were
    seen: twice as many as it should take."""
    return 2 * (wanted - found) * seen // max(found, 1)


def between(label: str) -> str:
    """The beginning of a statement: the nodes ``n`` with ids behind ``$low``, up to ``$high``. Conditions of its own
    come after a WITH: the embedded graph would else find the nodes by another index."""
    return f"MATCH (n:{label}) WHERE n.id > $low AND n.id <= $high WITH n"


async def bound(graph: Graph, label: str, low: str, size: int, high: str = LAST) -> str:
    """An id up to which about ``size`` nodes lie behind ``low``: where these are not all that lie before ``high``, the
    last of so many as the index gives them. It gives them in order; should it not, the range is only larger. What was
    found some seconds ago does as well: whoever reads the range finds all that is in it."""
    kept, name, now = _kept.setdefault(graph, OrderedDict()), (label, low, size, high), time.monotonic()
    known = kept.get(name)
    if known is not None and known[0] > now:
        return known[1]
    seen, last = await graph.read(
        f"MATCH (n:{label}) WHERE n.id > $low AND n.id < $high WITH n.id AS id LIMIT $size "
        "WITH collect(id) AS ids RETURN [size(ids), ids[size(ids) - 1]]",
        low=low,
        high=high,
        size=size,
    )
    if seen < size:
        return high
    kept[name] = now + FRESH, last
    kept.move_to_end(name)
    if len(kept) > MOST:
        kept.popitem(last=False)
    return str(last)
