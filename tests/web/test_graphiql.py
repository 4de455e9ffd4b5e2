"""The GraphiQL page: from files of the installation that are known to the byte, with no inline code."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from graphql import OperationDefinitionNode, parse
from starlette.applications import Starlette
from starlette.routing import Route

from begat.api.limits import Limits, check
from begat.web import graphiql
from tests.api.serving import serving

PINS = {
    "graphiql.min.js": "c564de05b95d184e",
    "graphiql.min.css": "c6cd4b83f01c5e1f",
    "react.production.min.js": "229bbf4d0e748820",
    "react-dom.production.min.js": "9db33292007ab6c3",
    "graphiql-plugin-explorer.umd.js": "de152e8415dd5e57",
    "style.css": "7c0d0b3d496e90c3",
}


def app(files: Path | None) -> Starlette:
    return Starlette(routes=[Route("/graphql", graphiql.page(files=files)), *graphiql.routes(files)])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(app(graphiql.vendor_files())) as address:
        yield address


@pytest.mark.parametrize("name", PINS)
def test_the_wheels_files_are_the_ones_that_were_looked_at(name: str) -> None:
    files = graphiql.vendor_files()
    assert files is not None
    assert hashlib.sha256((files / name).read_bytes()).hexdigest()[:16] == PINS[name]


def test_the_wheel_is_found_without_being_imported() -> None:
    graphiql.vendor_files()
    assert graphiql.WHEEL not in sys.modules


def test_all_that_the_page_loads_is_there_and_is_its_own(address: str) -> None:
    page = httpx.get(f"{address}/graphql")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert {*graphiql.STYLES, *graphiql.SCRIPTS} < set(loaded)
    for path in loaded:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert httpx.get(address + path).status_code == 200, path
    pinned = [path for path in loaded if path.startswith("/vendor/graphiql/")]
    assert {path.rsplit("/", 1)[1] for path in pinned} == set(PINS)


def test_the_page_holds_no_inline_code_or_style() -> None:
    html = graphiql._html(tokens=True)
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", html) == []


def test_files_are_served_from_their_folders_only(address: str) -> None:
    for path in ("/static/../graphiql.py", "/static/%2e%2e/graphiql.py", "/vendor/graphiql/%2e%2e/%2e%2e/apps.py"):
        assert httpx.get(address + path).status_code == 404


def test_without_the_wheel_the_page_says_so_plainly() -> None:
    with serving(app(None)) as address:
        response = httpx.get(f"{address}/graphql")
        assert response.status_code == 503
        assert "GraphiQL's files are missing" in response.text
        assert "The API still answers POST /graphql" in response.text
        assert "pip install graphene-django-graphiql-static==0.8" in response.text
        assert httpx.get(f"{address}/vendor/graphiql/graphiql.min.js").status_code == 404


def test_the_example_queries_are_a_document_within_the_limits() -> None:
    text = (graphiql.STATIC / "examples.graphql").read_text()
    document = parse(text, max_lexical_tokens=Limits().tokens)
    check(document, Limits())
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    assert all(one.name and not one.variable_definitions for one in operations)
