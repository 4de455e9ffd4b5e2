"""The contract's Watch over real sockets: as WebSocket and as server-sent events, resumed, left, and ended in order."""

from __future__ import annotations

import asyncio
import json
import re
import socket as sockets
import time
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from begat.change import feed
from begat.change.watcher import Limits
from begat.serving import served
from tests.api_client import Client
from tests.conftest import Database, settings_for
from tests.streams import WATCH, events, meanwhile, socket

JSON = "application/json"


def address(api: Client) -> str:
    return str(api.http.base_url).rstrip("/")


def template(api: Client, name: str = "Intent") -> str:
    made = api.done("TemplateCreate", input={"name": name, "prompt": "{{ text }}"})
    return str(made["node"]["id"])


def tag(api: Client, *ids: str) -> None:
    """One revision more of each."""
    tag.count += 1  # type: ignore[attr-defined]
    api.done("Tag", ids=list(ids), add=[f"t{tag.count}"])  # type: ignore[attr-defined]


tag.count = 0  # type: ignore[attr-defined]


def small_buffers(api: Client) -> sockets.socket:
    """A connection that takes little before it is read."""
    one = sockets.socket()
    one.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 8192)
    one.connect(("127.0.0.1", api.http.base_url.port))
    return one


def code(errors: list[dict[str, Any]]) -> str:
    (error,) = errors
    return str(error["extensions"]["code"])


def test_every_change_is_told_once_on_both_ways_with_the_card_as_it_is(api: Client) -> None:
    one, two = template(api, "One"), template(api, "Two")
    never = "template_01jzzzzzzzzzzzzzzzzzzzzzzz"
    with socket(address(api)) as ws, events(api, ids=[two, one, never]) as sse:
        ws.enter()
        ws.subscribe("1", WATCH, ids=[one, two, never])
        sse.standing()
        ws.subscribe("q", "{ __typename }")  # begins where it is answered
        assert [ws.next()["type"], ws.next()["type"]] == ["next", "complete"]
        tag(api, one, two)
        tag(api, two)
        told = [[ws.event() for _ in range(3)], [sse.change() for _ in range(3)]]
        for changes in told:
            numbers = [(change["asset"]["id"], change["id"].partition(".")[0]) for change in changes]
            assert sorted(numbers) == sorted([(one, f"{one}:r2"), (two, f"{two}:r2"), (two, f"{two}:r3")])
            assert numbers.index((two, f"{two}:r2")) < numbers.index((two, f"{two}:r3"))
            assert {change["action"] for change in changes} == {"tag"}
            assert changes[-1]["asset"]["tags"]
            assert changes[-1]["at"] >= changes[0]["asset"]["createdAt"]
        assert {change["id"] for change in told[0]} == {change["id"] for change in told[1]}


def test_a_break_is_made_up_for_while_somebody_goes_on_writing(api: Client) -> None:
    """By `after` over a socket and by Last-Event-ID as a browser does, in turn, and each break at another place."""
    ids = [template(api, name) for name in ("One", "Two")]
    rounds = 12

    def write() -> None:
        for number in range(rounds):
            tag(api, *ids) if number % 2 else tag(api, ids[0])

    wanted = [rounds, rounds // 2]
    with events(api, ids=ids) as sse:
        last = sse.standing()
    got: list[str] = []
    with meanwhile(write):
        for turn in range(100):
            if len(got) == sum(wanted):
                break
            some = min(1 + turn % 4, sum(wanted) - len(got))
            if turn % 2:
                with events(api, last_id=last, ids=ids) as sse:
                    changes = [sse.change() for _ in range(some)]
            else:
                with socket(address(api)) as ws:
                    ws.enter()
                    ws.subscribe("1", WATCH, ids=ids, after=last)
                    changes = [ws.event() for _ in range(some)]
            last = changes[-1]["id"]
            got += [change["id"].partition(".")[0] for change in changes]
    for id, count in zip(ids, wanted, strict=True):
        assert [key for key in got if key.startswith(id)] == [f"{id}:r{number}" for number in range(2, count + 2)]


def test_an_event_stream_is_as_its_protocol_says(api: Client) -> None:
    id = template(api)
    accept = {"Accept": "text/event-stream"}
    sent = {"query": "query Q { __typename }"}
    whole = api.http.post("/graphql", json=sent, headers=accept)
    assert whole.headers["cache-control"] == "no-store"
    assert re.fullmatch(
        r':\n\nevent: next\ndata: {"data":{"__typename":"Query"}.*\n\nevent: complete\ndata: \n\n', whole.text
    )
    by_get = api.http.get("/graphql", params=sent, headers=accept)
    assert by_get.text == whole.text
    for query, variables, reason in (
        ("{ nothing }", {}, "BAD_INPUT"),
        (WATCH, {"ids": []}, "BAD_INPUT"),
        (WATCH, {"ids": [id] * 1001}, "LIMIT"),
        (WATCH, {"ids": [id], "after": "garbage"}, "BAD_INPUT"),
    ):
        with events(api, query, **variables) as sse:
            frame = sse.next()
            assert frame is not None
            assert (frame.event, code(frame.body["errors"])) == ("next", reason)
            frame = sse.next()
            assert frame is not None
            assert (frame.event, frame.data) == ("complete", "")
            assert sse.next() is None
    mutation = {"query": 'mutation { assetTag(ids: ["x"], add: ["a"]) { matched } }'}
    refused = api.http.get("/graphql", params=mutation, headers=accept)
    assert '"METHOD_NOT_ALLOWED"' in refused.text
    assert api.http.post("/graphql", content="{", headers={**accept, "Content-Type": JSON}).status_code == 400
    plain = api.send(WATCH, {"ids": [id]})
    assert (set(plain), code(plain["errors"])) == ({"errors"}, "BAD_INPUT")
    for both in (f"{JSON}, text/event-stream", "*/*", "text/*;q=0.1, application/json"):
        answered = api.http.post("/graphql", json=sent, headers={"Accept": both})
        assert answered.json()["data"] == {"__typename": "Query"}


def test_a_client_that_reads_too_slowly_is_told_to_resume_and_can(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is some 250 kB, so that the buffers of the network take but a few of them. Of the first rounds, all of
    which it may be behind, more than is kept comes from a page of the log, most of which is still to be sent when there
    is too much beside it."""
    count, first, rounds = 10, 3, 10
    monkeypatch.setattr(feed, "LIMITS", Limits(waiting=5, behind=first * count))
    wide = {"prompt": "{{ text }}", "description": "x" * 10_000}
    ids = [api.done("TemplateCreate", input={"name": f"T{number}", **wide})["node"]["id"] for number in range(count)]
    fat = " ".join(f"a{number}: asset {{ description }}" for number in range(25))
    query = f"subscription ($ids: [ID!]!) {{ assetChanged(ids: $ids) {{ id {fat} }} }}"
    got, last = 0, ""
    with small_buffers(api) as narrow, socket(address(api), max_queue=1, sock=narrow) as ws:
        ws.enter()
        ws.subscribe("1", query, ids=ids)
        ws.subscribe("q", "{ __typename }")
        assert [ws.next()["type"], ws.next()["type"]] == ["next", "complete"]
        for _ in range(first):
            tag(api, *ids)
        while got <= 5:  # the next one is of the page, which is read by then
            assert ws.next()["type"] == "next"
            got += 1
        for _ in range(rounds - first):
            tag(api, *ids)
        while (message := ws.next())["type"] == "next":
            last = message["payload"]["data"]["assetChanged"]["id"]
            got += 1
        assert (message["type"], code(message["payload"])) == ("error", "LIMIT")
        assert message["payload"][0]["extensions"]["hint"] == f"Resume with after: {last}"
    assert got < rounds * count
    with events(api, ids=ids, after=last) as sse:
        for _ in range(rounds * count - got):
            sse.change()


@pytest.mark.anyio
async def test_when_begat_ends_streams_end_at_once_and_can_be_resumed(database: Database) -> None:
    """As `begat serve` does at SIGTERM: nobody waits for streams, and none is told that it is complete."""
    sent = {"query": WATCH, "variables": {"ids": ["template_01jzzzzzzzzzzzzzzzzzzzzzzz"]}}
    async with httpx.AsyncClient(timeout=20) as http:
        async with served(settings_for(database), "127.0.0.1", 0) as at:
            accept = {"Accept": "text/event-stream"}
            asked = http.build_request("POST", f"{at}/graphql", json=sent, headers=accept)
            sse = await http.send(asked, stream=True)
            lines = sse.aiter_lines()
            ws = await connect(
                f"{at}/graphql".replace("http", "ws"), subprotocols=[Subprotocol("graphql-transport-ws")]
            )
            await ws.send('{"type": "connection_init"}')
            assert json.loads(await ws.recv()) == {"type": "connection_ack"}
            await ws.send(json.dumps({"id": "1", "type": "subscribe", "payload": sent}))
            while not (await anext(lines)).startswith("id: "):
                pass
            start = time.monotonic()
        assert time.monotonic() - start < 6
        assert not [line async for line in lines if line.startswith("event: ")]
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1012
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "begat-feed"]
