"""What tests of the lineage page look at it with, and what the API says of the same."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import anyio
import httpx
import pytest

from begat.graph.driver import Graph
from tests.conftest import Database
from tests.listening import PLAIN

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")
SCREENSHOTS = os.environ.get("BEGAT_TEST_SCREENSHOTS")
WALK = """query Walk($id: ID!, $depth: Int!, $filter: LineageFilter) { asset(id: $id) {
  %s(depth: $depth, filter: $filter) {
    nodes(first: 1000) { nodes { id depth hidden kind asset { id name statusName retention } } edges { from to via } }
} } }"""


@dataclass
class Life:
    """A begat for this machine's user, one that wants tokens, and the token of ann, a viewer of one of two projects."""

    open: str
    guarded: str
    database: Database
    token: str

    def graph(self, work: Callable[[Graph], Awaitable[T]]) -> T:
        """What the work returns, in a thread of its own: Playwright's event loop runs in this one."""

        async def run() -> T:
            async with self.database.connect() as connection:
                return await work(connection)

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(anyio.run, run).result()

    def hits(self, id: str, side: str, depth: int, token: str = "", **filter: object) -> dict[str, tuple[str, ...]]:
        """What the API says, as rows of the table by key; only an asset has a status, a version of one has none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"query": WALK % side, "variables": {"id": id, "depth": depth, "filter": filter}}
        address = self.guarded if token else self.open
        answer = httpx.post(f"{address}/graphql", json=sent, headers=headers, timeout=60, verify=PLAIN)
        found: dict[str, tuple[str, ...]] = {}
        for hit in answer.json()["data"]["asset"][side]["nodes"]["nodes"]:
            key = f"hidden {hit['kind']}" if hit["hidden"] else f"{side}:{hit['id']}"
            way = f"{hit['depth']} {side.removesuffix('stream')}"
            asset = hit["asset"] or {"name": "hidden", "statusName": "not for you to see", "retention": ""}
            status = "" if asset.get("id", hit["id"]) != hit["id"] else _plain(asset["statusName"])
            found[key] = (asset["name"], status, _plain(asset["retention"]), way)
        return found


def _plain(text: str) -> str:
    return text if " " in text else text.capitalize().replace("_", " ")


def ready(page: Page) -> None:
    """Waits until map and table show all that they will without being asked."""
    page.locator("#map[data-ready=all][aria-busy=false]").wait_for()
    page.locator("table[aria-busy=false]").wait_for()


def see(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS, f"{name}.png"))


def audited(page: Page, axe: str, name: str) -> None:
    """Holds the page to what axe finds no serious fault in, dark and light; nothing where there is no axe."""
    if not axe:
        return
    page.evaluate(axe)  # through the browser's debugger, which the page's policy does not concern
    schemes: tuple[Literal["light", "dark"], ...] = ("dark", "light")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        see(page, f"{name}-{scheme}")
        violations = page.evaluate("axe.run().then(result => result.violations)")
        serious = [one for one in violations if one["impact"] in ("serious", "critical")]
        assert serious == [], [(one["id"], [part["html"] for part in one["nodes"]]) for one in serious]


def boxes(page: Page) -> set[str]:
    """The keys of the map's nodes; of hidden ones their kind, as their ids mean nothing outside one answer."""
    return {
        _key(*found)
        for found in page.locator(".node").evaluate_all(
            "all => all.map(n => [n.dataset.key, n.matches('.hidden') ? n.ariaLabel.split(',')[0] : ''])"
        )
    }


def rows(page: Page) -> dict[str, tuple[str, ...]]:
    """The table but for the start: name, status, retention and hops by key."""
    found = page.locator("#rows tr").evaluate_all(
        "all => all.map(r => [r.dataset.key, r.className, [...r.cells].map(c => c.textContent.trim())])"
    )
    return {
        _key(key, cells[0] if hidden else ""): (cells[1], cells[2].replace("\xa0", "").strip(), cells[3], cells[4])
        for key, hidden, cells in found
        if key != "start"
    }


def _key(key: str, kind: str) -> str:
    return f"hidden {kind.upper().replace(' ', '_')}" if kind else key


def node(key: str) -> str:
    return f'.node[data-key="{key}"]'


def focused(page: Page) -> str:
    key: str = page.evaluate("document.activeElement.dataset.key || document.activeElement.id")
    return key


def tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
            return
    pytest.fail(f"Tab does not reach {selector}")
