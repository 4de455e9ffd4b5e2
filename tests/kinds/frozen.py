"""Frozen training sheets as finalizing leaves them, made directly: their rows, their pairs and their snapshot."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core.ids import immutable, new
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.canonical_label.kind import CANONICAL_LABEL
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.ports import StoredSnapshot
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


def endless_rows() -> list[Row]:
    """Questions of a few words whose answers contradict each other: the `ENDLESS` settings find no end in hours, as
    nothing tells these apart and nothing is given up."""
    noise = random.Random(7)
    words = ["".join(noise.choices("abcdefghij", k=5)) for _ in range(30)]
    return [
        {"question": " ".join(noise.choices(words, k=3)), "answer": f"answer {noise.randrange(40)}", "split": "TRAIN"}
        for _ in range(2_000)
    ]


ENDLESS = {
    "trainer": "linear_svm",
    "hyperparameters": {
        "c": 10_000,
        "max_iter": 100_000,
        "word_ngram_max": 1,
        "char_ngram_min": 1,
        "char_ngram_max": 1,
    },
}


def freeze(database: Database, home: Path, name: str, content: Sequence[Row], **more: Any) -> Frozen:
    """`frozen` on a connection of its own, for tests that talk HTTP."""

    async def work() -> Frozen:
        async with database.connect() as graph:
            return await frozen(graph, home, name, content, **more)

    return anyio.run(work)


async def frozen(
    graph: Graph,
    home: Path,
    name: str,
    content: Sequence[Row],
    *,
    status: str = "FINALIZED",
    project: str = DEFAULT_PROJECT,
    frozen: bool = True,
    ids: Sequence[str] = (),
    prohibits: Mapping[int, list[str]] | None = None,
) -> Frozen:
    """A training sheet whose pairs are all approved and, unless ``frozen`` is false, in its first snapshot.

    ``ids`` names the pairs in the file (equal ones make equal files); ``prohibits`` gives rows, by position, a
    canonical label that prohibits these uses.
    """
    pairs = [{**row, "id": new("pair"), "itemRef": str(place)} for place, row in enumerate(content, 1)]
    named = [{**pair, "id": id} for pair, id in zip(pairs, ids, strict=True)] if ids else pairs
    artifacts = LocalArtifacts(home)
    stored = await anyio.to_thread.run_sync(artifacts.write, [{**pair, "revision": 1} for pair in named])

    async def work(change: Change) -> Frozen:
        sheet_id = new("sheet")
        properties = {"name": name, "labelType": "intent", "sheet": sheet_id, "definition": "{}"}
        sheet = await assets.create(change, TRAINING_SHEET, project, properties, status=status)
        change.create(("Version", "Generation"), {"id": f"{sheet['id']}:g1", "asset": sheet["id"], "project": project})
        for place, pair in enumerate(pairs, 1):
            change.create(("Row", "QaPair"), _pair(sheet["id"], sheet_id, project, place, pair, change.at))
        for place, uses in (prohibits or {}).items():
            key = f"{sheet_id}|{place}"
            label: Row = {"name": key, "sheet": sheet_id, "itemRef": str(place), "sourceRow": key}
            label |= {"labelType": "intent", "value": content[place - 1]["answer"], "prohibitedUses": uses}
            await assets.create(change, CANONICAL_LABEL, project, label, key=f"{key}|intent")
        if frozen:
            _snapshot(change, sheet["id"], project, pairs, stored)
        return Frozen(sheet["id"], immutable(sheet["id"], "s", 1), stored.sha256, [pair["id"] for pair in pairs])

    return await write(graph, single_user(), work)


def _snapshot(change: Change, sheet: str, project: str, pairs: Sequence[Row], stored: StoredSnapshot) -> None:
    id = immutable(sheet, "s", 1)
    counts = Counter(pair["split"] for pair in pairs)
    parts = [{"split": split, "rows": count, "answers": 3} for split, count in counts.items()]
    properties = {
        "id": id,
        "asset": sheet,
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
    }
    change.create(("Version", "Snapshot"), properties)
    change.join("OF", id, sheet)
    for pair in pairs:
        change.link("INCLUDES", id, pair["id"], "QaPair", split=pair["split"], revision=1)
    change.set(sheet, {"snapshot": id})


def _pair(training_sheet: str, sheet: str, project: str, place: int, pair: Row, at: str) -> Row:
    return {
        **pair,
        "kind": "QA_PAIR",
        "project": project,
        "trainingSheet": training_sheet,
        "position": place,
        "key": f"{training_sheet}|{place}",
        "sheet": sheet,
        "sourceRow": f"{sheet}|{place}",
        "generation": f"{training_sheet}:g1",
        "source": "COLUMN",
        "status": "APPROVED",
        "revision": 1,
        "createdAt": at,
        "updatedAt": at,
    }
