"""What GraphQL says of a walk that is not whole: how it goes on behind its limit, and what there was no time for."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import to_thread
from starlette.requests import Request

from begat.access.scope import Viewer, single_user
from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from begat.graph.driver import Graph
from begat.lineage import answers, reach
from begat.lineage.statements import Form, hop_text, walk_text
from tests.api.serving import serving
from tests.conftest import Database
from tests.graph.minutes import MINUTES, tie, until
from tests.lineage.asking import answered, asked
from tests.lineage.ladder import ladder
from tests.lineage.test_reach import SOMEBODY
from tests.lineage.worlds import World, grow, write
from tests.listening import PLAIN

pytestmark = pytest.mark.anyio
WALK = """query($id: ID!, $first: Int, $after: String, $filter: LineageFilter) { asset(id: $id) {
  %s(depth: 99, filter: $filter) { completeness { complete reason continueAfter }
    nodes(first: $first, after: $after) {
      nodes { id kind depth hidden } edges { from to relation via } totalCount
      pageInfo { hasNextPage endCursor } } } } }
"""
AT = "2026-03-02T00:00:00.000Z"
UP, DOWN = WALK % "upstream", WALK % "downstream"


async def _walk(graph: Graph, query: str, viewer: Viewer, **variables: Any) -> dict[str, Any]:
    answer, _ = await asked(graph, query, viewer, **variables)
    assert answer.data is not None
    assert not answer.errors, answer.errors
    (walk,) = answer.data["asset"].values()
    found: dict[str, Any] = walk
    return found


@pytest.mark.parametrize(("level", "viewer"), [("ASSET", SOMEBODY), ("VERSION", single_user())])
async def test_a_walk_past_the_limit_goes_on_behind_its_last_hit_till_all_is_shown(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, level: str, viewer: Viewer
) -> None:
    world = grow(random.Random(1), 120)
    await write(graph, world)
    filter = {"level": level, "versions": "ALL", "asOf": AT}
    for query in (UP, DOWN):
        start, whole = await _largest(graph, world, query, viewer, filter)
        count = len(whole["nodes"]["nodes"])
        assert (whole["nodes"]["pageInfo"]["hasNextPage"], count > 8) == (False, True)
        with monkeypatch.context() as patched:
            patched.setattr(answers, "walks", partial(answers.walks, limit=1 + count // 4))
            nodes, edges, after, went_on = [], [], None, 0
            while True:
                walk = await _walk(graph, query, viewer, id=start, first=3, after=after, filter=filter)
                page, told = walk["nodes"], walk["completeness"]
                nodes += page["nodes"]
                edges += page["edges"]
                if page["pageInfo"]["hasNextPage"]:
                    after = page["pageInfo"]["endCursor"]
                elif told["continueAfter"] is not None:
                    assert (told["complete"], told["reason"]) == (False, "LIMIT")
                    assert int(page["totalCount"]) == len(nodes) <= count
                    after, went_on = told["continueAfter"], went_on + 1
                else:
                    break
        assert nodes == whole["nodes"]["nodes"]
        assert told == whole["completeness"]
        assert went_on > 2
        # Of an asset that is shown for one of its versions, the edges of others may be known behind the limit only.
        assert _sorted(edges) == _sorted(whole["nodes"]["edges"])


def _sorted(edges: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(tuple(edge.values()) for edge in edges)


async def _largest(
    graph: Graph, world: World, query: str, viewer: Viewer, filter: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The walk that finds most."""
    ids = [thing.id for thing in world.assets() if viewer.sees(thing.project)]
    asking = query.replace("$id: ID!", "$ids: [ID!]!").replace("asset(id: $id) {", "nodes(ids: $ids) { ... on Asset {")
    answer, _ = await asked(graph, f"{asking} }}", viewer, ids=ids, first=1_000, filter=filter)
    assert answer.data is not None
    found = [(id, walk) for id, node in zip(ids, answer.data["nodes"], strict=True) for walk in node.values()]
    return max(found, key=lambda one: int(one[1]["nodes"]["totalCount"]))


async def test_windows_end_with_a_word_that_there_is_more(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    start, _ = await ladder(graph, 10)
    filter = {"level": "VERSION", "asOf": AT}
    whole = await _walk(graph, UP, single_user(), id=start, first=1_000, filter=filter)
    monkeypatch.setattr(answers, "walks", partial(answers.walks, limit=3))
    after, windows, shown = None, 0, []
    while windows == 0 or after is not None:
        walk = await _walk(graph, UP, single_user(), id=start, first=1_000, after=after, filter=filter)
        shown += walk["nodes"]["nodes"]
        after, windows = walk["completeness"]["continueAfter"], windows + 1
    assert (walk["completeness"]["reason"], windows) == ("LIMIT", 10)
    assert 10 < len(shown) < len(whole["nodes"]["nodes"])
    assert shown == whole["nodes"]["nodes"][: len(shown)]


async def test_a_walk_without_time_shows_its_first_hops_whole_over_http_or_says_that_there_was_none(
    graph: Graph, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, _ = await ladder(graph, 10)
    await tie(graph)
    variables = {"id": start, "first": 1_000, "filter": {"level": "VERSION", "asOf": AT}}
    whole = await _walk(graph, UP, single_user(), **variables)
    with monkeypatch.context() as patched:  # hop by hop, as below: a database plans its first statements for seconds
        patched.setattr(answers, "walks", partial(answers.walks, limit=5))
        await _walk(graph, UP, single_user(), **variables)

    async def ready() -> str | None:
        return None

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        async with database.connect() as own:
            return await answered(own, request)

    hops = 0

    def slow_walk(form: Form) -> str:
        return MINUTES if form.question.depth else walk_text(form)

    def slow_hop(*given: Any, **more: Any) -> str:
        nonlocal hops
        hops += 1
        return MINUTES if hops > 3 else hop_text(*given, **more)

    monkeypatch.setattr(reach, "walk_text", slow_walk)
    monkeypatch.setattr(reach, "hop_text", slow_hop)
    settings = Settings(home=tmp_path, tables=tmp_path, deadline=3)
    with serving(routes(execute, ready, settings)) as address, httpx.Client(base_url=address, verify=PLAIN) as http:

        def send() -> httpx.Response:
            return http.post("/graphql", json={"query": UP, "variables": variables}, timeout=20)

        answer = await to_thread.run_sync(send)
        await until(graph, running=False, seconds=1)
        walk = answer.json()["data"]["asset"]["upstream"]
        assert walk["completeness"] == {"complete": False, "reason": "DEADLINE", "continueAfter": None}
        nodes = walk["nodes"]["nodes"]
        assert nodes == [hit for hit in whole["nodes"]["nodes"] if hit["depth"] <= 3]
        assert (answer.status_code, walk["nodes"]["pageInfo"]["hasNextPage"]) == (200, False)

        monkeypatch.setattr(reach, "walk_text", lambda _: MINUTES)  # not even where it begins is found in time
        answer = await to_thread.run_sync(send)
        await until(graph, running=False, seconds=1)
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "LIMIT"
        assert ("3 s" in error["message"], "fewer hops" in error["extensions"]["hint"]) == (True, True)
        assert answer.json()["data"] == {"asset": None}
