"""What an endpoint makes of an ``execute`` that refuses or breaks."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from begat.api.http import GraphQLEndpoint
from begat.api.messages import Answer, GraphQLRequest, unauthenticated
from begat.core.errors import Code, Problem, Problems, bad_input
from tests.api.serving import serving

GRAPHQL = "application/graphql-response+json"


def ask(outcome: Exception | Answer, accept: str = "application/json") -> httpx.Response:
    async def execute(_request: GraphQLRequest, _http: Request) -> Answer:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def page(_: Request) -> Response:
        return PlainTextResponse("the page")

    with serving(Starlette(routes=[Route("/graphql", GraphQLEndpoint(execute, page=page))])) as address:
        if "html" in accept:
            return httpx.get(f"{address}/graphql?query={{hello}}", headers={"Accept": accept})
        return httpx.post(f"{address}/graphql", json={"query": "{ a }"}, headers={"Accept": accept})


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        (unauthenticated(), 401, "UNAUTHENTICATED"),
        (Problem(Code.FORBIDDEN, "No."), 403, "FORBIDDEN"),
        (Problem(Code.UNAVAILABLE, "The database is away."), 503, "UNAVAILABLE"),
        (bad_input("No.", "a"), 400, "BAD_INPUT"),
        (RuntimeError("hunter2"), 500, "FAULT"),
    ],
)
def test_a_refusal_of_the_whole_request_has_a_status(refused: Exception, status: int, code: str, accept: str) -> None:
    response = ask(refused, accept)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in response.json()
    assert "hunter2" not in response.text


def test_several_problems_are_all_told() -> None:
    response = ask(Problems([bad_input("One.", "a"), bad_input("Two.", "b")]))
    assert response.status_code == 400
    assert [error["message"] for error in response.json()["errors"]] == ["One.", "Two."]


def test_an_unknown_caller_is_told_how_to_say_who_they_are() -> None:
    assert ask(unauthenticated()).headers["www-authenticate"].startswith("Bearer")


def test_an_answer_that_no_encoder_can_write_is_a_fault() -> None:
    circle: dict[str, object] = {}
    circle["self"] = circle
    response = ask(Answer(circle))
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "FAULT"


def test_extensions_are_passed_on() -> None:
    assert ask(Answer({"a": 1}, extensions={"cost": 3})).json() == {"data": {"a": 1}, "extensions": {"cost": 3}}


CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("accept", ["text/html", CHROME, "text/html, application/json;q=0.5"])
def test_a_browser_gets_the_page_whatever_its_query_string(accept: str) -> None:
    assert ask(Answer({"a": 1}), accept).text == "the page"


@pytest.mark.parametrize("accept", ["application/json, text/html;q=0.9", "text/html, application/json"])
def test_a_client_that_likes_json_as_much_gets_json(accept: str) -> None:
    assert ask(Answer({"a": 1}), accept).json() == {"data": {"a": 1}}
