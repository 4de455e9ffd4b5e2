"""Pages of what grows meanwhile: a writer adds users of a table all the time, and no page repeats or misses one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from begat.config import Settings
from begat.lineage import crowd
from begat.lineage.crowd import Crowd, Sought
from begat.lineage.reached import Reached
from tests.api_client import Client, client

ROWS = "id,text\n1,Where is my card?\n"
DOWN = """query($id: ID!, $first: Int, $after: String) { asset(id: $id) { downstream(depth: 9) {
  at nodes(first: $first, after: $after) { nodes { id depth } %s pageInfo { hasNextPage endCursor } } } } }"""
USED = """query($id: ID!, $first: Int, $after: String) { asset(id: $id) { usedBy(first: $first, after: $after) {
  edges { node { id } } %s pageInfo { hasNextPage endCursor } } } }"""

Page = tuple[list[str], int | None, dict[str, Any]]


def down(api: Client, table: str, first: int, after: str | None = None, count: str = "totalCount") -> Page:
    page = api.ask(DOWN % count, id=table, first=first, after=after)["asset"]["downstream"]["nodes"]
    return [hit["id"] for hit in page["nodes"]], _total(page), page["pageInfo"]


def used(api: Client, table: str, first: int, after: str | None = None, count: str = "totalCount") -> Page:
    page = api.ask(USED % count, id=table, first=first, after=after)["asset"]["usedBy"]
    return [edge["node"]["id"] for edge in page["edges"]], _total(page), page["pageInfo"]


def _total(page: dict[str, Any]) -> int | None:
    return int(page["totalCount"]) if "totalCount" in page else None


@pytest.fixture
def looked_for(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether what was sought of each crowd was found without the rest of it; three users are a crowd."""
    found: list[bool] = []
    page = Crowd.page

    async def noted(self: Crowd, sought: Sought) -> Reached | None:
        reached = await page(self, sought)
        found.append(reached is not None)
        return reached

    monkeypatch.setattr(crowd, "FEW", 2)
    monkeypatch.setattr(Crowd, "page", noted)
    return found


@pytest.mark.parametrize("count", ["totalCount", ""])
@pytest.mark.parametrize("ask", [down, used])
def test_no_page_repeats_and_nothing_that_was_there_is_missing_while_a_writer_adds(
    api: Client, served: tuple[str, Settings], looked_for: list[bool], ask: Callable[..., Page], count: str
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
    shown, total, info = ask(api, table, 1, None, count)
    there = len(sheets) + len(made)
    assert total == (there if count else None)
    thread.start()
    try:
        while info["hasNextPage"]:
            before = len(written)
            while len(written) == before and thread.is_alive():
                paged.wait(0.005)
            page, counted, info = ask(api, table, 1, info["endCursor"], count)
            shown += page
            assert counted == total, "the pages are of one moment"
    finally:
        paged.set()
        thread.join(30)
    assert shown == [*sheets, *made], "ids are in the order of time"
    assert len(written) >= there - 1, "somebody wrote between any two pages"
    assert ask(api, table, 100)[1] == there + len(written)
    seeking = len(sheets) - (ask is down)  # the last one's page goes on with the second hop
    assert looked_for.count(True) == (0 if count else seeking), "the crowd's pages did without the rest of it"


def create(api: Client, table: str, name: str) -> str:
    return str(api.done("SheetCreate", input={"name": name, "table": table})["node"]["id"])


def learn(api: Client, sheet: str, template: str, name: str) -> str:
    asked = {"name": name, "sheetId": sheet, "templateId": template, "answer": {"column": "text"}}
    return str(api.done("TrainingSheetCreate", input=asked)["node"]["id"])
