"""Splitting: what each pair is for. It works in batches; one that was cut short keeps its training sheet from being
frozen until it is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import anyio.to_thread

from begat.access.scope import require
from begat.change import assets
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.core.lifecycle import illegal
from begat.core.roles import Role
from begat.core.splits import Split, SplitRow, check_ratios, split
from begat.gql.columns import to_json
from begat.gql.context import Context
from begat.kinds.training_sheet.kind import TRAINING_SHEET

SPLITTABLE = frozenset({"IN_REVIEW", "APPROVED"})
BATCH = 500
"""Pairs of one transaction."""
NAMES = {"train": Split.TRAIN, "validation": Split.VALIDATION, "test": Split.TEST}


@dataclass(frozen=True)
class NewSplit:
    """Shares that total 1, and how rows are dealt. Equal seeds give equal splits of equal rows."""

    train: float
    validation: float
    test: float
    seed: int
    stratify: bool
    group: bool

    @property
    def ratios(self) -> dict[Split, float]:
        """By split; raises Problems at ``input`` where they are no shares."""
        return check_ratios({part: getattr(self, name) for name, part in NAMES.items()}, "input")


async def apply(context: Context, id: str, new: NewSplit, expected: int | None) -> str:
    """Gives every pair of the training sheet its split, whatever its status: what is decided later needs no other one.

    Rows with one question (normalised), and with ``group`` of one source row, stay together. Refused once FINALIZED.
    """
    ratios = new.ratios
    mark = to_json({**asdict(new), "id": ids.new("split")})

    async def begin(change: Change) -> list[list[Any]]:
        node = await change.lock_one(id, "id", label="TrainingSheet")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        _check(node)
        await assets.edit(change, TRAINING_SHEET, node, {"splitting": mark}, "splitBegin")
        found: list[list[Any]] = await change.read(
            "MATCH (p:QaPair) WHERE p.trainingSheet = $id "
            "RETURN collect([p.id, p.itemRef, p.answer, p.question, p.split])",
            id=id,
        )
        return found

    rows = await write(context.graph, context.viewer, begin)
    dealt = await anyio.to_thread.run_sync(partial(_dealt, rows, ratios, new))
    held = {row[0]: row[4] for row in rows}
    changed = sorted(pair for pair, part in dealt.items() if held[pair] != part.value)
    for start in range(0, len(changed), BATCH):
        part = {pair: dealt[pair].value for pair in changed[start : start + BATCH]}
        await write(context.graph, context.viewer, partial(_batch, id=id, mark=mark, part=part))

    async def end(change: Change) -> None:
        node = await _splitting(change, id, mark)
        done = {"splitting": None, "splitRule": to_json(asdict(new))}
        await assets.edit(change, TRAINING_SHEET, node, done, "split")

    await write(context.graph, context.viewer, end)
    return id


def deal(
    rows: list[list[Any]], ratios: Mapping[Split, float], seed: int, *, stratify: bool, group: bool
) -> dict[str, Split]:
    """The split of each row ``[id, item reference, answer, question, ...]``, by id."""
    # Rows without a question have nothing in common for that.
    return split(
        [
            SplitRow(id, item_ref if group else None, answer if stratify else None, question or id)
            for id, item_ref, answer, question, *_ in rows
        ],
        ratios,
        seed,
        "input",
    )


def _dealt(rows: list[list[Any]], ratios: Mapping[Split, float], new: NewSplit) -> dict[str, Split]:
    return deal(rows, ratios, new.seed, stratify=new.stratify, group=new.group)


async def _batch(change: Change, *, id: str, mark: str, part: Mapping[str, str]) -> None:
    await _splitting(change, id, mark)
    await change.read(
        "UNWIND $rows AS row MATCH (p:QaPair {id: row.id}) SET p._lock = $at "
        "SET p.split = row.split, p.revision = p.revision + 1, p.updatedAt = $at, p.updatedBy = $by RETURN count(p)",
        rows=[{"id": pair, "split": name} for pair, name in sorted(part.items())],
        at=change.at,
        by=change.viewer.name,
    )


async def _splitting(change: Change, id: str, mark: str) -> Properties:
    """The training sheet, locked, while this split of it is under way."""
    node = await change.lock_one(id, "id", label="TrainingSheet")
    _check(node)
    if node.get("splitting") != mark:
        raise Problem(Code.CONFLICT, "Another split of it was begun meanwhile.", id=id, hint="Look at its splits.")
    return node


def _check(node: Properties) -> None:
    if node["status"] not in SPLITTABLE:
        raise illegal("split", node["status"], SPLITTABLE, node["id"])
