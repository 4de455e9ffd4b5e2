"""The demo's story: from two tables to a promoted model, each step left out where it was done before."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
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
CHAMPION_JOB = "Banking intents, linear SVM"
SPLITS = ("train", "test", "held out")
"""The tables: what models learn from, what they are measured on, and that without what the endpoint will be asked."""
LIVE_EVERY = 4
SYSTEM = "You answer a bank customer's question with the one of 77 intents that it is about."

_Questions = list[tuple[str, str]]

Show = Callable[[str, int, int], None]
"""Shows that ``done`` of ``total`` of a named step are done."""


@dataclass(frozen=True)
class Told:
    """What the story made: ids to go on from."""

    sheets: dict[str, str]
    template: str
    training_sheets: dict[str, str]
    version: dict[str, Any]
    item_refs: dict[str, str]


async def tell(client: Client, data: Path, show: Show) -> Told:
    """Makes what is not there yet and goes on with what is. Raises DemoError."""
    sheets = {split: await _sheet(client, split) for split in SPLITS}
    show("Three sheets over real tables", 3, 3)
    template = await _template(client)
    show("A prompt template", 1, 1)
    chosen, refs = _labels(data / "train.csv")
    await _import_labels(client, sheets["train"], chosen, show)
    frozen = {}
    for split in SPLITS:
        name = f"Banking77 {split} pairs"
        id, status = await training_sheet(client, name, sheets[split], template, f"demo-training-sheet-{split}")
        status = await generate(client, id, status, f"Q&A pairs of the {split} questions", show)
        if status == "IN_REVIEW":
            await decide(client, id, f"Reviews of the {split} pairs", show)
        await freeze(client, id, status)
        show(f"The {split} pairs are frozen in a snapshot", 1, 1)
        frozen[split] = id
    version = await train(client, CHAMPION_JOB, frozen["train"], [frozen["test"], frozen["held out"]], show)
    # Once the loop has gone round, its improved version is the champion, and stays it.
    models = await client.ask(queries.CHAMPION, model=MODEL)
    if not any(model["name"] == MODEL and model["champion"] for model in models["nodes"]):
        await promote(client, version, "The demo's first model.")
    show("Promoted to champion", 1, 1)
    return Told(sheets, template, frozen, version, refs)


async def find(client: Client, kind: str, name: str) -> dict[str, Any] | None:
    """The demo's asset of that kind and name. Raises DemoError where it is put aside."""
    found = await client.ask(queries.FIND, kind=kind, name=name)
    node = next((node for node in found["nodes"] if node["name"] == name), None)
    if node is not None and node["retention"] != "LIVE":
        raise DemoError(
            f"{name} is {node['retention'].lower()}: restore it, or start the demo with another BEGAT_HOME."
        )
    return node


async def made(client: Client, kind: str, mutation: str, key: str, **input: Any) -> dict[str, Any]:
    """The demo's asset of that kind and of the input's name, made where it is not there; ``key`` lets a create that is
    sent twice make one. What was just made is a DRAFT, as far as its kind has those."""
    node = await find(client, kind, input["name"])
    if node is None:
        answer = await client.ask(mutation, input={**input, "tags": [TAG], "idempotencyKey": key})
        node = {"statusName": "DRAFT", **answer["node"]}
    return node


async def _sheet(client: Client, split: str) -> str:
    node = await made(
        client,
        "SHEET",
        queries.SHEET_CREATE,
        f"demo-sheet-{split}",
        name=f"Banking77 {split} questions",
        table=f"local.banking77.{split.replace(' ', '_')}",
        description="Real questions of bank customers with their intents (Casanueva et al., 2020).",
    )
    if node["statusName"] == "DRAFT":
        await client.ask(queries.SHEET_PUBLISH, ids=[node["id"]])
    return str(node["id"])


async def _template(client: Client) -> str:
    node = await made(
        client,
        "TEMPLATE",
        queries.TEMPLATE_CREATE,
        "demo-template",
        name=TEMPLATE,
        system=SYSTEM,
        prompt="{{ text }}",
        labelType="intent",
    )
    if node["statusName"] == "DRAFT":
        await client.ask(queries.TEMPLATE_PUBLISH, ids=[node["id"]])
    return str(node["id"])


def asked_live(path: Path) -> _Questions:
    """The test questions that the loop sends to its endpoint, with their right answers: every fourth."""
    return _questions(path)[LIVE_EVERY - 1 :: LIVE_EVERY]


def held_out(path: Path) -> _Questions:
    """The other test questions: a model that learns from corrections is measured on these, which it never met."""
    return [one for place, one in enumerate(_questions(path), 1) if place % LIVE_EVERY]


def _questions(path: Path) -> _Questions:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


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


async def training_sheet(client: Client, name: str, sheet: str, template: str, key: str) -> tuple[str, str]:
    """The id and status of the training sheet of that name; ``key`` lets a create that is sent twice make one."""
    node = await made(
        client,
        "TRAINING_SHEET",
        queries.TRAINING_SHEET_CREATE,
        key,
        name=name,
        sheetId=sheet,
        templateId=template,
        answer={"column": "category"},
    )
    return str(node["id"]), str(node["statusName"])


async def generate(client: Client, id: str, status: str, step: str, show: Show) -> str:
    """Has the pairs made where that is not done; the status after it."""
    if status in ("DRAFT", "FAILED"):
        await client.ask(queries.GENERATE, ids=[id])
        status = "GENERATING"
    if status != "GENERATING":
        return status

    def generated(found: dict[str, Any]) -> bool:
        show(step, found["progress"]["done"], found["progress"]["total"])
        return bool(found["statusName"] != "GENERATING")

    made = await client.follow(queries.TRAINING_SHEET, generated, id=id)
    if made["statusName"] == "FAILED":
        raise DemoError(f"Generation failed: {made['failure']['message']}")
    return str(made["statusName"])


async def decide(client: Client, id: str, step: str, show: Show) -> None:
    """Approves what is pending by one call with a filter; a running job of an earlier demo is waited for."""

    def decided(found: dict[str, Any]) -> bool:
        show(step, found["review"]["decided"], found["review"]["total"])
        return bool(found["review"]["decided"] == found["review"]["total"])

    found = await client.ask(queries.TRAINING_SHEET, id=id)
    if pending := found["pairs"]["totalCount"]:
        answer = await client.ask(queries.APPROVE_PAIRS, sheet=id, count=pending)
        if answer["job"]:

            def ended(job: dict[str, Any]) -> bool:
                show(step, job["progress"]["done"], job["progress"]["total"])
                return job["statusName"] not in ("QUEUED", "RUNNING", "CANCELING")

            await client.follow(queries.BULK_JOB, ended, id=answer["job"]["id"])
    await client.follow(queries.TRAINING_SHEET, decided, id=id)


async def freeze(client: Client, id: str, status: str) -> None:
    """Approves and finalizes a training sheet whose pairs are decided, as far as that is not done."""
    if status == "IN_REVIEW":
        await client.ask(queries.APPROVE, ids=[id])
        status = "APPROVED"
    if status == "APPROVED":
        await client.ask(queries.FINALIZE, ids=[id])


async def train(
    client: Client, name: str, sheet: str, measured_on: Sequence[str], show: Show, **more: Any
) -> dict[str, Any]:
    """The model version that the job of that name produced, trained where it is not yet; ``more`` is of its input."""
    node = await find(client, "TRAINING_JOB", name)
    if node is None or node["statusName"] in ("FAILED", "CANCELED", "LOST"):
        made = await client.ask(
            queries.TRAIN,
            input={
                "name": name,
                "trainingSheetId": sheet,
                "model": MODEL,
                "evaluateOn": list(measured_on),
                "tags": [TAG],
                **more,
                **({"idempotencyKey": f"demo-job-{name}"} if node is None else {}),
            },
        )
        node = made["node"]

    def trained(found: dict[str, Any]) -> bool:
        show(f"Training: {name}", found["progress"]["done"], found["progress"]["total"])
        return found["statusName"] not in ("QUEUED", "RUNNING", "CANCELING")

    done = await client.follow(queries.JOB, trained, id=node["id"])
    if done["statusName"] != "SUCCEEDED":
        raise DemoError(f"Training ended {done['statusName']}: {(done['failure'] or {}).get('message')}")
    version: dict[str, Any] = done["produced"]
    return version


async def promote(client: Client, version: dict[str, Any], reason: str) -> None:
    """Makes it the champion, where it is not."""
    if "champion" not in version["aliases"]:
        await client.ask(queries.PROMOTE, id=version["id"], reason=reason)
