"""Pages of what grows meanwhile: a writer adds users of a table all the time, and no page repeats or misses one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from begat.config import Settings
from tests.api_client import Client, client

ROWS = "id,text\n1,Where is my card?\n"
DOWN = """query($id: ID!, $first: Int, $after: String) { asset(id: $id) { downstream(depth: 9) {
  at nodes(first: $first, after: $after) { nodes { id depth } totalCount pageInfo { hasNextPage endCursor } } } } }"""
USED = """query($id: ID!, $first: Int, $after: String) { asset(id: $id) { usedBy(first: $first, after: $after) {
  edges { node { id } } totalCount pageInfo { hasNextPage endCursor } } } }"""

Page = tuple[list[str], int, dict[str, Any]]


def down(api: Client, table: str, first: int, after: str | None = None) -> Page:
    page = api.ask(DOWN, id=table, first=first, after=after)["asset"]["downstream"]["nodes"]
    return [hit["id"] for hit in page["nodes"]], int(page["totalCount"]), page["pageInfo"]


def used(api: Client, table: str, first: int, after: str | None = None) -> Page:
    page = api.ask(USED, id=table, first=first, after=after)["asset"]["usedBy"]
    return [edge["node"]["id"] for edge in page["edges"]], int(page["totalCount"]), page["pageInfo"]


@pytest.mark.parametrize("ask", [down, used])
def test_no_page_repeats_and_nothing_that_was_there_is_missing_while_a_writer_adds(
    api: Client, served: tuple[str, Settings], ask: Callable[..., Page]
) -> None:
    name = api.table("growing", ROWS)
    sheets = [create(api, name, f"before {number}") for number in range(6)]
    table = api.ask("query($id: ID!) { sheet(id: $id) { table { id } } }", id=sheets[0])["sheet"]["table"]["id"]
    template = api.done("TemplateCreate", input={"name": "ask", "prompt": "{{ text }}"})["node"]["id"]
    made = [learn(api, sheets[0], template, f"made {number}") for number in range(2)] if ask is down else []
    written: list[str] = []
    paged = threading.Event()

    def add() -> None:
        with client(*served) as writer:
            while not paged.is_set():
                written.append(create(writer, name, f"meanwhile {len(written)}"))
                if ask is down:
                    written.append(learn(writer, sheets[1], template, f"meanwhile {len(written)}"))

    thread = threading.Thread(target=add)
    shown, total, info = ask(api, table, 1)
    assert total == len(sheets) + len(made)
    thread.start()
    try:
        while info["hasNextPage"]:
            before = len(written)
            while len(written) == before and thread.is_alive():
                paged.wait(0.005)
            page, count, info = ask(api, table, 1, info["endCursor"])
            shown += page
            assert count == total, "the pages are of one moment"
    finally:
        paged.set()
        thread.join(30)
    assert shown == [*sheets, *made], "ids are in the order of time"
    assert len(written) >= total - 1, "somebody wrote between any two pages"
    assert ask(api, table, 100)[1] == total + len(written)


def create(api: Client, table: str, name: str) -> str:
    return str(api.done("SheetCreate", input={"name": name, "table": table})["node"]["id"])


def learn(api: Client, sheet: str, template: str, name: str) -> str:
    asked = {"name": name, "sheetId": sheet, "templateId": template, "answer": {"column": "text"}}
    return str(api.done("TrainingSheetCreate", input=asked)["node"]["id"])
