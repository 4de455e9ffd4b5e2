"""How what is selected is completed: what waits for the database, and with what else."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import strawberry
from strawberry.dataloader import DataLoader

from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest
from begat.core.errors import bad_input
from tests.api.reading import as_read


@dataclass
class Asked:
    """What was asked of a database, in batches."""

    batches: list[list[str]] = field(default_factory=list)
    taken: int = 0
    """Steps that nothing had to be asked for."""

    def __post_init__(self) -> None:
        self.loader: DataLoader[str, str] = DataLoader(self._load, cache=False)

    async def _load(self, keys: list[str]) -> list[str]:
        self.batches.append(keys)
        return keys


@strawberry.interface
class Thing:
    name: str

    @strawberry.field
    async def asked(self, info: strawberry.Info[Asked]) -> str:
        return await info.context.loader.load(self.name)

    @strawberry.field
    async def more(self) -> int:
        return 1


@strawberry.type
class One(Thing):
    pass


@strawberry.type
class Other(Thing):
    pass


@strawberry.type
class Step:
    @strawberry.field
    async def next(self, info: strawberry.Info[Asked]) -> Step:
        await info.context.loader.load("next")
        return Step()

    @strawberry.field
    def onward(self, info: strawberry.Info[Asked]) -> Step:
        info.context.taken += 1
        return Step()


@strawberry.type
class Query:
    @strawberry.field
    def step(self) -> Step:
        return Step()

    @strawberry.field
    async def refused(self) -> int | None:
        raise bad_input("No.")

    @strawberry.field
    def things(self) -> list[Thing]:
        return [One(name="a"), Other(name="b"), Other(name="c")]


SCHEMA = strawberry.Schema(Query, types=[One, Other])


@pytest.mark.anyio
@pytest.mark.parametrize("fast", [True, False])
async def test_types_of_one_level_share_their_batches_however_much_is_selected_of_each(fast: bool) -> None:
    query = "{ things { ... on One { asked } ... on Other { asked more } } }"
    executor, asked = Executor(SCHEMA, fast=fast), Asked()
    answer = await executor.run(GraphQLRequest(query), asked)
    assert as_read(answer).data == {"things": [{"asked": "a"}, {"asked": "b", "more": 1}, {"asked": "c", "more": 1}]}
    assert [sorted(batch) for batch in asked.batches] == [["a", "b", "c"]]
    if executor.plans is not None:
        assert (executor.plans.completed, executor.plans.surprised) == (1, 0)


@pytest.mark.anyio
@pytest.mark.parametrize("first", [True, False])
async def test_where_something_is_wrong_nothing_more_is_asked_before_it_is_told(first: bool) -> None:
    steps = "step { next { next { next { __typename } } } }"
    executor, asked = Executor(SCHEMA), Asked()
    answer = await executor.run(GraphQLRequest(f"{{ refused {steps} }}" if first else f"{{ {steps} refused }}"), asked)
    assert [error["path"] for error in answer.errors] == [["refused"]]
    assert len(asked.batches) <= 3 + 1  # plain graphql-core's three, and what had begun


@pytest.mark.anyio
async def test_what_waits_far_below_is_looked_for_once_and_then_known() -> None:
    below = "next { __typename }"
    for _ in range(10):
        below = f"onward {{ {below} }}"
    executor, taken = Executor(SCHEMA), []
    for _ in range(2):
        asked = Asked()
        answer = await executor.run(GraphQLRequest(f"{{ step {{ {below} }} }}"), asked)
        assert not answer.errors
        taken.append(asked.taken)
    assert taken == [20, 10]
