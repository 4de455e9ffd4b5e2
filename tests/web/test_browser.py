"""GraphiQL in a real browser, as a person uses it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest, unauthenticated
from begat.app import routes
from begat.config import Settings
from tests.api.conftest import ready
from tests.api.schema import schema
from tests.api.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOKEN = "begat_secret-token"
SCREENSHOTS = os.environ.get("BEGAT_TEST_SCREENSHOTS")


def _settings(home: Path, auth: bool = False) -> Settings:
    return Settings(home=home, tables=home / "tables", auth="tokens" if auth else None)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    executor = Executor(schema)

    async def execute(request: GraphQLRequest, _: Request) -> Answer:
        return await executor.run(request, None)

    with serving(routes(execute, ready, _settings(tmp_path_factory.mktemp("home")))) as address:
        yield address


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same, for people with a token."""
    executor = Executor(schema)

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        if http.headers.get("authorization") != f"Bearer {TOKEN}":
            raise unauthenticated()
        return await executor.run(request, "ada")

    with serving(routes(execute, ready, _settings(tmp_path_factory.mktemp("home"), auth=True))) as address:
        yield address


def link(address: str, query: str, variables: object = None) -> str:
    given = {"query": query} | ({} if variables is None else {"variables": json.dumps(variables)})
    return f"{address}/graphql?{urlencode(given)}"


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def result(page: Page, text: str) -> None:
    """Wait until the result shows ``text``."""
    from playwright.sync_api import expect

    expect(page.locator(".result-window")).to_contain_text(text)


def picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS, f"{name}.png"))


def test_a_link_opens_a_ready_query_that_runs_by_a_click(page: Page, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(link(address, "query Greet($n: String!) {\n  hello(name: $n)\n}", {"n": "Zoë"}))
    expect(page.locator(".graphiql-query-editor")).to_contain_text("hello(name: $n)")
    expect(page.locator(".result-window")).not_to_contain_text("Zoë")  # nothing runs by itself
    run(page)
    result(page, '"hello": "hello Zoë"')
    picture(page, "query")


def test_a_second_link_shows_its_own_query_not_the_tab_of_the_first(page: Page, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(link(address, "query First($n: String!) { hello(name: $n) }", {"n": "one"}))
    run(page)
    result(page, "hello one")
    page.goto(link(address, "query Second { later }"))
    expect(page.locator(".graphiql-query-editor")).to_contain_text("later")
    run(page)
    result(page, '"later": "now"')


def test_without_a_link_there_are_examples(page: Page, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(f"{address}/")
    expect(page.locator(".graphiql-query-editor")).to_contain_text("the life of machine-learning assets")
    picture(page, "examples")


def test_of_several_operations_one_is_chosen_at_the_run_button(page: Page, address: str) -> None:
    page.goto(link(address, "query A { hello } query B { later }"))
    run(page)
    page.get_by_role("menuitem", name="B").click()
    result(page, '"later": "now"')


def test_the_documentation_and_the_explorer_open(page: Page, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(link(address, "{ hello }"))
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("query: Query")
    page.get_by_role("button", name="Show GraphiQL Explorer").click()
    expect(page.locator(".docExplorerWrap, .graphiql-explorer-root").first).to_contain_text("halfACharacter")
    picture(page, "explorer")


def test_a_mutation_runs_too_because_the_page_is_begats_own(page: Page, address: str) -> None:
    page.goto(link(address, "mutation { count(by: 0) }"))
    run(page)
    result(page, '"count":')


def test_the_tabs_of_the_last_visit_are_there_again(page: Page, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(link(address, "query First { hello }"))
    run(page)
    result(page, "hello you")
    page.goto(f"{address}/graphql")
    expect(page.locator(".graphiql-query-editor")).to_contain_text("query First")


def test_a_typed_error_is_shown_as_it_is(page: Page, address: str) -> None:
    page.goto(link(address, "{ refuses }"))
    run(page)
    result(page, '"hint": "Read it again."')


def test_a_token_is_set_in_the_headers_editor_and_never_stored(page: Page, guarded: str) -> None:
    from playwright.sync_api import expect

    page.goto(link(guarded, "{ who }"))
    page.get_by_role("button", name="Headers", exact=True).click()
    editor = page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror")
    expect(editor).to_contain_text('"Authorization": "Bearer "')
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(json.dumps({"Authorization": f"Bearer {TOKEN}"}))
    run(page)
    result(page, '"who": "ada"')
    picture(page, "token")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert "who" in kept  # the history is there,
    assert TOKEN not in kept  # without the header
    page.reload()
    expect(editor).to_contain_text('"Authorization": "Bearer "')
    picture(page, "reloaded")
