"""Layered graphs of lineage with many diamonds, as begat writes them, and what a walk over them finds.

A graph of ``size`` assets has sheets over tables and ten rounds; in each, training sheets are built from sheets and
answered by models of the round before, jobs are trained on several of their snapshots, each job produces a model
version, and a tenth of these is served by an endpoint that a monitor watches. What something is made from lies near it,
at most ``NEAR`` places away, so that a walk of the same depth finds about as much in a small graph as in a large one,
and most of it by many ways. The same seed makes the same graph.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from begat.core import ids
from begat.core.edges import EDGES, NOTED, first_user
from begat.graph.driver import Graph

ROUNDS = 10
NEAR = 80
"""What a node is made from is at most this many places to its left or right."""

BATCH = 5_000

Edge = tuple[str, str, str]
"""Source, relation, target: the source was made from the target."""


@dataclass
class Layers:
    """A graph in memory: properties of nodes by their labels, and edges with their properties."""

    nodes: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    edges: list[tuple[Edge, dict[str, Any]]] = field(default_factory=list)
    of: list[tuple[str, str]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    """Tables and model versions, from which walks down may begin."""

    @cached_property
    def assets(self) -> dict[str, dict[str, Any]]:
        """The properties of all assets by id."""
        return {row["id"]: row for labels, rows in self.nodes.items() if labels.startswith("Asset") for row in rows}

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """What was made from each immutable node; what was made from an endpoint as a whole, from each version."""
        versions: dict[str, list[str]] = defaultdict(list)
        for version, owner in self.of:
            versions[owner].append(version)
        found: dict[str, list[str]] = defaultdict(list)
        for (source, type, target), _ in self.edges:
            for one in versions[target] if type == "WATCHES" else (target,):
                found[one].append(source)
        return found

    def downstream(self, start: str, depth: int | None = None) -> dict[str, int]:
        """The assets that a walk down from a table or a model version finds, with the fewest hops to each."""
        met, front, hops = {start}, [start], 0
        found: dict[str, int] = {}
        while front and (depth is None or hops < depth):
            hops += 1
            new = dict.fromkeys(user for node in front for user in self._users.get(node, ()) if user not in met)
            met |= new.keys()
            front = list(new)
            for node in front:
                found.setdefault(ids.asset_of(node), hops)
        return found

    def walk_of(self, wanted: int, seed: int = 1) -> tuple[str, int, int]:
        """A start, a depth and the size of its walk: of some that were drawn, the one nearest to ``wanted`` assets."""
        tries = random.Random(seed).sample(self.starts, min(len(self.starts), 60))
        found: list[tuple[int, str, int, int]] = []
        for start in tries:
            depths = self.downstream(start)
            for depth in range(2, max(depths.values(), default=0) + 1):
                size = sum(one <= depth for one in depths.values())
                found.append((abs(size - wanted), start, depth, size))
        _, start, depth, size = min(found)
        return start, depth, size


class _Maker:
    """Makes nodes one after the other: ids and times in the order of making."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.layers = Layers()
        self.made = 0

    def asset(self, label: str, kind: str, prefix: str, status: str, **more: Any) -> str:
        """A new asset's id."""
        id = f"{prefix}_{self._unique()}"
        at = self._at()
        known = {
            "id": id,
            "key": f"{kind}|{id}",
            "kind": kind,
            "name": f"{kind.lower().replace('_', ' ')} {self.made} of the bench",
            "status": status,
            "retention": "LIVE",
            "revision": 1,
            "owner": self.chance.choice(("ada", "grace", "edsger", "barbara")),
            "tags": self.chance.sample(("gold", "pii", "pilot", "eu"), self.chance.randrange(3)),
            "createdAt": at,
            "createdBy": "me",
            "updatedAt": at,
            "updatedBy": "me",
        }
        if kind != "SOURCE_TABLE":
            known["project"] = "project_default"
        self.layers.nodes[f"Asset:{label}"].append({**known, **more})
        return id

    def immutable(self, owner: str, label: str, kind: str, letter: str) -> str:
        """The id of the first immutable node of that sort of an asset."""
        id = ids.immutable(owner, letter, 1)
        row = {"id": id, "kind": kind, "asset": owner, "number": 1, "project": "project_default"}
        self.layers.nodes[f"Version:{label}"].append({**row, "createdAt": self._at()})
        self.layers.of.append((id, owner))
        return id

    def made_from(self, source: str, type: str, targets: Sequence[str], **properties: Any) -> None:
        """The source's edges of birth."""
        self.layers.edges += [((source, type, target), properties) for target in targets]

    def near(self, sources: Sequence[str], place: int, of: int, most: int) -> list[str]:
        """One to ``most`` of the sources that lie near this place of a layer of ``of``."""
        centre = place * len(sources) // of
        wanted = self.chance.randint(1, most)
        places = [(centre + self.chance.randint(-NEAR, NEAR)) % len(sources) for _ in range(wanted)]
        return [sources[one] for one in dict.fromkeys(places)]

    def _unique(self) -> str:
        """Ordered as ids are that were made one after the other."""
        self.made += 1
        return ids._base32((1_767_225_600_000 + self.made) << 80 | self.chance.getrandbits(80), 26)

    def _at(self) -> str:
        seconds, thousandths = divmod(self.made, 1_000)
        minutes, seconds = divmod(seconds, 60)
        return f"2026-01-01T00:{minutes:02d}:{seconds:02d}.{thousandths:03d}Z"


def layered(size: int, seed: int = 7) -> Layers:
    """A graph of about ``size`` assets, and half as many immutable nodes beside them."""
    make = _Maker(seed)
    width = max(round(size / (2.1 + ROUNDS * 3.4)), 2)
    tables = [make.asset("SourceTable", "SOURCE_TABLE", "table", "AVAILABLE") for _ in range(width)]
    sheets = []
    for place in range(width):
        owner = make.asset("Sheet", "SHEET", "sheet", "PUBLISHED", version=1)
        sheets.append(make.immutable(owner, "SheetVersion", "SHEET_VERSION", "v"))
        make.made_from(sheets[-1], "READS", make.near(tables, place, width, 2))
    templates = []
    for _ in range(max(width // 10, 1)):
        owner = make.asset("Template", "TEMPLATE", "template", "PUBLISHED", version=1)
        templates.append(make.immutable(owner, "TemplateVersion", "TEMPLATE_VERSION", "v"))
    models: list[str] = []
    for _ in range(ROUNDS):
        models = _round(make, width, sheets, templates, models)
        make.layers.starts += models
    make.layers.starts += tables
    return make.layers


def _round(
    make: _Maker, width: int, sheets: Sequence[str], templates: Sequence[str], models: Sequence[str]
) -> list[str]:
    """One round after the models of the one before; the model versions that it made."""
    snapshots = []
    for place in range(width):
        sheet, template = make.near(sheets, place, width, 2), make.near(templates, place, width, 1)
        answering = make.near(models, place, width, 3) if models else []
        owner = make.asset("TrainingSheet", "TRAINING_SHEET", "tsheet", "FINALIZED", version=1)
        for label, kind, letter in (
            ("TrainingSheetVersion", "TRAINING_SHEET_VERSION", "v"),
            ("Snapshot", "SNAPSHOT", "s"),
        ):
            node = make.immutable(owner, label, kind, letter)
            make.made_from(node, "BUILT_FROM", sheet)
            make.made_from(node, "PROMPTED_BY", template)
            make.made_from(node, "ANSWERED_BY", answering)
        snapshots.append(node)
    jobs = []
    for place in range(width):
        jobs.append(make.asset("TrainingJob", "TRAINING_JOB", "job", "SUCCEEDED"))
        make.made_from(jobs[-1], "TRAINED_ON", make.near(snapshots, place, width, 3), split="TRAIN")
    made: list[str] = []
    model = ""
    for place, job in enumerate(jobs):
        if place % 5 == 0:
            model = make.asset("Model", "MODEL", "model", "ACTIVE")
        made.append(make.asset("ModelVersion", "MODEL_VERSION", "mver", "READY", model=model, number=place % 5 + 1))
        make.layers.of.append((made[-1], model))
        make.made_from(made[-1], "PRODUCED_BY", [job])
    for place in range(0, width, 10):
        endpoint = make.asset("Endpoint", "ENDPOINT", "endpoint", "ONLINE", version=1)
        deployed = make.immutable(endpoint, "EndpointVersion", "ENDPOINT_VERSION", "v")
        make.made_from(deployed, "SERVES", make.near(made, place, width, 2), percent=50)
        monitor = make.asset("Monitor", "MONITOR", "monitor", "ACTIVE", endpoint=endpoint)
        make.made_from(monitor, "WATCHES", [endpoint])
    return made


def ladder(diamonds: int = 40, seed: int = 11) -> Layers:
    """A table, and above it one diamond on the other: each snapshot is answered by two models of one job, which was
    trained on the snapshot before. Its paths from end to end are two to the power of ``diamonds``."""
    make = _Maker(seed)
    make.made = 10_000_000  # ids apart from those of a graph beside it
    table = make.asset("SourceTable", "SOURCE_TABLE", "table", "AVAILABLE")
    owner = make.asset("Sheet", "SHEET", "sheet", "PUBLISHED", version=1)
    sheet = make.immutable(owner, "SheetVersion", "SHEET_VERSION", "v")
    make.made_from(sheet, "READS", [table])
    below: list[str] = []
    for _ in range(diamonds):
        owner = make.asset("TrainingSheet", "TRAINING_SHEET", "tsheet", "FINALIZED")
        snapshot = make.immutable(owner, "Snapshot", "SNAPSHOT", "s")
        make.made_from(snapshot, "ANSWERED_BY" if below else "BUILT_FROM", below or [sheet])
        job = make.asset("TrainingJob", "TRAINING_JOB", "job", "SUCCEEDED")
        make.made_from(job, "TRAINED_ON", [snapshot], split="TRAIN")
        below = []
        for number in (1, 2):
            below.append(make.asset("ModelVersion", "MODEL_VERSION", "mver", "READY", number=number))
            make.made_from(below[-1], "PRODUCED_BY", [job])
    make.layers.starts = [table]
    return make.layers


def crowd(users: int, few: int = 50, seed: int = 3) -> Layers:
    """Two templates, which are where walks start: one whose version so many training sheets are prompted by, and one
    that a few are, which lie among the others."""
    make = _Maker(seed)
    make.made = 20_000_000  # apart from all others
    templates = []
    for _ in range(2):
        owner = make.asset("Template", "TEMPLATE", "template", "PUBLISHED", version=1)
        templates.append(make.immutable(owner, "TemplateVersion", "TEMPLATE_VERSION", "v"))
        make.layers.starts.append(owner)
    for place in range(users + few):
        owner = make.asset("TrainingSheet", "TRAINING_SHEET", "tsheet", "DRAFT", version=1)
        node = make.immutable(owner, "TrainingSheetVersion", "TRAINING_SHEET_VERSION", "v")
        rare = place % (users // few + 1) == 0
        make.made_from(node, "PROMPTED_BY", [templates[rare]])
    return make.layers


async def write(graph: Graph, layers: Layers) -> None:
    """Creates all of it in a migrated graph, as begat's writer would."""
    first: dict[str, dict[str, str]] = defaultdict(dict)
    for (source, type, target), _ in layers.edges:
        if type not in NOTED:
            continue
        first[target][first_user(type)] = min(source, first[target].get(first_user(type), source))
    for labels, rows in layers.nodes.items():
        for batch in _batches([{**row, **first[row["id"]]} for row in rows]):
            await graph.read(f"UNWIND $rows AS row CREATE (n:{labels}) SET n = row RETURN count(n)", rows=batch)
    links: dict[tuple[str, str, str], list[list[Any]]] = defaultdict(list)
    owned = [((source, "OF", target), dict[str, Any]()) for source, target in layers.of]
    for (source, type, target), properties in (*layers.edges, *owned):
        links[type, ids.label_of(source), ids.label_of(target)].append([source, target, properties])
    assert {type for type, _, _ in links} <= {*EDGES, "OF"}
    for (type, source, target), pairs in links.items():
        for batch in _batches(pairs):
            await graph.read(
                f"UNWIND $rows AS row MATCH (a:{source} {{id: row[0]}}) MATCH (b:{target} {{id: row[1]}}) "
                f"CREATE (a)-[e:{type}]->(b) SET e = row[2] RETURN count(e)",
                rows=batch,
            )


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[place : place + BATCH] for place in range(0, len(rows), BATCH))
