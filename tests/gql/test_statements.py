"""What a page costs: a few statements, whatever its length."""

from __future__ import annotations

import pytest
from tests.lineage.asking import asked

from begat.access.scope import single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.graph.driver import Graph
from begat.kinds.sheet.kind import SHEET
from begat.kinds.template.kind import TEMPLATE

pytestmark = pytest.mark.anyio
MOST = 4
QUERY = """query($first: Int!) { assets(first: $first) { totalCount nodes {
  id kind name statusName retention revision owner tags createdAt updatedAt
  project { id name } availableActions { action allowed role blockers { code message } } } } }"""


async def _page(graph: Graph, first: int) -> tuple[int, int]:
    answer, statements = await asked(graph, QUERY, first=first)
    assert not answer.errors, answer.errors
    assert answer.data is not None
    return len(answer.data["assets"]["nodes"]), statements


async def test_a_page_of_a_thousand_assets_costs_at_most_four_statements(graph: Graph) -> None:
    async def fill(change: Change) -> None:
        for number in range(500):
            for kind in (SHEET, TEMPLATE):
                node = {
                    "name": f"{kind.noun} {number}",
                    "table": "t",
                    "columns": "[]",
                    "prompt": "p",
                    "variables": "[]",
                }
                await assets.create(change, kind, "project_default", node)

    await write(graph, single_user(), fill)
    for first in (1, 100, 1_000):
        length, statements = await _page(graph, first)
        assert length == first
        assert statements <= MOST
