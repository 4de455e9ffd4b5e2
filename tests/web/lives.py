"""A graph for the lineage page: one story that is told in full, and a thousand assets made from one table."""

from __future__ import annotations

import random
from typing import Any

from begat.graph.driver import Graph
from tests.lineage import chain

TABLE = "table_many"
SIZE = 999
"""Assets made from TABLE, directly or not; all in statuses that no background work acts on."""

_NEXT = {
    "SHEET": ("Sheet", "sheet", "SheetVersion", "v", ("PUBLISHED", "DRAFT", "DEPRECATED")),
    "TRAINING_SHEET": ("TrainingSheet", "tsheet", "Snapshot", "s", ("FINALIZED", "APPROVED", "IN_REVIEW")),
    "TRAINING_JOB": ("TrainingJob", "job", None, None, ("SUCCEEDED", "CANCELED", "FAILED")),
    "MODEL_VERSION": ("ModelVersion", "mver", None, None, ("READY", "RETIRED")),
    "ENDPOINT": ("Endpoint", "endpoint", "EndpointVersion", "v", ("STOPPED", "FAILED", "GONE")),
}
_MADE_OF = {
    "SHEET": ("READS", "SOURCE_TABLE"),
    "TRAINING_SHEET": ("BUILT_FROM", "SHEET"),
    "TRAINING_JOB": ("TRAINED_ON", "TRAINING_SHEET"),
    "MODEL_VERSION": ("PRODUCED_BY", "TRAINING_JOB"),
    "ENDPOINT": ("SERVES", "MODEL_VERSION"),
}
_SHARE = {"SHEET": 8, "TRAINING_SHEET": 22, "TRAINING_JOB": 28, "MODEL_VERSION": 28, "ENDPOINT": 14}
_RETENTIONS = ("LIVE",) * 6 + ("ARCHIVED", "TRASHED")


async def write(graph: Graph) -> None:
    """The chain of tests.lineage, part of it archived and in the trash, and the thousand."""
    await chain.write(graph)
    await graph.execute("MATCH (n:Asset {id: $id}) SET n.retention = 'ARCHIVED'", id=chain.TEMPLATE)
    await graph.execute("MATCH (n:Asset {id: $id}) SET n.retention = 'TRASHED'", id=chain.TRAINING)
    await many(graph)
    await named(graph)


NAMES = {
    "sheet_long": "customer questions of the bank, cleaned, without duplicates, 2026 second half",
    "sheet_wide": "W" * 40,
    "sheet_pictures": "\U0001f600" * 60,
}
"""Names that no box has room for, by the ids of sheets over the first table of the chain."""


async def named(graph: Graph) -> None:
    """Sheets with such names."""
    for id, name in NAMES.items():
        await chain.asset(graph, id, "Sheet", "SHEET", "sheets", name=name)
        await chain.tied(graph, f"{id}:v1", "SheetVersion", "SHEET_VERSION", "sheets")
        await chain.link(graph, "READS", (f"{id}:v1", chain.TEST_TABLE))


async def crowd(graph: Graph, table: str, size: int) -> None:
    """A table that so many sheets read, and nothing uses those."""
    await chain.asset(graph, table, "SourceTable", "SOURCE_TABLE", "data", project=None, fullName=table)
    rows = [
        {"id": f"sheet_{table}{number:04d}", "name": f"reader {number}", "project": chain.PROJECT}
        | {"retention": "LIVE", "revision": 1, "createdAt": chain.BORN["sheets"]}
        for number in range(size)
    ]
    await graph.read(
        "MATCH (t:Asset {id: $table}) UNWIND $rows AS row "
        "CREATE (n:Asset:Sheet) SET n = row, n.kind = 'SHEET', n.status = 'DRAFT' "
        "CREATE (v:Version:SheetVersion) SET v = row, v.id = row.id + ':v1', v.asset = row.id, "
        "v.kind = 'SHEET_VERSION', v.number = 1 CREATE (v)-[:OF]->(n) CREATE (v)-[:READS]->(t) RETURN count(n)",
        table=table,
        rows=rows,
    )


async def many(graph: Graph, size: int = SIZE, seed: int = 7) -> None:
    """``size`` assets over TABLE: jobs start from older models and sheets are answered by them, so it is deep too."""
    rng = random.Random(seed)
    made: dict[str, list[str]] = {kind: [] for kind in _NEXT} | {"SOURCE_TABLE": [TABLE]}
    assets: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _NEXT}
    tied: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _NEXT}
    links: dict[tuple[str, bool, bool], list[list[str]]] = {}

    def link(source: str, relation: str, target: str) -> None:
        links.setdefault((relation, ":" in source, ":" in target), []).append([source, target])

    await chain.asset(
        graph, TABLE, "SourceTable", "SOURCE_TABLE", "data", project=None, fullName="local.many.questions"
    )
    order = list(_NEXT)
    kinds = [*order, *rng.choices(order, [_SHARE[kind] for kind in order], k=size - len(order))]
    for number, kind in enumerate(kinds):
        _, prefix, label, letter, statuses = _NEXT[kind]
        id = f"{prefix}_many{number:04d}"
        born = f"2026-03-02T00:{number // 60:02d}:{number % 60:02d}.000Z"
        retention, status = rng.choice(_RETENTIONS), rng.choice(statuses)
        one: dict[str, Any] = {
            "id": id,
            "kind": kind,
            "name": f"{kind.replace('_', ' ').lower()} {number}",
            "status": status,
        }
        one |= {"retention": retention, "revision": 1, "project": chain.PROJECT, "createdAt": born}
        assets[kind].append(one)
        node = id if label is None else f"{id}:{letter}1"
        if label:
            tied[kind].append({"id": node, "asset": id, "kind": _kind(label), "number": 1, "project": chain.PROJECT})
            tied[kind][-1] |= {"createdAt": born}
        relation, of = _MADE_OF[kind]
        for target in {rng.choice(made[of][-12:]) for _ in range(rng.choice((1, 1, 2)))}:
            link(node, relation, target)
        if kind == "TRAINING_JOB" and made["MODEL_VERSION"] and rng.random() < 0.2:
            link(node, "STARTED_FROM", rng.choice(made["MODEL_VERSION"][-20:]))
        made[kind].append(node)
    for kind in order:
        label, _, version, _, _ = _NEXT[kind]
        await graph.read(f"UNWIND $rows AS row CREATE (n:Asset:{label}) SET n = row RETURN count(n)", rows=assets[kind])
        if version:
            await graph.read(
                f"UNWIND $rows AS row MATCH (a:Asset {{id: row.asset}}) CREATE (n:Version:{version}) SET n = row "
                f"CREATE (n)-[:OF]->(a) RETURN count(n)",
                rows=tied[kind],
            )
    for (relation, made_version, of_version), pairs in links.items():
        await graph.read(
            f"UNWIND $pairs AS pair MATCH (a:{_label(made_version)} {{id: pair[0]}}) MATCH (b:{_label(of_version)} "
            f"{{id: pair[1]}}) CREATE (a)-[e:{relation}]->(b) RETURN count(e)",
            pairs=pairs,
        )


def _label(version: bool) -> str:
    return "Version" if version else "Asset"


def _kind(label: str) -> str:
    return {"SheetVersion": "SHEET_VERSION", "Snapshot": "SNAPSHOT", "EndpointVersion": "ENDPOINT_VERSION"}[label]
