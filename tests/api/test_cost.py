"""What an operation may cost, before it runs: by its lists, walks and questions to the platform."""

from __future__ import annotations

import time
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType
from hypothesis import given
from hypothesis import strategies as st

from begat.api import prices
from begat.api.cost import Costs
from begat.api.documents import Documents, Invalid
from begat.api.executor import select
from begat.api.limits import Limits
from begat.api.schema import build
from begat.core.errors import Code, Problem
from tests.api_client import Client, operation, operations

SCHEMA = build()._schema
LIMITS = Limits(cost=10**9)
DOCUMENTS = Documents(SCHEMA, LIMITS)
COSTS = Costs(SCHEMA, LIMITS)


def cost(query: str, **variables: Any) -> int:
    document = DOCUMENTS.read(query)
    found: int = COSTS.check(query, document, select(document, None), variables)["cost"]["computed"]
    return found


def test_a_page_counts_as_often_as_it_may_have_items() -> None:
    one, ten = (cost(f"{{ assets(first: {first}) {{ nodes {{ id name }} }} }}") for first in (1, 10))
    assert ten - one == 9 * 3  # an item, its id and its name
    assert cost("{ assets { nodes { id } } }") == cost("{ assets(first: 50) { nodes { id } } }")
    assert cost("{ assets(first: 5000) { nodes { id } } }") == cost("{ assets(first: 1000) { nodes { id } } }")
    assert cost("{ assets(first: 9) { edges { node { id } } } }") > cost("{ assets(first: 9) { nodes { id } } }")


def test_variables_say_how_large_a_page_is_also_of_a_document_that_is_known_already() -> None:
    query = "query Q($n: Int! = 7) { assets(first: $n) { nodes { id } } }"
    for first in (0, 3, 1000, 3):
        assert cost(query, n=first) == cost(f"{{ assets(first: {first}) {{ nodes {{ id }} }} }}")
    for wrong in (None, "9", True, 1.5):  # refused when they are coerced
        assert cost(query, n=wrong) == cost("{ assets(first: 7) { nodes { id } } }")
    assert cost(query, n=-5) == cost(query, n=0)


def test_ids_are_counted() -> None:
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(query, ids=["a"] * 30) == cost("{ nodes(ids: [%s]) { id } }" % ('"a" ' * 30))
    moved = "mutation Q($ids: [ID!]) { assetTag(ids: $ids) { outcomes { id } } }"
    assert cost(moved, ids=["a"] * 30) - cost(moved, ids=["a"] * 10) == 20 * 2


def test_lists_in_lists_multiply() -> None:
    query = "query Q($a: Int!, $b: Int!) { models(first: $a) { nodes { versions(first: $b) { nodes { id } } } } }"
    per_model = cost(query, a=2, b=10) - cost(query, a=1, b=10)
    assert cost(query, a=100, b=10) - cost(query, a=1, b=10) == 99 * per_model
    assert cost(query, a=1, b=11) - cost(query, a=1, b=10) == 2


def test_walks_cost_by_their_hops_and_questions_to_the_platform_more() -> None:
    walk = '{ asset(id: "a") { upstream%s { at } } }'
    assert cost(walk % "(depth: 5)") - cost(walk % "") == 4 * prices.HOP
    assert cost('{ asset(id: "a") { sources { at } } }') - cost(walk % "") == 24 * prices.HOP
    test = 'query Q($n: Int!) { template(id: "a") { test(sheetId: "b", first: $n) { prompt } } }'
    assert cost(test, n=20) - cost(test, n=10) == 10 * (prices.PER_ROW["Template.test"] + 2)


def test_every_price_is_of_a_field_that_is_there() -> None:
    for coordinate in (*prices.PLATFORM, *prices.PER_ROW, *prices.LARGEST):
        parent, name = coordinate.split(".")
        found = SCHEMA.type_map[parent]
        assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
        assert name in found.fields, coordinate


def test_begats_own_operations_pass_with_the_largest_pages_and_a_factor_of_five_to_spare() -> None:
    most = {"first": 1000, "depth": 25, "ids": ["a"] * 1000}
    costs = {}
    for name in operations():
        if not name.startswith("fragment"):
            try:
                costs[name] = cost(operation(name), **most)
            except Invalid:
                continue  # what is not built yet
    assert len(costs) > 60
    assert {name: found for name, found in costs.items() if found * 5 > Limits().cost} == {}


def test_fragments_that_multiply_each_other_are_reckoned_once() -> None:
    chain = "{ asset(id: 1) { ...F0 } } " + " ".join(
        f"fragment F{n} on Asset {{ project {{ id }} ...F{n + 1} ...F{n + 1} }}" for n in range(5)
    )
    query = chain + " fragment F5 on Asset { id }"
    started = time.process_time()
    assert cost(query) == 1 + 2 * (2**5 - 1) + 2**5
    assert time.process_time() - started < 1


pages = st.recursive(
    st.sampled_from(["id", "name", "history(first: $n) { nodes { actor changes { path } } }", "usedBy { totalCount }"]),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(
        lambda some: f"downstream(depth: 2) {{ nodes(first: $n) {{ nodes {{ asset {{ {' '.join(some)} }} }} }} }}"
    ),
    max_leaves=6,
)


@given(st.lists(pages, min_size=1, max_size=3), st.integers(0, 20))
def test_writing_a_fragment_out_changes_no_cost(parts: list[str], first: int) -> None:
    head = 'query Q($n: Int!) { asset(id: "a") { x: history(first: $n) { totalCount } %s } } '
    spread = " ".join(f"...F{n}" for n in range(len(parts)))
    fragments = " ".join(f"fragment F{n} on Asset {{ {part} }}" for n, part in enumerate(parts))
    try:
        plain = cost(head % " ".join("... { " + part + " }" for part in parts), n=first)
    except (Problem, Invalid):
        return  # too deep
    assert cost(head % spread + fragments, n=first) == plain


def test_what_costs_too_much_is_refused_and_what_is_answered_says_what_it_cost(api: Client) -> None:
    limit = Limits().cost
    query = "query Q($n: Int!) { assets(first: $n) { nodes { history(first: $n) { nodes { actor } } } totalCount } }"
    refused = api.send(query, {"n": 1000})
    assert "data" not in refused
    (error,) = refused["errors"]
    assert error["extensions"]["code"] == Code.LIMIT.value
    assert str(limit) in error["message"]
    assert str(cost(query, n=1000)) in error["message"]
    assert error["extensions"]["cost"] == {"computed": cost(query, n=1000), "limit": limit}
    extensions = api.send(query, {"n": 3})["extensions"]
    assert extensions["cost"] == {"computed": cost(query, n=3), "limit": limit}
    assert extensions["limits"]["depth"] == {"computed": 5, "limit": 20}
    assert extensions["limits"]["tokens"]["computed"] > 30
    for name, most in (("definitions", 100), ("repeats", 50), ("introspections", 3)):
        assert extensions["limits"][name]["limit"] == most
    assert error["extensions"]["limits"] == extensions["limits"]


def test_a_refusal_by_a_limit_has_its_numbers_beside_the_message(api: Client) -> None:
    doubling = "{ viewer { ...F0 } } " + " ".join(
        f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} }}" for n in range(70)
    )
    for query, name, numbers in (
        ("{ " + "a: __typename " * 31 + "}", "aliases", {"computed": 31, "limit": 30}),
        (doubling + "fragment F70 on Viewer { name }", "fields", {"computed": 10**12, "limit": 2000}),
        ("{ " + "a " * 1500 + "}", "tokens", {"limit": 1500}),
        ("#" * 100_001, "characters", {"computed": 100_001, "limit": 100_000}),
    ):
        (error,) = api.send(query)["errors"]
        assert error["extensions"]["code"] == Code.LIMIT.value
        assert error["extensions"]["limits"][name] == numbers


def test_a_known_document_is_reckoned_in_less_than_30_microseconds() -> None:
    query = operation("TrainingSheet")
    document = DOCUMENTS.read(query)
    chosen = select(document, None)
    best = 1.0
    for _ in range(50):
        started = time.thread_time()
        for _ in range(100):
            COSTS.check(query, document, chosen, {"id": "a", "first": 50})
        best = min(best, (time.thread_time() - started) / 100)
    assert best < 30e-6
