"""Training sheets that tests begin with: a real table, a sheet, a template, and what was generated of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from tests.api_client import Client

STATUS = "query($id: ID!) { trainingSheet(id: $id) { statusName progress { done total } failure { code message } } }"
BY_STATUS = """query($id: ID!, $status: [QaPairStatus!]) {
  qaPairs(where: { trainingSheetId: $id, status: $status }, first: 1000, orderBy: POSITION_ASC) {
    nodes { id position failure { code message } answer }
} }"""
DECIDE = """mutation($sheet: ID!, $count: Int!) {
  qaPairApprove(where: { trainingSheetId: $sheet, status: PENDING }, expectedCount: $count) { errors { message } }
}"""


def rows(count: int) -> list[tuple[str, str, str]]:
    """Questions of four intents."""
    return [(f"r{n}", f"Question number {n}?", ("card", "cash", "top_up", "fee")[n % 4]) for n in range(1, count + 1)]


def sheet(api: Client, content: Sequence[tuple[str, str, str]], name: str = "questions", **more: Any) -> str:
    """A sheet over a table of these rows (id, text, intent), whose item key is id; its id."""
    out = io.StringIO()
    csv.writer(out).writerows([("id", "text", "intent"), *content])
    table = api.table(name, out.getvalue())
    made = api.done("SheetCreate", input={"name": name, "table": table, "itemKey": "id", **more})
    return str(made["node"]["id"])


def template(api: Client, prompt: str = "{{ text }}", **more: Any) -> str:
    """A published template; its id."""
    made = api.done("TemplateCreate", input={"name": "ask", "prompt": prompt, "labelType": "intent", **more})
    id = str(made["node"]["id"])
    api.ask("mutation($ids: [ID!]) { templatePublish(ids: $ids) { changed } }", ids=[id])
    return id


def create(api: Client, sheet: str, template: str, **more: Any) -> str:
    """A draft that the column intent answers; its id."""
    input = {"name": "pairs", "sheetId": sheet, "templateId": template, "answer": {"column": "intent"}, **more}
    return str(api.done("TrainingSheetCreate", input=input)["node"]["id"])


def finished(api: Client, id: str) -> dict[str, Any]:
    """The training sheet once its generation has ended."""
    data = api.wait(STATUS, lambda data: data["trainingSheet"]["statusName"] != "GENERATING", id=id)
    found: dict[str, Any] = data["trainingSheet"]
    return found


def generated(api: Client, count: int = 8, **more: Any) -> str:
    """A training sheet IN_REVIEW with so many pairs; its id."""
    id = create(api, sheet(api, rows(count)), template(api), **more)
    api.done("TrainingSheetGenerate", ids=[id])
    found = finished(api, id)
    assert found["statusName"] == "IN_REVIEW", found
    return id


def pairs(api: Client, id: str, **variables: Any) -> list[dict[str, Any]]:
    """Its pairs by position."""
    nodes: list[dict[str, Any]] = api.run("TrainingSheet", id=id, **{"first": 1000, **variables})["pairs"]["nodes"]
    return nodes


def failed(api: Client, id: str) -> list[dict[str, Any]]:
    """Its pairs that have no answer, by position, and why."""
    nodes: list[dict[str, Any]] = api.ask(BY_STATUS, id=id, status="FAILED")["qaPairs"]["nodes"]
    return nodes


def wait_for(api: Client, id: str, count: int, status: str) -> None:
    """Until so many of its pairs have this status."""
    api.wait(BY_STATUS, lambda data: len(data["qaPairs"]["nodes"]) == count, id=id, status=status)


def approved(api: Client, count: int = 8, **more: Any) -> str:
    """A training sheet APPROVED with all its pairs; its id."""
    id = generated(api, count, **more)
    assert not api.ask(DECIDE, sheet=id, count=count)["qaPairApprove"]["errors"]
    api.done("TrainingSheetApprove", ids=[id])
    return id
