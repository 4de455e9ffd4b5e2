"""A real browser that can reach nothing but this machine, and fails a test when a page tries to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from begat.access import tokens
from begat.config import Settings
from begat.graph.driver import Graph
from tests.api_client import serving
from tests.conftest import Database, settings_for, wipe
from tests.lineage import chain
from tests.web import lives
from tests.web.looking import Life

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

REQUIRED = os.environ.get("BEGAT_REQUIRE_BROWSER") == "1"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NO_AXE = "the accessibility audit needs axe: pip install axe-playwright-python"
# Tells of what the content security policy refused as an error on the console, where the fixture sees it.
TELL = (
    "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
)


def _absent(reason: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(f"BEGAT_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
    pytest.skip(reason)


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("BEGAT_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for one module: while Playwright is open, an event loop runs in this thread, and no other test could
    run its own."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("browser tests need Playwright: pip install playwright")
    executable = _chromium()
    if executable is None:
        _absent("browser tests need a Chromium: apt-get install chromium, or set BEGAT_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of the accessibility audit; empty where it is not here and not required."""
    return axe_script()


def axe_script() -> str:
    """See the fixture."""
    found = find_spec("axe_playwright_python")
    if found is not None and found.submodule_search_locations:
        return Path(next(iter(found.submodule_search_locations)), "axe.min.js").read_text("utf-8")
    if REQUIRED:
        _absent(NO_AXE)
    return ""


@pytest.fixture
def expected() -> list[str]:
    """Parts of the errors on the console that a test means to cause; it adds them."""
    return []


@pytest.fixture
def page(browser: Browser, expected: list[str]) -> Iterator[Page]:
    """A page in a fresh profile. At the end it must have asked no other host and left no error on its console."""
    context = browser.new_context(viewport={"width": 1400, "height": 850})
    context.set_default_timeout(30_000)
    page = context.new_page()
    wrong: list[str] = []

    def only_here(route: Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            route.continue_()
        else:
            wrong.append(f"foreign request: {route.request.url}")
            route.abort()

    page.route("**/*", only_here)

    def on_console(message: ConsoleMessage) -> None:
        # The one error that is meant: GraphiQL asks for the schema before a person has pasted their token.
        if message.type == "error" and not any(part in message.text for part in ("status of 401", *expected)):
            wrong.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_init_script(TELL)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def life(database: Database, served: tuple[str, Settings]) -> Iterator[Life]:
    with serving(settings_for(database, auth="tokens")) as guarded:
        made = Life(served[0], guarded, database, "")

        async def begin(graph: Graph) -> str:
            await wipe(graph)
            await lives.write(graph)
            token = await tokens.create(graph, "ann")
            await graph.execute(
                "MATCH (p:Principal {name: 'ann'}) MATCH (j:Project {id: $id}) "
                "CREATE (p)-[:HAS_ROLE {role: 'VIEWER'}]->(j)",
                id=chain.PROJECT,
            )
            return token

        made.token = made.graph(begin)
        yield made
