"""One of everything in a project, written by the one writer, so that what is hidden can be looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from begat.access.scope import Viewer
from begat.change import assets
from begat.change.write import Change, write
from begat.core import ids
from begat.graph.driver import Graph
from begat.kinds.registry import KINDS

Ids = dict[str, str]
"""Ids by what they name."""

SETTLED = {
    "TRAINING_JOB": "SUCCEEDED",
    "MODEL_VERSION": "READY",
    "ENDPOINT": "STOPPED",
    "IMPROVEMENT_TASK": "DISMISSED",
}
"""States in which background work leaves alone what has no files behind it."""


def fill(project: str, owner: str) -> Callable[[Graph], Awaitable[Ids]]:
    """Writes one asset of every kind, every sort of immutable node, a pair, a review, a comment and a bulk job."""

    async def work(change: Change) -> Ids:
        made: Ids = {"project": project}
        for kind in KINDS.values():
            if not kind.retained:
                continue  # a source table is in no project
            properties = {"name": f"secret {kind.noun}", "tags": ["secret"], **_references(made)}
            node = await assets.create(
                change, kind, project, properties, key=f"secret {kind.noun}", status=SETTLED.get(kind.name)
            )
            made[kind.name] = node["id"]
            if kind.version:
                made[kind.version] = ids.immutable(node["id"], "v", 1)
        await change.flush()
        sheet = made["TRAINING_SHEET"]
        for label, letter, asset in (("Generation", "g", sheet), ("Snapshot", "s", sheet)):
            made[label] = _immutable(change, label, letter, asset, project)
        made["Evaluation"] = _immutable(change, "Evaluation", "e", made["MODEL_VERSION"], project)
        made["EndpointVersion"] = _immutable(change, "EndpointVersion", "v", made["ENDPOINT"], project)
        made["QaPair"] = pair = ids.new("pair")
        change.create(
            ("Row", "QaPair"),
            {
                **_stamps(change, pair, project),
                "kind": "QA_PAIR",
                "key": f"{sheet}|1",
                "trainingSheet": sheet,
                "sheet": made["SHEET"],
                "itemRef": "1",
                "sourceRow": f"{made['SHEET']}|1",
                "position": 1,
                "question": "secret question",
                "answer": "secret answer",
                "source": "MANUAL",
                "status": "PENDING",
                "revision": 1,
            },
        )
        made["Feedback"] = ids.new("feedback")
        change.create(
            ("Row", "Feedback"),
            {
                **_stamps(change, made["Feedback"], project),
                "kind": "FEEDBACK",
                "endpoint": made["ENDPOINT"],
                "endpointVersion": ids.immutable(made["ENDPOINT"], "v", 1),
                "position": 0,
                "comment": "secret feedback",
                "status": "NEW",
                "by": owner,
                "submittedBy": owner,
                "updatedBy": owner,
                "revision": 1,
            },
        )
        made["Comment"] = ids.new("comment")
        said = {"subject": sheet, "text": "secret comment", "author": owner, "at": change.at}
        change.create(("Comment",), {**_stamps(change, made["Comment"], project), **said})
        made["BulkJob"] = ids.new("bulk")
        change.create(
            ("BulkJob",),
            {
                **_stamps(change, made["BulkJob"], project),
                "kind": "BULK_JOB",
                "actor": owner,
                "action": "approve",
                "status": "SUCCEEDED",
                "total": 1,
            },
        )
        return made

    return lambda graph: write(graph, Viewer(owner, admin=True), work)


def _references(made: Ids) -> dict[str, Any]:
    return {
        "sheet": made.get("SHEET"),
        "template": made.get("TEMPLATE"),
        "trainingSheet": made.get("TRAINING_SHEET"),
        "model": made.get("MODEL"),
        "itemRef": "1",
        "labelType": "secret type",
        "value": "secret value",
        "number": 1,
    }


def _immutable(change: Change, label: str, letter: str, asset: str, project: str) -> str:
    id = ids.immutable(asset, letter, 1)
    change.create(
        ("Version", label),
        {**_stamps(change, id, project), "asset": asset, "kind": label.upper(), "number": 1, "metric": "secret"},
    )
    change.join("OF", id, asset)
    return id


def _stamps(change: Change, id: str, project: str) -> dict[str, Any]:
    return {"id": id, "project": project, "createdAt": change.at, "updatedAt": change.at, "createdBy": "somebody"}
