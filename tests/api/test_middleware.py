"""What holds for every request."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from begat import logs
from begat.api.middleware import LocalOnly, RequestContext
from tests.api.serving import serving
from tests.begat_process import until

CSP = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"


class TestTheRequestId:
    @pytest.mark.parametrize("given", ["r-1", "A.b_c:d-9", "x" * 64])
    def test_is_the_clients_where_it_is_sane(self, client: httpx.Client, given: str) -> None:
        assert client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"] == given

    @pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", 'a"b', "{}", "é".encode().decode("latin-1")])
    def test_is_a_new_one_elsewhere(self, client: httpx.Client, given: str) -> None:
        headers = {b"X-Request-Id": given.encode("latin-1")}
        ids = {client.get("/healthz", headers=headers).headers["x-request-id"] for _ in range(2)}
        assert len(ids) == 2
        assert all(re.fullmatch(r"req_[0-9a-f]{32}", name) for name in ids)

    def test_is_on_refusals_too(self, client: httpx.Client) -> None:
        for response in (client.get("/nowhere"), client.get("/graphql", headers={"Host": "evil.example"})):
            assert response.headers["x-request-id"]


class TestSecurityHeaders:
    @pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/static/graphiql.js", "/"])
    def test_are_on_every_answer(self, client: httpx.Client, path: str) -> None:
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"

    def test_let_graphiql_use_the_fonts_inside_its_style_sheet(self, client: httpx.Client) -> None:
        policy = client.get("/graphql", headers={"Accept": "text/html"}).headers["content-security-policy"]
        assert policy == f"{CSP}; font-src 'self' data:; img-src 'self' data:"


class TestTheAccessLine:
    def test_says_what_was_asked_but_no_query_string(
        self, client: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "begat.access"):
            client.get("/graphql", params={"query": "query Hunter2 { hello }"})
            client.get("/healthz")
        (record,) = [one for one in caplog.records if one.name == "begat.access"]
        fields = record.__dict__["fields"]
        assert {name: fields[name] for name in ("method", "path", "status")} == {
            "method": "GET",
            "path": "/graphql",
            "status": 200,
        }
        assert fields["ms"] >= 0

    def test_knows_the_request_and_the_operation(self, client: httpx.Client) -> None:
        lines: list[str] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(logs.Line("json", logs.Redactor()).format(record))

        logger, handler = logging.getLogger("begat.access"), Keep()
        logger.addHandler(handler)
        before = logger.level
        logger.setLevel(logging.INFO)
        try:
            client.post("/graphql", json={"query": "query Q { hello }"}, headers={"X-Request-Id": "r-5"})
            until(lambda: bool(lines), "the line is written, which is after the answer is sent")
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)
        (line,) = lines
        assert '"requestId": "r-5"' in line
        assert '"operation": "Q"' in line


async def escapes(_: Request) -> Response:
    raise RuntimeError("hunter2")


async def breaks_off(_: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("hunter2")

    return StreamingResponse(body(), headers={"Content-Length": "8"})


def test_an_exception_that_escapes_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(routes=[Route("/", escapes)], middleware=[Middleware(RequestContext)])
    with serving(app) as address:
        response = httpx.get(address, headers={"X-Request-Id": "r-1"})
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["requestId"]) == ("FAULT", "r-1")
    assert "hunter2" not in response.text
    assert any(record.exc_info for record in caplog.records)


def test_half_an_answer_is_never_taken_for_a_whole_one() -> None:
    app = Starlette(routes=[Route("/", breaks_off)], middleware=[Middleware(RequestContext)])
    with serving(app) as address, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address)


STRANGERS = ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "[::2]", "a@localhost", ""]


class TestSingleUser:
    BODY = {"query": "mutation { count }"}  # noqa: RUF012

    def port(self, client: httpx.Client) -> int:
        assert client.base_url.port
        return client.base_url.port

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "LOCALHOST"])
    def test_answers_this_machines_names(self, client: httpx.Client, host: str) -> None:
        for header in (host, f"{host}:{self.port(client)}"):
            assert client.post("/graphql", json=self.BODY, headers={"Host": header}).status_code == 200

    @pytest.mark.parametrize("host", STRANGERS)
    def test_refuses_every_other_name(self, client: httpx.Client, host: str) -> None:
        response = client.post("/graphql", json=self.BODY, headers={"Host": host})
        assert response.status_code == 403
        assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    @pytest.mark.parametrize(
        "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://{host}", "file://"]
    )
    def test_refuses_another_sites_page(self, client: httpx.Client, origin: str) -> None:
        origin = origin.format(host=f"127.0.0.1:{self.port(client)}")
        response = client.post("/graphql", json=self.BODY, headers={"Origin": origin})
        assert response.status_code == 403
        assert response.json()["errors"][0]["message"] == "The request comes from another site's page."

    def test_answers_its_own_page(self, client: httpx.Client) -> None:
        headers = {"Origin": f"http://127.0.0.1:{self.port(client)}", "Sec-Fetch-Site": "same-origin"}
        assert client.post("/graphql", json=self.BODY, headers=headers).status_code == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_refuses_to_be_an_image_elsewhere_but_follows_a_link(self, client: httpx.Client, site: str) -> None:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert client.get("/graphql?query={hello}", headers=headers).status_code == 403
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
        assert client.get("/graphql?query={hello}", headers=headers).status_code == 200

    def test_takes_no_form_that_another_page_could_send_unasked(self, client: httpx.Client) -> None:
        response = client.post("/graphql", data={"query": "mutation { count }"})
        assert response.status_code == 415

    def test_grants_no_preflight(self, client: httpx.Client) -> None:
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        response = client.options("/graphql", headers=headers)
        assert response.status_code == 403
        assert not [name for name in response.headers if name.startswith("access-control")]


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def test_names_can_be_added_to_this_machines() -> None:
    app = Starlette(routes=[Route("/", hello)], middleware=[Middleware(LocalOnly, hosts=["begat.test"])])
    with serving(app) as address:
        assert httpx.get(address, headers={"Host": "begat.test:99"}).text == "hello"
        assert httpx.get(address, headers={"Host": "other.test"}).status_code == 403


def test_an_unknown_path_is_refused_in_json(client: httpx.Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    response = client.post("/healthz")
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (405, "METHOD_NOT_ALLOWED")
