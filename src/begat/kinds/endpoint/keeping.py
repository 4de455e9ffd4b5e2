"""How long each endpoint's inference log is kept."""

from __future__ import annotations

from begat.core import ids
from begat.graph.driver import Graph
from begat.platforms.ports import Kept


async def kept(graph: Graph) -> dict[str, Kept]:
    """By endpoint, as its serving version says, or where none serves the latest one; in two statements."""
    found = await graph.read("MATCH (n:Endpoint) RETURN collect([n.id, coalesce(n.version, n.lastVersion)])")
    wanted = [ids.immutable(id, "v", number) for id, number in found or []]
    if not wanted:
        return {}
    rows = await graph.read(
        "MATCH (v:Version) WHERE v.id IN $ids RETURN collect([v.asset, v.keepDays, v.keepBytes])", ids=wanted
    )
    return {endpoint: Kept(days, size) for endpoint, days, size in rows or []}
