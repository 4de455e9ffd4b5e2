"""Running operations: what comes back, what is masked, what is kept."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest, Refusal
from tests.api import schema as schema_module
from tests.api.reading import as_read
from tests.api.schema import SECRET, schema

pytestmark = pytest.mark.anyio


async def run(query: str, executor: Executor | None = None, **request: Any) -> Answer:
    return as_read(await (executor or Executor(schema)).run(GraphQLRequest(query, **request), "ada"))


def codes(answer: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in answer.errors]


async def test_an_operation_is_answered_whether_its_resolvers_wait_or_not() -> None:
    assert (await run("{ hello later who }")).data == {"hello": "hello you", "later": "now", "who": "ada"}


async def test_a_problem_is_told_with_its_code_place_path_hint_and_id() -> None:
    answer = await run("{ ok: hello refuses }")
    assert answer.data == {"ok": "hello you", "refuses": None}
    assert list(answer.errors) == [
        {
            "message": "It moved on.",
            "locations": [{"line": 1, "column": 13}],
            "path": ["refuses"],
            "extensions": {
                "code": "CONFLICT",
                "path": ["input", "rows", 3],
                "hint": "Read it again.",
                "id": "sheet_1",
            },
        }
    ]


@pytest.mark.parametrize("field", ["refusesTwice", "refusesInAGroup"])
async def test_several_problems_are_all_told(field: str) -> None:
    answer = await run(f"{{ {field} }}")
    assert set(codes(answer)) == {"BAD_INPUT"}
    assert {error["message"] for error in answer.errors} <= {"No name.", "No table."}
    assert all(error["path"] == [field] for error in answer.errors)


@pytest.mark.parametrize("field", ["breaks", "breaksSoftly", "breaksInAGroup", "thing { fails }", "tooBig"])
async def test_any_other_failure_is_masked_and_logged(field: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = await run(f"{{ {field} }}")
    assert answer.executed
    assert codes(answer) == ["FAULT"]
    assert answer.errors[0]["message"] == "Something went wrong on our side."
    assert SECRET not in json.dumps(answer.body())
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


async def test_problems_are_no_faults_and_leave_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    await run("{ refuses refusesTwice nothing }")
    await run("{ refuses refusesTwice }")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_thousand_faults_are_told_and_logged_in_moderation(caplog: pytest.LogCaptureFixture) -> None:
    answer = await run("{ things(count: 1000) { fails } }")
    assert answer.data is not None
    assert len(answer.data["things"]) == 1000
    assert len(answer.errors) == 101
    assert answer.errors[-1]["message"] == "900 more errors are not shown."
    assert len(caplog.records) == 6


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query Q($b: Boolean) { hello @include(if: $b) }", {}),
        ("query Q($i: Int!) { number(value: $i) }", {"i": 2**40}),
        ("query Q($i: Int! = 1) { number(value: $i) }", {"i": None}),
        ("query Q($p: Person!) { greet(person: $p) }", {"p": {"name": "a", "age": "x", "more": 1}}),
    ],
)
async def test_what_cannot_be_coerced_is_the_clients(
    query: str, variables: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await run(query, variables=variables)
    assert not answer.executed
    assert set(codes(answer)) == {"BAD_INPUT"}
    assert caplog.records == []


async def test_a_null_that_reaches_an_argument_which_takes_none_is_the_clients() -> None:
    # Valid by the specification, because the argument has a default; it fails when the field is executed.
    answer = await run("query Q($n: String) { ok: hello again: hello(name: $n) }", variables={"n": None})
    assert answer.executed
    assert codes(answer) == ["BAD_INPUT"]


async def test_a_mutation_runs_unless_the_request_may_only_read() -> None:
    before = schema_module.counted
    assert (await run("mutation { count(by: 2) }")).data == {"count": before + 2}
    with pytest.raises(Refusal) as refused:
        await run("mutation { count }", read_only=True)
    assert refused.value.status == 405
    assert schema_module.counted == before + 2


async def test_valid_documents_are_kept_and_the_longest_unused_goes_first() -> None:
    executor = Executor(schema, keep=2)
    for query in ("{ a: hello }", "{ b: hello }", "{ a: hello }", "{ c: hello }", "{ wrong }"):
        await run(query, executor)
    kept = executor.documents._kept
    assert list(kept) == ["{ a: hello }", "{ c: hello }"]
    first = kept["{ a: hello }"]
    await run("{ a: hello }", executor)
    assert executor.documents.read("{ a: hello }") is first


async def test_a_document_too_long_to_keep_is_answered_but_not_kept() -> None:
    executor = Executor(schema)
    assert (await run("{ hello }" + " " * 30_000, executor)).data == {"hello": "hello you"}
    assert len(executor.documents) == 0


async def test_a_kept_document_runs_with_other_variables_and_operations() -> None:
    executor = Executor(schema)
    query = "query A($n: String!) { hello(name: $n) } query B { later }"
    for name in ("x", "y"):
        answer = await run(query, executor, operation_name="A", variables={"n": name})
        assert answer.data == {"hello": f"hello {name}"}
    assert (await run(query, executor, operation_name="B")).data == {"later": "now"}
    assert len(executor.documents) == 1


async def test_the_input_extensions_reach_the_resolvers() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def given(self, info: strawberry.Info) -> str:
            return str(info.input_extensions)

    answer = await run("{ given }", Executor(strawberry.Schema(Query)), extensions={"a": 1})
    assert answer.data == {"given": "{'a': 1}"}


def test_a_schema_whose_extensions_would_not_run_is_refused() -> None:
    @strawberry.type
    class Query:
        a: int = 1

    with pytest.raises(ValueError, match="extensions"):
        Executor(strawberry.Schema(Query, extensions=[SchemaExtension]))
