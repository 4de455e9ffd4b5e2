"""Pages in the order of ids: the whole list, whatever filter, page size and caller, at the cost of the page."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from begat.access.scope import Viewer, single_user
from begat.core.errors import Problem
from begat.core.roles import Role
from begat.find import lists
from begat.find.lists import Condition, Order
from begat.graph import nearby
from begat.graph.driver import Graph
from begat.graph.nearby import LAST, bound

pytestmark = pytest.mark.anyio

COLUMNS = ("n.owner", "n.id")
OWNERS = ("ada",) * 60 + ("grace",) * 20 + ("edsger",)
SEEN = "project_seen"
SOMEBODY = Viewer("somebody", roles={SEEN: Role.VIEWER})


async def _sheets(graph: Graph, number: int) -> list[dict[str, Any]]:
    """Sheets of several owners, one kind of tenth in the trash, in no order of ids."""
    chance = random.Random(number)
    rows = [
        {
            "id": f"sheet_{chance.getrandbits(60):015x}",
            "key": f"{place}",
            "owner": chance.choice(OWNERS),
            "retention": chance.choice(("LIVE",) * 9 + ("TRASHED",)),
            "project": chance.choice((SEEN, "project_unseen")),
        }
        for place in range(number)
    ]
    await graph.read("UNWIND $rows AS row CREATE (n:Asset:Sheet) SET n = row RETURN count(n)", rows=rows)
    return sorted(rows, key=lambda row: row["id"])


async def _paged(graph: Graph, viewer: Viewer, conditions: Sequence[Condition], first: int) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = await lists.page(graph, viewer, "Asset", COLUMNS, conditions, first=first, after=after)
        ids = [row[page.columns.index("n.id")] for row in page.values]
        assert len(ids) == first or not page.has_next
        found += ids
        if not page.has_next:
            return found
        after = page.cursors[-1]


@pytest.mark.parametrize("near", [lists.NEAR, 200, 0])
async def test_pages_together_are_the_list_in_order(graph: Graph, monkeypatch: pytest.MonkeyPatch, near: int) -> None:
    monkeypatch.setattr(lists, "NEAR", near)
    rows = await _sheets(graph, 700)
    live = Condition("n.retention = 'LIVE'")
    for viewer in (single_user(), SOMEBODY):
        for owner in (None, "ada", "grace", "edsger", "nobody"):
            conditions = [live] if owner is None else [live, Condition("n.owner = $owner", {"owner": owner})]
            expected = [
                row["id"]
                for row in rows
                if row["retention"] == "LIVE"
                and owner in (None, row["owner"])
                and (viewer.admin or row["project"] == SEEN)
            ]
            for first in (1_000, 97, 30) if expected else (50,):
                assert await _paged(graph, viewer, conditions, first) == expected, (owner, first)


async def test_a_page_may_hold_one_or_none(graph: Graph) -> None:
    rows = await _sheets(graph, 3)
    page = await lists.page(graph, single_user(), "Asset", COLUMNS, first=0)
    assert (page.values, page.has_next) == ([], True)
    assert await _paged(graph, single_user(), [], 1) == [row["id"] for row in rows]


async def test_what_is_born_while_somebody_pages_is_shown_where_it_belongs(graph: Graph) -> None:
    rows = await _sheets(graph, 100)
    page = await lists.page(graph, single_user(), "Asset", COLUMNS, first=50)
    await graph.read("CREATE (n:Asset:Sheet {id: $id, key: 'new'}) RETURN 1", id=rows[70]["id"] + "0")
    rest = await lists.page(graph, single_user(), "Asset", COLUMNS, first=50, after=page.cursors[-1])
    ids = [row[rest.columns.index("n.id")] for row in rest.values]
    assert ids == [row["id"] for row in rows[50:71]] + [rows[70]["id"] + "0"] + [row["id"] for row in rows[71:99]]


async def test_few_matches_among_many_are_found_by_one_more_statement(graph: Graph) -> None:
    await _sheets(graph, 900)
    before = graph.statements
    rare = Condition("n.owner = 'nobody'")
    assert (await lists.page(graph, single_user(), "Asset", COLUMNS, [rare], first=100)).values == []
    assert graph.statements - before == 3


async def test_a_bound_has_the_wanted_number_behind_a_place_or_is_behind_all(graph: Graph) -> None:
    rows = await _sheets(graph, 300)
    ids = [row["id"] for row in rows]
    assert await bound(graph, "Asset", "", 300) == ids[-1]
    assert await bound(graph, "Asset", "", 301) == LAST
    assert await bound(graph, "Asset", ids[9], 20) == ids[29]
    assert await bound(graph, "Sheet", ids[9], 20, ids[20]) == ids[20]


async def test_a_list_that_is_read_again_is_one_statement_and_shows_what_came_and_went(graph: Graph) -> None:
    rows = await _sheets(graph, 300)
    ids = [row["id"] for row in rows]

    async def shown() -> tuple[list[str], int]:
        before = graph.statements
        page = await lists.page(graph, single_user(), "Asset", ("n.id",), first=100)
        return [id for (id,) in page.values], graph.statements - before

    assert await shown() == (ids[:100], 2)
    assert await shown() == (ids[:100], 1)
    new = ids[50] + "0"
    await graph.read("CREATE (n:Asset:Sheet {id: $id, key: 'new'}) RETURN 1", id=new)
    assert await shown() == ([*ids[:51], new, *ids[51:99]], 1)
    await graph.read("MATCH (n:Asset) WHERE n.id IN $ids DETACH DELETE n RETURN count(*)", ids=[new, *ids[:10]])
    found, statements = await shown()
    assert (found, statements > 1) == (ids[10:110], True), "what lies before the bound is too few now"


async def test_a_bound_is_not_kept_for_long(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [row["id"] for row in await _sheets(graph, 50)]
    monkeypatch.setattr(nearby, "FRESH", 0.0)
    assert await bound(graph, "Asset", "", 20) == ids[19]
    await graph.read("CREATE (n:Asset:Sheet {id: $id, key: 'new'}) RETURN 1", id=ids[3] + "0")
    assert await bound(graph, "Asset", "", 20) == ids[18]


async def test_single_ones_that_are_asked_for_at_once_are_one_statement_for_each_scope(graph: Graph) -> None:
    rows = await _sheets(graph, 40)
    viewers = (single_user(), SOMEBODY, Viewer("nobody"))
    before = graph.statements
    asked = [(viewer, row) for row in rows for viewer in viewers]
    found = await asyncio.gather(
        *(lists.by_ids(graph, viewer, "Asset", [row["id"]], ("n.owner",)) for viewer, row in asked)
    )
    assert graph.statements - before == 2 * len(viewers)
    for (viewer, row), values in zip(asked, found, strict=True):
        assert values == ([[row["owner"]]] if viewer.sees(row["project"]) else []), (viewer.name, row)


@pytest.mark.parametrize(
    "place",
    [
        *("5", "null", "true", '"abc"', "{}", "[" * 9_000, '["NAME_ASC", "x"]'),
        *('["NAME_ASC", "x", "\\ud800"]', '["NAME_ASC", "\\ud800", "x"]', '["NAME_ASC", "x", 5]'),
        *('["NAME_ASC", 5, "x"]', '["NAME_ASC", null, "x"]', '["NAME_ASC", true, "x"]', '["NAME_ASC", [], "x"]'),
        *('["NUMBER_ASC", "x", "x"]', '["NUMBER_ASC", true, "x"]', f'["NUMBER_ASC", 1{"0" * 30}, "x"]'),
        *('["NUMBER_ASC", NaN, "x"]', '["NUMBER_ASC", 1e999, "x"]', f'["NUMBER_ASC", 1{"0" * 5_000}, "x"]'),
    ],
)
async def test_what_somebody_made_himself_is_no_cursor(graph: Graph, place: str) -> None:
    orders = (Order("NAME_ASC", "n.name"), Order("NUMBER_ASC", "n.number", number=True))
    order = orders["NUMBER" in place]
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    with pytest.raises(Problem, match="This is no cursor of begat's"):
        await lists.page(graph, single_user(), "Asset", COLUMNS, order=order, after=cursor)


async def test_a_list_by_a_number_goes_on_after_each(graph: Graph) -> None:
    await _sheets(graph, 3)
    await graph.execute("MATCH (n:Sheet) SET n.number = CASE n.owner WHEN 'ada' THEN 1 ELSE 2.5 END")
    order = Order("NUMBER_DESC", "n.number", descending=True, number=True)
    seen: list[Any] = []
    after = None
    for _ in range(3):
        page = await lists.page(graph, single_user(), "Asset", COLUMNS, order=order, first=1, after=after)
        seen += [row[page.columns.index("n.id")] for row in page.values]
        after = page.cursors[-1]
        assert json.loads(base64.urlsafe_b64decode(after + "=="))[0] == "NUMBER_DESC"
    assert len(set(seen)) == 3
