"""The protocol of sockets, by the letter: what is answered, and with what code a socket is closed."""

from __future__ import annotations

import contextlib
import json
import socket as sockets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from websockets.exceptions import ConnectionClosed, InvalidStatus

from begat.api import sse, subscriptions, websocket
from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from tests.api.conftest import ready
from tests.api.schema import SECRET
from tests.api.serving import serving
from tests.api.streaming import OPEN, Streams
from tests.begat_process import until
from tests.streams import Socket, socket


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    streams = Streams()

    async def execute(request: GraphQLRequest, _: Request) -> Answer:
        return await streams.executor.run(request, None)

    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, tables=Path(home, "tables"), max_body=10_000)
    with serving(routes(execute, ready, settings, streams=streams), ws=True) as found:
        yield found


@pytest.fixture
def entered(address: str) -> Iterator[Socket]:
    with socket(address) as one:
        one.enter()
        yield one


def test_queries_mutations_and_subscriptions_run_side_by_side(entered: Socket) -> None:
    entered.subscribe("s", "subscription { waits }")
    for id, query, data in (
        ("q", "query Q($n: String!) { hello(name: $n) }", {"hello": "hello Zoë"}),
        ("m", "mutation { count(by: 0) }", None),
    ):
        entered.subscribe(id, query, **({"n": "Zoë"} if id == "q" else {}))
        message = entered.next()
        assert (message["id"], message["type"]) == (id, "next")
        assert data is None or message["payload"]["data"] == data
        assert entered.next() == {"id": id, "type": "complete"}
    entered.subscribe("c", "subscription { counts(to: 3) }")
    got = [entered.next() for _ in range(4)]
    assert [one["payload"]["data"] for one in got[:3]] == [{"counts": number} for number in range(3)]
    assert got[-1] == {"id": "c", "type": "complete"}
    entered.subscribe("c", "subscription { counts(to: 0) }")  # an id is free again
    assert entered.next() == {"id": "c", "type": "complete"}
    entered.send(id="s", type="complete")
    entered.send(type="ping", payload={"a": 1})
    assert entered.next() == {"type": "pong", "payload": {"a": 1}}
    entered.send(type="pong")
    until(lambda: not OPEN, "the completed subscription's work has ended")


def test_what_cannot_run_is_an_error_that_ends_the_operation_alone(entered: Socket) -> None:
    for query, code in (
        ("{", "BAD_INPUT"),
        ("{ nothing }", "BAD_INPUT"),
        ("subscription { counts(to: 1) more: counts(to: 1) }", "BAD_INPUT"),
        ("subscription S($n: Int!) { counts(to: $n) }", "BAD_INPUT"),
        ("{ " + "a: hello " * 40 + "}", "LIMIT"),
    ):
        entered.subscribe("1", query)
        message = entered.next()
        assert (message["id"], message["type"]) == ("1", "error"), message
        assert {error["extensions"]["code"] for error in message["payload"]} == {code}
    entered.subscribe("1", "{ refuses }")
    message = entered.next()
    assert message["type"] == "next"
    assert message["payload"]["errors"][0]["extensions"]["hint"] == "Read it again."
    assert entered.next()["type"] == "complete"
    for query, code in (("subscription { refuses }", "LIMIT"), ("subscription { breaks }", "FAULT")):
        entered.subscribe("1", query)
        assert entered.next()["type"] == "next"
        message = entered.next()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
        assert SECRET not in json.dumps(message)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4400),
        ("[]", 4400),
        ("{}", 4400),
        ('{"type": "start"}', 4400),
        ('{"type": "ping", "payload": 3}', 4400),
        ('{"type": "subscribe", "payload": {"query": "{ hello }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}', 4400),
        ('{"type": "subscribe", "id": "2", "payload": {}}', 4400),
        ('{"type": "subscribe", "id": "2", "payload": {"query": "{ hello }", "variables": []}}', 4400),
        ('{"type": "complete"}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }"}}', 4409),
        ('{"type": "connection_init"}', 4429),
        ("[" * 3000, 4400),
        ('{"type": "ping", "payload": {"a": "' + "x" * 20_000 + '"}}', 1009),
    ],
)
def test_a_message_against_the_protocol_closes_the_socket(entered: Socket, text: str, code: int) -> None:
    entered.subscribe("1", "subscription { waits }")
    until(lambda: bool(OPEN), "it runs")
    entered.connection.send(text)
    assert entered.closed()[0] == code
    until(lambda: not OPEN, "its work has ended")


def test_bytes_are_no_message(entered: Socket) -> None:
    entered.connection.send(b"{}")
    assert entered.closed() == (4400, "Messages are JSON text")


def test_nothing_runs_before_the_acknowledgement(address: str) -> None:
    with socket(address) as one:
        one.send(type="ping")
        assert one.next() == {"type": "pong"}
        one.subscribe("1", "{ hello }")
        assert one.closed() == (4401, "Unauthorized")


def test_a_client_that_does_not_say_hello_is_sent_away(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.2)
    with socket(address) as one:
        assert one.closed() == (4408, "Connection initialisation timeout")


def test_who_one_is_comes_in_the_payload_or_in_a_header(address: str) -> None:
    with socket(address) as one:
        one.enter(Authorization="Bearer good")
    with socket(address, additional_headers={"Authorization": "Bearer good"}) as one:
        one.enter()
    for payload, code in (({"Authorization": "Bearer bad"}, 4403), ({"Authorization": 3}, 4400)):
        with socket(address) as one:
            one.send(type="connection_init", payload=payload)
            assert one.closed()[0] == code


def test_another_subprotocol_is_refused(address: str) -> None:
    with socket(address, "graphql-ws") as one:
        assert one.closed() == (4406, "Subprotocol not acceptable")


def test_the_page_of_another_site_gets_no_socket(address: str) -> None:
    with pytest.raises(InvalidStatus), socket(address, origin="http://evil.example"):
        pass
    with pytest.raises(InvalidStatus), socket(address, additional_headers={"Sec-Fetch-Site": "cross-site"}):
        pass
    with socket(address, origin=address, additional_headers={"Sec-Fetch-Site": "same-origin"}) as one:
        one.enter()
        assert one.connection.response is not None
        assert one.connection.response.headers["x-request-id"].startswith("req_")


def test_a_socket_runs_only_so_much_at_a_time(entered: Socket) -> None:
    for number in range(websocket.MOST_OPERATIONS):
        entered.subscribe(str(number), "subscription { waits }")
    until(lambda: len(OPEN) == websocket.MOST_OPERATIONS, "all run")
    entered.subscribe("more", "{ hello }")
    message = entered.next()
    assert (message["id"], message["type"]) == ("more", "error")
    assert message["payload"][0]["extensions"]["code"] == "LIMIT"
    entered.send(id="0", type="complete")
    until(lambda: len(OPEN) == websocket.MOST_OPERATIONS - 1, "one has ended")
    entered.subscribe("more", "{ hello }")
    assert entered.next()["type"] == "next"
    entered.connection.close()
    until(lambda: not OPEN, "all work has ended with the client")


def test_only_so_many_are_open_at_a_time(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_CONNECTIONS", 1)
    with socket(address) as one:
        one.enter()
        with socket(address) as two:
            two.send(type="connection_init")
            assert two.closed() == (1013, "1 streams are open.")
        assert _events(address, '{"query": "{ hello }"}') == (503, "LIMIT")
    until(lambda: _enters(address), "the place is free again")


def test_who_is_not_known_takes_no_place(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(websocket, "MOST_NEW", 2)
    with socket(address) as oldest, socket(address), _unsent(address):
        assert _enters(address)
        assert oldest.closed()[0] == 1013
        until(lambda: _events(address, '{"query": "{ hello }"}') == (200, None), "the place is free again")


def test_an_event_stream_asks_who_one_is_before_it_reads(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _events(address, "{", Authorization="Bearer bad") == (401, "UNAUTHENTICATED")
    monkeypatch.setattr(sse, "BODY_SECONDS", 0.2)
    with _unsent(address) as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")


def _events(address: str, body: str, **headers: str) -> tuple[int, str | None]:
    """The status, and where it is no stream the code, of an event stream that ends by itself."""
    sent = {"Accept": "text/event-stream", "Content-Type": "application/json", **headers}
    answer = httpx.post(f"{address}/graphql", content=body, headers=sent)
    told = answer.headers["content-type"].startswith("text/event-stream")
    return answer.status_code, None if told else answer.json()["errors"][0]["extensions"]["code"]


@contextlib.contextmanager
def _unsent(address: str) -> Iterator[sockets.socket]:
    """A connection that has asked for an event stream without saying what of."""
    host, port = address.removeprefix("http://").split(":")
    lines = ("POST /graphql HTTP/1.1", f"Host: {host}:{port}", "Accept: text/event-stream", "Content-Length: 9")
    with sockets.create_connection((host, int(port)), timeout=20) as client:
        client.sendall("\r\n".join((*lines, "Content-Type: application/json", "", "")).encode())
        yield client


def _enters(address: str) -> bool:
    with socket(address) as one:
        one.send(type="connection_init")
        with contextlib.suppress(ConnectionClosed):
            return one.next() == {"type": "connection_ack"}
        return False
