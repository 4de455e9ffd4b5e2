"""With a manifest only its documents are answered, by every way in; a manifest that is wrong ends the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from begat.api.documents import Documents
from begat.api.limits import Limits
from begat.api.trusted import load, sha256
from begat.core.errors import Code, Problem
from tests.api.schema import schema
from tests.api_client import serving
from tests.begat_process import begat
from tests.conftest import Database, settings_for
from tests.streams import socket

GRAPHQL = "application/graphql-response+json"
NAME = "query Name { viewer { name } }"
TAG = 'mutation Tag($ids: [ID!]) { assetTag(ids: $ids, add: ["x"]) { matched } }'


def code(response: httpx.Response, status: int) -> str:
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    return str(error["extensions"]["code"])


def test_only_trusted_documents_are_answered(database: Database, tmp_path: Path) -> None:
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({"name": NAME, "tag.1": TAG}))
    with (
        serving(settings_for(database, trusted_documents=manifest)) as address,
        httpx.Client(base_url=address, headers={"Accept": GRAPHQL}) as client,
    ):

        def post(**body: Any) -> httpx.Response:
            return client.post("/graphql", json=body)

        for body in (
            {"documentId": "name"},
            {"documentId": sha256(NAME), "query": None},
            {"documentId": "name", "query": NAME, "operationName": "Name"},
            {"query": NAME},
        ):
            assert "name" in post(**body).json()["data"]["viewer"]
            params = {name: value for name, value in body.items() if value}
            assert client.get("/graphql", params=params).json()["data"] == post(**body).json()["data"]
        assert post(documentId="tag.1", variables={"ids": []}).json()["data"] == {"assetTag": {"matched": 0}}

        assert code(post(query="{ viewer { name } }"), 403) == "FORBIDDEN"
        assert code(post(query="{ __schema { queryType { name } } }"), 403) == "FORBIDDEN"
        assert code(client.get("/graphql", params={"query": NAME + " "}), 403) == "FORBIDDEN"
        assert code(post(documentId="x" * 10_000), 400) == "NOT_FOUND"
        assert code(post(documentId="name", query=TAG), 400) == "BAD_INPUT"
        assert code(post(documentId=3), 400) == "BAD_INPUT"
        assert code(post(documentId="name", operationName="Other"), 400) == "BAD_INPUT"
        assert code(client.get("/graphql", params={"documentId": "tag.1"}), 405) == "METHOD_NOT_ALLOWED"
        events = {"Accept": "text/event-stream"}
        assert code(client.get("/graphql", params={"query": "{ viewer { name } }"}, headers=events), 403) == "FORBIDDEN"
        streamed = client.get("/graphql", params={"documentId": "name"}, headers=events)
        assert '"viewer"' in streamed.text
        with socket(address) as one:
            one.enter()
            for number, payload in enumerate(({"documentId": "name"}, {"query": NAME})):
                one.send(id=str(number), type="subscribe", payload=payload)
                assert "name" in one.next()["payload"]["data"]["viewer"]
                assert one.next()["type"] == "complete"
            one.subscribe("other", "{ viewer { name } }")
            refused = one.next()
            assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


def test_without_a_manifest_no_document_has_an_id(served: tuple[str, Any]) -> None:
    response = httpx.post(f"{served[0]}/graphql", json={"documentId": sha256(NAME)}, headers={"Accept": GRAPHQL})
    assert code(response, 400) == "BAD_INPUT"


@pytest.mark.parametrize(
    "manifest",
    [
        {"a": "{ hello }", "b": "{ later }"},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a", "body": "{ hello }"}]},
    ],
)
def test_the_manifests_of_the_common_tools_are_read(tmp_path: Path, manifest: object) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps(manifest))
    assert len(load(path, Documents(schema._schema, Limits()))) in (1, 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no documents"),
        (b'{"a": 3}', "'a' is no text"),
        (b'{"a": "{ hello }", "a": "{ later }"}', "a key twice"),
        (b'{"good": "{ hello }", "bad": "{ nothing }"}', "'bad' is not valid: Cannot query field 'nothing'"),
        (b'{"a": "{"}', "'a' is not valid"),
        (b'{"a": "fragment F on Query { hello }"}', "'a'"),
        (b'{"sha256:00": "{ hello }"}', "not the hash"),
        (b'{"format": "apollo-persisted-query-manifest", "operations": 3}', "no list"),
        (b'{"a": "{ ' + b"hello " * 2000 + b'}"}', "1500 tokens"),
    ],
)
def test_a_manifest_that_is_wrong_is_told_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        load(path, Documents(schema._schema, Limits()))
    assert caught.value.code is Code.BAD_INPUT
    assert caught.value.path == ("BEGAT_TRUSTED_DOCUMENTS",)
    assert said in caught.value.message
    assert len(caught.value.message) < 1_000


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        load(tmp_path / "none.json", Documents(schema._schema, Limits()))


def test_begat_does_not_start_with_a_document_that_its_schema_has_not(tmp_path: Path) -> None:
    manifest = tmp_path / "m.json"
    manifest.write_text(json.dumps({"old": "{ viewer { shoeSize } }"}))
    ended = begat(tmp_path / "home", "serve", "--port", "0", BEGAT_TRUSTED_DOCUMENTS=str(manifest))
    assert ended.returncode == 2
    assert "'old' is not valid" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()
