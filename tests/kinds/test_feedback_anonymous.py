"""`POST /feedback`: people without a token, where the endpoint lets them, and no faster than that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from begat.platforms.ports import Origin
from tests.api_client import Client, serving
from tests.conftest import Database, settings_for
from tests.kinds.answered import Answered, endpoint

ONE = (
    "query($id: ID!) { feedback(id: $id) { by submittedBy rating comment position modelVersion { id } edits { at } } }"
)
NEVER = "req_01jzzzzzzzzzzzzzzzzzzzzzzz"


def post(api: Client, body: Any, **headers: str) -> httpx.Response:
    """The answer to a feedback without a token."""
    return api.http.post("/feedback", json=body, headers={"X-Request-Id": "test", **headers})


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


@pytest.fixture
def open_one(database: Database, api: Client) -> Answered:
    """An endpoint that takes feedback without a token."""
    one = endpoint(database)
    one.deployed(100, anonymousFeedback=True)
    return one


def test_whoever_knows_the_requests_id_may_speak_of_it_where_the_endpoint_lets_him(
    database: Database, api: Client, open_one: Answered
) -> None:
    request = open_one.asked(["card?", "cash?"], ["card", "cash"])
    said = {"requestId": request, "rating": "NEGATIVE", "position": 1, "by": "a customer"}
    answer = post(api, said)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    id = answer.json()["id"]
    assert post(api, said).json()["id"] == id
    assert post(api, {**said, "rating": None, "comment": "no", "idempotencyKey": "1"}).json()["id"] == id
    found = api.ask(ONE, id=id)["feedback"]
    assert (found["by"], found["submittedBy"], found["position"]) == ("a customer", "anonymous", 1)
    assert (found["rating"], found["comment"], len(found["edits"])) == (None, "no", 1)
    assert found["modelVersion"]["id"] == open_one.models[0]
    # Unknown, not allowed, a test: one answer for all, so that nobody learns which requests there are.
    closed = endpoint(database, "closed")
    closed.deployed(100)
    hidden = [closed.asked(["card?"], ["card"]), open_one.asked(["card?"], ["card"], origin=Origin.TEST)]
    texts = {post(api, {**said, "requestId": one}).text.replace(one, NEVER) for one in (*hidden, NEVER)}
    assert len(texts) == 1
    assert code(post(api, {**said, "requestId": hidden[0]})) == (404, "NOT_FOUND")
    # What serves now decides, not what answered.
    open_one.deployed(100)
    assert code(post(api, said)) == (404, "NOT_FOUND")


def test_what_is_no_feedback_is_refused(api: Client, open_one: Answered) -> None:
    request = open_one.asked(["card?"], ["card"])
    good = {"requestId": request, "rating": "POSITIVE"}
    bodies: list[Any] = [
        [],
        "x",
        {"rating": "POSITIVE"},
        {"requestId": request},
        {**good, "rating": "GOOD"},
        {**good, "position": True},
        {**good, "position": 1},
        {**good, "comment": 7},
        {**good, "comment": "a\x00"},
        {**good, "endpointId": open_one.id},
        {**good, "idempotencyKey": ""},
    ]
    for body in bodies:
        assert code(post(api, body)) == (400, "BAD_INPUT"), body
    assert code(post(api, {**good, "comment": "x" * 70_000})) == (413, "LIMIT")
    plain = {"Content-Type": "text/plain"}
    assert code(api.http.post("/feedback", content="{}", headers=plain)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert code(post(api, good, Origin="https://elsewhere.example")) == (403, "FORBIDDEN")
    for method in ("GET", "OPTIONS"):
        answer = api.http.request(method, "/feedback")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert api.run("Feedbacks", first=1)["nodes"] == []


def test_too_much_at_once_has_to_wait(database: Database, api: Client, open_one: Answered) -> None:
    said = {"requestId": open_one.asked(["card?"], ["card"])}
    settings = replace(settings_for(database), auth="tokens")
    with serving(settings) as address, httpx.Client(base_url=address) as stranger:
        own = {"Origin": address}
        assert stranger.post("/graphql", json={"query": "{ viewer { name } }"}).status_code == 401
        assert code(stranger.post("/feedback", json={}, headers={"Origin": "https://other.example"}))[0] == 403
        taken: list[str] = []
        # A slow machine earns some more on the way: one in a second.
        while (last := stranger.post("/feedback", json={**said, "comment": f"{len(taken)}"}, headers=own)).is_success:
            taken.append(last.json()["id"])
            assert len(taken) < 300, "nothing limits what one address may say"
        assert len(taken) >= 30
        assert code(last) == (429, "LIMIT")
        assert 1 <= int(last.headers["retry-after"]) <= 2
    assert len(set(taken)) == 1
