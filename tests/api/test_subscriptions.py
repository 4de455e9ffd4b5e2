"""What runs in the graph over sockets and event streams has a deadline, and ends with its client as over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TypeAlias

import httpx
import pytest
import strawberry
from starlette.requests import Request

from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest
from begat.api.subscriptions import Stream, answers
from begat.app import routes
from begat.config import Settings
from begat.graph.deadline import Deadline
from begat.graph.driver import Graph
from tests.api.conftest import ready
from tests.api.serving import serving
from tests.conftest import Database
from tests.graph.minutes import MINUTES, tie, until
from tests.streams import Events, socket

pytestmark = pytest.mark.anyio

SECONDS = 2.0
Info: TypeAlias = strawberry.Info["Slow", None]
READS = ("{ long }", "subscription { knots { long } }")
WRITES = "mutation { writesTwice }"


@dataclass
class Slow:
    """A begat whose fields take minutes, and whose change stops at the gate between its two commits. It is what its
    resolvers see, too."""

    database: Database
    gate: threading.Event = field(default_factory=threading.Event)
    place: str | None = None

    async def enter(self, authorization: str | None) -> None:
        """Everybody comes in."""

    async def open(self, request: GraphQLRequest, authorization: str | None, after: str | None = None) -> Stream:
        return Stream(answers(EXECUTOR, request, self, SECONDS), self)

    async def read(self) -> int:
        async with self.database.connect() as own:
            return int(await own.read(MINUTES))

    async def create(self, label: str) -> None:
        async with self.database.connect() as own:
            await own.write(lambda transaction: transaction.read(f"CREATE (n:{label}) RETURN 1"))


@strawberry.type
class Knot:
    @strawberry.field
    async def long(self, info: Info) -> int:
        return await asyncio.create_task(info.context.read())  # as what is read for several: in a task of its own


@strawberry.type
class Query(Knot):
    pass


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def writes_twice(self, info: Info) -> bool:
        await info.context.create("First")
        await asyncio.to_thread(info.context.gate.wait, 20)
        await info.context.create("Second")
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def knots(self) -> AsyncGenerator[Knot, None]:
        for _ in range(2):
            yield Knot()


EXECUTOR = Executor(strawberry.Schema(Query, Mutation, Subscription))


@contextlib.contextmanager
def serve(slow: Slow) -> Iterator[str]:
    """The address at which it answers over sockets and event streams."""

    async def execute(request: GraphQLRequest, _: Request) -> Answer:
        raise AssertionError("nothing here is asked by plain HTTP")

    settings = Settings(home=Path("/nowhere"), tables=Path("/nowhere"))
    with serving(routes(execute, ready, settings, streams=slow), ws=True) as address:
        yield address


Next: TypeAlias = Callable[[], dict[str, Any] | None]
"""The next answer; None at the end of all."""
Leave: TypeAlias = Callable[[], None]


@contextlib.contextmanager
def over_socket(address: str, query: str, *, closes: bool) -> Iterator[tuple[Next, Leave]]:
    """The query over a socket. Who leaves it closes the socket, or completes the operation alone."""
    with socket(address) as one:
        one.enter()
        one.subscribe("1", query)

        def answer() -> dict[str, Any] | None:
            message = one.next()
            return message["payload"] if message["type"] == "next" else None

        yield answer, one.connection.close if closes else lambda: one.send(id="1", type="complete")


@contextlib.contextmanager
def over_events(address: str, query: str) -> Iterator[tuple[Next, Leave]]:
    """The query as an event stream."""
    with (
        httpx.Client(base_url=address, headers={"Accept": "text/event-stream"}, timeout=20) as http,
        http.stream("POST", "/graphql", json={"query": query}) as response,
    ):
        events = Events(response)

        def answer() -> dict[str, Any] | None:
            frame = events.next()
            assert frame is not None
            return json.loads(frame.data) if frame.event == "next" else None

        yield answer, response.close


WAYS = {
    "completed": lambda address, query: over_socket(address, query, closes=False),
    "closed": lambda address, query: over_socket(address, query, closes=True),
    "events": over_events,
}
either_way = pytest.mark.parametrize("way", WAYS)


@pytest.mark.parametrize("way", ["closed", "events"])
async def test_a_query_and_each_event_have_a_deadline(graph: Graph, database: Database, way: str) -> None:
    await tie(graph)
    with serve(Slow(database)) as address:
        for query, count in zip(READS, (1, 2), strict=True):
            with WAYS[way](address, query) as (answer, _):
                for _ in range(count):
                    start = monotonic()
                    told = answer()
                    assert SECONDS - 0.2 < monotonic() - start < SECONDS + 1
                    assert told is not None
                    assert (told["errors"][0]["extensions"]["code"], "2 s" in str(told)) == ("LIMIT", True)
                assert answer() is None
            await until(graph, running=False, seconds=1)


@either_way
async def test_the_database_is_idle_a_second_after_the_client_left(graph: Graph, database: Database, way: str) -> None:
    await tie(graph)
    with serve(Slow(database)) as address:
        for query in READS:
            with WAYS[way](address, query) as (_, leave):
                await until(graph, running=True, seconds=SECONDS)
                leave()
                await until(graph, running=False, seconds=1)


@either_way
async def test_a_change_whose_client_left_is_carried_to_its_end(
    graph: Graph, database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    slow, left, leave_the_graph = Slow(database), threading.Event(), Deadline.leave

    def noticed(deadline: Deadline) -> None:
        leave_the_graph(deadline)
        left.set()

    monkeypatch.setattr(Deadline, "leave", noticed)
    with serve(slow) as address:
        with WAYS[way](address, WRITES) as (_, leave):
            await _there(graph, "First")
            leave()
            assert await asyncio.to_thread(left.wait, 5), "begat has not noticed"
        # The socket is closed now where it was not: who has completed an operation is not in its way a second time.
        slow.gate.set()
        await _there(graph, "Second")


async def _there(graph: Graph, label: str) -> None:
    start = monotonic()
    while not await graph.read(f"MATCH (n:{label}) RETURN count(n)"):
        assert monotonic() - start < 10, f"{label} was not written"
        await asyncio.sleep(0.02)
