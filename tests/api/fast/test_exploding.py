"""Documents built to explode the planner: what each type of a level has of its own multiplies below it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest
from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, get_named_type

from begat.api import schema
from begat.api.executor import Executor
from begat.api.fast.executor import FastExecutor
from begat.api.fast.leaf import Surprise
from begat.api.fast.plan import Plan
from begat.api.fast.shape import shape
from begat.api.messages import GraphQLRequest
from tests.api import schema as small
from tests.api.reading import as_read

SCHEMA = schema.build()
ASSET = SCHEMA._schema.type_map["Asset"]
assert isinstance(ASSET, GraphQLInterfaceType)
KINDS = [one.name for one in SCHEMA._schema.get_possible_types(ASSET)]
WIDE = "kind name description statusName retention revision owner tags createdAt createdBy updatedAt updatedBy "
WIDE += " ".join(f"a{number}: id" for number in range(30))


def used(inner: str) -> str:
    return f"usedBy(first: 3) {{ edges {{ node {{ {inner} }} }} }}"


def walked(inner: str) -> str:
    return f"downstream(depth: 1) {{ nodes(first: 3) {{ nodes {{ asset {{ {inner} }} }} }} }}"


def document(kinds: Sequence[str], hops: int, wide: str, *, walks: bool, named: bool) -> str:
    """Of each level's kinds each has fields of its own on all levels below, so that no two ways down select the same;
    in fragments that nest in each other, or written out."""
    hop = walked if walks else used
    fragments = []
    text, own = f"id {wide}", dict.fromkeys(kinds, "id")
    for level in range(hops):
        own = {kind: hop(inner) for kind, inner in own.items()}
        if named:
            fragments += [f"fragment {kind}{level} on Asset {{ {inner} }}" for kind, inner in own.items()]
            own = {kind: f"...{kind}{level}" for kind in kinds}
        text = " ".join([hop(text), *(f"... on {kind} {{ {inner} }}" for kind, inner in own.items())])
    return "\n".join([f"{{ assets(first: 11) {{ nodes {{ {text} }} }} }}", *fragments])


def planning(executor: Executor, text: str) -> float:
    """The seconds that it takes to plan the document where every type is met wherever it may be, or to give that up."""
    assert executor.plans is not None
    executor.plans.clear()
    shape.cache_clear()
    read = executor.documents.read(text)
    built = FastExecutor.build(SCHEMA._schema, read, plans=executor.plans, operation_extensions={})
    assert isinstance(built, FastExecutor)
    planned = executor.plans.of(built)

    def below(plan: Plan) -> Iterator[Plan]:
        for part in plan.parts:
            if part is not None and part.leaf is None:
                yield from (planned.plan(built, type_, part.details) for type_ in possible(part.definition.type))

    start = time.process_time()
    ahead = [planned.plan_of_root(built)]
    try:
        while ahead:
            ahead.extend(below(ahead.pop()))
    except Surprise:
        assert executor.plans.plainly(built)
    return time.process_time() - start


def possible(type_: object) -> Sequence[GraphQLObjectType]:
    named: GraphQLNamedType = get_named_type(type_)  # type: ignore[call-overload] # of an output type
    if isinstance(named, GraphQLInterfaceType):
        return list(SCHEMA._schema.get_possible_types(named))
    assert isinstance(named, GraphQLObjectType)
    return [named]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("walks", [True, False])
@pytest.mark.parametrize(("kinds", "hops", "wide"), [(11, 2, WIDE), (7, 3, ""), (9, 2, ""), (5, 3, WIDE), (3, 4, WIDE)])
def test_planning_takes_less_than_100_ms_whatever_is_asked(
    kinds: int, hops: int, wide: str, *, walks: bool, named: bool
) -> None:
    executor = Executor(SCHEMA)
    text = document(KINDS[:kinds], hops, wide, walks=walks, named=named)
    executor.documents.read(text)  # within the limits
    assert min(planning(executor, text) for _ in range(3)) < 0.1


@pytest.mark.anyio
async def test_what_took_too_much_to_plan_is_not_planned_again() -> None:
    executor = Executor(small.schema)
    plans = executor.plans
    assert plans is not None
    plans.most = 6
    query = "query($b: Boolean = true) { thing { name @skip(if: $b) child { name child { name child { name } } } } }"
    for value in (True, True, False):
        answer = as_read(await executor.run(GraphQLRequest(query, {"b": value}), "ada"))
        assert not answer.errors
    assert (plans.surprised, len(plans)) == (1, 0)
    await executor.run(GraphQLRequest("{ thing { name } }"), "ada")
    assert (plans.completed, plans.surprised) == (1, 1)
