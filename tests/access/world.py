"""One of everything in a project, written by the one writer, so that what is hidden can be looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from begat.access.scope import Viewer
from begat.change import assets
from begat.change.write import Change, write
from begat.core import ids
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.registry import KINDS

Ids = dict[str, str]
"""Ids by what they name."""

PLAIN = {
    "metric": "",
    "method": "ENDPOINT",
    "prompt": "{{ text }}",
    "priority": "LOW",
    "trainer": "linear",
    "sources": ["MONITOR"],
    "allowedUses": [],
    "prohibitedUses": [],
    **dict.fromkeys(("columns", "variables", "splits", "redact"), "[]"),
    **dict.fromkeys(("hyperparameters", "manifest"), "{}"),
    **dict.fromkeys(("window", "minSamples", "forWindows", "rows", "sampleSize", "value"), 1),
    **dict.fromkeys(("scaleToZero", "anonymousFeedback"), False),
    "sha256": "0" * 64,
    "size": "SMALL",
    "table": "local.secret.questions",
    "logInputs": "NONE",
}
"""What is never null of one kind or another, and names nothing."""

SETTLED = {
    "TRAINING_JOB": "SUCCEEDED",
    "MODEL_VERSION": "READY",
    "ENDPOINT": "STOPPED",
    "IMPROVEMENT_TASK": "DISMISSED",
}
"""States in which background work leaves alone what has no files behind it."""


def fill(project: str, owner: str, of: Ids | None = None) -> Callable[[Graph], Awaitable[Ids]]:
    """Writes one asset of every kind, every sort of immutable node, a pair, a review, a comment and a bulk job. Each is
    made of what was written before it, or of what ``of`` names instead, which may be in another project."""

    async def work(change: Change) -> Ids:
        made: Ids = {"project": project}
        for kind in KINDS.values():
            if not kind.retained:
                continue  # a source table is in no project
            properties = {"name": f"secret {kind.noun}", "tags": ["secret"], **_references(of or made)}
            node = await assets.create(
                change, kind, project, properties, key=f"secret {kind.noun}", status=SETTLED.get(kind.name)
            )
            made[kind.name] = node["id"]
            if kind.version:
                made[kind.version] = ids.immutable(node["id"], "v", 1)
        await change.flush()
        sheet = made["TRAINING_SHEET"]
        for label, letter, asset in (
            ("Generation", "g", sheet),
            ("Snapshot", "s", sheet),
            ("Evaluation", "e", made["MODEL_VERSION"]),
            ("EndpointVersion", "v", made["ENDPOINT"]),
        ):
            made[label] = _immutable(change, label, letter, asset, project, of or made)
        made["QaPair"] = pair = ids.new("pair")
        change.create(
            ("Row", "QaPair"),
            {
                **_stamps(change, pair, project),
                "kind": "QA_PAIR",
                "key": f"{sheet}|1",
                "trainingSheet": sheet,
                "sheet": made["SHEET"],
                "itemRef": of["Feedback"] if of else "1",
                "labelVersion": (of or made)["LabelVersion"],
                "feedback": of and of["Feedback"],
                "generation": made["Generation"],
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
        made["Delivery"] = ids.new("delivery")
        endpoint = {"id": (of or made)["ENDPOINT"], "name": "secret endpoint"}
        change.create(
            ("Delivery",),
            {
                **_stamps(change, made["Delivery"], project),
                "monitor": made["MONITOR"],
                "event": "monitor.breach",
                "url": "https://example.org/",
                "body": to_json({"data": {"monitor": {"id": made["MONITOR"]}, "endpoint": endpoint}}),
                "status": "DELIVERED",
                "attempts": 1,
            },
        )
        return made

    return lambda graph: write(graph, Viewer(owner, admin=True), work)


def _references(made: Ids) -> dict[str, Any]:
    endpoint, sheet, snapshot = made.get("ENDPOINT"), made.get("TRAINING_SHEET"), made.get("Snapshot")
    return {
        "sheet": made.get("SHEET"),
        "sheetVersion": made.get("SheetVersion"),
        "template": made.get("TEMPLATE"),
        "templateVersion": made.get("TemplateVersion"),
        "trainingSheet": sheet,
        "snapshot": snapshot,
        "evaluateOn": to_json([{"trainingSheet": sheet, "snapshot": snapshot, "split": None}] if sheet else []),
        "model": made.get("MODEL"),
        "modelVersion": made.get("MODEL_VERSION"),
        "baseModelVersion": made.get("MODEL_VERSION"),
        "job": made.get("TRAINING_JOB"),
        "endpoint": endpoint,
        "endpoints": [endpoint] if endpoint else [],
        "definition": to_json({"answer": {"method": "ENDPOINT", "endpoint": endpoint}, "first": None, "where": []}),
        "before": made.get("Evaluation"),
        "resolvedBy": made.get("MODEL_VERSION"),
        "failure": to_json({"code": "CONFLICT", "message": f"There is {endpoint} already."}),
        **PLAIN,
        "itemRef": "1",
        "labelType": "secret type",
        "value": "secret value",
        "number": 1,
    }


def _immutable(change: Change, label: str, letter: str, asset: str, project: str, made: Ids) -> str:
    id = ids.immutable(asset, letter, 1)
    change.create(
        ("Version", label),
        {
            **{name: value for name, value in _references(made).items() if value is not None},
            **_stamps(change, id, project),
            "asset": asset,
            "kind": label.upper(),
            "status": "STOPPED",
            "number": 1,
            "metric": "secret",
            "value": 0.5,
            "endpointVersion": made.get("EndpointVersion"),
            "traffic": to_json([{"modelVersion": made["MODEL_VERSION"], "percent": 100}]),
        },
    )
    change.join("OF", id, asset)
    return id


def _stamps(change: Change, id: str, project: str) -> dict[str, Any]:
    return {"id": id, "project": project, "createdAt": change.at, "updatedAt": change.at, "createdBy": "somebody"}
