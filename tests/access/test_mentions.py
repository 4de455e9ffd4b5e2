"""What stored states and records mention is shown to who sees it: hidden and unknown ids read alike, and it costs one
statement where it costs anything."""

from __future__ import annotations

from typing import Any

import pytest
from tests.access.world import Ids, fill
from tests.lineage.asking import asked

from begat.access import mentions
from begat.access.scope import Viewer, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core import ids
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.kinds.registry import KINDS

pytestmark = pytest.mark.anyio
HERE, ELSEWHERE = ids.new("project"), ids.new("project")
VERA = Viewer("vera", roles={HERE: Role.VIEWER})
PAST = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Asset { id
  state(asOf: "2100-01-01T00:00:00Z") history { totalCount nodes { revision changes { path before after } } } } } }"""


async def shown(
    graph: Graph, *values: Any, viewer: Viewer = VERA, known: tuple[str, ...] = ()
) -> tuple[list[Any], int]:
    """What is shown of the values, and how many statements that took."""
    before = graph.statements
    return await mentions.shown(graph, viewer, values, known), graph.statements - before


async def test_an_id_is_shown_where_what_it_names_is_seen(graph: Graph) -> None:
    mine, hidden = await fill(HERE, "vera")(graph), await fill(ELSEWHERE, "ann")(graph)
    for sort, id in mine.items():
        assert await shown(graph, {"is": [id]}) == ([{"is": [id]}], int(sort not in UNASKED)), sort
    for sort, id in hidden.items():
        if sort not in RECORDS:
            assert (await shown(graph, {"is": [id]}))[0] == [{"is": [None]}], sort


RECORDS = {"Comment", "BulkJob", "Delivery"}
"""What nothing that is stored mentions."""
UNASKED = {"project", *RECORDS}


async def test_hidden_and_unknown_ids_are_shown_alike_whatever_they_stand_in(graph: Graph) -> None:
    mine, hidden = await fill(HERE, "vera")(graph), await fill(ELSEWHERE, "ann")(graph)
    for id in (hidden["ENDPOINT"], ids.new("endpoint")):
        said = {
            "endpoint": {"id": id, "name": "of another project"},
            "version": f"{id}:v3",
            "key": f"{id}:FAILED_ROWS:1|{mine['SHEET']}",
            "message": f"There is no '{id}' that you can see.",
            "id": 7,
        }
        left = {
            "endpoint": None,
            "version": None,
            "key": f"(hidden):FAILED_ROWS:1|{mine['SHEET']}",
            "message": "There is no '(hidden)' that you can see.",
            "id": 7,
        }
        assert await shown(graph, said, "text", None, id) == ([left, "text", None, None], 1)


async def test_nothing_is_asked_for_who_sees_everything_and_where_nothing_else_is_mentioned(graph: Graph) -> None:
    own, foreign, column = ids.new("sheet"), ids.new("sheet"), ids.new("column")
    assert await shown(graph, [foreign], viewer=single_user()) == ([[foreign]], 0)
    assert await shown(graph, [f"{own}:v2", column, HERE, 3], known=(own,)) == ([[f"{own}:v2", column, HERE, 3]], 0)


async def past(graph: Graph, viewer: Viewer, wanted: list[str]) -> tuple[list[dict[str, Any]], int]:
    """States and histories, and how many statements they took."""
    answer, statements = await asked(graph, PAST, viewer, ids=wanted)
    assert answer.data is not None
    assert not answer.errors
    return answer.data["nodes"], statements


async def test_states_and_histories_of_many_assets_cost_a_viewer_one_statement_more_each(graph: Graph) -> None:
    mine = await fill(HERE, "vera", of=await fill(ELSEWHERE, "ann")(graph))(graph)
    wanted = [id for sort, id in mine.items() if sort in KINDS]
    _, least = await past(graph, single_user(), wanted)
    for some in (wanted[4:5], wanted):
        _, statements = await past(graph, VERA, some)
        assert statements == least + 2


async def test_a_change_of_what_is_hidden_is_told_without_saying_what_it_was(graph: Graph) -> None:
    hidden = await fill(ELSEWHERE, "ann")(graph)

    async def edit(change: Change) -> Ids:
        kind = KINDS["TRAINING_SHEET"]
        node = await assets.create(change, kind, HERE, {"name": "one", "sheet": hidden["SHEET"]})
        await change.flush()
        await assets.edit(change, kind, node, {"sheet": ids.new("sheet"), "generation": f"{node['id']}:g1"}, "update")
        return {"id": node["id"]}

    made = await write(graph, single_user(), edit)
    (mine,), _ = await past(graph, VERA, [made["id"]])
    (owners,), _ = await past(graph, single_user(), [made["id"]])
    assert mine["state"] == {**owners["state"], "sheet": None}
    (last, first), (all_of_last, all_of_first) = (one["history"]["nodes"] for one in (mine, owners))
    assert last["changes"] == [
        {"path": "generation", "before": None, "after": f"{made['id']}:g1"},
        {"path": "sheet", "before": None, "after": None},
    ]
    assert [one["path"] for one in all_of_last["changes"]] == ["generation", "sheet"]
    assert [one for one in first["changes"] if one["path"] != "sheet"] == [
        one for one in all_of_first["changes"] if one["path"] != "sheet"
    ]
