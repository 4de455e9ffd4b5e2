"""Random questions about random graphs."""

from __future__ import annotations

import random

from begat.core.edges import EDGES
from begat.lineage.question import ASSET_KIND, Deleted, Direction, Level, NodeKind, Question, Versions, enters_rows
from tests.lineage.worlds import World


def pose(rng: random.Random, direction: Direction | None = None) -> Question:
    """A question that makes sense, with any of the filters."""
    way = direction or rng.choice(list(Direction))
    level, rows = rng.choice(list(Level)), rng.random() < 0.4
    kinds = [kind.value for kind in NodeKind if level is Level.VERSION or kind.value not in ASSET_KIND]
    relations = [type for type in EDGES if rows or not enters_rows(type, way)]
    return Question(
        way,
        depth=rng.choice((1, 1, 2, 3, 7, 60, None)),
        level=level,
        versions=rng.choice(list(Versions)),
        kinds=_some(rng, kinds),
        relations=_some(rng, relations),
        stop_at=_some(rng, kinds, most=2) or frozenset(),
        deleted=rng.choice(list(Deleted)),
        rows=rows,
    )


def moment(rng: random.Random, world: World) -> str:
    """Mostly after everything, sometimes in the middle."""
    times = sorted({thing.born for thing in world.things.values()})
    return "2026-12-31T00:00:00.000Z" if rng.random() < 0.7 else rng.choice(times)


def _some(rng: random.Random, values: list[str], most: int | None = None) -> frozenset[str] | None:
    if rng.random() < 0.6:
        return None
    return frozenset(rng.sample(values, rng.randint(1, most or len(values))))
