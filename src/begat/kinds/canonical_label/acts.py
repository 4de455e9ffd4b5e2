"""What is done to one canonical label and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import once
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Problem, bad_input, not_found
from begat.core.roles import Role
from begat.core.text import check_reason, check_tags
from begat.gql.context import Context
from begat.kinds.canonical_label import rules
from begat.kinds.canonical_label.kind import CANONICAL_LABEL


@dataclass(frozen=True)
class NewLabel:
    """What a create names."""

    sheet: str
    item_ref: str
    label_type: str
    value: str
    confidence: float | None
    allowed: Sequence[str]
    prohibited: Sequence[str]
    notes: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewLabel) -> str:
    """An unverified label; its id. Raises DUPLICATE, with the id of the first, where the item has one of this type."""
    label_type = rules.check_label_type(new.label_type, "input", "labelType")
    item_ref = rules.check_item_ref(new.item_ref, "input", "itemRef")
    value = rules.check_value(new.value, "input", "value")
    confidence = rules.check_confidence(new.confidence, "input", "confidence")
    notes = rules.check_notes(new.notes, "input", "notes")
    tags = check_tags(list(new.tags), "input", "tags")
    rules.check_uses(new.allowed, new.prohibited, "input")

    async def work(change: Change) -> str:
        async def act() -> str:
            project = await project_of_sheet(change, new.sheet, new.project)
            properties = {
                **stored(new.sheet, item_ref, label_type, value, confidence),
                "allowedUses": rules.ordered_uses(new.allowed),
                "prohibitedUses": rules.ordered_uses(new.prohibited),
                "notes": notes,
                "tags": tags,
            }
            key = rules.key_of(new.sheet, item_ref, label_type)
            return str((await assets.create(change, CANONICAL_LABEL, project, properties, key=key))["id"])

        return str(await once(change, new.key, "canonicalLabelCreate", asdict(new), act))

    return await write(context.graph, context.viewer, work)


async def update(
    context: Context, id: str, named: dict[str, Any], expected: int | None, reason: str | None = None
) -> str:
    """Changes what ``named`` names: value, confidence, allowedUses, prohibitedUses, notes, tags, owner.

    Another value or confidence is a version; another value loses VERIFIED, because nobody verified that one.
    """
    checked = dict(named)
    if "value" in named:
        checked["value"] = rules.check_value(named["value"], "input", "value")
    if "confidence" in named:
        checked["confidence"] = rules.check_confidence(named["confidence"], "input", "confidence")
    if "notes" in named:
        checked["notes"] = rules.check_notes(named["notes"], "input", "notes")
    for uses in ("allowedUses", "prohibitedUses"):
        if uses in named:
            if named[uses] is None:
                raise bad_input(f"{uses} cannot be null.", "input", uses, hint="Send [] for none.")
            checked[uses] = rules.ordered_uses(named[uses])
    why = check_reason(reason)

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="CanonicalLabel")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        after = {**node, **checked}
        rules.check_uses(after.get("allowedUses") or (), after.get("prohibitedUses") or (), "input")
        return str((await edit(change, node, checked, "update", why))["id"])

    return await write(context.graph, context.viewer, work)


async def edit(
    change: Change, node: Properties, wanted: Properties, action: str, reason: str | None = None
) -> Properties:
    """Writes the changes of a locked label. It asks nothing of the graph, so that 200 cost no more statements than one.

    Content is never replaced in place: a pair may be answered with this version at this moment, and a row's writer
    locks no parent.
    """
    lost = node["status"] == "VERIFIED" and wanted.get("value", node["value"]) != node["value"]
    return await assets.edit(
        change,
        CANONICAL_LABEL,
        node,
        wanted,
        action,
        reason=reason,
        links=(),
        status="UNVERIFIED" if lost else None,
    )


def stored(sheet: str, item_ref: str, label_type: str, value: str, confidence: float | None) -> Properties:
    """The properties that a new label's row, type and answer give it."""
    return {
        "name": rules.name_of(label_type, item_ref),
        "sheet": sheet,
        "itemRef": item_ref,
        "sourceRow": rules.source_row_of(sheet, item_ref),
        "labelType": label_type,
        "value": value,
        "confidence": confidence,
    }


async def project_of_sheet(change: Change, sheet: str, named: str | None) -> str:
    """The project of the sheet, where the caller may label in it. A label is where its sheet is: raises BAD_INPUT for
    another project, NOT_FOUND for an unseen sheet, ILLEGAL_MOVE for one that is archived or in the trash."""
    ids.check(sheet, "input", "sheetId")
    found = await change.read("MATCH (s:Sheet {id: $id}) RETURN [s.project, s.retention]", id=sheet)
    if not found or not change.viewer.sees(found[0]):
        raise not_found(sheet, "input", "sheetId")
    project, retention = found
    if named is not None and named != project:
        raise bad_input(
            "A label is in the project of its sheet.", "input", "projectId", hint="Leave it out, or name that one."
        )
    require(change.viewer, project, Role.EDITOR, "input", "sheetId")
    try:
        assets.refuse_retired({"id": sheet, "retention": retention})
    except Problem as problem:
        problem.path = ("input", "sheetId")
        raise
    return str(project)
