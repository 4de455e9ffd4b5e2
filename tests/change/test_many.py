"""Acts on many: selections, outcomes in the order asked, all or nothing, dry runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.access.scope import Viewer, single_user
from begat.change.many import BATCH, MOST, OnError, Target, act, targets
from begat.change.write import Change, Properties
from begat.core.errors import Code, Problem
from begat.graph.driver import Graph
from begat.review import decisions
from tests.review.rows import reviewer, seed

IDS = st.lists(st.text(max_size=5), max_size=30)


@given(IDS)
def test_each_is_named_once_in_the_order_asked(ids: list[str]) -> None:
    assert targets(ids, None) == [Target(id) for id in dict.fromkeys(ids)]


def test_ids_and_items_are_two_ways_to_say_one_thing() -> None:
    assert targets(None, None) is None
    assert targets([], None) == []
    assert targets(None, [Target("a", 3)]) == [Target("a", 3)]
    with pytest.raises(Problem) as both:
        targets(["a"], [Target("a")])
    assert (both.value.code, both.value.path) == (Code.BAD_INPUT, ("items",))


def test_one_item_with_two_revisions_is_refused_and_named_twice_alike_is_one() -> None:
    assert targets(None, [Target("a", 3), Target("a", 3)]) == [Target("a", 3)]
    with pytest.raises(Problem) as refused:
        targets(None, [Target("a", 3), Target("b"), Target("a")])
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("items", 2))


@pytest.mark.parametrize("items", [False, True])
def test_fifty_thousand_and_one_are_a_limit(items: bool) -> None:
    many = [str(number) for number in range(MOST + 1)]
    with pytest.raises(Problem) as limit:
        targets(None, [Target(id) for id in many]) if items else targets(many, None)
    assert (limit.value.code, limit.value.path) == (Code.LIMIT, ("items" if items else "ids",))
    assert len(targets(many[:-1], None) or []) == MOST


@pytest.mark.anyio
async def test_outcomes_come_in_the_order_asked_whatever_the_batches(graph: Graph) -> None:
    made = await seed(graph, BATCH + 50)
    asked = [*reversed(made.pairs), "pair_unknown"]
    result = await act(graph, single_user(), decisions.decide("approve"), [Target(id) for id in asked])
    assert [outcome.id for outcome in result.outcomes] == asked
    assert (result.matched, result.changed) == (BATCH + 51, BATCH + 50)


@pytest.mark.anyio
@pytest.mark.parametrize("done", [0, BATCH])
async def test_where_the_time_is_over_after_some_batches_each_item_says_whether_it_was_done(
    graph: Graph, done: int
) -> None:
    made = await seed(graph, BATCH + 5)
    approve = decisions.decide("approve")
    over = Problem(Code.UNAVAILABLE, "The time is over.", hint="Send it again.")

    async def prepare(change: Change, nodes: list[Properties]) -> Any:
        if made.pairs[done] in {node["id"] for node in nodes}:
            raise over
        return await approve.prepare(change, nodes) if approve.prepare else None

    what, chosen = replace(approve, prepare=prepare), [Target(id) for id in made.pairs]
    if not done:
        with pytest.raises(Problem) as refused:
            await act(graph, single_user(), what, chosen)
        assert refused.value is over
    else:
        result = await act(graph, single_user(), what, chosen)
        assert (result.matched, result.changed, result.ended) == (BATCH + 5, BATCH, over)
        assert [outcome.problem and outcome.problem.code for outcome in result.outcomes[done:]] == [over.code] * 5
        assert [outcome.problem and outcome.problem.id for outcome in result.outcomes[done:]] == made.pairs[done:]
    approved = await graph.read("MATCH (n:QaPair {status: 'APPROVED'}) RETURN count(n)")
    assert approved == done


@pytest.mark.anyio
async def test_a_batch_costs_the_same_statements_whatever_its_length(graph: Graph) -> None:
    made = await seed(graph, BATCH + 1)

    async def cost(ids: list[str]) -> int:
        before = graph.statements
        await act(graph, single_user(), decisions.decide("approve"), [Target(id) for id in ids])
        return graph.statements - before

    assert await cost(made.pairs[:1]) == await cost(made.pairs[1:]) <= 6


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["dry run", "all or nothing"])
async def test_what_is_not_kept_leaves_no_trace(graph: Graph, way: str) -> None:
    made = await seed(graph, 3)
    chosen = [Target(id) for id in made.pairs]
    if way == "dry run":
        result = await act(graph, single_user(), decisions.decide("approve"), chosen, dry_run=True)
        assert [outcome.status_after for outcome in result.outcomes] == ["APPROVED"] * 3
    else:
        chosen.append(Target("pair_unknown"))
        what = decisions.decide("approve")
        result = await act(graph, single_user(), what, chosen, on_error=OnError.ALL_OR_NOTHING)
        assert result.changed == 0
        codes = [outcome.problem.code for outcome in result.outcomes if outcome.problem]
        assert codes == [*[Code.GUARD_FAILED] * 3, Code.NOT_FOUND]
        assert [outcome.revision for outcome in result.outcomes] == [1, 1, 1, None]
    assert await graph.read("MATCH (n:QaPair) RETURN collect(DISTINCT n.revision)") == [1]
    assert await graph.read("MATCH (r:Review) RETURN count(r)") == 0


@pytest.mark.anyio
async def test_an_item_that_was_so_already_and_is_held_back_has_the_revision_that_it_had(graph: Graph) -> None:
    made = await seed(graph, 1)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        return node  # as a tag that is there already

    what, chosen = replace(decisions.decide("approve"), apply=apply), [Target(made.pairs[0]), Target("pair_unknown")]
    result = await act(graph, single_user(), what, chosen, on_error=OnError.ALL_OR_NOTHING)
    assert [(outcome.ok, outcome.revision) for outcome in result.outcomes] == [(False, 1), (False, None)]


@pytest.mark.anyio
async def test_what_the_caller_may_not_see_is_not_found_and_what_he_may_not_do_forbidden(graph: Graph) -> None:
    seen, hidden = await seed(graph, 1), await seed(graph, 1, project="project_other")
    viewer = reviewer("ann")
    chosen = [Target(seen.pairs[0]), Target(hidden.pairs[0])]
    watcher = Viewer("wat", roles={"project_other": viewer.roles["project_default"]})
    result = await act(graph, viewer, decisions.decide("approve"), chosen)
    assert [outcome.problem and outcome.problem.code for outcome in result.outcomes] == [None, Code.NOT_FOUND]
    other = await act(graph, watcher, decisions.decide("reject", "no"), chosen)
    assert [outcome.problem and outcome.problem.code for outcome in other.outcomes] == [Code.NOT_FOUND, None]


@pytest.mark.anyio
async def test_what_a_platform_said_before_stops_that_item_only(graph: Graph) -> None:
    made = await seed(graph, 2)
    said = {made.pairs[0]: Problem(Code.PLATFORM, "The table is gone.")}
    what = replace(decisions.decide("approve"), blocked=said)
    result = await act(graph, single_user(), what, [Target(id) for id in made.pairs])
    assert [outcome.problem and outcome.problem.code for outcome in result.outcomes] == [Code.PLATFORM, None]


@pytest.mark.anyio
async def test_a_fault_in_one_item_keeps_nothing_of_its_batch(graph: Graph) -> None:
    made = await seed(graph, 3)
    approve = decisions.decide("approve")

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["id"] == made.pairs[2]:
            raise RuntimeError("a mistake of ours")
        return await approve.apply(change, node, prepared)

    with pytest.raises(RuntimeError):
        await act(graph, single_user(), replace(approve, apply=apply), [Target(id) for id in made.pairs])
    assert await graph.read("MATCH (n:QaPair) RETURN collect(DISTINCT n.status)") == ["PENDING"]
