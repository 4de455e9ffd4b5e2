"""The demo's story: from two tables to a promoted model, each step left out where it was done before."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from begat.core.item_refs import item_ref
from begat.demo import queries
from begat.demo.client import Client, DemoError

TAG = "banking77"
LABELS_PER_INTENT = 10
TEMPLATE = "Banking intent"
MODEL = "banking-intents"
SYSTEM = "You answer a bank customer's question with the one of 77 intents that it is about."

Show = Callable[[str, int, int], None]
"""Shows that ``done`` of ``total`` of a named step are done."""


@dataclass(frozen=True)
class Told:
    """What the story made: ids to go on from."""

    sheets: dict[str, str]
    template: str
    training_sheets: dict[str, str]
    job: str
    version: dict[str, Any]
    item_refs: dict[str, str]


async def tell(client: Client, data: Path, show: Show) -> Told:
    """Makes what is not there yet and goes on with what is. Raises DemoError."""
    sheets = {split: await _sheet(client, split) for split in ("train", "test")}
    show("Two sheets over real tables", 2, 2)
    template = await _template(client)
    show("A prompt template", 1, 1)
    chosen, refs = _labels(data / "train.csv")
    await _import_labels(client, sheets["train"], chosen, show)
    training_sheets = {}
    for split in ("train", "test"):
        training_sheets[split] = await _training_sheet(client, split, sheets[split], template, show)
    job = await _train(client, training_sheets, show)
    done = await client.ask(queries.JOB, id=job)
    version = done["produced"]
    if "champion" not in version["aliases"]:
        await client.ask(queries.PROMOTE, id=version["id"], reason="The demo's first model.")
    show("Promoted to champion", 1, 1)
    return Told(sheets, template, training_sheets, job, version, refs)


async def _find(client: Client, kind: str, name: str) -> dict[str, Any] | None:
    found = await client.ask(queries.FIND, kind=kind, name=name)
    node = next((node for node in found["nodes"] if node["name"] == name), None)
    if node is not None and node["retention"] != "LIVE":
        raise DemoError(
            f"{name} is {node['retention'].lower()}: restore it, or start the demo with another BEGAT_HOME."
        )
    return node


async def _sheet(client: Client, split: str) -> str:
    name = f"Banking77 {split} questions"
    node = await _find(client, "SHEET", name)
    if node is None:
        made = await client.ask(
            queries.SHEET_CREATE,
            input={
                "name": name,
                "table": f"local.banking77.{split}",
                "description": "Real questions of bank customers with their intents (Casanueva et al., 2020).",
                "tags": [TAG],
                "idempotencyKey": f"demo-sheet-{split}",
            },
        )
        node = {"id": made["node"]["id"], "statusName": "DRAFT"}
    if node["statusName"] == "DRAFT":
        await client.ask(queries.SHEET_PUBLISH, ids=[node["id"]])
    return str(node["id"])


async def _template(client: Client) -> str:
    node = await _find(client, "TEMPLATE", TEMPLATE)
    if node is None:
        made = await client.ask(
            queries.TEMPLATE_CREATE,
            input={
                "name": TEMPLATE,
                "system": SYSTEM,
                "prompt": "{{ text }}",
                "labelType": "intent",
                "tags": [TAG],
                "idempotencyKey": "demo-template",
            },
        )
        node = {"id": made["node"]["id"], "statusName": "DRAFT"}
    if node["statusName"] == "DRAFT":
        await client.ask(queries.TEMPLATE_PUBLISH, ids=[node["id"]])
    return str(node["id"])


def _labels(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Ten labels per intent, and the item reference of the first row of the table."""
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    labels: list[dict[str, Any]] = []
    refs: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ref = item_ref(row, None, seen)
            refs.setdefault("train", ref)
            if counts[row["category"]] < LABELS_PER_INTENT:
                counts[row["category"]] += 1
                labels.append({"itemRef": ref, "value": row["category"], "confidence": 1.0})
    return labels, refs


async def _import_labels(client: Client, sheet: str, labels: list[dict[str, Any]], show: Show) -> None:
    text = "\n".join(json.dumps(label) for label in labels)
    await client.ask(
        queries.LABEL_IMPORT, input={"format": "JSONL", "text": text, "sheetId": sheet, "labelType": "intent"}
    )
    show("Canonical labels, ten per intent", len(labels), len(labels))


async def _training_sheet(client: Client, split: str, sheet: str, template: str, show: Show) -> str:
    name = f"Banking77 {split} pairs"
    node = await _find(client, "TRAINING_SHEET", name)
    if node is None:
        made = await client.ask(
            queries.TRAINING_SHEET_CREATE,
            input={
                "name": name,
                "sheetId": sheet,
                "templateId": template,
                "answer": {"column": "category"},
                "tags": [TAG],
                "idempotencyKey": f"demo-training-sheet-{split}",
            },
        )
        node = {"id": made["node"]["id"], "statusName": "DRAFT"}
    id, status = str(node["id"]), node["statusName"]
    if status in ("DRAFT", "FAILED"):
        await client.ask(queries.GENERATE, ids=[id])
        status = "GENERATING"
    if status == "GENERATING":

        def generated(found: dict[str, Any]) -> bool:
            show(f"Q&A pairs of the {split} questions", found["progress"]["done"], found["progress"]["total"])
            return bool(found["statusName"] != "GENERATING")

        made = await client.follow(queries.TRAINING_SHEET, generated, id=id)
        if made["statusName"] == "FAILED":
            raise DemoError(f"Generation failed: {made['failure']['message']}")
        status = made["statusName"]
    if status == "IN_REVIEW":
        await _decide(client, split, id, show)
        await client.ask(queries.APPROVE, ids=[id])
        status = "APPROVED"
    if status == "APPROVED":
        await client.ask(queries.FINALIZE, ids=[id])
    show(f"The {split} pairs are frozen in a snapshot", 1, 1)
    return id


async def _decide(client: Client, split: str, id: str, show: Show) -> None:
    """Approves what is pending by one call with a filter; a running job of an earlier demo is waited for."""

    def decided(found: dict[str, Any]) -> bool:
        show(f"Reviews of the {split} pairs", found["review"]["decided"], found["review"]["total"])
        return bool(found["review"]["decided"] == found["review"]["total"])

    found = await client.ask(queries.TRAINING_SHEET, id=id)
    if pending := found["pairs"]["totalCount"]:
        answer = await client.ask(queries.APPROVE_PAIRS, sheet=id, count=pending)
        if answer["job"]:

            def ended(job: dict[str, Any]) -> bool:
                show(f"Reviews of the {split} pairs", job["progress"]["done"], job["progress"]["total"])
                return job["statusName"] not in ("QUEUED", "RUNNING", "CANCELING")

            await client.follow(queries.BULK_JOB, ended, id=answer["job"]["id"])
    await client.follow(queries.TRAINING_SHEET, decided, id=id)


async def _train(client: Client, training_sheets: dict[str, str], show: Show) -> str:
    name = "Banking intents, linear SVM"
    node = await _find(client, "TRAINING_JOB", name)
    if node is None or node["statusName"] in ("FAILED", "CANCELED", "LOST"):
        made = await client.ask(
            queries.TRAIN,
            input={
                "name": name,
                "trainingSheetId": training_sheets["train"],
                "model": MODEL,
                "evaluateOn": [training_sheets["test"]],
                "tags": [TAG],
                **({"idempotencyKey": "demo-job"} if node is None else {}),
            },
        )
        node = made["node"]

    def trained(found: dict[str, Any]) -> bool:
        show("Training, and evaluating on the test questions", found["progress"]["done"], found["progress"]["total"])
        return found["statusName"] not in ("QUEUED", "RUNNING", "CANCELING")

    done = await client.follow(queries.JOB, trained, id=node["id"])
    if done["statusName"] != "SUCCEEDED":
        raise DemoError(f"Training ended {done['statusName']}: {(done['failure'] or {}).get('message')}")
    return str(node["id"])
