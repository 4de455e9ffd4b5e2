"""What models learned from, and who learned from what, found by looking at every row of every snapshot: slow, naive,
and written apart from the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.lineage.worlds import SEEN, World

CONTENT = ("FED_BY", "READS", "BUILT_FROM", "PROMPTED_BY", "ANSWERED_BY")
"""How generations and snapshots came of sheets, tables, templates and models."""


@dataclass(frozen=True)
class Lesson:
    """One row of a snapshot that one job was trained on by its split, and by what it was made."""

    pair: str
    snapshot: str
    split: str
    job: str
    generation: str | None


@dataclass(frozen=True)
class Sight:
    """The world as somebody sees it, who sees all or one project; counts what is out of sight by kind."""

    world: World
    sees_all: bool

    def sees(self, id: str) -> bool:
        """Whether this is in sight."""
        return self.sees_all or self.world.things[id].project in (None, SEEN)

    def ids(self, found: Iterable[str]) -> list[str]:
        """Those in sight, by id."""
        return sorted(id for id in set(found) if self.sees(id))

    def hidden(self, *found: Iterable[str]) -> dict[str, int]:
        """How many of these groups are out of sight."""
        kinds = (self.world.things[id].kind for group in found for id in set(group) if not self.sees(id))
        return dict(Counter(kinds))


def ends(world: World, sources: Iterable[str], type: str) -> set[str]:
    """What these were made from, directly."""
    near = set(sources)
    return {target for source, how, target in world.edges if how == type and source in near}


def lessons(world: World) -> list[Lesson]:
    """Everything that jobs learned."""
    found = []
    every = [edge for edge in world.edges if edge[1] in ("TRAINED_ON", "INCLUDES")]
    for trained, included in product(every, every):
        if (trained[1], included[1]) == ("TRAINED_ON", "INCLUDES") and trained[2] == included[0]:
            (row,) = world.told[included]
            if row["split"] in {one["split"] for one in world.told[trained]}:
                found.append(Lesson(included[2], included[0], row["split"], trained[0], made_by(world, included)))
    return found


def made_by(world: World, included: tuple[str, str, str]) -> str | None:
    """The generation by which a row was made when it was frozen; what the snapshot does not say, the row says."""
    (row,) = world.told[included]
    name: str | None = row.get("generation") or world.details[included[2]].get("generation")
    return name


def exposed(world: World, of: str, *, sees_all: bool) -> dict[str, Any]:
    """Who learned from this asset, immutable node, row or source row (``sheet|itemRef``)."""
    learned = [one for one in lessons(world) if _products(world, one.job) and _comes_of(world, one, of)]
    versions = {id for one in learned for id in _products(world, one.job)} | set(_products(world, of))
    versions |= started_from(world, versions | {of} | {source for source, owner in world.of if owner == of})
    snapshots, sight = {one.snapshot for one in learned}, Sight(world, sees_all)
    served: dict[str, dict[str, int]] = {}
    for source, type, target in world.edges:
        endpoint = world.things[source].asset
        if type == "SERVES" and target in versions and source == _live(world, endpoint):
            served.setdefault(endpoint, {})[target] = world.told[source, type, target][0]["percent"]
    percents = [sum(served[id].values()) for id in sight.ids(served)]
    shares = [
        {"endpoint": id, "percent": percent, "modelVersions": sight.ids(served[id])}
        for id, percent in zip(sight.ids(served), percents, strict=True)
    ]
    return {
        "rows": len({one.pair for one in learned}),
        "snapshots": sight.ids(snapshots),
        "modelVersions": sight.ids(versions),
        "endpoints": sight.ids(served),
        "shares": shares,
        "trafficShare": sum(percents) / (100 * len(percents)) if percents else None,
        "hidden": sight.hidden(snapshots, versions, served),
    }


def started_from(world: World, bases: Iterable[str]) -> set[str]:
    """The model versions that a job made which started from any of these, or from one that such a job made."""
    found, more = set[str](), set(bases)
    while more:
        jobs = {source for source, type, target in world.edges if type == "STARTED_FROM" and target in more}
        more = {id for job in jobs for id in _products(world, job)} - found
        found |= more
    return found


def _products(world: World, job: str) -> list[str]:
    return [source for source, type, target in world.edges if (type, target) == ("PRODUCED_BY", job)]


def _live(world: World, endpoint: str) -> str | None:
    number = world.details.get(endpoint, {}).get("version")
    return f"{endpoint}:v{number}" if number else None


def _comes_of(world: World, one: Lesson, of: str) -> bool:
    """Whether the row that was learned came of it."""
    row = world.details[one.pair]
    thing = world.things.get(of)
    if thing is None:
        return bool(row["sourceRow"] == of)
    answers = ends(world, [one.pair], "ANSWERED_WITH") | ({row["labelVersion"]} if "labelVersion" in row else set())
    if thing.label == "CanonicalLabel":
        return of in {world.things[id].asset for id in answers}
    if thing.label == "TrainingSheet":
        return world.things[one.pair].asset == of
    if of in {one.pair, one.snapshot, *answers, *ends(world, [one.pair], "CORRECTS")}:
        return True
    own = {of} | {source for source, owner in world.of if owner == of}
    return bool(one.generation and own & _all_behind(world, one.generation))


def _all_behind(world: World, id: str) -> set[str]:
    found, more = set[str](), {id}
    while more:  # tables may feed each other
        found |= more
        more = {edge[2] for edge in world.edges if edge[0] in more and _content(world, edge)} - found
    return found


def _content(world: World, edge: tuple[str, str, str]) -> bool:
    """Whether rows come along it, as far as is known now."""
    return edge[1] in CONTENT and (edge not in world.said or any(until is None for _, until in world.said[edge]))


def made_from(world: World, version: str, *, sees_all: bool) -> dict[str, Any]:
    """What the model version was made from."""
    sight = Sight(world, sees_all)
    jobs = ends(world, [version], "PRODUCED_BY")
    snapshots = ends(world, jobs, "TRAINED_ON")
    sheets = ends(world, snapshots, "BUILT_FROM")
    frozen = [edge for edge in world.edges if edge[1] == "INCLUDES" and edge[0] in snapshots]
    found = {
        "snapshots": snapshots,
        "trainingSheets": {world.things[id].asset for id in snapshots},
        "generations": {name for name in (made_by(world, edge) for edge in frozen) if name},
        "templateVersions": ends(world, snapshots, "PROMPTED_BY"),
        "sheetVersions": sheets,
        "tables": ends(world, sheets, "READS"),
        "labels": ends(world, snapshots, "USES_LABEL"),
        "baseModels": ends(world, jobs, "STARTED_FROM"),
        "answeringModels": ends(world, snapshots, "ANSWERED_BY"),
    }
    rows = Counter(one.split for one in lessons(world) if one.job in jobs)
    trained = {one["split"] for edge, all in world.told.items() if edge[0] in jobs for one in all}
    return {
        "job": next(iter(sight.ids(jobs)), None),
        **{name: sight.ids(ids) for name, ids in found.items()},
        "splits": {split: rows[split] for split in trained},
        "hidden": sight.hidden(jobs, *found.values()),
    }
