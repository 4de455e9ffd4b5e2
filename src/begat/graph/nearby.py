"""The nodes that follow one in the order of ids, at the cost of these: neither database sorts a large label lazily, but
both find the range between two ids by an index."""

from __future__ import annotations

from begat.graph.driver import Graph
from begat.graph.migrate import IDENTIFIED

LAST = "~"
"""Behind every id."""


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
    last of so many as the index gives them. It gives them in order; should it not, the range is only larger."""
    seen, last = await graph.read(
        f"MATCH (n:{label}) WHERE n.id > $low AND n.id < $high WITH n.id AS id LIMIT $size "
        "WITH collect(id) AS ids RETURN [size(ids), ids[size(ids) - 1]]",
        low=low,
        high=high,
        size=size,
    )
    return str(last) if seen == size else high
