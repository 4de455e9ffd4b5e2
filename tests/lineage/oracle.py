"""What lineage must answer, found by trying every path: slow, naive, and written apart from the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from begat.core.edges import EDGES
from begat.lineage.question import Deleted, Direction, Level, Question, Versions
from tests.lineage.worlds import ROWS, SEEN, Thing, World

ROWISH = (*ROWS, "LabelVersion")
OWNERS = {
    "SHEET_VERSION": "SHEET",
    "TEMPLATE_VERSION": "TEMPLATE",
    "LABEL_VERSION": "CANONICAL_LABEL",
    "TRAINING_SHEET_VERSION": "TRAINING_SHEET",
    "GENERATION": "TRAINING_SHEET",
    "SNAPSHOT": "TRAINING_SHEET",
    "EVALUATION": "MODEL_VERSION",
    "ENDPOINT_VERSION": "ENDPOINT",
}

Found = dict[str, tuple[str, int, bool]]
"""Kind, depth and whether it is hidden, by the real id of a hit."""


@dataclass
class Expected:
    """The whole answer; edges are source, target, relation and via, by real ids."""

    hits: Found
    edges: set[tuple[str, str, str, int]]


def starts(world: World, asset: str, question: Question, at: str) -> set[str]:
    """The nodes that a walk from the asset begins at."""
    thing = world.things[asset]
    tied = {id for id, owner in world.of if owner == asset}
    tied |= {id for id, owner in world.of if owner in tied}
    alive = {id for id in {asset, *tied} if world.things[id].born <= at}
    if question.versions is Versions.ALL or thing.kind == "TRAINING_SHEET":
        return alive
    if thing.kind in ("SHEET", "TEMPLATE", "CANONICAL_LABEL"):
        newest = [id for id in alive if world.things[id].number is not None]
        return {max(newest, key=lambda one: world.things[one].number or 0)} if newest else set()
    if thing.kind == "MODEL":
        versions = [id for id in alive if world.things[id].label == "ModelVersion"]
        champion = world.champions.get(asset)
        if champion in versions:
            return {champion}
        return {max(versions, key=lambda one: world.things[one].number or 0)} if versions else set()
    if thing.kind == "ENDPOINT":
        return serving(world, asset, at)
    return alive & {asset}


def serving(world: World, endpoint: str, at: str) -> set[str]:
    """The version of the endpoint that was live then, else the newest."""
    born = [one for one in world.things.values() if one.asset == endpoint and one.number and one.born <= at]
    live = [one for one in born if one.live_from and one.live_from <= at and at < (one.live_until or "9")]
    assert len(live) <= 1
    return {one.id for one in live or sorted(born, key=lambda one: one.number or 0)[-1:]}


def stands(world: World, question: Question, at: str) -> dict[str, frozenset[str]]:
    """The versions that each endpoint as a whole stands for in this walk."""
    every = {asset.id for asset in world.assets() if asset.kind == "ENDPOINT"}
    if question.versions is Versions.CURRENT:
        return {id: frozenset(serving(world, id, at)) for id in every}
    things = world.things.values()
    return {
        id: frozenset(one.id for one in things if one.asset == id and one.number and one.born <= at) for id in every
    }


def expected(
    world: World, asset: str, question: Question, at: str, *, sees_all: bool = True, sources: bool = False
) -> Expected:
    """The answer to the question from this asset, immutable node or row as of ``at``, for one who sees all or just one
    project. Of its ``sources`` only those hits that lead to nothing but what leads back to them."""
    deleted = {
        thing.id for thing in world.things.values() if world.things[thing.asset].retention in ("TRASHED", "PURGED")
    }
    begin = starts(world, asset, question, at)
    shown_as_start = {asset} | {_key(world.things[id], question) for id in begin}
    edges = list(_lineage(world, question, at))
    stops = {id for id, thing in world.things.items() if set(_kinds(thing)) & question.stop_at} - begin

    def neighbours(id: str) -> Iterator[str]:
        for source, type, target in edges:
            near, far = (source, target) if question.direction is Direction.UP else (target, source)
            if near == id and _follows(type, question) and world.things[far].born <= at:
                if question.deleted is Deleted.EXCLUDE and far in deleted and far not in begin:
                    continue
                yield far

    shortest: dict[str, int] = {}

    def every_path(id: str, length: int, on_the_way: frozenset[str] = frozenset()) -> None:
        shortest[id] = min(length, shortest.get(id, length))
        if id not in stops and (question.depth is None or length < question.depth):
            for far in neighbours(id):
                if far not in on_the_way:  # only tables can feed each other in a circle
                    every_path(far, length + 1, on_the_way | {id})

    for id in begin:
        every_path(id, 0)

    def ahead(id: str) -> set[str]:
        """Everything that the walk comes to from there."""
        found, front = set[str](), [id]
        while front:
            one = front.pop()
            new = set() if one in stops else {far for far in neighbours(one) if far in shortest} - found
            found |= new
            front += new
        return found

    hits: Found = {}
    passed: set[str] = set()
    members: dict[str, set[str]] = {}
    for id, length in shortest.items():
        thing = world.things[id]
        key = _key(thing, question)
        if key in shown_as_start:
            continue
        called = {thing.kind} if (thing.kind, question.level) == ("EVALUATION", Level.VERSION) else set(_kinds(thing))
        wanted = question.kinds is None or bool(called & question.kinds)
        if not wanted or (question.deleted is Deleted.BRIDGE and id in deleted):
            passed.add(id)
            continue
        kind = OWNERS.get(thing.kind, thing.kind) if question.level is Level.ASSET else thing.kind
        hidden = not sees_all and thing.project not in (None, SEEN)
        depth = min(length, hits[key][1]) if key in hits else length
        hits[key] = (kind, depth, hidden)
        members.setdefault(key, set()).add(id)

    if sources:
        last = {id for id in shortest if all(id in ahead(far) for far in ahead(id))}
        left_out = {key for key, group in members.items() if not group & last}
        hits = {key: hit for key, hit in hits.items() if key not in left_out}
        passed |= {id for key in left_out for id in members[key]}

    def made_of(id: str, via: int, on_the_way: frozenset[str] = frozenset()) -> Iterator[tuple[str, int]]:
        """Everything shown that ``id`` was made from, directly or across what is not shown."""
        for source, type, target in edges:
            if source == id and _follows(type, question) and target in shortest:
                if target not in passed:
                    yield target, via
                elif target not in stops and target not in on_the_way:
                    yield from made_of(target, via + 1, on_the_way | {id})

    fewest: dict[tuple[str, str, str], int] = {}
    for source, type, target in edges:
        if source not in shortest or source in passed or target not in shortest or not _follows(type, question):
            continue
        ends = [(target, 0)] if target not in passed else [] if target in stops else list(made_of(target, 1))
        for end, via in ends:
            edge = (_key(world.things[source], question), _key(world.things[end], question), type)
            if edge[0] != edge[1] and (edge[0] in hits or edge[1] in hits):
                fewest[edge] = min(via, fewest.get(edge, via))
    return Expected(hits, {(*edge, via) for edge, via in fewest.items()})


def _lineage(world: World, question: Question, at: str) -> Iterator[tuple[str, str, str]]:
    """The relations; who watches an endpoint as a whole watches each version that it stands for."""
    whole = stands(world, question, at)
    for source, type, target in world.edges:
        if not world.known((source, type, target), at):
            continue
        for one in (whole[target] if type == "WATCHES" else ()) or {target}:
            yield source, type, one


def _follows(type: str, question: Question) -> bool:
    if question.relations is not None and type not in question.relations:
        return False
    entered = EDGES[type].targets if question.direction is Direction.UP else EDGES[type].sources
    return question.rows or not all(label in ROWISH for label in entered)


def _key(thing: Thing, question: Question) -> str:
    return thing.id if question.level is Level.VERSION or thing.label in ROWS else thing.asset


def _kinds(thing: Thing) -> tuple[str, str]:
    return thing.kind, OWNERS.get(thing.kind, thing.kind)
