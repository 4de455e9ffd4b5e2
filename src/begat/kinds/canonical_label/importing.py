"""A file of labels into the graph: what is there is changed, what is not is made, and broken lines are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio.to_thread

from begat.change import assets
from begat.change.many import BATCH
from begat.change.write import Change, Properties, clean, write
from begat.core.errors import Problem
from begat.core.label_files import BadRow, LabelRow, parse
from begat.gql.context import Context
from begat.graph.statement import load
from begat.kinds.canonical_label import rules
from begat.kinds.canonical_label.acts import edit, project_of_sheet, stored
from begat.kinds.canonical_label.kind import CANONICAL_LABEL


@dataclass
class Imported:
    """What became of a file. ``ids`` are the labels of its good lines, in its order; in a dry run, those that existed
    before. ``problem`` ended the import early: what was done until then stays, and importing again does the rest."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: list[BadRow] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    problem: Problem | None = None


@dataclass
class _Batch:
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class _Undone(Exception):  # noqa: N818 - carries a dry run's outcome out of a transaction that must not be kept
    def __init__(self, batch: _Batch) -> None:
        self.batch = batch


async def import_labels(
    context: Context, format: str, text: str, sheet: str, label_type: str, *, dry_run: bool
) -> Imported:
    """Upserts the labels of the file by sheet, item and label type, 200 a transaction; a dry run keeps nothing.

    What a line does not say stays as it is, so importing a file again changes nothing. Raises a Problem where nothing
    at all can be done: no such sheet, no rights, a file without a header.
    """
    rules.check_label_type(label_type, "input", "labelType")
    good, bad = await anyio.to_thread.run_sync(_read, format, text, label_type)
    result = Imported(bad=bad)
    for start in range(0, len(good) or 1, BATCH):
        try:
            batch = await _batch(context, sheet, good[start : start + BATCH], dry_run=dry_run)
        except Problem as problem:
            if start == 0:
                raise
            result.problem = problem
            break
        result.created += len(batch.created)
        result.updated += len(batch.updated)
        result.unchanged += len(batch.unchanged)
        result.bad += batch.bad
        made = set(batch.created) if dry_run else set()
        result.ids += [id for id in batch.ids if id not in made]
    result.bad.sort(key=lambda one: one.row)
    return result


async def _batch(context: Context, sheet: str, labels: Sequence[LabelRow], *, dry_run: bool) -> _Batch:
    async def work(change: Change) -> _Batch:
        project = await project_of_sheet(change, sheet, None)
        keys = {
            label.row: assets.natural_key(
                CANONICAL_LABEL, project, rules.key_of(sheet, label.item_ref, label.label_type)
            )
            for label in labels
        }
        there = await _lock(change, list(keys.values()))
        batch = _Batch()
        for label in labels:
            try:
                await _upsert(change, batch, project, sheet, label, keys[label.row], there.get(keys[label.row]))
            except Problem as problem:
                problem.path = problem.path or ("input", "text", label.row)
                batch.bad.append(BadRow(label.row, problem))
        if dry_run:
            await change.flush()
            raise _Undone(batch)
        return batch

    try:
        return await write(context.graph, context.viewer, work)
    except _Undone as undone:
        return undone.batch


async def _lock(change: Change, keys: list[str]) -> dict[str, Properties]:
    """The labels with these keys, locked in id order and read after the lock, by key. One statement."""
    if not keys:
        return {}
    found = await change.read(load(__package__, "lock"), keys=keys, tx=change.at)
    return {node["key"]: clean(node) for node in found or []}


async def _upsert(
    change: Change, batch: _Batch, project: str, sheet: str, label: LabelRow, key: str, node: Properties | None
) -> None:
    said: Properties = {"value": label.value}
    if label.confidence is not None:
        said["confidence"] = label.confidence
    if label.notes is not None:
        said["notes"] = label.notes
    if label.allowed_uses is not None:
        said["allowedUses"] = rules.ordered_uses(label.allowed_uses)
    if label.prohibited_uses is not None:
        said["prohibitedUses"] = rules.ordered_uses(label.prohibited_uses)
    if node is None:
        properties = {
            **stored(sheet, label.item_ref, label.label_type, label.value, label.confidence),
            "allowedUses": [],
            "prohibitedUses": [],
            **said,
            "key": key,
        }
        made = await assets.create(change, CANONICAL_LABEL, project, properties, action="import")
        batch.created.append(made["id"])
        batch.ids.append(made["id"])
        return
    assets.refuse_retired(node)
    merged = {**node, **said}
    rules.check_uses(merged.get("allowedUses") or (), merged.get("prohibitedUses") or (), "input", "text", label.row)
    after = await edit(change, node, said, "import")
    (batch.unchanged if after is node else batch.updated).append(node["id"])
    batch.ids.append(node["id"])


def _read(format: str, text: str, label_type: str) -> tuple[list[LabelRow], list[BadRow]]:
    """The labels that may be stored, and the lines that are broken or whose label type may not be stored."""
    labels, bad = parse(format, text, label_type)
    good = []
    for label in labels:
        try:
            rules.check_label_type(label.label_type, "input", "text", label.row, "labelType")
            good.append(label)
        except Problem as problem:
            bad.append(BadRow(label.row, problem))
    return good, bad
