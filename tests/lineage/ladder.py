"""Graphs with few nodes and more paths than anybody can count, of snapshots that were built from snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from begat.graph.driver import Graph
from tests.lineage.worlds import SEEN


async def ladder(graph: Graph, rungs: int) -> tuple[str, str]:
    """Diamonds on top of each other: two ways at each rung; the newest and the oldest sheet."""
    names = [f"{side}{rung:03d}" for rung in range(rungs + 1) for side in ("m", "l", "r")]
    down = [(f"m{rung:03d}", f"{side}{rung:03d}") for rung in range(rungs) for side in "lr"]
    down += [(f"{side}{rung:03d}", f"m{rung + 1:03d}") for rung in range(rungs) for side in "lr"]
    await _write(graph, names, down)
    return "tsheet_m000", f"tsheet_m{rungs:03d}"


async def layers(graph: Graph, count: int, width: int) -> list[list[str]]:
    """Each sheet of a layer was built from all of the next; the layers, the newest first."""
    names = [[f"{layer:02d}_{place:02d}" for place in range(width)] for layer in range(count)]
    down = [(made, source) for newer, older in pairwise(names) for made in newer for source in older]
    await _write(graph, [name for layer in names for name in layer], down)
    return [[f"tsheet_{name}" for name in layer] for layer in names]


async def _write(graph: Graph, names: Iterable[str], down: Iterable[tuple[str, str]]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"tsheet_{name}", "kind": "TRAINING_SHEET", "project": SEEN, "createdAt": "2026"} for name in names
    ]
    sheets = [{**row, "status": "DRAFT", "retention": "LIVE", "revision": 1} for row in rows]
    await graph.read("UNWIND $rows AS row CREATE (n:Asset:TrainingSheet) SET n = row RETURN count(n)", rows=sheets)
    frozen = [{**row, "id": f"{row['id']}:s1", "kind": "SNAPSHOT", "asset": row["id"], "number": 1} for row in rows]
    await graph.read("UNWIND $rows AS row CREATE (n:Version:Snapshot) SET n = row RETURN count(n)", rows=frozen)
    await graph.read("MATCH (v:Version) MATCH (a:Asset {id: v.asset}) CREATE (v)-[e:OF]->(a) RETURN count(e)")
    await graph.read(
        "UNWIND $pairs AS pair MATCH (a:Version {id: pair[0]}) MATCH (b:Version {id: pair[1]}) "
        "CREATE (a)-[e:BUILT_FROM]->(b) RETURN count(e)",
        pairs=[[f"tsheet_{made}:s1", f"tsheet_{source}:s1"] for made, source in down],
    )
