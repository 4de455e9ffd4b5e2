"""The lineage page where more stands behind an asset than a map shows: it says how much is missing and what to do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ON_ONE_DATABASE
from tests.web import lives
from tests.web.looking import Life, focused, node, ready, see

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = ON_ONE_DATABASE


@pytest.fixture(scope="module")
def crowds(life: Life) -> Life:
    for size in (9, 300, 400, 1200):
        life.graph(partial(lives.crowd, table=f"table_{size}", size=size))
    return life


def test_all_that_can_be_read_together_is_in_sight_at_first(page: Page, crowds: Life) -> None:
    page.goto(f"{crowds.open}/lineage/table_9")
    ready(page)
    see(page, "first")
    view, found = page.locator("#map").bounding_box(), page.locator(".node .face").all()
    assert view
    assert len(found) == 10
    for one in found:
        box = one.bounding_box()
        assert box
        assert view["y"] <= box["y"]
        assert box["y"] + box["height"] <= view["y"] + view["height"]


def test_a_click_on_a_side_that_is_cut_shows_more_of_it(page: Page, crowds: Life) -> None:
    from playwright.sync_api import expect

    status, start = page.locator("#status"), page.locator(node("start"))
    page.goto(f"{crowds.open}/lineage/table_400")
    ready(page)
    expect(page.locator("#cut-text")).to_have_text("The nearest 300 are shown; 101 more are open.")
    expect(start.locator(".handle")).to_have_text("+101")
    button = page.locator('#rows button[data-key="start"]')
    expect(button).to_have_text("Show 101 down")
    assert button.evaluate("b => b.scrollWidth <= b.clientWidth && b.offsetWidth <= b.parentElement.clientWidth - 8")
    start.locator(".handle").click()
    expect(status).to_have_text("101 more nodes shown. Shown: 0 upstream and 400 downstream.")
    expect(page.locator("#cut")).to_be_hidden()
    expect(start.locator(".handle")).to_have_text("−")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("400 nodes folded away.")
    expect(start.locator(".handle")).to_have_text("+400")
    page.goto(f"{crowds.open}/lineage/table_300")
    expect(page.locator("#cut-text")).to_have_text("The nearest 300 are shown; 1 more is open.")


def test_what_is_beyond_a_page_is_counted_and_the_rest_folds_all_the_same(page: Page, crowds: Life) -> None:
    from playwright.sync_api import expect

    status, start, cut = page.locator("#status"), page.locator(node("start")), page.locator("#cut-text")
    page.goto(f"{crowds.open}/lineage/table_1200")
    ready(page)
    expect(cut).to_have_text("The nearest 300 are shown; 901 more are open.")
    expect(start.locator(".handle")).to_have_text("+901")
    see(page, "crowd")
    start.focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("700 more nodes shown.")
    expect(cut).to_have_text(
        "The nearest 1,000 are shown; 201 more are open, more than a page shows. "
        "Ask for all in GraphiQL or as an export."
    )
    expect(page.locator("#more")).to_be_hidden()
    assert focused(page) == "start"
    page.keyboard.press("Enter")
    expect(status).to_contain_text("999 nodes folded away.")
    expect(page.locator("#cut")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("999 more nodes shown.")
