"""Freezing: a snapshot of the approved pairs, for a training sheet that is finalized and for a job that learns from it.

First the rows are read and their file is written (`freeze`, no transaction is open); then, in the change that needs it,
`snapshot` makes the node after it has seen under the lock that the pairs still are what the file holds. A crash in
between leaves a file that nothing names; the same rows have the same file again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread

from begat.access.scope import Viewer
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem, not_found
from begat.core.splits import Split
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.splitting import NewSplit, deal
from begat.platforms.ports import Artifacts, StoredSnapshot

FREEZABLE = ("APPROVED", "FINALIZED")


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """A pair as it is in the file."""

    id: str
    revision: int
    split: str
    label_version: str | None
    generation: str


@dataclass(frozen=True)
class Frozen:
    """Rows of a training sheet that are in a file, with what was left out."""

    training_sheet: str
    rows: tuple[FrozenRow, ...]
    file: StoredSnapshot
    splits: list[dict[str, Any]]
    left_out: dict[str, int]
    unsplit: int


async def freeze(graph: Graph, viewer: Viewer, artifacts: Artifacts, id: str, split: NewSplit | None = None) -> Frozen:
    """Reads the approved pairs, in order, and writes their file: with the splits they have, or dealt anew by ``split``.

    A pair without a split is for TRAIN. Raises NOT_FOUND, GUARD_FAILED where no pair is approved, Problems of the
    ratios, and what the artifacts' store says.
    """
    held = await graph.read(
        "MATCH (n:TrainingSheet {id: $id}) WHERE $scope_all OR n.project IN $scope_projects RETURN n.id",
        id=ids.check(id),
        **viewer.scope,
    )
    if held is None:
        raise not_found(id)
    found: list[list[Any]] = await graph.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id RETURN collect([p.id, p.itemRef, p.answer, p.question, p.split, "
        "p.position, p.revision, p.status, p.labelVersion, p.generation])",
        id=id,
    )
    approved = sorted((row for row in found if row[7] == "APPROVED"), key=lambda row: int(row[5]))
    if not approved:
        raise Problem(Code.GUARD_FAILED, "No pair is approved, so there is nothing to freeze.", id=id)
    return await anyio.to_thread.run_sync(partial(_written, artifacts, id, found, approved, split))


async def snapshot(change: Change, node: Properties, frozen: Frozen) -> str:
    """The snapshot of these rows, made where the training sheet has none of them yet; its id.

    ``node`` is the training sheet, locked in this change, which makes it the birth of the snapshot's edges. Raises
    ILLEGAL_MOVE unless it is APPROVED or FINALIZED, CONFLICT where its pairs are not what was frozen.
    """
    if node["status"] not in FREEZABLE:
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"Its pairs cannot be frozen while its status is {node['status']}.",
            id=node["id"],
            hint="Approve it first.",
        )
    if node.get("splitting"):
        raise Problem(Code.GUARD_FAILED, "A split of it was begun and has not ended: split it again.", id=node["id"])
    await _unchanged(change, frozen)
    there = await change.read(
        "MATCH (s:Version) WHERE s.asset = $id AND s:Snapshot RETURN collect([s.id, s.number, s.sha256])", id=node["id"]
    )
    for id, _, sha256 in there:
        if sha256 == frozen.file.sha256:
            return str(id)
    id = ids.immutable(node["id"], "s", 1 + max((number for _, number, _ in there), default=0))
    await _create(change, node, frozen, id)
    return id


def finalize(frozen: dict[str, Frozen], reason: str | None = None) -> Act:
    """Freezes each training sheet for good. ``frozen`` is filled by `freeze` before the act; a dry run needs none."""

    async def also(change: Change, node: Properties) -> Properties:
        rows = frozen.get(node["id"])
        return {} if rows is None else {"snapshot": await snapshot(change, node, rows)}

    return status_move(TRAINING_SHEET, "finalize", reason, also=also)


async def prohibited(change: Change, node: Properties, use: str) -> list[list[Any]]:
    """The approved pairs whose canonical label prohibits this use: ``[pair, position, label]`` each, by position.

    The labels are locked, so that none is governed otherwise before this change is done.
    """
    if node.get("labelType") is None:
        return []
    labels = await change.read(
        "MATCH (l:CanonicalLabel) WHERE l.sheet = $sheet AND l.labelType = $label_type "
        "WITH l ORDER BY l.id SET l._lock = $tx WITH l WHERE $use IN coalesce(l.prohibitedUses, []) "
        "RETURN collect([l.sourceRow, l.id])",
        sheet=node["sheet"],
        label_type=node["labelType"],
        use=use,
        tx=change.at,
    )
    if not labels:
        return []
    by_row = dict(labels)
    found = await change.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.sourceRow IN $rows AND p.status = 'APPROVED' "
        "RETURN collect([p.id, p.position, p.sourceRow])",
        id=node["id"],
        rows=sorted(by_row),
    )
    return sorted(([id, position, by_row[row]] for id, position, row in found or []), key=lambda one: int(one[1]))


def _written(
    artifacts: Artifacts, id: str, found: list[list[Any]], approved: list[list[Any]], split: NewSplit | None
) -> Frozen:
    dealt = (
        {row[0]: row[4] or Split.TRAIN.value for row in approved}
        if split is None
        else {
            pair: part.value
            for pair, part in deal(
                approved, split.ratios, split.seed, stratify=split.stratify, group=split.group
            ).items()
        }
    )
    file = artifacts.write(
        {
            "id": pair,
            "question": question,
            "answer": answer,
            "split": dealt[pair],
            "itemRef": item_ref,
            "revision": revision,
        }
        for pair, item_ref, answer, question, _, _, revision, *_ in approved
    )
    sizes = Counter(dealt.values())
    return Frozen(
        id,
        tuple(FrozenRow(row[0], row[6], dealt[row[0]], row[8], row[9]) for row in approved),
        file,
        [{"split": name.value, "rows": sizes[name.value]} for name in Split if sizes[name.value]],
        dict(sorted(Counter(row[7] for row in found if row[7] != "APPROVED").items())),
        sum(row[4] is None for row in approved) if split is None else 0,
    )


async def _unchanged(change: Change, frozen: Frozen) -> None:
    """Whoever changes a pair reads its training sheet's status after the pair's lock: none changes while this is
    APPROVED, and this change holds it."""
    now = await change.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.status = 'APPROVED' RETURN collect([p.id, p.revision])",
        id=frozen.training_sheet,
    )
    if dict(now) != {row.id: row.revision for row in frozen.rows}:
        raise Problem(
            Code.CONFLICT,
            "Its pairs changed while they were being frozen.",
            id=frozen.training_sheet,
            hint="Look at them again, then repeat it.",
        )


async def _create(change: Change, node: Properties, frozen: Frozen, id: str) -> None:
    generations = sorted({row.generation for row in frozen.rows})
    sources = await change.read(
        "MATCH (g:Version) WHERE g.id IN $ids RETURN collect([g.sheetVersion, g.templateVersion, "
        "coalesce(g.modelVersions, CASE WHEN g.modelVersion IS NULL THEN [] ELSE [g.modelVersion] END)])",
        ids=generations,
    )
    sheets, templates = (sorted({row[place] for row in sources if row[place]}) for place in (0, 1))
    models = sorted({model for *_, answering in sources for model in answering})
    labels = Counter(row.label_version for row in frozen.rows if row.label_version)
    change.create(
        ("Version", "Snapshot"),
        {
            "id": id,
            "asset": node["id"],
            "kind": "SNAPSHOT",
            "project": node["project"],
            "number": int(id.rpartition(":s")[2]),
            "sha256": frozen.file.sha256,
            "path": frozen.file.path,
            "rows": len(frozen.rows),
            "splits": to_json(frozen.splits),
            "manifest": to_json(
                {
                    "approved": len(frozen.rows),
                    "leftOut": [{"status": status, "rows": rows} for status, rows in frozen.left_out.items()],
                    "splits": frozen.splits,
                    "withoutSplit": frozen.unsplit,
                    "labels": len(labels),
                    "labeledRows": labels.total(),
                    "generations": generations,
                }
            ),
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.join("OF", id, node["id"])
    for type, targets, label in (
        ("BUILT_FROM", sheets, "SheetVersion"),
        ("PROMPTED_BY", templates, "TemplateVersion"),
        ("ANSWERED_BY", models, "ModelVersion"),
    ):
        for target in targets:
            change.link(type, id, target, label)
    for row in frozen.rows:
        change.link("INCLUDES", id, row.id, "QaPair", split=row.split, revision=row.revision, generation=row.generation)
    for version, rows in sorted(labels.items()):
        change.link("USES_LABEL", id, version, "LabelVersion", rows=rows)
