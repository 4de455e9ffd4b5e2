"""The lineage page while people move about in it: what belongs to a page that was left does nothing to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import ON_ONE_DATABASE
from tests.lineage import chain
from tests.web.looking import Life, boxes, node, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = ON_ONE_DATABASE


def test_a_late_failure_of_a_page_that_was_left_is_not_told_on_the_next(
    page: Page, life: Life, expected: list[str]
) -> None:
    from playwright.sync_api import expect

    expected.append("ERR_FAILED")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if chain.VERSION in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    page.route("**/graphql", hold)
    with page.expect_request("**/graphql"):
        page.locator(f'#rows a[data-key="downstream:{chain.VERSION}"]').click()
    page.go_back()
    expect(page.locator("#title")).to_have_text(chain.JOB)
    ready(page)
    page.wait_for_timeout(100)
    assert held
    for route in held:
        route.abort()
    page.wait_for_timeout(300)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#map")).to_be_visible()


def test_the_way_to_the_table_leaves_everything_as_it_is(page: Page, life: Life) -> None:
    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    page.locator(node(f"upstream:{chain.TRAINING}")).locator(".handle").click()
    page.locator(node(f"upstream:{chain.SHEET}")).wait_for()
    opened = boxes(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/graphql" in request.url else None)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#table")
    page.go_back()
    page.wait_for_timeout(300)
    assert (boxes(page), sent) == (opened, [])


def test_an_address_that_leads_nowhere_is_told_as_what_it_is(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    title = page.locator("#notice-title")
    for id, said in (
        (f"{chain.VERSION}:e1", "This is an evaluation, not an asset"),
        (f"{chain.TRAINING}:g1", "This is a generation, not an asset"),
        (f"{chain.TRAINING}:s1", "This is a snapshot, not an asset"),
        (f"{chain.TABLE}:x", "Nothing here has this id"),
        ("nope:v1", "Nothing here has this id"),
        ("%E0%A4%A", "Nothing here has this id"),
    ):
        page.goto(f"{life.open}/lineage/{chain.JOB}")
        expect(page).to_have_title(f"{chain.JOB}: lineage")
        ready(page)
        page.evaluate(
            "id => { history.pushState(null, '', `/lineage/${id}`); dispatchEvent(new Event('popstate')); }", id
        )
        expect(title).to_have_text(said)
        expect(page).to_have_title(f"{id}: lineage")
        expect(page.locator("#title")).to_have_text(id)
    page.reload()
    expect(title).to_have_text("Nothing here has this id")


def test_an_id_of_any_length_stays_within_a_narrow_page(page: Page, life: Life) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    page.goto(f"{life.open}/lineage/{'x' * 300}")
    page.locator("#notice-title").wait_for()
    page.locator("#status").evaluate("one => { one.textContent = `Nothing more behind ${'x'.repeat(200)}.` }")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator("body").evaluate("one => one.classList.remove('empty')")  # the status shows beside a lineage only
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_what_went_wrong_is_not_told_any_more_when_it_has_come_right(
    page: Page, life: Life, expected: list[str]
) -> None:
    from playwright.sync_api import expect

    expected.append("ERR_INTERNET_DISCONNECTED")
    page.goto(f"{life.open}/lineage/{chain.VERSION}?down=0")
    ready(page)
    handle = page.locator(node(f"upstream:{chain.JOB}")).locator(".handle")
    handle.click()  # known already
    further = page.locator(node(f"upstream:{chain.TRAINING}")).locator(".handle")
    page.context.set_offline(True)
    further.click()
    expect(page.locator("#notice-title")).to_have_text("begat does not answer")
    page.context.set_offline(False)
    further.click()
    expect(page.locator("#status")).to_contain_text("more node")
    expect(page.locator("#notice")).to_be_hidden()
    assert f"upstream:{chain.SHEET}" in boxes(page)
