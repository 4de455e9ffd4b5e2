"""Random graphs of lineage in which models learned: rows of a training sheet, that generations made and snapshots froze
in splits, of which jobs were trained on some."""

from __future__ import annotations

import random

from tests.lineage.worlds import SEEN, UNSEEN, VERSIONED, WHOLE, Thing, World, grow

SPLITS = ("TRAIN", "VALIDATION", "TEST")
REMADE = ("INCLUDES", "GENERATED_IN")
"""Relations that join rows of one training sheet only, which `grow` does not heed."""

LATE = "2026-02-01T00:00:00.000Z"
"""When what is put in a graph beyond what grew is born."""


def learned(rng: random.Random, size: int, name: str) -> World:
    """A graph of about ``size`` nodes and the rows that its models learned."""
    world = grow(rng, size, name)
    world.edges = [edge for edge in world.edges if edge[1] not in REMADE]
    sheets = [one for one in world.assets() if one.label == "TrainingSheet"]
    for sheet in sheets:
        _made(rng, world, sheet)
        _rows(rng, world, sheet)
    _answered(rng, world)
    for sheet in sheets:
        _frozen(rng, world, sheet)
        _trained(rng, world, sheet)
    _deployed(rng, world)
    _fed(rng, world)
    for source, type, target in world.edges:
        if type == "TRAINED_ON":
            chosen = rng.sample(SPLITS, rng.choice((1, 2, 2)))
            world.told[source, type, target] = tuple({"split": split} for split in chosen)
    _served(world)
    return world


def belonging(world: World, owner: Thing, label: str) -> list[Thing]:
    """What belongs to the asset, of one label."""
    return [one for one in world.things.values() if one.label == label and one.asset == owner.id]


def _made(rng: random.Random, world: World, sheet: Thing) -> None:
    """Some more generations, each of what there is, and a snapshot."""
    for _ in range(rng.randint(1, 2)):
        generation = _immutable(world, sheet, "Generation", "g")
        for type, label in (("BUILT_FROM", "Sheet"), ("PROMPTED_BY", "Template"), ("ANSWERED_BY", "Model")):
            versions = [one.id for one in world.things.values() if one.label == f"{label}Version"]
            world.edges.append((generation.id, type, rng.choice(versions)))
    _immutable(world, sheet, "Snapshot", "s")


def _trained(rng: random.Random, world: World, sheet: Thing) -> None:
    """Jobs are trained on snapshots of the sheet, some of them from a model on, and produce a model or none."""
    for snapshot in belonging(world, sheet, "Snapshot"):
        before = [one.id for one in world.things.values() if one.label == "ModelVersion"]
        job = _asset(rng, world, "TrainingJob")
        if before and rng.random() < 0.5:
            world.edges.append((job.id, "STARTED_FROM", rng.choice(before)))
        world.edges.append((job.id, "TRAINED_ON", snapshot.id))
        if rng.random() < 0.8:
            world.edges.append((_asset(rng, world, "ModelVersion").id, "PRODUCED_BY", job.id))


def _deployed(rng: random.Random, world: World) -> None:
    """Endpoints serve one or two of the models that jobs produced."""
    versions = sorted({source for source, type, _ in world.edges if type == "PRODUCED_BY"})
    for _ in range(2 if versions else 0):
        version = _immutable(world, _asset(rng, world, "Endpoint"), "EndpointVersion", "v")
        version.live_from = LATE
        for served in rng.sample(versions, min(len(versions), rng.choice((1, 2)))):
            world.edges.append((version.id, "SERVES", served))


def _fed(rng: random.Random, world: World) -> None:
    """Two tables that no sheet reads: one feeds a table that is read, of the other that was taken back."""
    read = sorted({target for _, type, target in world.edges if type == "READS"})
    for until in (None, LATE) if read else ():
        table = _asset(rng, world, "SourceTable")
        table.project = None
        fed = (rng.choice(read), "FED_BY", table.id)
        world.edges.append(fed)
        world.said[fed] = [(LATE, until)]


def _asset(rng: random.Random, world: World, label: str) -> Thing:
    kind, prefix = WHOLE[label] if label in WHOLE else VERSIONED[label][:2]
    id = f"{prefix}_{next(iter(world.things)).partition('_')[2]}x{len(world.things):03d}"
    world.things[id] = Thing(id, label, kind, id, rng.choice((SEEN, SEEN, UNSEEN)), LATE)
    return world.things[id]


def _immutable(world: World, owner: Thing, label: str, letter: str) -> Thing:
    kind = {"Generation": "GENERATION", "Snapshot": "SNAPSHOT", "EndpointVersion": "ENDPOINT_VERSION"}[label]
    number = len(belonging(world, owner, label)) + 1
    one = Thing(f"{owner.id}:{letter}{number}", label, kind, owner.id, owner.project, LATE, number)
    world.things[one.id] = one
    world.of.append((one.id, owner.id))
    return one


def _rows(rng: random.Random, world: World, sheet: Thing) -> None:
    """Some more rows, each of a generation where there is one; some were regenerated later, by another."""
    first, *_ = (one for one in world.things.values() if one.asset == sheet.id and ":" in one.id)
    for _ in range(rng.randint(1, 4)):
        id = f"pair_{sheet.id.removeprefix('tsheet_')}x{len(world.things):03d}"
        world.things[id] = Thing(id, "QaPair", "QA_PAIR", sheet.id, sheet.project, first.born)
    generations = belonging(world, sheet, "Generation")
    for pair in belonging(world, sheet, "QaPair"):
        if generations and rng.random() < 0.9:
            world.edges.append((pair.id, "GENERATED_IN", rng.choice(generations).id))
            world.details[pair.id] = {"generation": rng.choice(generations).id}


def _answered(rng: random.Random, world: World) -> None:
    """Labels and pairs are of rows of a sheet; a pair may have been answered anew by a label of the same row."""
    sheets = [one.id for one in world.assets() if one.label == "Sheet"]
    for one in world.things.values():
        if one.label in ("CanonicalLabel", "QaPair"):
            row = f"{rng.choice(sheets)}|{rng.randint(1, 3)}"
            world.details[one.id] = {**world.details.get(one.id, {}), "sourceRow": row}
    versions = [one for one in world.things.values() if one.label == "LabelVersion"]
    for pair in [one for one in world.things.values() if one.label == "QaPair"]:
        row = world.details[pair.id]["sourceRow"]
        same = [one.id for one in versions if world.details[one.asset]["sourceRow"] == row]
        if same and rng.random() < 0.7:
            world.details[pair.id]["labelVersion"] = rng.choice(same)


def _frozen(rng: random.Random, world: World, sheet: Thing) -> None:
    """Snapshots hold rows, each in a split; a snapshot is made from all that the generations of its rows are."""
    generations = [one.id for one in belonging(world, sheet, "Generation")]
    for snapshot in belonging(world, sheet, "Snapshot"):
        for pair in belonging(world, sheet, "QaPair"):
            if rng.random() < 0.2:
                continue
            edge = (snapshot.id, "INCLUDES", pair.id)
            now = world.details[pair.id].get("generation")
            frozen = rng.choice(generations) if now and rng.random() < 0.6 else None
            world.edges.append(edge)
            world.told[edge] = ({"split": rng.choice(SPLITS), **({"generation": frozen} if frozen else {})},)
            behind = [(type, end) for source, type, end in world.edges if source == (frozen or now)]
            world.edges += [
                (snapshot.id, type, end) for type, end in behind if (snapshot.id, type, end) not in world.edges
            ]


def _served(world: World) -> None:
    """A version of an endpoint shares its traffic among what it serves; an endpoint has the version that is live."""
    for version in [one for one in world.things.values() if one.label == "EndpointVersion"]:
        served = [edge for edge in world.edges if edge[:2] == (version.id, "SERVES")]
        for edge, percent in zip(served, (70, 30) if len(served) > 1 else (100,), strict=False):
            world.told[edge] = ({"percent": percent},)
        if version.live_from and not version.live_until:
            world.details[version.asset] = {"version": version.number}
