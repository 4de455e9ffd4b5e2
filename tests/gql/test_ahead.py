"""An asset and its one walk: one statement, and nothing else than what both are by themselves."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.lineage.asking import asked
from tests.lineage.worlds import SEEN, grow, write

from begat.access.scope import Viewer, single_user
from begat.core.ids import PREFIXES
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.kinds.registry import KINDS
from begat.lineage.question import ROW_KINDS

pytestmark = pytest.mark.anyio

WALK = "nodes(first: 1000) { nodes { id depth hidden asset { id name statusName } } edges { from relation to } }"
DOWN = f"downstream(depth: $depth, filter: $filter) {{ counts {{ depth kind count }} {WALK} }}"
UP = f"upstream(depth: $depth, filter: $filter) {{ counts {{ depth kind count }} {WALK} }}"
VARIABLES = "$id: ID!, $depth: Int, $filter: LineageFilter"
COLUMNS = "id kind name tags owner updatedAt"


def test_the_prefix_of_an_id_says_its_kind_as_the_registry_does() -> None:
    assert {prefix: kind for prefix, kind in PREFIXES.items() if kind not in ROW_KINDS} == {
        kind.prefix: kind.name for kind in KINDS.values()
    }


async def test_an_asset_and_its_walk_are_what_both_are_by_themselves_and_cost_one_statement(graph: Graph) -> None:
    world = grow(random.Random(5), 120)
    await write(graph, world)
    once = 0
    somebody = Viewer("somebody", roles={SEEN: Role.VIEWER})
    for viewer, walks in ((single_user(), (DOWN, UP)), (somebody, (DOWN,))):
        for asset in world.assets()[::4]:
            for walk in walks:
                known = {"id": asset.id, "depth": 4, "filter": {"deleted": "INCLUDE"}}
                together, statements = await asked(
                    graph, f"query({VARIABLES}) {{ asset(id: $id) {{ {COLUMNS} {walk} }} }}", viewer, **known
                )
                # A second walk is a reason not to look ahead.
                apart, _ = await asked(
                    graph,
                    f"query({VARIABLES}) {{ asset(id: $id) {{ {COLUMNS} {walk} other: upstream {{ at }} }} }}",
                    viewer,
                    **known,
                )
                assert not together.errors
                assert not apart.errors
                assert apart.data is not None
                if apart.data["asset"] is not None:
                    del apart.data["asset"]["other"]
                assert _unveiled(together.data) == _unveiled(apart.data)
                once += statements == 1
    assert once > 25


def _unveiled(data: Any) -> Any:
    """Hidden ids are others in each answer: they are not what is compared here."""
    if isinstance(data, dict):
        return {name: _unveiled(value) for name, value in data.items()}
    if isinstance(data, list):
        return sorted((_unveiled(one) for one in data), key=repr)
    return "hidden" if isinstance(data, str) and data.startswith("hidden_") else data


async def test_what_is_refused_is_refused_where_it_belongs(graph: Graph) -> None:
    world = grow(random.Random(5), 40)
    await write(graph, world)
    id = next(asset.id for asset in world.assets() if asset.label == "Sheet")
    paged = DOWN.replace("1000", "1000, after: $after")
    query = f"query({VARIABLES}, $after: String) {{ asset(id: $id) {{ id {paged} }} }}"
    refused: list[dict[str, Any]] = [{"depth": 0}, {"filter": {"relations": ["GENERATED_IN"]}}, {"after": "nothing"}]
    for wrong in refused:
        answer, _ = await asked(graph, query, **{"id": id, "depth": 2, **wrong})
        (error,) = answer.errors or ()
        assert error["path"][:2] == ["asset", "downstream"]
        assert error["extensions"]["code"] == "BAD_INPUT"
    rows = [next(one.id for one in world.things.values() if one.label == label) for label in ("QaPair", "Feedback")]
    for unknown in (*rows, "sheet_never", f"{id}:v1", "pair_1", "nothing", "x" * 300, ""):
        answer, _ = await asked(graph, query, id=unknown, depth=2)
        assert not answer.errors
        assert answer.data == {"asset": None}
    other, _ = await asked(graph, f"query({VARIABLES}) {{ trainingJob(id: $id) {{ id {DOWN} }} }}", id=id, depth=2)
    assert other.data == {"trainingJob": None}
    left_out = DOWN.replace(") {", ") @skip(if: true) {", 1)
    skipped, _ = await asked(graph, f"query({VARIABLES}) {{ asset(id: $id) {{ id {left_out} }} }}", id=id)
    assert skipped.data == {"asset": {"id": id}}
