"""What is kept of a field's arguments between requests, and what of it a resolver may change."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from tests.api.reading import as_read

from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest


@strawberry.input
class Wanted:
    names: list[str]
    more: strawberry.Maybe[str | None]


@strawberry.type
class Query:
    @strawberry.field
    def by_input(self, wanted: Wanted) -> str:
        wanted.names.append("changed")
        return f"{wanted.names} {wanted.more}"

    @strawberry.field
    def by_default(self, names: list[str] = ["a"]) -> str:  # noqa: B006 - which is what is tested
        names.append("changed")
        return str(names)

    @strawberry.field
    def plain(self, name: str, count: int | None = 2) -> str:
        return f"{name} {count}"


SCHEMA = strawberry.Schema(Query)


@pytest.mark.anyio
@pytest.mark.parametrize("fast", [True, False])
async def test_what_a_resolver_changes_of_its_arguments_no_later_request_sees(fast: bool) -> None:
    executor = Executor(SCHEMA, fast=fast)
    query = """query($name: String!) { constant: byInput(wanted: {names: ["a"], more: null})
        given: byInput(wanted: {names: [$name]}) byDefault plain(name: "a", count: null) other: plain(name: $name) }"""
    for name in ("b", "c", "b"):
        answer = await executor.run(GraphQLRequest(query, {"name": name}), None)
        expected: dict[str, Any] = {
            "constant": "['a', 'changed'] Some(None)",
            "given": f"['{name}', 'changed'] None",
            "byDefault": "['a', 'changed']",
            "plain": "a None",
            "other": f"{name} 2",
        }
        assert as_read(answer).data == expected
    assert executor.plans is None or (executor.plans.completed, executor.plans.surprised) == (3, 0)


@pytest.mark.anyio
@pytest.mark.parametrize("fast", [True, False])
async def test_a_variable_that_is_unsaid_or_null_is_neither_kept_nor_taken_for_the_last_one(fast: bool) -> None:
    executor = Executor(SCHEMA, fast=fast)
    query = 'query($name: String! = "n", $count: Int) { plain(name: $name, count: $count) }'
    said: list[dict[str, Any]] = [{"count": 3}, {"count": None}, {}, {"name": "m", "count": 0}, {}]
    for variables, expected in list(zip(said, ("n 3", "n None", "n 2", "m 0", "n 2"), strict=True)) * 2:
        answer = await executor.run(GraphQLRequest(query, variables), None)
        assert as_read(answer).data == {"plain": expected}
