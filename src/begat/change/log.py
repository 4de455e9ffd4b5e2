"""The Revision log, read forward: what happened to some assets after a place. The log is the outbox: whatever is told
about a change is read from here, so nothing can be told that did not happen, or be lost between a change and its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from begat.access.scope import SCOPE, Viewer
from begat.core.event_ids import revision_key
from begat.graph.driver import Graph

PAGE = 100
"""Revisions of one asset that one look brings."""

_STANDING = "MATCH (n:Asset) WHERE n.id IN $ids RETURN collect([n.id, n.revision, n.project])"
_SINCE = (
    "UNWIND $ids AS id CALL (id) { MATCH (r:Revision {asset: id}) WHERE r.at >= $since "
    "RETURN collect(r.number) AS numbers } RETURN collect([id, numbers])"
)
# By the revisions' unique keys, which can be told without looking: numbers have no gap. So a quiet look costs one index
# seek an asset, however long its history is.
_NEWER = (
    f"UNWIND $places AS place MATCH (n:Asset {{id: place[0]}}) WHERE n.revision > place[1] AND {SCOPE} "
    "WITH n, place[1] AS known, "
    "CASE WHEN n.revision > place[1] + $page THEN place[1] + $page ELSE n.revision END AS last "
    "UNWIND range(known + 1, last) AS number "
    "WITH n, n.id + ':r' + toString(number) AS key MATCH (r:Revision {key: key}) "
    "RETURN collect([n.id, r.number, r.at, r.action, n.project])"
)


@dataclass(frozen=True)
class Event:
    """One revision of one asset. ``project`` is the asset's; None is a source table's, which is in none."""

    asset: str
    number: int
    at: str
    action: str
    project: str | None

    @property
    def key(self) -> str:
        """The revision's own key."""
        return revision_key(self.asset, self.number)


async def standing(graph: Graph, ids: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """The latest revision's number and the project of those of the assets that exist, whoever may see them: it tells
    the feed of all callers where to begin, and a caller nothing."""
    found = await graph.read(_STANDING, ids=list(ids))
    return {id: (number, project) for id, number, project in found or []}


async def before(graph: Graph, ids: Sequence[str], since: str) -> dict[str, int]:
    """The number before the first revision that is not older than ``since`` (ISO text), of assets that have one."""
    found = await graph.read(_SINCE, ids=list(ids), since=since) if ids else []
    return {id: min(numbers) - 1 for id, numbers in found or [] if numbers}


async def newer(graph: Graph, viewer: Viewer, places: Mapping[str, int]) -> list[Event]:
    """What happened to the assets that the viewer sees after these numbers, at most `PAGE` of each: those of one asset
    in their order, all of them by time as far as that allows."""
    wanted = [[id, number] for id, number in places.items()]
    found = await graph.read(_NEWER, places=wanted, page=PAGE, **viewer.scope) if wanted else []
    return _ordered(Event(*values) for values in found or [])


def _ordered(events: Iterable[Event]) -> list[Event]:
    """By time, but each after its asset's earlier ones: a change takes its time before it waits for its turn."""
    latest: dict[str, str] = {}
    keyed = []
    for event in sorted(events, key=lambda one: one.number):
        latest[event.asset] = time = max(event.at, latest.get(event.asset, ""))
        keyed.append((time, event.asset, event.number, event))
    return [event for *_, event in sorted(keyed, key=lambda one: one[:3])]
