"""What depends on an asset, and what of it is live in effect: serving, promoted or watching right now.

An endpoint counts as live where the version that serves now was made from the asset: that an earlier one was is
history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from begat.graph.driver import Graph
from begat.graph.statement import load
from begat.lineage.answers import Answer
from begat.lineage.question import Direction, Level, Question, Versions
from begat.lineage.shape import Walk

DEPENDENTS = Question(Direction.DOWN, depth=None, level=Level.ASSET, versions=Versions.ALL)
"""The walk from an asset to all that was made from any version of it; rows and labels are not in it."""

LIVELY = ("ENDPOINT", "MONITOR", "MODEL_VERSION")
"""The kinds that can be live."""


@dataclass(frozen=True)
class Facts:
    """What is live of all walks of a level: the serving version of endpoints, the endpoints of monitors that are not
    paused, the model versions that an alias names, and those that are served."""

    serving: Mapping[str, int] = field(default_factory=dict)
    watching: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    served: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Impact:
    """Dependents by kind (hidden ones too), and ids of those that are live. ``asked`` are the live endpoints whose
    requests count: the asset itself where it is one, and none that the caller may not see."""

    by_kind: tuple[tuple[str, int], ...]
    endpoints: tuple[str, ...]
    models: tuple[str, ...]
    monitors: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def dependents(self) -> int:
        """How many there are."""
        return sum(count for _, count in self.by_kind)


async def facts(graph: Graph, found: Iterable[Answer]) -> Facts:
    """What is live of all these walks; one statement, none where nothing can be."""
    ids = [_asked(answer.walk) for answer in found]
    endpoints, monitors, versions = (sorted({id for one in ids for id in one[kind]}) for kind in LIVELY)
    if not (endpoints or monitors or versions):
        return Facts()
    statement = load("begat.lineage", "live")
    serving, watching, named, served = await graph.read(
        statement, endpoints=endpoints, monitors=monitors, versions=versions
    )
    return Facts(dict(serving), dict(watching), frozenset(named), frozenset(served))


def impact(walk: Walk, known: Facts) -> Impact:
    """What the walk down from an asset means for whoever would take the asset away; pure."""
    asked = _asked(walk)

    def live(endpoint: str) -> bool:
        number = known.serving.get(endpoint)
        return number is not None and f"{endpoint}:v{number}" in walk.depths

    endpoints = [id for id in asked["ENDPOINT"] if live(id)]
    hidden = {hit.key for hit in walk.hits if hit.hidden}
    return Impact(
        tuple(sorted(Counter(hit.kind for hit in walk.hits).items())),
        tuple(id for id in endpoints if id != walk.start),
        tuple(id for id in asked["MODEL_VERSION"] if id in known.named or id in known.served),
        tuple(id for id in asked["MONITOR"] if id in known.watching and live(known.watching[id])),
        tuple(id for id in endpoints if id not in hidden),
    )


def _asked(walk: Walk) -> dict[str, list[str]]:
    """The ids of what can be live: of the dependents, and of the asset itself where it is an endpoint."""
    ids: dict[str, list[str]] = {kind: [] for kind in LIVELY}
    start = walk.reached.nodes.get(walk.start)
    if start is not None and start.kind == "ENDPOINT":
        ids["ENDPOINT"].append(start.id)
    for hit in walk.hits:
        if hit.kind in ids:
            ids[hit.kind].append(hit.key)
    return ids
