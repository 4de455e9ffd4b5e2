"""Random graphs of lineage, in the shapes that begat writes: for the shape without a database, and for both databases.

Everything is made one after the other, each from what was there before, as acts would: with diamonds, several versions
that share some sources and not others, two projects, and assets in every retention; endpoints are deployed again and
again, some deployments fail, and some are stopped.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from begat.core.edges import EDGES, FED_BY, WAS_FED_BY
from begat.graph.driver import Graph
from begat.lineage.reached import Link, Node, Reached

SEEN, UNSEEN = "project_seen", "project_unseen"
RETENTIONS = ("LIVE", "LIVE", "LIVE", "ARCHIVED", "TRASHED", "PURGED")
WHOLE = {
    "SourceTable": ("SOURCE_TABLE", "table"),
    "TrainingJob": ("TRAINING_JOB", "job"),
    "ModelVersion": ("MODEL_VERSION", "mver"),
    "Monitor": ("MONITOR", "monitor"),
    "ImprovementTask": ("IMPROVEMENT_TASK", "task"),
}
"""Kind and prefix of assets that are their own immutable node, by label."""

VERSIONED = {
    "Sheet": ("SHEET", "sheet", (("SheetVersion", "SHEET_VERSION", "v"),)),
    "Template": ("TEMPLATE", "template", (("TemplateVersion", "TEMPLATE_VERSION", "v"),)),
    "CanonicalLabel": ("CANONICAL_LABEL", "label", (("LabelVersion", "LABEL_VERSION", "v"),)),
    "TrainingSheet": (
        "TRAINING_SHEET",
        "tsheet",
        (
            ("TrainingSheetVersion", "TRAINING_SHEET_VERSION", "v"),
            ("Generation", "GENERATION", "g"),
            ("Snapshot", "SNAPSHOT", "s"),
        ),
    ),
    "Endpoint": ("ENDPOINT", "endpoint", (("EndpointVersion", "ENDPOINT_VERSION", "v"),)),
}
"""Kind, prefix and sorts of immutable nodes of assets that have them, by label."""

ROWS = {"QaPair": ("QA_PAIR", "pair", "TrainingSheet"), "Feedback": ("FEEDBACK", "feedback", "Endpoint")}
"""Kind, prefix and whose they are, of rows by label."""


SETTLED = {"TRAINING_JOB": "SUCCEEDED", "ENDPOINT": "STOPPED", "MONITOR": "PAUSED", "IMPROVEMENT_TASK": "DISMISSED"}
"""States in which background work leaves alone what has nothing behind it."""


STARTED_FROM = "STARTED_FROM"


@dataclass
class Thing:
    """An asset, an immutable node or a row, as a node of the graph."""

    id: str
    label: str
    kind: str
    asset: str
    project: str | None
    born: str
    number: int | None = None
    retention: str = "LIVE"
    live_from: str | None = None
    live_until: str | None = None


@dataclass
class World:
    """A graph of lineage. ``edges`` point from what was made to what it was made from."""

    things: dict[str, Thing] = field(default_factory=dict)
    edges: list[Link] = field(default_factory=list)
    of: list[tuple[str, str]] = field(default_factory=list)
    champions: dict[str, str] = field(default_factory=dict)
    said: dict[Link, list[tuple[str, str | None]]] = field(default_factory=dict)
    """From when until when each source said that a table feeds another; such edges may form cycles."""
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    """More properties of some nodes, by id."""
    told: dict[Link, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    """Of relations that are there more than once, or with properties: the properties of each."""

    def assets(self) -> list[Thing]:
        """All assets."""
        return [thing for thing in self.things.values() if thing.id == thing.asset]

    def beginnings(self) -> list[Thing]:
        """Everything that a walk can start at: assets and rows."""
        return [*self.assets(), *(thing for thing in self.things.values() if thing.label in ROWS)]

    def immutable(self) -> list[Thing]:
        """The versions, snapshots, generations and evaluations of assets, at which some questions begin."""
        return [thing for thing in self.things.values() if ":" in thing.id]

    def deleted(self) -> frozenset[str]:
        """Assets in the trash or purged."""
        return frozenset(thing.id for thing in self.assets() if thing.retention in ("TRASHED", "PURGED"))

    def known(self, edge: Link, at: str) -> bool:
        """Whether the edge was there then: it was born with its source, or somebody asserted it."""
        return edge not in self.said or any(
            since <= at and (until is None or at < until) for since, until in self.said[edge]
        )

    def reached(self, starts: frozenset[str], followed: tuple[str, ...], at: str) -> Reached:
        """All of the graph, as what a walk of no bound could at most reach."""
        nodes = {
            thing.id: Node(thing.id, thing.kind, thing.asset, thing.project, thing.born, thing.number)
            for thing in self.things.values()
        }
        return Reached(
            starts, nodes, tuple(edge for edge in self.edges if edge[1] in followed and self.known(edge, at))
        )


def grow(rng: random.Random, size: int, name: str = "w") -> World:
    """A graph of about ``size`` nodes; ids hold ``name``, so that several graphs can be in one database."""
    world = World()
    by_label: dict[str, list[str]] = defaultdict(list)
    moment = 0

    def at() -> str:
        nonlocal moment
        moment += rng.choice((0, 1, 1))
        return f"2026-01-01T00:00:{moment // 1000:02d}.{moment % 1000:03d}Z"

    def born(thing: Thing) -> None:
        world.things[thing.id] = thing
        by_label[thing.label].append(thing.id)
        for type, edge in EDGES.items():
            if type == STARTED_FROM:
                continue  # see _start
            older = [id for label in sorted(edge.targets) for id in by_label[label] if id != thing.id]
            if rng.random() < 0.5:
                older = older[-3:]  # mostly what is new is made into more, so that walks are long
            if type == "EVALUATES" and thing.label == "Evaluation":
                older = [thing.asset]  # an evaluation is of the model version that it belongs to
            if thing.label in edge.sources and older:
                for target in rng.sample(older, min(len(older), rng.choice((0, 1, 1, 2)))):
                    world.edges.append((thing.id, type, target))

    def project() -> str:
        return rng.choice((SEEN, SEEN, UNSEEN))

    def asset(label: str, kind: str, prefix: str) -> Thing:
        id = f"{prefix}_{name}{len(world.things):03d}"
        owner = None if label == "SourceTable" else project()
        return Thing(id, label, kind, id, owner, at(), retention=rng.choice(RETENTIONS))

    def whole(label: str) -> None:
        thing = asset(label, *WHOLE[label])
        if label == "ModelVersion":
            models = [world.things[id] for id in by_label["Model"]]
            model = rng.choice(models) if models and rng.random() < 0.7 else asset("Model", "MODEL", "model")
            world.things.setdefault(model.id, model)
            if model.id not in by_label["Model"]:
                by_label["Model"].append(model.id)
            thing.project = model.project
            thing.number = 1 + sum(owner == model.id for _, owner in world.of)
            world.of.append((thing.id, model.id))
            if rng.random() < 0.4:
                world.champions[model.id] = thing.id
        born(thing)

    def immutable(owner: Thing, label: str, kind: str, letter: str) -> None:
        number = 1 + sum(one.asset == owner.id and one.label == label for one in world.things.values())
        one = Thing(f"{owner.id}:{letter}{number}", label, kind, owner.id, owner.project, at(), number)
        if label == "EndpointVersion":
            deployed(one)
        born(one)
        world.of.append((one.id, owner.id))

    def deployed(version: Thing) -> None:
        before = [one for one in world.things.values() if one.asset == version.asset and one.live_from]
        if rng.random() < 0.8:  # else it failed, and the one before goes on
            version.live_from = at()
            for one in before:
                one.live_until = one.live_until or version.live_from
        elif before and rng.random() < 0.4:  # somebody stopped the endpoint
            before[-1].live_until = before[-1].live_until or at()

    def versioned(label: str) -> None:
        kind, prefix, sorts = VERSIONED[label]
        owners = [world.things[id] for id in by_label[label]]
        if not owners or rng.random() < 0.5:
            owner = asset(label, kind, prefix)
            world.things[owner.id] = owner
            by_label[label].append(owner.id)
            immutable(owner, *sorts[0])
        else:
            owner = rng.choice(owners)
        if rng.random() < 0.7:
            immutable(owner, *rng.choice(sorts))

    def evaluation() -> None:
        if by_label["ModelVersion"]:
            immutable(world.things[rng.choice(by_label["ModelVersion"])], "Evaluation", "EVALUATION", "e")

    def row(label: str) -> None:
        kind, prefix, owners = ROWS[label]
        if by_label[owners]:
            owner = world.things[rng.choice(by_label[owners])]
            id = f"{prefix}_{name}{len(world.things):03d}"
            born(Thing(id, label, kind, owner.id, owner.project, at()))

    for label in (
        "SourceTable",
        "Sheet",
        "Template",
        "TrainingSheet",
        "TrainingJob",
        "ModelVersion",
        "Endpoint",
        "Monitor",
    ):
        (whole if label in WHOLE else versioned)(label)
    while len(world.things) < size:
        act = rng.choice((*WHOLE, *VERSIONED, *ROWS, "TrainingSheet", "TrainingSheet", "Evaluation"))
        if act in WHOLE:
            whole(act)
        elif act in VERSIONED:
            versioned(act)
        elif act in ROWS:
            row(act)
        else:
            evaluation()
    _feed(rng, world, by_label["SourceTable"])
    _start(rng, world, by_label["TrainingJob"], by_label["ModelVersion"])
    return world


def _start(rng: random.Random, world: World, jobs: list[str], versions: list[str]) -> None:
    """Some jobs start from a model version, or two, that was there before them."""
    order = {id: place for place, id in enumerate(world.things)}
    for job in jobs:
        older = [id for id in versions if order[id] < order[job]]
        for base in rng.sample(older, min(len(older), rng.choice((0, 1, 1, 2)))):
            world.edges.append((job, STARTED_FROM, base))


def _feed(rng: random.Random, world: World, tables: list[str]) -> None:
    """Tables feed each other, and themselves, in any order: one or two sources say so, at any moment, and may take it
    back later."""
    times = sorted(thing.born for thing in world.things.values())
    for _ in range(len(tables)):
        edge = (rng.choice(tables), "FED_BY", rng.choice(tables))
        if edge not in world.edges:
            world.edges.append(edge)
    for edge in world.edges:
        if edge[1] == "FED_BY":
            ends = max(world.things[edge[0]].born, world.things[edge[2]].born)
            world.said[edge] = []
            for _ in range(rng.choice((1, 1, 2))):
                since, until = max(ends, rng.choice(times)), rng.choice(times)
                world.said[edge].append((since, until if until > since else None))


def together(worlds: Iterable[World]) -> World:
    """All of these in one graph; nothing joins one to another."""
    whole = World()
    for world in worlds:
        whole.things |= world.things
        whole.edges += world.edges
        whole.of += world.of
        whole.champions |= world.champions
        whole.said |= world.said
        whole.details |= world.details
        whole.told |= world.told
    return whole


async def write(graph: Graph, world: World) -> None:
    """Creates the graph as begat's writer would: labels, properties, OF, lineage edges and aliases."""
    by_labels: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for thing in world.things.values():
        row = {
            "id": thing.id,
            "kind": "CANONICAL_LABEL_VERSION" if thing.kind == "LABEL_VERSION" else thing.kind,
            "project": thing.project,
            "createdAt": thing.born,
            "number": thing.number,
            **world.details.get(thing.id, {}),
        }
        if thing.label in ROWS:
            owner = {"QaPair": "trainingSheet", "Feedback": "endpoint"}[thing.label]
            by_labels[f"Row:{thing.label}"].append({**row, owner: thing.asset, "key": thing.id})
        elif thing.asset == thing.id:
            more = {"name": thing.id, "status": SETTLED.get(thing.kind, "READY"), "revision": 1}
            by_labels[f"Asset:{thing.label}"].append({**row, **more, "retention": thing.retention})
        else:
            live = {"liveFrom": thing.live_from, "liveUntil": thing.live_until}
            by_labels[f"Version:{thing.label}"].append({**row, **live, "asset": thing.asset})
    for labels, rows in by_labels.items():
        kept = [{name: value for name, value in row.items() if value is not None} for row in rows]
        await graph.read(f"UNWIND $rows AS row CREATE (n:{labels}) SET n = row RETURN count(n)", rows=kept)
    links: dict[tuple[str, str, str], list[list[Any]]] = defaultdict(list)
    born = [edge for edge in world.edges if edge not in world.said]
    for source, type, target in (*born, *((source, "OF", target) for source, target in world.of)):
        ends = links[type, _label(world.things[source]), _label(world.things[target])]
        ends += ([source, target, more] for more in world.told.get((source, type, target), ({},)))
    for (type, source, target), pairs in links.items():
        await graph.read(
            f"UNWIND $pairs AS pair MATCH (a:{source} {{id: pair[0]}}) MATCH (b:{target} {{id: pair[1]}}) "
            f"CREATE (a)-[e:{type}]->(b) SET e = pair[2] RETURN count(e)",
            pairs=pairs,
        )
    said: dict[str, list[dict[str, Any]]] = {FED_BY: [], WAS_FED_BY: []}
    for (source, _, target), every in world.said.items():
        for number, (since, until) in enumerate(every):
            edge = {"source": f"job {number}", "since": since, "seen": since, **({"until": until} if until else {})}
            said[WAS_FED_BY if until else FED_BY].append({"ends": [source, target], "set": edge})
    for type, rows in said.items():
        await graph.read(
            "UNWIND $rows AS row MATCH (a:Asset {id: row.ends[0]}) MATCH (b:Asset {id: row.ends[1]}) "
            f"CREATE (a)-[e:{type}]->(b) SET e = row.set RETURN count(e)",
            rows=rows,
        )
    aliases = [
        {"key": f"{model}|champion|1", "model": model, "name": "champion", "version": version, "since": "2026"}
        for model, version in world.champions.items()
    ]
    await graph.read("UNWIND $rows AS row CREATE (n:Alias) SET n = row RETURN count(n)", rows=aliases)


def _label(thing: Thing) -> str:
    if thing.label in ROWS:
        return "Row"
    return "Asset" if thing.asset == thing.id else "Version"
