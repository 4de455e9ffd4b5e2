"""Who watches is told of what he may see at that moment, and of nothing when nobody knows him any more."""

from __future__ import annotations

from tests.access.conftest import People, project, sheet
from tests.api_client import Client
from tests.streams import WATCH, events, socket

from begat.access import tokens


def tag(client: Client, id: str, word: str) -> None:
    client.done("Tag", ids=[id], add=[word])


def test_only_what_one_may_see_is_told_and_a_revoked_token_ends_it(people: People, admin: Client) -> None:
    a, b = project(admin, "a", ann="OWNER", bob="VIEWER"), project(admin, "b", ann="OWNER")
    ann, token = people.person("ann"), people.token("bob")
    bob = people.client(token)
    shown, hidden = sheet(ann, a, "shown"), sheet(ann, b, "hidden")
    with events(bob, ids=[shown, hidden]) as sse, socket(people.address) as ws:
        ws.enter(Authorization=f"Bearer {token}")
        beginning = sse.standing()
        ws.subscribe("1", WATCH, ids=[shown, hidden])
        ws.subscribe("q", "{ viewer { name } }")
        assert ws.next()["payload"]["data"] == {"viewer": {"name": "bob"}}
        assert ws.next()["type"] == "complete"
        tag(ann, hidden, "one")
        tag(ann, shown, "one")
        assert ws.event()["asset"]["id"] == sse.change()["asset"]["id"] == shown
        admin.done("ProjectGrant", id=b, grants=[{"principal": "bob", "role": "VIEWER"}])
        tag(ann, hidden, "two")
        assert ws.event()["asset"]["id"] == sse.change()["asset"]["id"] == hidden
        admin.done("ProjectGrant", id=b, grants=[{"principal": "bob", "role": None}])
        tag(ann, hidden, "three")
        tag(ann, shown, "three")
        assert ws.event()["asset"]["id"] == sse.change()["asset"]["id"] == shown
        people.graph(lambda graph: tokens.revoke(graph, "bob"))
        message = ws.next()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
        assert ws.closed() == (4403, "Forbidden")
        frame = sse.next()
        assert frame is not None
        assert frame.body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        frame = sse.next()
        assert frame is not None
        assert frame.event == "complete"
    sent = {"query": WATCH, "variables": {"ids": [shown]}}
    refused = bob.http.post("/graphql", json=sent, headers={"Accept": "text/event-stream", "Last-Event-ID": beginning})
    assert refused.status_code == 401
    with socket(people.address) as ws:
        ws.send(type="connection_init")
        assert ws.closed() == (4403, "Forbidden")
