"""Random questions about random graphs."""

from __future__ import annotations

import random
from collections.abc import Iterable

from begat.core.edges import EDGES
from begat.lineage.question import ASSET_KIND, Deleted, Direction, Level, NodeKind, Question, Versions, enters_rows
from tests.lineage.worlds import ROWS, World

BETWEEN_ASSETS = frozenset(
    type for type, edge in EDGES.items() if not (edge.sources | edge.targets) & {*ROWS, "LabelVersion"}
) | {"RAISED_FROM"}
"""Relations that lead from assets to assets, also by RAISED_FROM; a feedback that it enters is left by none of them."""


def every_way(direction: Direction, level: Level, *, rows: bool) -> Question:
    """Everything from all versions. Without rows, what a row or a label is an end of would be entered from one side
    only: such relations are left out."""
    return Question(direction, None, level, Versions.ALL, rows=rows, relations=None if rows else BETWEEN_ASSETS)


def begin_both_ways(world: World, *, rows: bool) -> list[str]:
    """Where walks of `every_way` start that are compared. A walk that starts at a model starts at its versions, and
    these are what is found of it."""
    return [thing.id for thing in world.beginnings() if thing.kind != "MODEL" and (rows or thing.label not in ROWS)]


def pairs(world: World, start: str, found: Iterable[str], *, rows: bool) -> set[tuple[str, str]]:
    """The start with each asset or row that was found from it."""
    things = (world.things[key] for key in found)
    names = {thing.id if thing.label in ROWS else thing.asset for thing in things}
    return {(start, name) for name in names if name != start and (rows or not name.startswith("feedback"))}


def pose(rng: random.Random, direction: Direction | None = None) -> Question:
    """A question that makes sense, with any of the filters."""
    way = direction or rng.choice(list(Direction))
    level, rows = rng.choice(list(Level)), rng.random() < 0.4
    kinds = [kind.value for kind in NodeKind if level is Level.VERSION or kind.value not in ASSET_KIND]
    kinds.remove("MODEL")  # which lineage knows by its versions
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
