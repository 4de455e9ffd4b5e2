"""Frozen training sheets as finalizing leaves them, made directly: their rows, their pairs and their snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core import ids
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.platforms.local.artifacts import LocalArtifacts
from tests.conftest import Database
from tests.platforms.local.training_samples import small_rows

Row = dict[str, Any]


@dataclass(frozen=True)
class Frozen:
    """A training sheet with its snapshot and its pairs, in order."""

    sheet: str
    snapshot: str
    sha256: str
    pairs: list[str]


def rows(*splits: str) -> list[Row]:
    """36 rows to learn from (TRAIN), in 3 classes, and 9 that say the same in other words (TEST); only of these
    splits where some are named."""
    return [
        {"question": row["question"], "answer": row["answer"], "split": row["split"]}
        for row in small_rows()
        if not splits or row["split"] in splits
    ]


def endless_rows(words: Sequence[str]) -> list[Row]:
    """Noise in which a solver with many iterations finds no end."""
    return [
        {
            "question": " ".join(words[(place * step + step) % len(words)] for step in range(1, 9)),
            "answer": f"answer {place * 7 % 40}",
            "split": "TRAIN",
        }
        for place in range(2_000)
    ]


def freeze(database: Database, home: Path, name: str, content: Sequence[Row], **properties: Any) -> Frozen:
    """`frozen` on a connection of its own, for tests that talk HTTP."""

    async def work() -> Frozen:
        async with database.connect() as graph:
            return await frozen(graph, home, name, content, **properties)

    return anyio.run(work)


async def frozen(
    graph: Graph,
    home: Path,
    name: str,
    content: Sequence[Row],
    *,
    status: str = "FINALIZED",
    project: str = DEFAULT_PROJECT,
    **properties: Any,
) -> Frozen:
    """A training sheet whose pairs are all approved and frozen in its first snapshot."""
    pairs = [{**row, "id": ids.new("pair"), "itemRef": str(place)} for place, row in enumerate(content, 1)]
    artifacts = LocalArtifacts(home)
    stored = await anyio.to_thread.run_sync(artifacts.write, [{**pair, "revision": 1} for pair in pairs])

    async def work(change: Change) -> Frozen:
        sheet = await assets.create(
            change,
            TRAINING_SHEET,
            project,
            {"name": name, "labelType": "intent", "sheet": "sheet_test", "definition": "{}", **properties},
            status=status,
        )
        snapshot = ids.immutable(sheet["id"], "s", 1)
        counts = Counter(pair["split"] for pair in pairs)
        parts = [{"split": split, "rows": count, "answers": 3} for split, count in counts.items()]
        change.create(
            ("Version", "Snapshot"),
            {
                "id": snapshot,
                "asset": sheet["id"],
                "project": project,
                "number": 1,
                "kind": "SNAPSHOT",
                "sha256": stored.sha256,
                "path": stored.path,
                "rows": len(pairs),
                "splits": to_json(parts),
                "manifest": "{}",
                "createdAt": change.at,
                "createdBy": "me",
            },
        )
        change.join("OF", snapshot, sheet["id"])
        for place, pair in enumerate(pairs, 1):
            change.create(("Row", "QaPair"), _pair(sheet["id"], project, place, pair, change.at))
            change.link("INCLUDES", snapshot, pair["id"], "QaPair", split=pair["split"], revision=1)
        change.set(sheet["id"], {"snapshot": snapshot})
        return Frozen(sheet["id"], snapshot, stored.sha256, [pair["id"] for pair in pairs])

    return await write(graph, single_user(), work)


def _pair(sheet: str, project: str, place: int, pair: Row, at: str) -> Row:
    return {
        **pair,
        "kind": "QA_PAIR",
        "project": project,
        "trainingSheet": sheet,
        "position": place,
        "key": f"{sheet}|{place}",
        "sheet": "sheet_test",
        "sourceRow": f"sheet_test|{place}",
        "source": "COLUMN",
        "status": "APPROVED",
        "revision": 1,
        "createdAt": at,
        "updatedAt": at,
    }
