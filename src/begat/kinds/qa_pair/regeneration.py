"""Regenerating single pairs: who asks for it and who takes that back. Background work makes their answers anew.

A pair that is GENERATING keeps what it said, its status before in ``held`` and the act's token in ``regeneration``. The
act is ``(:Regeneration {key, token, trainingSheet, project, actor, at, reason, generation})``, one for each training
sheet, until all its pairs are made; so background work need not look through all rows for those that wait.
"""

from __future__ import annotations

from typing import Any

from begat.change.many import Act
from begat.change.rows import revise
from begat.change.write import Change, Properties
from begat.core.errors import Code, Problem
from begat.core.lifecycle import illegal, states
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.kinds.qa_pair.kind import QaPairSource
from begat.review.rows import FREED, sheets_of
from begat.review.rules import IN_REVIEW, UNDECIDED, check_sheet, check_status

REGENERABLE = UNDECIDED | {"FAILED"}
FOREIGN = (QaPairSource.FEEDBACK.value, QaPairSource.IMPORTED.value)
"""Sources of pairs that no generation made of a row."""
CLEARED = {"held": None, "regeneration": None}


def regenerate(token: str, reason: str | None = None) -> Act:
    """Has pairs answered anew: GENERATING until then. ``token`` names the act, over all its batches."""
    reason = check_reason(reason)

    async def prepare(change: Change, nodes: list[Properties]) -> Any:
        # Locked, so that the act is not closed as done while pairs are added to it.
        known = await change.read(
            "MATCH (r:Regeneration) WHERE r.token = $token SET r._lock = $tx RETURN collect(r.trainingSheet)",
            token=token,
            tx=change.at,
        )
        return await sheets_of(change, nodes), set(known or [])

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        sheets, known = prepared
        check_sheet(node, sheets, IN_REVIEW, "regenerate")
        check_status(node, REGENERABLE, "regenerate")
        if node["source"] in FOREIGN:
            message = f"No row of the sheet was asked for it (its source is {node['source']})."
            raise Problem(Code.GUARD_FAILED, message, id=node["id"], hint="Edit or reject it.")
        if node["trainingSheet"] not in known:
            known.add(node["trainingSheet"])
            _open(change, node, token, reason)
        return revise(change, node, {"status": "GENERATING", "held": node["status"], "regeneration": token, **FREED})

    arguments = {"token": token, "reason": reason}
    return Act(
        "regenerate",
        Role.EDITOR,
        apply,
        prepare=prepare,
        label="QaPair",
        job="QA_PAIR.regenerate",
        arguments=arguments,
    )


def cancel(reason: str | None = None) -> Act:
    """Takes it back: pairs whose answers have not come are what they were."""
    check_reason(reason)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["status"] != "GENERATING":
            raise illegal("regenerateCancel", node["status"], states("GENERATING"), node["id"])
        return back(change, node)

    return Act(
        "regenerateCancel",
        Role.EDITOR,
        apply,
        label="QaPair",
        job="QA_PAIR.regenerateCancel",
        arguments={"reason": reason},
    )


def back(change: Change, node: Properties, failure: str | None = None) -> Properties:
    """A GENERATING pair as it was before; one that had failed says so with a later reason, where there is one."""
    held = node.get("held", "PENDING")
    properties: Properties = {"status": held, **CLEARED}
    if failure is not None and held == "FAILED":
        properties["failure"] = failure
    return revise(change, node, properties)


def _open(change: Change, node: Properties, token: str, reason: str | None) -> None:
    change.create(
        ("Regeneration",),
        {
            "key": f"{token}|{node['trainingSheet']}",
            "token": token,
            "trainingSheet": node["trainingSheet"],
            "project": node["project"],
            "actor": change.viewer.name,
            "at": change.at,
            "reason": reason,
        },
    )
