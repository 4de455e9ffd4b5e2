"""Which plans an operation has."""

from __future__ import annotations

import pytest

from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest
from tests.api.reading import as_read
from tests.api.schema import schema


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["hello who @include(if: $b)", "thing { name child { name @skip(if: $b) } }"])
async def test_a_null_that_says_what_is_included_is_an_error_whatever_was_asked_before(query: str) -> None:
    async def answered(executor: Executor, value: bool | None) -> Answer:
        request = GraphQLRequest(f"query Q($b: Boolean = true) {{ {query} }}", {"b": value})
        return as_read(await executor.run(request, "ada"))

    fast, plain = Executor(schema), Executor(schema, fast=False)
    for value in (False, None, True, None, False):
        assert (await answered(fast, value)).body() == (await answered(plain, value)).body()


@pytest.mark.anyio
async def test_the_plans_of_large_operations_are_kept_for_fewer_of_them() -> None:
    executor = Executor(schema)
    assert executor.plans is not None
    executor.plans.fields = 100
    names = " ".join(f"n{number}: name" for number in range(20))
    for number in range(30):
        await executor.run(GraphQLRequest(f"{{ thing {{ q{number}: child {{ {names} }} }} }}"), "ada")
        await executor.run(GraphQLRequest("{ thing { name } }"), "ada")
    assert executor.plans.surprised == 0
    kept = executor.plans._kept.values()
    assert 4 <= len(kept) <= 7
    assert sum(one.fields for one in kept) <= 100 + 22
