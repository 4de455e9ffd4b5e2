"""`/graphql` over a real socket, by the GraphQL-over-HTTP specification."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import schema
from tests.api.conftest import MAX_BODY

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


def post(client: httpx.Client, body: Any, accept: str = GRAPHQL, **headers: str) -> httpx.Response:
    return client.post("/graphql", json=body, headers={"Accept": accept, **headers})


def send(client: httpx.Client, content: bytes, content_type: str | None = JSON) -> httpx.Response:
    headers = {"Accept": GRAPHQL} | ({"Content-Type": content_type} if content_type else {})
    return client.post("/graphql", content=content, headers=headers)


def data(response: httpx.Response) -> Any:
    """The data of an executed operation that had no errors."""
    body = response.json()
    assert set(body) == {"data", "extensions"}, body
    return body["data"]


def code(response: httpx.Response) -> str:
    """The one error's code, of a response that is a refusal and nothing else."""
    body = response.json()
    assert set(body) == {"errors"}, body
    assert response.headers["content-type"].endswith("json; charset=utf-8")
    (error,) = body["errors"]
    assert error["message"]
    return str(error["extensions"]["code"])


class TestTheMediaType:
    @pytest.mark.parametrize(
        ("accept", "sent"),
        [
            (GRAPHQL, GRAPHQL),
            (JSON, JSON),
            ("*/*", JSON),
            ("application/*", JSON),
            (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
            (f"{JSON}, {GRAPHQL};q=0.5", JSON),
            (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
            ("application/json, multipart/mixed", JSON),
            ("text/html;q=0.1, */*", JSON),
        ],
    )
    def test_is_the_one_the_client_prefers(self, client: httpx.Client, accept: str, sent: str) -> None:
        response = post(client, {"query": "{ hello }"}, accept)
        assert response.status_code == 200
        assert response.headers["content-type"] == f"{sent}; charset=utf-8"
        assert response.headers["vary"] == "Accept"
        assert data(response) == {"hello": "hello you"}

    def test_is_json_without_an_accept_header(self, client: httpx.Client) -> None:
        del client.headers["accept"]
        response = client.post("/graphql", json={"query": "{ hello }"})
        assert response.headers["content-type"] == "application/json; charset=utf-8"

    @pytest.mark.parametrize("accept", ["image/png", "text/html", f"{JSON};q=0, {GRAPHQL};q=0", "text/*"])
    def test_that_is_not_there_is_406(self, client: httpx.Client, accept: str) -> None:
        response = post(client, {"query": "{ hello }"}, accept)
        assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


class TestRequestErrors:
    CASES = (
        {"query": "{"},
        {"query": ""},
        {"query": "{ nothing }"},
        {"query": "{ hello { name } }"},
        {"query": "query Q($i: Int!) { number(value: $i) }"},
        {"query": "query Q($i: Int!) { number(value: $i) }", "variables": {"i": "x"}},
        {"query": "query Q($i: Int) { hello }"},
        {"query": "query A { hello } query B { hello }"},
        {"query": "query A { hello }", "operationName": "B"},
        {"query": "query A { hello }", "operationName": ""},
        {"query": "fragment F on Query { hello }"},
        {"query": "type A { b: Int }"},
        {"query": "subscription { ticks }"},
        {"query": "{ greet(person: {}) }"},
        {"query": '{ echo(value: "\\ud800") }'},
        {"query": "{ hello \x00 }"},
        {"query": "{ number(value: " + "1" * 5000 + ") }"},
    )

    @pytest.mark.parametrize("body", CASES)
    def test_are_400_without_data(self, client: httpx.Client, body: dict[str, Any]) -> None:
        response = post(client, body)
        assert response.status_code == 400
        assert set(response.json()) == {"errors"}
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"BAD_INPUT"}

    @pytest.mark.parametrize("body", CASES)
    def test_are_200_without_data_for_clients_that_know_only_json(
        self, client: httpx.Client, body: dict[str, Any]
    ) -> None:
        response = post(client, body, JSON)
        assert response.status_code == 200
        assert set(response.json()) == {"errors"}

    def test_say_where(self, client: httpx.Client) -> None:
        (error,) = post(client, {"query": "{\n  nothing\n}"}).json()["errors"]
        assert error["locations"] == [{"line": 2, "column": 3}]

    def test_name_the_input_field(self, client: httpx.Client) -> None:
        query = "query Q($p: Person!) { greet(person: $p) }"
        (error,) = post(client, {"query": query, "variables": {"p": {"name": 3}}}).json()["errors"]
        assert "$p" in error["message"]
        assert "name" in error["message"]

    def test_do_not_echo_a_long_name(self, client: httpx.Client) -> None:
        (error,) = post(client, {"query": "{ " + "a" * 90_000 + " }"}).json()["errors"]
        assert len(error["message"]) == 500


class TestExecutedOperations:
    def test_are_200_even_with_errors(self, client: httpx.Client) -> None:
        response = post(client, {"query": "{ refuses }"})
        assert response.status_code == 200
        assert response.json()["data"] == {"refuses": None}

    def test_are_200_even_when_no_data_is_left(self, client: httpx.Client) -> None:
        response = post(client, {"query": "{ breaks }"})
        assert response.status_code == 200
        assert response.json()["data"] is None

    def test_take_variables_a_name_and_null_for_what_is_optional(self, client: httpx.Client) -> None:
        query = "query A($n: String!) { hello(name: $n) } query B { hello }"
        answer = post(client, {"query": query, "variables": {"n": "Ada"}, "operationName": "A", "other": [1]})
        assert data(answer) == {"hello": "hello Ada"}
        answer = post(client, {"query": "{ hello }", "variables": None, "operationName": None, "extensions": None})
        assert data(answer) == {"hello": "hello you"}

    def test_see_the_request(self, client: httpx.Client) -> None:
        assert data(post(client, {"query": "{ who }"}, **{"X-Who": "ada"})) == {"who": "ada"}

    def test_are_not_kept_by_caches(self, client: httpx.Client) -> None:
        assert post(client, {"query": "{ hello }"}).headers["cache-control"] == "no-store"

    def test_whose_values_json_cannot_hold_are_answered_all_the_same(self, client: httpx.Client) -> None:
        response = post(client, {"query": "{ halfACharacter huge }"})
        assert response.status_code == 200
        data = response.json()["data"]
        assert data == {"halfACharacter": "a\ufffdb", "huge": {"n": 2**70, "inf": None, "vast": None}}


class TestGet:
    def get(self, client: httpx.Client, accept: str = GRAPHQL, **params: str) -> httpx.Response:
        return client.get("/graphql", params=params, headers={"Accept": accept})

    def test_answers_a_query(self, client: httpx.Client) -> None:
        query = "query Q($n: String) { hello(name: $n) }"
        response = self.get(client, query=query, variables='{"n": "Zoë"}', operationName="Q", extensions="{}")
        assert data(response) == {"hello": "hello Zoë"}

    def test_takes_an_empty_parameter_as_absent(self, client: httpx.Client) -> None:
        response = self.get(client, query="{ hello }", variables="", operationName="", extensions="")
        assert response.status_code == 200

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    def test_runs_no_mutation(self, client: httpx.Client, accept: str) -> None:
        before = schema.counted
        response = self.get(client, accept, query="query A { hello } mutation B { count }", operationName="B")
        assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "POST"
        assert schema.counted == before

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"query": "{ hello }", "variables": "{"},
            {"query": "{ hello }", "variables": "[]"},
            {"query": "{ hello }", "variables": "3"},
            {"query": "{ hello }", "variables": '{"a": NaN}'},
            {"query": "{ hello }", "variables": '{"a": "\\udead"}'},
            {"query": "{ hello }", "extensions": '"x"'},
        ],
    )
    def test_refuses_what_is_no_request(self, client: httpx.Client, params: dict[str, str]) -> None:
        response = self.get(client, **params)
        assert (response.status_code, code(response)) == (400, "BAD_INPUT")

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            ("query=%ff", "URL-encoded UTF-8"),
            ("query={hello}&query={hello}", "twice"),
            ("&".join(["a=b"] * 200), "more than 100 parameters"),
        ],
    )
    def test_refuses_a_bad_query_string(self, client: httpx.Client, raw: str, said: str) -> None:
        response = client.get(f"/graphql?{raw}", headers={"Accept": GRAPHQL})
        assert (response.status_code, code(response)) == (400, "BAD_INPUT")
        assert said in response.json()["errors"][0]["message"]


class TestOtherMethods:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
    def test_are_405(self, client: httpx.Client, method: str) -> None:
        response = client.request(method, "/graphql")
        assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "GET, POST"


BAD = {
    "empty": b"",
    "null": b"null",
    "a number": b"3",
    "true": b"true",
    "a string": b'"{ hello }"',
    "a batch": b'[{"query": "{ hello }"}]',
    "an empty batch": b"[]",
    "not JSON": b"{hello}",
    "cut off": b'{"query": "{ hel',
    "NaN": b'{"query": "{ hello }", "variables": {"a": NaN}}',
    "infinity": b'{"query": "{ hello }", "variables": {"a": -Infinity}}',
    "a float without end": b'{"query": "{ hello }", "variables": {"a": 1e999}}',
    "not UTF-8": b'{"query": "{ hello(name: \\"\xe9\\") }"}',
    "gzip": b"\x1f\x8b\x08\x00\x00",
    "UTF-16": '{"query": "{ hello }"}'.encode("utf-16"),
    "3,000 lists": b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 3000 + b"]" * 3000 + b"}}",
    "200 objects": b'{"query": "{ hello }", "variables": ' + b'{"a": ' * 200 + b"1" + b"}" * 200 + b"}",
    "unclosed lists": b"[" * 50_000,
    "4,301 digits": b'{"query": "{ hello }", "variables": {"a": ' + b"1" * 4301 + b"}}",
    "half a pair in the query": b'{"query": "{ hello } #\\ud800"}',
    "half a pair in the name": b'{"query": "{ hello }", "operationName": "\\udfff"}',
    "half a pair in a variable": b'{"query": "{ hello }", "variables": {"a": ["x", {"b": "\\uDBFF!"}]}}',
    "half a pair in a key": b'{"query": "{ hello }", "variables": {"\\ud83d": 1}}',
    "half a pair, raw": b'{"query": "{ hello } #\xed\xa0\x80"}',
    "no query": b"{}",
    "query null": b'{"query": null}',
    "query a number": b'{"query": 3}',
    "variables a list": b'{"query": "{ hello }", "variables": []}',
    "variables a string": b'{"query": "{ hello }", "variables": "{}"}',
    "operationName a list": b'{"query": "{ hello }", "operationName": ["a"]}',
    "extensions a number": b'{"query": "{ hello }", "extensions": 0}',
}  # fmt: skip


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class TestTheBody:
    @pytest.mark.parametrize(
        "content_type", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"', "Application/JSON"]
    )
    def test_is_json_in_utf_8(self, client: httpx.Client, content_type: str) -> None:
        response = send(client, '{"query": "{ hello(name: \\"Zoë\\") }"}'.encode(), content_type)
        assert data(response) == {"hello": "hello Zoë"}

    @pytest.mark.parametrize(
        "content_type",
        [None, "", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data",
         f"{JSON}; charset=latin-1", "application/jsonp"],
    )  # fmt: skip
    def test_of_another_type_is_415(self, client: httpx.Client, content_type: str | None) -> None:
        response = send(client, b'{"query": "{ hello }"}', content_type)
        assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_that_is_compressed_is_415(self, client: httpx.Client) -> None:
        headers = {"Content-Encoding": "gzip", "Content-Type": JSON}
        response = client.post("/graphql", content=b"\x1f\x8b\x08", headers=headers)
        assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    @pytest.mark.parametrize("body", BAD.values(), ids=BAD)
    def test_that_is_no_request_is_400(self, client: httpx.Client, body: bytes, accept: str) -> None:
        response = client.post("/graphql", content=body, headers={"Content-Type": JSON, "Accept": accept})
        assert (response.status_code, code(response)) == (400, "BAD_INPUT")

    def test_names_the_parameter_that_is_wrong(self, client: httpx.Client) -> None:
        response = post(client, {"query": "{ hello }", "variables": []})
        assert response.json()["errors"][0]["extensions"]["path"] == ["variables"]

    def test_may_hold_whole_characters_beyond_the_first_plane(self, client: httpx.Client) -> None:
        query = "query Q($v: JSON) { echo(value: $v) }"
        body = '{"query": "' + query + '", "variables": {"v": "\\ud83d\\ude00"}}'
        assert data(send(client, body.encode())) == {"echo": "😀"}

    def test_may_hold_numbers_of_any_use(self, client: httpx.Client) -> None:
        value = {"big": 2**80, "small": -(2**63), "float": 1.5e300, "list": [[0]] * 3}
        response = post(client, {"query": "query Q($v: JSON) { echo(value: $v) }", "variables": {"v": value}})
        assert data(response) == {"echo": value}

    @given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode) | st.from_regex(rb"\{\"query\": ?[^ ]*\}"))
    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_never_brings_the_server_down(self, client: httpx.Client, body: bytes) -> None:
        response = send(client, body)
        assert response.status_code in (200, 400)
        assert set(response.json()) <= {"errors", "data"}

    @given(JSON_VALUES)
    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_brings_every_json_value_through_unchanged(self, client: httpx.Client, value: Any) -> None:
        body = {"query": "query Q($v: JSON) { echo(value: $v) }", "variables": {"v": value}}
        response = send(client, json.dumps(body).encode())
        assert data(response) == {"echo": value}


class TestTheBodyLimit:
    def body(self, size: int) -> bytes:
        return b'{"query": "{ hello }"' + b" " * (size - 22) + b"}"

    def test_lets_a_body_of_exactly_that_size_in(self, client: httpx.Client) -> None:
        assert send(client, self.body(MAX_BODY)).status_code == 200

    @pytest.mark.parametrize("size", [MAX_BODY + 1, 30 * MAX_BODY])
    def test_refuses_a_larger_one(self, client: httpx.Client, size: int) -> None:
        response = send(client, self.body(size))
        assert (response.status_code, code(response)) == (413, "LIMIT")
        assert send(client, self.body(100)).status_code == 200

    def test_holds_without_a_content_length(self, client: httpx.Client) -> None:
        chunks = (b"x" * 10_000 for _ in range(100))
        response = client.post("/graphql", content=chunks, headers={"Content-Type": JSON})
        assert (response.status_code, code(response)) == (413, "LIMIT")


def test_a_fault_is_masked_and_logged_with_its_request_id(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "begat.api"):
        response = post(client, {"query": "{ breaks }"}, **{"X-Request-Id": "r-77"})
    assert schema.SECRET not in response.text
    (error,) = response.json()["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert error["path"] == ["breaks"]
    assert error["extensions"]["code"] == "FAULT"
    assert error["extensions"]["requestId"] == "r-77" == response.headers["x-request-id"]
    assert any(record.exc_info and schema.SECRET in str(record.exc_info[1]) for record in caplog.records)
