"""The whole life of a model, told over HTTP with the contract's operations, on real questions."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from begat.core.item_refs import item_ref
from tests.api_client import Client

INTENTS = ("card_arrival", "lost_or_stolen_card", "exchange_rate", "top_up_failed")
ROWS_PER_INTENT = 30
LABELS_PER_INTENT = 3

GENERATED = """query($id: ID!) { trainingSheet(id: $id) {
  statusName progress { done total } failure { code message } pairs(first: 0) { totalCount } } }"""
TRAINED = """query($id: ID!) { trainingJob(id: $id) { statusName failure { code message } produced { id } } }"""
TEMPLATE_PUBLISH = """mutation($ids: [ID!]) { templatePublish(ids: $ids) {
  outcomes { ok error { code message } } errors { code message } } }"""


@dataclass
class Story:
    """What was made so far; each step can be sent again and changes nothing then."""

    api: Client
    data: Path
    name: str = "story"
    ids: dict[str, str] = field(default_factory=dict)

    def rows(self, split: str) -> list[dict[str, str]]:
        """Real questions of four intents."""
        counts: Counter[str] = Counter()
        kept = []
        with (self.data / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["category"] in INTENTS and counts[row["category"]] < ROWS_PER_INTENT:
                    counts[row["category"]] += 1
                    kept.append(row)
        return kept

    def refs(self, split: str) -> list[str]:
        """The item references of the rows, as begat names rows without a key."""
        seen: Counter[str] = Counter()
        return [item_ref(row, None, seen) for row in self.rows(split)]

    def write_tables(self) -> None:
        """Two CSV tables under BEGAT_TABLES."""
        folder = self.api.tables / self.name
        folder.mkdir(parents=True, exist_ok=True)
        for split in ("train", "test"):
            with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, ["text", "category"])
                writer.writeheader()
                writer.writerows(self.rows(split))

    def create_sheet(self, split: str) -> None:
        """A sheet over the split's table."""
        made = self.api.done(
            "SheetCreate",
            input={
                "name": f"{self.name} {split}",
                "table": f"local.{self.name}.{split}",
                "idempotencyKey": f"{self.name}-sheet-{split}",
            },
        )
        self.ids[f"sheet-{split}"] = made["node"]["id"]

    def create_template(self) -> None:
        """A template that shows the question."""
        made = self.api.done(
            "TemplateCreate",
            input={
                "name": f"{self.name} intent",
                "system": "Name the intent.",
                "prompt": "{{ text }}",
                "labelType": "intent",
                "idempotencyKey": f"{self.name}-template",
            },
        )
        self.ids["template"] = made["node"]["id"]

    def publish(self) -> None:
        """Publishes both sheets and the template, where they are not yet."""
        sheets = [self.ids["sheet-train"], self.ids["sheet-test"]]
        self.api.run("SheetPublish", ids=sheets)
        self.api.ask(TEMPLATE_PUBLISH, ids=[self.ids["template"]])

    def import_labels(self) -> dict[str, Any]:
        """Three canonical labels per intent."""
        counts: Counter[str] = Counter()
        lines = []
        for row, ref in zip(self.rows("train"), self.refs("train"), strict=True):
            if counts[row["category"]] < LABELS_PER_INTENT:
                counts[row["category"]] += 1
                lines.append(json.dumps({"itemRef": ref, "value": row["category"]}))
        answer: dict[str, Any] = self.api.done(
            "LabelImport",
            input={
                "format": "JSONL",
                "text": "\n".join(lines),
                "sheetId": self.ids["sheet-train"],
                "labelType": "intent",
            },
        )
        return answer

    def create_training_sheet(self, split: str) -> None:
        """A training sheet of all rows of the split's sheet."""
        made = self.api.done(
            "TrainingSheetCreate",
            input={
                "name": f"{self.name} {split} pairs",
                "sheetId": self.ids[f"sheet-{split}"],
                "templateId": self.ids["template"],
                "answer": {"column": "category"},
                "idempotencyKey": f"{self.name}-pairs-{split}",
            },
        )
        self.ids[f"pairs-{split}"] = made["node"]["id"]

    def generate(self, split: str) -> None:
        """Generates the pairs and waits until they are there."""
        id = self.ids[f"pairs-{split}"]
        if self.status(id) == "DRAFT":
            self.api.done("TrainingSheetGenerate", ids=[id])
        found = self.api.wait(GENERATED, lambda data: data["trainingSheet"]["statusName"] != "GENERATING", id=id)
        assert found["trainingSheet"]["statusName"] != "FAILED", found

    def decide(self, split: str) -> None:
        """Approves every pending pair by one filter."""
        id = self.ids[f"pairs-{split}"]
        where = {"trainingSheetId": id, "status": ["PENDING"]}
        planned = self.api.run("Approve", where=where, dryRun=True)
        assert not planned["errors"], planned["errors"]
        if planned["matched"]:
            self.api.done("Approve", where=where, expectedCount=planned["matched"])

    def freeze(self, split: str) -> None:
        """Approves and finalizes the training sheet, from wherever it stands."""
        id = self.ids[f"pairs-{split}"]
        if self.status(id) == "IN_REVIEW":
            self.api.done("TrainingSheetApprove", ids=[id])
        if self.status(id) == "APPROVED":
            self.api.done("TrainingSheetFinalize", ids=[id])

    def train(self) -> None:
        """Creates the job."""
        made = self.api.done(
            "Train",
            input={
                "name": f"{self.name} job",
                "trainingSheetId": self.ids["pairs-train"],
                "model": self.name,
                "evaluateOn": [self.ids["pairs-test"]],
                "idempotencyKey": f"{self.name}-job",
            },
        )
        self.ids["job"] = made["node"]["id"]

    def await_model(self) -> None:
        """Waits until the job has ended, which must be well."""
        ended = ("SUCCEEDED", "FAILED", "CANCELED", "LOST")
        found = self.api.wait(TRAINED, lambda data: data["trainingJob"]["statusName"] in ended, id=self.ids["job"])
        assert found["trainingJob"]["statusName"] == "SUCCEEDED", found
        self.ids["version"] = found["trainingJob"]["produced"]["id"]

    def promote(self) -> None:
        """Makes the version the champion."""
        self.api.done("Promote", id=self.ids["version"], reason="It is the first.")

    def status(self, id: str) -> str:
        """The asset's status."""
        found = self.api.ask("query($id: ID!) { asset(id: $id) { statusName } }", id=id)
        return str(found["asset"]["statusName"])

    def tell(self) -> None:
        """All of it."""
        self.write_tables()
        for split in ("train", "test"):
            self.create_sheet(split)
        self.create_template()
        self.publish()
        self.import_labels()
        for split in ("train", "test"):
            self.create_training_sheet(split)
            self.generate(split)
            self.decide(split)
            self.freeze(split)
        self.train()
        self.await_model()
        self.promote()
