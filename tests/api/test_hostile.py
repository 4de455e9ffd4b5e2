"""No body and no document brings begat down or keeps its event loop: each is refused in JSON, soon and briefly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from graphql import get_introspection_query
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from begat.api import schema
from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from tests.api.hostile import BODIES, body
from tests.api.serving import serving

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
LONGEST = 0.2
"""For how many seconds nothing may keep the event loop."""


class Heart:
    """Beats in the event loop of an application, and notes for how long the loop's thread worked without a beat: on
    its own CPU, so that a busy machine is no slow begat."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.task: asyncio.Task[None] | None = None
        self.longest = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.task is None:
            self.task = asyncio.create_task(self.beat())
        await self.app(scope, receive, send)

    def least(self, client: httpx.Client, content: bytes) -> httpx.Response:
        """The last answer; ``longest`` is then the shortest of up to three tries: even the CPU's time is longer where
        others fill its caches, but never shorter."""
        found = []
        for _ in range(3):
            self.longest = 0.0
            response = send(client, content)
            client.get("/healthz")  # a beat comes after what the loop did last
            found.append(self.longest)
            if self.longest < LONGEST:
                break
        self.longest = min(found)
        return response

    async def beat(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.002)
            now = time.thread_time()
            self.longest = max(self.longest, now - last)
            last = now


@pytest.fixture(scope="module")
def heart(tmp_path_factory: pytest.TempPathFactory) -> Heart:
    """begat's whole HTTP side and its own schema. None of these requests needs a database: one that came so far as to
    ask for it would be a FAULT."""
    executor = Executor(schema.build())

    async def execute(request: GraphQLRequest, _: Request) -> Answer:
        return await executor.run(request, None)

    async def ready() -> str | None:
        return None

    home = tmp_path_factory.mktemp("home")
    return Heart(routes(execute, ready, Settings(home=home, tables=Path(home, "tables"))))


@pytest.fixture(scope="module")
def client(heart: Heart) -> Iterator[httpx.Client]:
    with serving(heart) as address, httpx.Client(base_url=address, timeout=60) as client:
        assert send(client, body("{ __typename }")).status_code == 200
        yield client
        assert heart.task is not None
        heart.task.get_loop().call_soon_threadsafe(heart.task.cancel)


def send(client: httpx.Client, content: bytes, accept: str = GRAPHQL) -> httpx.Response:
    return client.post("/graphql", content=content, headers={"Content-Type": JSON, "Accept": accept})


@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_what_is_hostile_is_refused_at_once(client: httpx.Client, heart: Heart, content: bytes) -> None:
    response = heart.least(client, content)
    assert response.status_code == 400
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    answer = response.json()
    assert "data" not in answer
    for error in answer["errors"]:
        assert error["extensions"]["code"] in ("BAD_INPUT", "LIMIT")
        assert len(error["message"]) <= 500
    assert len(response.content) < 20_000
    assert heart.longest < LONGEST


def test_the_whole_schema_is_told_without_keeping_the_loop(client: httpx.Client, heart: Heart) -> None:
    query = get_introspection_query(input_value_deprecation=True)
    first = heart.least(client, body(query))
    assert len(first.json()["data"]["__schema"]["types"]) > 300
    assert heart.longest < LONGEST
    assert heart.least(client, body(query)).content == first.content


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("POST", {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", {"Content-Type": "application/graphql"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", {"Content-Type": f"{JSON}; charset=utf-16"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", {"Content-Type": JSON, "Content-Encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", {"Content-Type": JSON, "Accept": "image/png"}, 406, "NOT_ACCEPTABLE"),
        ("GET", {}, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", {"Content-Type": JSON}, 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", {}, 405, "METHOD_NOT_ALLOWED"),
        ("PROPFIND", {}, 405, "METHOD_NOT_ALLOWED"),
        ("HEAD", {}, 405, ""),
    ],
)
def test_other_media_types_and_methods_have_a_status_of_their_own(
    client: httpx.Client, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    mutation = "mutation { assetTag(ids: []) { matched } }"
    response = client.request(method, "/graphql", params={"query": mutation}, content=body(mutation), headers=headers)
    assert response.status_code == status
    if status == 405:
        assert response.headers["allow"] == ("POST" if method == "GET" else "GET, POST")
    if method == "HEAD":
        assert response.content == b""
    else:
        assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]


@pytest.mark.parametrize("params", [{}, {"query": "{ __typename }"}, {"query": "mutation { a }", "documentId": "x"}])
def test_a_browser_gets_graphiql_whatever_its_query_string(client: httpx.Client, params: dict[str, str]) -> None:
    response = client.get("/graphql", params=params, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>" in response.text
