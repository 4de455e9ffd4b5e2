"""What runs in the graph for a request ends when its client leaves, and at its deadline, on both databases."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from begat.api.leaving import Attended
from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from begat.find import lists
from begat.graph.driver import Graph
from begat.lineage import reach
from begat.lineage.export import document as documents
from tests.api.serving import serving
from tests.conftest import Database
from tests.graph.minutes import MINUTES, tie, until
from tests.lineage.ladder import ladder, layers

pytestmark = pytest.mark.anyio


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


def _request(query: str, host: str, method: str, **variables: object) -> bytes:
    if method == "POST":
        return _posted("/graphql", host, {"query": query, "variables": variables})
    return _sent(f"GET /graphql?query={query}", host, "")


def _posted(path: str, host: str, body: object) -> bytes:
    return _sent(f"POST {path}", host, json.dumps(body))


def _sent(what: str, host: str, body: str) -> bytes:
    lines = (f"{what} HTTP/1.1", f"Host: {host}", "Accept: application/json")
    return "\r\n".join((*lines, "Content-Type: application/json", f"Content-Length: {len(body)}", "", body)).encode()


async def test_the_database_is_idle_a_second_after_the_client_left_and_after_the_deadline(
    graph: Graph, database: Database, tmp_path: Path
) -> None:
    await tie(graph)

    async def ready() -> str | None:
        return None

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        async with database.connect() as own:
            return Answer({"n": await own.read(MINUTES if request.query == "long" else "RETURN 1")})

    settings = Settings(home=tmp_path, tables=tmp_path, deadline=4)
    with serving(routes(execute, ready, settings)) as address:
        where = urlsplit(address)
        for method in ("POST", "GET"):
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            # Kept alive: what was noticed of the first request must not be taken for the second one's.
            writer.write(_request("short", where.netloc, method))
            assert await _answer(reader) == (200, {"data": {"n": 1}})
            writer.write(_request("long", where.netloc, method))
            await until(graph, running=True, seconds=4)
            writer.close()
            await until(graph, running=False, seconds=1)

        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        start = time.monotonic()
        writer.write(_request("long", where.netloc, "POST"))
        status, body = await _answer(reader)
        assert 3.9 < time.monotonic() - start < 5
        assert (status, "4 s" in str(body), "LIMIT" in str(body)) == (400, True, True), body
        await until(graph, running=False, seconds=1)
        writer.close()


FEEDBACK = {"requestId": "req_1", "rating": "NEGATIVE"}
EVENT = {"eventTime": "2026-03-01T00:00:00Z", "job": {"namespace": "n", "name": "j"}}


@pytest.mark.parametrize(("path", "body"), [("/feedback", FEEDBACK), ("/api/v1/lineage", EVENT)])
async def test_what_is_kept_by_the_other_routes_ends_with_its_client_and_at_its_deadline(
    path: str, body: object, graph: Graph, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tie(graph)

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        return Answer()

    async def ready() -> str | None:
        return None

    async def keep(*_: object) -> Any:
        async with database.connect() as own:
            return await own.write(lambda transaction: transaction.read(MINUTES))

    async def enter(_: str | None) -> Any:
        return SimpleNamespace(graph=None, viewer=None)

    monkeypatch.setattr("begat.api.openlineage.feed", keep)
    settings = Settings(home=tmp_path, tables=tmp_path, deadline=4)
    with serving(routes(execute, ready, settings, submit=keep, enter=enter)) as address:
        where = urlsplit(address)
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(_posted(path, where.netloc, body))
        await until(graph, running=True, seconds=4)
        writer.close()
        await until(graph, running=False, seconds=1)

        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        start = time.monotonic()
        writer.write(_posted(path, where.netloc, body))
        status, told = await _answer(reader)
        assert 3.9 < time.monotonic() - start < 5
        assert (status, "4 s" in str(told), "UNAVAILABLE" in str(told)) == (503, True, True), told
        await until(graph, running=False, seconds=1)
        writer.close()


async def test_what_has_no_deadline_ends_with_its_client_too(graph: Graph, database: Database) -> None:
    await tie(graph)

    async def export(scope: Scope, receive: Receive, send: Send) -> None:
        async with database.connect() as own:
            await own.read(MINUTES)

    with serving(Attended(export)) as address:
        where = urlsplit(address)
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(_request("", where.netloc, "GET"))
        await until(graph, running=True, seconds=10)
        writer.close()
        await until(graph, running=False, seconds=1)


WALKS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Asset { upstream(depth: 50) { counts { count } } } } }"


@pytest.mark.parametrize("begun", [False, True], ids=["while it walks", "after its first piece"])
async def test_an_export_ends_with_its_client(
    graph: Graph, served: tuple[str, Settings], monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    await tie(graph)
    newest, _ = await ladder(graph, 3)
    batches = 0

    async def by_ids(own: Graph, *given: Any) -> list[list[Any]]:
        nonlocal batches
        batches += 1  # the first is of where the walk began
        rows: list[list[Any]] = await (own.read(MINUTES) if batches > 2 else lists.by_ids(own, *given))
        return rows

    if begun:
        monkeypatch.setattr(documents, "BATCH", 3)
        monkeypatch.setattr(documents, "lists", SimpleNamespace(by_ids=by_ids))
    else:
        monkeypatch.setattr(reach, "walk_text", lambda _: MINUTES)
    where = urlsplit(served[0])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        target = f"/lineage/export?id={newest}&direction=UP&depth=all"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        if begun:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert b"tsheet_m" in await reader.readuntil(b'"nodes":{')
        await until(graph, running=True, seconds=20)
    finally:
        writer.close()
    await until(graph, running=False, seconds=1)


async def test_the_walks_of_a_client_that_left_end_within_a_second(graph: Graph, served: tuple[str, Settings]) -> None:
    newest_first = await layers(graph, 50, 14)
    where = urlsplit(served[0])
    for field, near in (("upstream", newest_first[:3]), ("downstream", newest_first[-3:])):
        # From each of these 650 nodes are reached by 9,000 edges: a statement for all of them runs for seconds.
        body = _request(WALKS.replace("upstream", field), where.netloc, "POST", ids=[id for one in near for id in one])
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            writer.write(body)
            await until(graph, running=True, seconds=20, text="BUILT_FROM")
        finally:
            writer.close()
        await until(graph, running=False, seconds=1, text="BUILT_FROM")
