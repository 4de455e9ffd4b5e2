"""What the fast path answers is what plain graphql-core answers; it costs less, and no document makes it cost much."""

from __future__ import annotations

import gc
import json
import random
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from begat.access.scope import Viewer, single_user
from begat.api import schema
from begat.api.executor import Executor
from begat.api.limits import Limits
from begat.api.messages import GraphQLRequest
from begat.core import times
from begat.core.roles import Role
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.platforms.local.platform import open_platform
from begat.platforms.platform import Platform
from tests.api.fast.documents import Documents
from tests.api.reading import as_read
from tests.conftest import ON_ONE_DATABASE, Database, settings_for
from tests.lineage import chain

# graphql-core cancels what runs beside an error, begun or not, statements too; Python warns when that is thrown away,
# which may be in the next test.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SCHEMA = schema.build()
LARGE = Limits(characters=10**6, tokens=10**5, depth=100, aliases=10**5, directives=10**5, fields=10**5)
DOCUMENTS = {"embedded": 2_000, "neo4j": 100}
"""On each database. Neo4j plans every statement anew that asks for other columns, for a tenth of a second."""


class Remembering(Graph):
    """The graph with a memory: what nobody changes is read once, so that thousands of answers take seconds."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.gathering = graph.gathering
        self.statements = 0
        self._known: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._known)

    async def read(self, query: str, /, *arguments: Any, **parameters: Any) -> Any:
        key = json.dumps([query, parameters], default=str, sort_keys=True)
        if key not in self._known:
            self._known[key] = json.dumps(await self._graph.read(query, *arguments, **parameters))
        return json.loads(self._known[key])


@pytest.fixture
async def platform(database: Database) -> AsyncIterator[Platform]:
    settings = settings_for(database)
    settings.make_home()
    one = open_platform(settings.home, settings.tables, None, None, webhook_private=False)
    yield one
    one.close()


def context(graph: Graph, platform: Platform, database: Database, viewer: Viewer | None = None) -> Context:
    return Context(graph, viewer or single_user(), platform, settings_for(database), "secret", lambda: None)


async def answered(executor: Executor, document: str, asked: Context, **variables: Any) -> dict[str, Any]:
    return as_read(await executor.run(GraphQLRequest(document, variables), asked)).body()


def difference(found: Any, expected: Any, *path: str | int) -> str | None:
    """Where two answers differ first, and what is there."""
    if isinstance(found, dict) and isinstance(expected, dict) and list(found) == list(expected):
        return next((one for key in found if (one := difference(found[key], expected[key], *path, key))), None)
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return next((one for place, (a, b) in pairs if (one := difference(a, b, *path, place))), None)
    return None if found == expected else f"{path}: {found!r:.600} instead of {expected!r:.600}"


def nulled(answer: dict[str, Any]) -> list[list[str | int]]:
    """The places that errors made null, each once."""
    places: dict[str, list[str | int]] = {}
    for error in answer.get("errors", ()):
        value, place = answer.get("data"), []
        for step in error.get("path", ()):
            if value is None:
                break
            value = value[step]
            place.append(step)
        places[repr(place)] = place
    return [places[name] for name in sorted(places)]


def told(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What its errors say, and where."""
    errors = answer.get("errors", ())
    return sorted((repr(one.get("path")), one["extensions"]["code"], one["message"]) for one in errors)


def cursors(found: Any) -> list[str]:
    """Where the pages of an answer end."""
    if isinstance(found, list):
        return [one for item in found for one in cursors(item)]
    if not isinstance(found, dict):
        return []
    here = [found["endCursor"]] if found.get("endCursor") else []
    return here + [one for item in found.values() for one in cursors(item)]


@pytest.fixture
async def world(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Remembering:
    """A small whole life, some of it broken: statuses that its kinds do not have, and nulls where none may be."""
    await chain.write(graph)
    # One moment for all: what is asked now is otherwise another question each time.
    monkeypatch.setattr(times, "now", lambda: "2026-04-01T00:00:00.000Z")
    return Remembering(graph)


IDS = (
    *(chain.TABLE, chain.SHEET, chain.TEST_SHEET, chain.TEMPLATE, chain.LABEL, chain.TRAINING, chain.TEST, chain.JOB),
    *(chain.MODEL, chain.VERSION, chain.LEARNED, f"{chain.TRAINING}:s1", "sheet_unknown"),
)


@pytest.mark.anyio
async def test_generated_queries_have_the_same_answers_errors_and_nulls(
    world: Remembering, platform: Platform, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")  # the broken parts are faults, each with its stack
    fast, plain = Executor(SCHEMA, LARGE), Executor(SCHEMA, LARGE, fast=False)
    plain.documents = fast.documents  # validated once
    drawn = Documents(SCHEMA._schema, IDS, random.Random(f"{database.name} 20261124"))
    viewers = (single_user(), Viewer("guest", roles={chain.PROJECT: Role.VIEWER}))
    count = DOCUMENTS[database.name]
    asked = errors = continued = 0

    async def same(document: str, variables: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
        """The answer of both."""
        nonlocal asked, errors

        async def answer(executor: Executor) -> dict[str, Any]:
            return await answered(executor, document, context(world, platform, database, viewer), **variables)

        for _ in range(6):  # the first time the database's own time decides which of several errors is the first
            known = len(world)
            expected = await answer(plain)
            if len(world) == known or "errors" not in expected:
                break
        found = await answer(fast)
        # pytest would compare long answers for minutes
        differs = difference(found.get("data"), expected.get("data")) or difference(nulled(found), nulled(expected))
        if differs is None and told(found) != told(expected):
            # Of several errors that null one place plain graphql-core tells now one, now another.
            again = [told(await answer(plain)) for _ in range(6)]
            differs = difference(told(found), told(expected)) if all(one == told(expected) for one in again) else None
        assert differs is None, f"{differs}\n{document}\n{variables}"
        asked += 1
        errors += "errors" in expected
        return expected

    for number in range(count):
        document, variables = drawn.draw(1 if number % 8 else 3)
        viewer = viewers[number % 4 == 0]
        expected = await same(document, variables, viewer)
        ends = cursors(expected.get("data")) if "$after" in document else []
        if ends:
            further = await same(document, {**variables, "after": ends[0]}, viewer)
            continued += "errors" not in further
    assert fast.plans is not None
    assert fast.plans.completed == asked - errors  # every answer without errors is the fast path's
    assert 0 < errors < asked / 2
    assert continued > count / 50
    assert len(fast.plans) <= 50_000  # as many as the fields that are kept


@pytest.mark.anyio
async def test_a_list_is_completed_by_columns_and_its_objects_are_never_made(
    world: Remembering, platform: Platform, database: Database
) -> None:
    document = """{ assets(first: 50) { nodes { __typename id kind name tags retention revision createdAt
        project { id name } ... on Template { labelType } } edges { cursor node { id } } pageInfo { endCursor } } }"""
    fast, plain = Executor(SCHEMA), Executor(SCHEMA, fast=False)
    expected = await answered(plain, document, context(world, platform, database))
    assert await answered(fast, document, context(world, platform, database)) == expected
    assert fast.plans is not None
    assert (fast.plans.completed > 0, fast.plans.surprised) == (True, 0)


@ON_ONE_DATABASE
@pytest.mark.anyio
async def test_a_query_built_to_explode_the_planner_costs_little(
    world: Remembering, platform: Platform, database: Database
) -> None:
    """Fragments of every kind on every level: plans of each combination would be 11 to the power of the depth."""
    kinds = [one.name for one in SCHEMA._schema.get_possible_types(SCHEMA._schema.type_map["Asset"])]  # type: ignore[arg-type] # an interface
    inner = "id"
    for level in range(8):
        inner = f"a{level}: sources {{ nodes {{ nodes {{ asset {{ id {inner} }} }} }} }}"
    spread = " ".join(f"... on {kind} {{ {kind}: id x{place}: name }}" for place, kind in enumerate(kinds))
    document = f"{{ assets {{ nodes {{ {spread} {inner} }} edges {{ node {{ {spread} }} }} }} }}"
    fast = Executor(SCHEMA)
    refused = await answered(fast, document, context(world, platform, database))
    assert refused["errors"][0]["extensions"]["code"] == "LIMIT"
    large = Executor(SCHEMA, LARGE)
    await answered(large, document, context(world, platform, database))  # the database's part
    assert large.plans is not None
    large.plans.clear()
    start = time.process_time()
    await answered(large, document, context(world, platform, database))
    assert time.process_time() - start < 1
    assert len(large.plans) < 200


@ON_ONE_DATABASE
@pytest.mark.anyio
async def test_what_a_request_held_is_freed_with_its_answer(
    world: Remembering, platform: Platform, database: Database
) -> None:
    """Not when it is next collected: an answer may hold thousands of objects."""
    document = """query($id: ID!) { asset(id: $id) { id project { name } downstream(depth: 9) {
        counts { count } nodes { nodes { depth asset { name tags project { name } } } edges { from to } } } }
        assets(first: 9) { nodes { sources { nodes { nodes { asset { id } } } } } } }"""
    fast = Executor(SCHEMA)
    for _ in range(2):
        asked = context(world, platform, database)
        held = weakref.ref(asked)
        gc.disable()
        try:
            answer = await answered(fast, document, asked, id=chain.TABLE)
            del asked
            assert held() is None
        finally:
            gc.enable()
        assert "errors" not in answer
        assert answer["data"]["asset"]["downstream"]["nodes"]["edges"]


@ON_ONE_DATABASE
@pytest.mark.anyio
async def test_memory_stays_flat_over_many_requests(world: Remembering, platform: Platform, database: Database) -> None:
    fast = Executor(SCHEMA, keep=8)

    async def ask(count: int) -> None:
        for number in range(count):
            document = f"{{ assets(first: 5) {{ nodes {{ a{number % 40}: id kind project {{ name }} }} }} }}"
            await answered(fast, document, context(world, platform, database))

    await ask(300)
    gc.collect()
    before = len(gc.get_objects())
    await ask(1_000)
    gc.collect()
    assert len(gc.get_objects()) - before < 1_000  # not one object a request
    assert fast.plans is not None
    assert len(fast.plans) <= 8 * 16
