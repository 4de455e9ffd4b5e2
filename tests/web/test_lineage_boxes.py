"""The boxes of the lineage page's map: what is in them can be read, and reached by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import ON_ONE_DATABASE
from tests.lineage import chain
from tests.web import lives
from tests.web.looking import Life, focused, node, ready, see, tab_to

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = ON_ONE_DATABASE


def test_a_long_name_is_cut_in_its_middle_and_within_its_box(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    page.goto(f"{life.open}/lineage/{chain.TEST_TABLE}?level=VERSION")
    ready(page)
    see(page, "names")
    for id, name in lives.NAMES.items():
        box = page.locator(node(f"downstream:{id}:v1"))
        expect(box.locator(".kind")).to_have_text("Sheet version 1")
        first, _, last = box.locator(".name").evaluate("one => one.textContent").partition("…")
        assert len(first) > 3
        assert len(last) > 3
        assert name.startswith(first)
        assert name.endswith(last)
        written, face = box.locator(".name").bounding_box(), box.locator(".face").bounding_box()
        assert written
        assert face
        assert written["x"] + written["width"] < face["x"] + face["width"]


def test_a_name_turns_nothing_that_is_said_around_it(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    turning = {chain.JOB: "\u202eabc", chain.TRAINING: "שאלות"}

    def renamed(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        for id, name in turning.items():
            text = text.replace(f'"name":"{id}"', f'"name":"{name}"')
        route.fulfill(response=answer, body=text)

    page.route("**/graphql", renamed)
    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    expect(page).to_have_title("abc: lineage")
    assert page.locator(f'#rows a[data-key="upstream:{chain.TRAINING}"]').evaluate("one => one.textContent") == (
        "\u2068שאלות\u2069"
    )


def test_tab_goes_from_the_tools_to_one_node_and_on(page: Page, life: Life) -> None:
    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    tab_to(page, "#home")
    page.keyboard.press("Tab")
    assert focused(page) == "start"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "summary"


def test_the_focus_is_seen_from_far_away_and_under_nothing(page: Page, life: Life) -> None:
    page.goto(f"{life.open}/lineage/{lives.TABLE}?down=2&show=1000")
    ready(page)
    page.locator(node("start")).focus()
    page.keyboard.press("0")
    page.locator("#map.far").wait_for()
    see(page, "far")
    face = page.locator(f"{node('start')} .face")
    assert face.evaluate("one => getComputedStyle(one).vectorEffect") == "non-scaling-stroke"
    view, tools = page.locator("#map").bounding_box(), page.locator(".tools").bounding_box()
    assert view
    assert tools
    assert tools["y"] + tools["height"] <= view["y"]


def test_the_focus_goes_on_where_a_button_goes_away(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    page.goto(f"{life.open}/lineage/{lives.TABLE}?down=2")
    ready(page)
    page.locator("#more").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cut")).to_be_hidden()
    assert focused(page) == "start"
    page.goto(f"{life.guarded}/lineage/{chain.JOB}")
    page.get_by_label("Token").fill(f"\u200b Bearer {life.token}\u200b\n")  # as it comes from a chat
    page.keyboard.press("Enter")
    ready(page)
    expect(page.locator("#title")).to_be_focused()
