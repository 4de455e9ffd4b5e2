"""Documents that are too large are refused before they cost anything; those that people send are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    Visitor,
    get_introspection_query,
    parse,
    print_ast,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st

from begat.api.documents import Documents, Invalid
from begat.api.limits import Limits, check
from begat.core.errors import Code, Problem
from tests.api.schema import schema

REPOSITORY = Path(__file__).parents[2]
CONTRACTS = [
    *sorted((REPOSITORY / "tests").rglob("operations.graphql")),
    REPOSITORY.parent / "shared/operations.graphql",
]
SCHEMA = schema._schema


def refused(query: str, **limits: int) -> str:
    with pytest.raises(Problem) as caught:
        check(parse(query), Limits(**limits))
    assert caught.value.code is Code.LIMIT
    assert caught.value.hint
    return caught.value.message


def nested(levels: int) -> str:
    return "{ thing " + "{ child " * levels + "{ name }" + " }" * levels + " }"


def test_depth_counts_levels_of_fields() -> None:
    check(parse(nested(18)), Limits())
    assert "21 levels" in refused(nested(19))


def test_depth_goes_on_through_fragments_but_inline_ones_add_none() -> None:
    chain = "{ thing { ...F0 } } " + " ".join(
        f"fragment F{n} on Thing {{ child {{ ...F{n + 1} }} }}" for n in range(18)
    )
    check(parse(chain + " fragment F18 on Thing { name }"), Limits())
    assert "21 levels" in refused(chain + " fragment F18 on Thing { child { name } }")
    check(parse("{ thing { " + "... { " * 50 + "name" + " }" * 50 + " } }"), Limits())


def test_aliases_are_counted_with_fragments_written_out() -> None:
    check(parse("{ " + " ".join(f"a{n}: hello" for n in range(30)) + " }"), Limits())
    assert "31 aliases" in refused("{ " + " ".join(f"a{n}: hello" for n in range(31)) + " }")
    spread = "{ " + " ".join(f"t{n}: thing {{ ...F }}" for n in range(8)) + " } "
    assert "32 aliases" in refused(spread + "fragment F on Thing { a: name b: name c: name }")


def test_fragments_that_multiply_each_other_are_measured_without_writing_them_out() -> None:
    doubling = "{ thing { ...F0 } } " + " ".join(
        f"fragment F{n} on Thing {{ child {{ ...F{n + 1} }} ... {{ child {{ ...F{n + 1} }} }} }}" for n in range(17)
    )
    started = time.thread_time()
    message = refused(doubling + " fragment F17 on Thing { name }", repeats=10**9)
    assert "393215 fields" in message
    assert time.thread_time() - started < 1


def test_directives_are_counted_wherever_they_stand() -> None:
    assert "31 directives" in refused("{ hello " + "@skip(if: false) " * 31 + "}")
    assert "31 directives" in refused("query " + "@a " * 31 + "{ hello }")
    assert "32 directives" in refused("query Q($v: Int " + "@a " * 16 + ") { ... " + "@a " * 16 + "{ hello } }")
    assert "31 directives" in refused("{ ...F } fragment F on Query " + "@a " * 31 + "{ hello }")


def test_one_response_name_may_not_be_repeated_side_by_side_without_end() -> None:
    check(parse("{ " + "hello " * 50 + "}"), Limits())
    assert "51 uses" in refused("{ " + "hello " * 51 + "}")
    assert "60 uses" in refused("{ ...F ...F ... { ...F } } fragment F on Query { " + "hello " * 20 + "}")


def test_the_whole_schema_is_not_asked_for_again_and_again() -> None:
    query = " ".join(f"s{n}: __schema {{ types {{ name }} }}" for n in range(4))
    assert "4 introspections" in refused("{ " + query + " }")


def test_a_fragment_that_is_never_used_is_judged_too() -> None:
    refused("{ hello } fragment F on Query { " + "hello " * 51 + "}")


@pytest.mark.parametrize(
    "query",
    [
        "{ ...F } fragment F on Query { hello ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { hello ...F }",
        "{ ...Nowhere }",
        "type A { b: Int } extend type B { c: Int }",
    ],
)
def test_an_invalid_document_is_left_to_validation(query: str) -> None:
    check(parse(query), Limits())
    with pytest.raises(Invalid):
        Documents(SCHEMA, Limits()).read(query)


HOSTILE = {
    "tokens": "{ " + "a " * 1500 + "}",
    "unused fragments": "{ hello } " + " ".join(f"fragment F{n} on Query {{ hello }}" for n in range(20_000)),
    "aliases of __typename": "{ " + " ".join(f"a{n}: __typename" for n in range(20_000)) + " }",
    "unknown directives": "{ hello " + "@a " * 20_000 + "}",
    "repeats": "{ " + "hello " * 20_000 + "}",
    "conflicting names": "{ " + " ".join(f'x: hello(name: "{n}")' for n in range(240)) + " }",
    "comments": "#\n" * 45_000 + "{ hello }",
    "one long comment": "#" + "x" * 200_000 + "\n{ hello }",
    "a long string": '{ hello(name: "' + "x" * 200_000 + '") }',
    "nesting": "{ echo(value: " + "[" * 700 + "]" * 700 + ") }",
    # Fields of one name, each with fields of one name: validation would compare all pairs at both levels.
    "repeats in repeats": "{ " + " ".join("thing { " + "name " * 25 + "}" for _ in range(50)) + " }",
    "fields in fields": "{ thing " * 400 + "}" * 400,
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_a_limit_and_soon_refused(query: str) -> None:
    def seconds() -> float:
        started = time.thread_time()
        with pytest.raises(Problem) as caught:
            Documents(SCHEMA, Limits()).read(query)
        assert caught.value.code is Code.LIMIT
        return time.thread_time() - started

    # The fastest of three: garbage of all tests before may be collected at any of them.
    assert min(seconds() for _ in range(3)) < 0.2


def test_graphiql_may_ask_for_the_schema() -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    Documents(SCHEMA, Limits()).read(query)


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: object, *_: object) -> None:
        self.names.append(node.name.value)  # type: ignore[attr-defined] # the visitor passes the node of that kind


def test_every_operation_of_the_contract_is_far_from_every_limit() -> None:
    contract = next((path for path in CONTRACTS if path.is_file()), None)
    if contract is None:
        pytest.skip("operations.graphql is neither in tests/ nor in ../shared/")
    document = parse(contract.read_text())
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    half = Limits(tokens=750, depth=10, aliases=15, directives=15, fields=1000, repeats=25, introspections=1)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            needed: dict[str, FragmentDefinitionNode] = {}
            waiting: list[OperationDefinitionNode | FragmentDefinitionNode] = [operation]
            while waiting:
                spreads = _Spreads()
                visit(waiting.pop(), spreads)
                for name in spreads.names:
                    if name not in needed:
                        needed[name] = fragments[name]
                        waiting.append(fragments[name])
            alone = print_ast(DocumentNode(definitions=(operation, *needed.values())))
            check(parse(alone, max_lexical_tokens=half.tokens), half)


names = st.sampled_from(["hello", "thing", "a", "b"])
selections = st.recursive(
    names,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map(lambda some: "thing { " + " ".join(some) + " }")
        | st.lists(inner, min_size=1, max_size=4).map(lambda some: "... { " + " ".join(some) + " }")
        | st.tuples(names, inner).map(lambda pair: f"{pair[0]}: {pair[1]}" if pair[1][0] != "." else pair[1])
    ),
    max_leaves=20,
)


@given(st.lists(selections, min_size=1, max_size=4))
def test_writing_a_fragment_out_changes_no_measure(parts: list[str]) -> None:
    """Whatever a document holds, it is refused exactly when the same document without fragments is."""
    plain = "{ " + " ".join(" ... { " + part + " } " for part in parts) + " }"
    spread = "{ " + " ".join(f"...F{n}" for n in range(len(parts))) + " } "
    spread += " ".join(f"fragment F{n} on Query {{ {part} }}" for n, part in enumerate(parts))
    try:
        documents = parse(plain), parse(spread)
    except Exception:
        return  # an alias of an alias
    for limits in (Limits(depth=3), Limits(aliases=2), Limits(fields=6), Limits(repeats=2)):
        verdicts = []
        for document in documents:
            try:
                check(document, limits)
                verdicts.append("fine")
            except Problem as problem:
                verdicts.append(problem.message)
        assert verdicts[0] == verdicts[1]
