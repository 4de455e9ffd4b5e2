"""Races on one model: aliases and numbers, fifty rounds each."""

from __future__ import annotations

import asyncio
import itertools
from types import SimpleNamespace
from typing import cast

import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import assets, many
from begat.change.many import Target
from begat.change.moves import status_move
from begat.change.write import Change, write
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.gql.columns import from_json
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.kinds.model import aliases, versions
from begat.kinds.model.kind import MODEL_VERSION
from begat.kinds.training_job.kind import TRAINING_JOB
from tests.kinds.test_model import model_with

pytestmark = pytest.mark.anyio
ROUNDS = 50


async def promote(graph: Graph, version: str, viewer: Viewer | None = None) -> Code | None:
    """Makes it champion; why not, where it was refused."""
    # An act on the graph alone: of a request's context it asks for nothing else.
    context = cast(Context, SimpleNamespace(graph=graph, viewer=viewer or single_user()))
    try:
        await aliases.promote(context, version, "champion", None)
    except Problem as problem:
        return problem.code
    return None


async def retire(graph: Graph, version: str) -> bool:
    """Whether it could be retired."""
    done = await many.act(graph, single_user(), status_move(MODEL_VERSION, "retire"), [Target(version)])
    return done.changed == 1


async def test_of_eight_promotions_at_once_all_are_done_in_order_and_one_version_is_champion(graph: Graph) -> None:
    model, made = await model_with(graph, 8)
    for _ in range(ROUNDS):
        assert await asyncio.gather(*(promote(graph, version) for version in made)) == [None] * 8
        champions = await graph.read(
            "MATCH (a:Alias {model: $model}) WHERE a.until IS NULL RETURN collect(a.version)", model=model
        )
        assert len(champions) == 1
    dated = await graph.read(
        "MATCH (a:Alias {model: $model}) RETURN collect([a.key, a.version, a.since, a.until])", model=model
    )
    dated.sort(key=lambda entry: int(entry[0].rpartition("|")[2]))
    for before, after in itertools.pairwise(dated):
        assert before[3] == after[2], "one ends when the next begins"
        assert before[1] != after[1]
    kept, revision = await graph.read("MATCH (n:Model {id: $id}) RETURN [n.aliases, n.revision]", id=model)
    assert from_json(kept) == {"champion": dated[-1][1]} == {"champion": champions[0]}
    assert revision == len(dated) + 1


async def test_no_version_is_both_retired_and_champion(graph: Graph) -> None:
    _, (version, other) = await model_with(graph, 2)
    retired = 0
    for _ in range(ROUNDS):
        refused, done = await asyncio.gather(promote(graph, version), retire(graph, version))
        assert (refused is None) != done, "one of the two came first, and the other was refused"
        retired += done
        if done:
            await many.act(graph, single_user(), status_move(MODEL_VERSION, "reinstate"), [Target(version)])
        assert await promote(graph, other) is None
    assert 0 <= retired <= ROUNDS


async def test_who_may_not_see_or_edit_the_model_promotes_nothing(graph: Graph) -> None:
    model, (version,) = await model_with(graph, 1)
    stranger = Viewer("eve", roles={"project_other": Role.OWNER})
    reader = Viewer("ann", roles={DEFAULT_PROJECT: Role.REVIEWER})
    assert await promote(graph, version, stranger) is Code.NOT_FOUND
    assert await promote(graph, version, reader) is Code.FORBIDDEN
    assert await graph.read("MATCH (a:Alias) RETURN count(a)") == 0
    assert await promote(graph, version, Viewer("bob", roles={DEFAULT_PROJECT: Role.EDITOR})) is None
    assert await graph.read("MATCH (a:Alias {model: $id}) RETURN a.actor", id=model) == "bob"


async def test_trainings_that_end_at_once_number_their_versions_without_gap_or_double(graph: Graph) -> None:
    model, _ = await model_with(graph, 0)

    async def end() -> int:
        async def queue(change: Change) -> str:
            properties = {"name": "job", "model": model, "owner": "me"}
            return str((await assets.create(change, TRAINING_JOB, DEFAULT_PROJECT, properties))["id"])

        id = await write(graph, single_user(), queue)

        async def begin(change: Change) -> int:
            job = await change.lock_one(id)
            return (await versions.begin(change, job, {"sha256": "0" * 64}))[1]

        numbers = {await write(graph, single_user(), begin) for _ in range(2)}
        assert len(numbers) == 1, "a version that was begun is begun once"
        return numbers.pop()

    numbers: list[int] = []
    for _ in range(10):
        numbers += await asyncio.gather(*(end() for _ in range(5)))
    assert sorted(numbers) == list(range(1, 51))
