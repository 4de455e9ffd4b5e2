"""What a generation writes: its record, its pairs, and which label answered each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from begat.change.write import Change, Properties
from begat.core import ids
from begat.gql.running import failure_json
from begat.kinds.qa_pair import kind as qa_pair
from begat.kinds.training_sheet.content import Draft
from begat.kinds.training_sheet.rules import AnswerMethod


class Stopped(Exception):  # noqa: N818 - an event, no error
    """The run is over: it was canceled, or its training sheet is in the trash."""


@dataclass(frozen=True)
class Run:
    """One generation of one training sheet."""

    training_sheet: str
    generation: str
    project: str
    sheet: str
    sheet_version: str
    template_version: str
    model_versions: tuple[str, ...]
    definition: str
    method: AnswerMethod
    label_type: str | None
    sha256: str
    endpoint_version: str | None = None


ANSWERS = "l.labelType = $label_type AND l.status <> 'REJECTED' AND l.retention = 'LIVE' AND l.project = $project"
"""Which canonical labels answer: those of the training sheet's own project."""


async def locked(change: Change, run: Run) -> Properties:
    """The training sheet, locked; raises Stopped where the run is over."""
    node = await change.lock_one(run.training_sheet)
    check(node, run.generation)
    return node


def check(node: Properties, generation: str) -> None:
    """Raises Stopped unless the training sheet is generating just this."""
    if (node["status"], node.get("generation")) != ("GENERATING", generation) or node["retention"] == "TRASHED":
        raise Stopped(node["id"])


async def labels(read: Callable[..., Awaitable[Any]], run: Run, item_refs: Sequence[str]) -> dict[str, str]:
    """The ids of the canonical labels that answer, by item reference; one statement."""
    if run.label_type is None:
        return {}
    found = await read(
        f"MATCH (l:CanonicalLabel) WHERE l.sourceRow IN $rows AND {ANSWERS} RETURN collect([l.itemRef, l.id])",
        rows=[qa_pair.source_row(run.sheet, ref) for ref in item_refs],
        label_type=run.label_type,
        project=run.project,
    )
    return dict(found)


async def usable_labels(change: Change, run: Run, item_refs: Sequence[str]) -> dict[str, Properties]:
    """The canonical labels that answer, by item reference. They are locked before they are read: an edit of a label
    that nothing used yet changes it in place."""
    wanted = await labels(change.read, run, item_refs)
    held = await change.lock(wanted.values(), "CanonicalLabel")
    return {
        ref: held[id]
        for ref, id in wanted.items()
        if id in held and held[id]["status"] != "REJECTED" and held[id]["retention"] == "LIVE"
    }


async def begun(change: Change, run: Run, total: int) -> None:
    """The generation's node, where it has none yet."""
    if not await change.read("MATCH (g:Version {id: $id}) RETURN g.id", id=run.generation):
        record(change, run, total)


async def pairs(change: Change, run: Run, drafts: Sequence[Draft], last: int) -> None:
    """New pairs of a generation that has its node, after position ``last``."""
    usable = await usable_labels(change, run, [draft.item_ref for draft in drafts])
    for position, draft in enumerate(drafts, start=last + 1):
        _pair(change, run, draft, position, usable.get(draft.item_ref))


async def counted(read: Callable[..., Awaitable[Any]], training_sheet: str, generation: str) -> int:
    """How many pairs are of the generation."""
    return int(
        await read(
            "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.generation = $generation RETURN count(p)",
            id=training_sheet,
            generation=generation,
        )
    )


def record(change: Change, run: Run, total: int) -> None:
    """The generation's node, with its lineage, which says how many pairs it is to make."""
    change.create(
        ("Version", "Generation"),
        {
            "id": run.generation,
            "asset": run.training_sheet,
            "kind": "GENERATION",
            "project": run.project,
            "number": int(run.generation.rpartition(":g")[2]),
            "method": run.method.value,
            "rows": total,
            "sha256": run.sha256,
            "sheetVersion": run.sheet_version,
            "templateVersion": run.template_version,
            "modelVersion": run.model_versions[0] if run.model_versions else None,
            "modelVersions": list(run.model_versions) or None,
            "endpointVersion": run.endpoint_version,
            "definition": run.definition,
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.join("OF", run.generation, run.training_sheet)
    change.link("BUILT_FROM", run.generation, run.sheet_version, "SheetVersion")
    change.link("PROMPTED_BY", run.generation, run.template_version, "TemplateVersion")
    for version in run.model_versions:
        change.link("ANSWERED_BY", run.generation, version, "ModelVersion")


def said(run: Run, draft: Draft, label: Properties | None) -> Properties:
    """What a pair says: its question, answer and source, or why it has no answer. Without a question no label helps."""
    answered = label if draft.question else None
    problem = None if answered else draft.problem
    return {
        "question": draft.question,
        "answer": answered["value"] if answered else draft.answer,
        "source": _source(run.method, answered),
        "status": "FAILED" if problem else "PENDING",
        "failure": failure_json(problem) if problem else None,
        "labelVersion": ids.immutable(answered["id"], "v", answered["version"]) if answered else None,
        "generation": run.generation,
        "tokens": draft.tokens,
        "requestId": draft.request,
    }


def _pair(change: Change, run: Run, draft: Draft, position: int, label: Properties | None) -> None:
    """A pair that waits for a review, or that says why it has no answer."""
    id = ids.new(qa_pair.PREFIX)
    properties = said(run, draft, label)
    change.create(
        qa_pair.LABELS,
        {
            "id": id,
            "kind": qa_pair.NAME,
            "project": run.project,
            "trainingSheet": run.training_sheet,
            "position": position,
            "key": qa_pair.key(run.training_sheet, position),
            "sheet": run.sheet,
            "itemRef": draft.item_ref,
            "sourceRow": qa_pair.source_row(run.sheet, draft.item_ref),
            **properties,
            "revision": 1,
            "createdAt": change.at,
            "updatedAt": change.at,
            "updatedBy": change.viewer.name,
        },
    )
    change.link("GENERATED_IN", id, run.generation, "Generation")
    if properties["labelVersion"]:
        change.link("ANSWERED_WITH", id, properties["labelVersion"], "LabelVersion")


def _source(method: AnswerMethod, label: Properties | None) -> str:
    if label or method is AnswerMethod.LABELS_ONLY:
        return "LABEL"
    return "COLUMN" if method is AnswerMethod.COLUMN else "GENERATED"
