"""The connection: what is said when the database is away, is another one, or does not let begat in."""

from __future__ import annotations

import pytest
from neo4j.exceptions import ConstraintError
from tests.conftest import Database

from begat.core.errors import Code, Problem
from begat.graph.driver import Graph, Transaction

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("wrong", ["user", "database"])
async def test_wrong_settings_are_named(database: Database, wrong: str) -> None:
    auth = ("nobody", "wrong") if wrong == "user" else database.auth
    name = "no-such-database" if wrong == "database" else database.database
    async with Graph(database.uri, auth, name) as graph:
        for ask in (graph.read, graph.execute):
            with pytest.raises(Problem) as refused:
                await ask("RETURN 1")
            assert refused.value.code is Code.UNAVAILABLE
            assert "NEO4J_PASSWORD" in (refused.value.hint or "")
            assert database.auth[1] not in str(refused.value)


async def test_a_server_that_is_away_is_unavailable() -> None:
    async with Graph("bolt://127.0.0.1:1", None, None) as graph:
        for ask in (graph.read, graph.execute):
            with pytest.raises(Problem) as refused:
                await ask("RETURN 1")
            assert (refused.value.code, refused.value.message) == (
                Code.UNAVAILABLE,
                "The graph database does not answer.",
            )


async def test_what_is_raised_inside_a_change_keeps_nothing_of_it(graph: Graph) -> None:
    async def half(transaction: Transaction) -> None:
        await transaction.read("CREATE (n:Asset {id: 'half'}) RETURN 1")
        raise LookupError

    with pytest.raises(LookupError):
        await graph.write(half)
    assert await graph.read("MATCH (n:Asset) RETURN count(n)") == 0


async def test_a_real_violation_of_a_key_ends_as_an_error(graph: Graph) -> None:
    async def twice(transaction: Transaction) -> None:
        await transaction.read("CREATE (n:Asset {id: 'twice'}) RETURN 1")

    await graph.write(twice)
    with pytest.raises(ConstraintError):
        await graph.write(twice)
    assert await graph.read("MATCH (n:Asset) RETURN count(n)") == 1


async def test_statements_are_counted(graph: Graph) -> None:
    before = graph.statements
    await graph.read("RETURN 1")
    await graph.execute("RETURN 1")
    assert graph.statements == before + 2
