"""The lineage page in a real browser, as people with a pointer, with keys only and without a role use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from begat.access import tokens
from tests.conftest import ON_ONE_DATABASE
from tests.lineage import chain
from tests.web import lives
from tests.web.conftest import NO_AXE, axe_script
from tests.web.looking import Life, audited, boxes, focused, node, ready, rows, see, tab_to

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

TASKS = (
    "new PerformanceObserver(list => list.getEntries().forEach(task => (window.tasks ??= []).push(task.duration)))"
    ".observe({type: 'longtask', buffered: true})"
)


def test_it_opens_on_one_hop_and_goes_on_by_pointer_as_the_api_says(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    up, down = (life.hits(chain.JOB, side, 1) for side in ("upstream", "downstream"))
    assert rows(page) == up | down
    assert (
        boxes(page) == {"start", *up, *down} == {"start", f"upstream:{chain.TRAINING}", f"downstream:{chain.VERSION}"}
    )
    sheet = page.locator(node(f"upstream:{chain.TRAINING}"))
    expect(sheet).to_contain_text("Trashed")  # in words, not by its look alone
    sheet.locator(".handle", has_text="+2").click()
    expect(page.locator("#status")).to_contain_text("2 more nodes shown.")
    up = life.hits(chain.JOB, "upstream", 2)
    assert rows(page) == up | down
    assert boxes(page) == {"start", *up, *down}
    expect(page.locator(node(f"upstream:{chain.TEMPLATE}"))).to_contain_text("Archived")
    see(page, "opened")
    sheet.locator(".handle", has_text="−").click()
    expect(page.locator("#status")).to_contain_text("2 nodes folded away.")
    assert boxes(page) == {"start", f"upstream:{chain.TRAINING}", f"downstream:{chain.VERSION}"}
    # All of it, at both levels, and across what is in the trash.
    for level, deleted in (("VERSION", "INCLUDE"), ("ASSET", "BRIDGE")):
        page.goto(f"{life.open}/lineage/{chain.JOB}?up=25&down=25&level={level}&deleted={deleted}")
        ready(page)
        both = [life.hits(chain.JOB, side, 25, level=level, deleted=deleted) for side in ("upstream", "downstream")]
        assert len(both[0]) > 1
        assert boxes(page) == {"start", *both[0], *both[1]}
        assert {key: row[1:] for key, row in rows(page).items()} == {
            k: row[1:] for k, row in (both[0] | both[1]).items()
        }
        page.locator(node(f"upstream:{chain.SHEET}{':v1' if level == 'VERSION' else ''}")).focus()
        expect(page.locator("#chosen")).to_contain_text("RetentionLive")
        for own in ("StatusReady", "Ownernobody"):
            expect(page.locator("#chosen", has_text=own)).to_have_count(int(level == "ASSET"))
    expect(page.locator(".edge.across").first).to_contain_text("via 1")
    expect(page.locator("#rows")).to_contain_text("via 1 this")


@ON_ONE_DATABASE
def test_all_of_it_is_done_by_keys_alone(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    page.goto(f"{life.open}/lineage/{chain.JOB}")
    ready(page)
    tab_to(page, ".node")
    assert focused(page) == "start"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == f"upstream:{chain.TRAINING}"
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("2 more nodes shown.")
    assert focused(page) == f"upstream:{chain.TRAINING}"  # where they were
    page.keyboard.press("ArrowLeft")
    first = focused(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert {first, focused(page)} <= {f"upstream:{chain.TEMPLATE}", f"upstream:{chain.SHEET}"}
    page.keyboard.press("Home")
    assert focused(page) == "start"
    assert page.locator(".node[tabindex='0']").count() == 1
    # The table is the equal path.
    tab_to(page, f'#rows a[data-key="downstream:{chain.VERSION}"]')
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(chain.VERSION)  # the link opened its own page, in place,
    expect(page).to_have_url(f"{life.open}/lineage/{chain.VERSION}")
    ready(page)
    assert focused(page) == "title"  # and whoever listens is told
    button = f'#rows button[data-key="upstream:{chain.JOB}"]'
    tab_to(page, button)
    expect(page.locator(button)).to_have_text("Show 1")
    page.keyboard.press("Space")
    expect(page.locator("#status")).to_contain_text("1 more node shown.")
    assert focused(page) == f"upstream:{chain.JOB}"
    expect(page.locator(button)).to_have_attribute("aria-expanded", "true")
    page.go_back()
    expect(page.locator("#title")).to_have_text(chain.JOB)
    ready(page)
    assert focused(page) == "title"  # as what had the focus is not on this page


@ON_ONE_DATABASE
def test_a_viewer_sees_that_there_is_something_hidden_how_much_and_what_lies_behind(page: Page, life: Life) -> None:
    from playwright.sync_api import expect

    page.goto(f"{life.guarded}/lineage/{chain.TEMPLATE}")
    expect(page.locator("#notice-title")).to_have_text("begat wants to know who asks")
    for text, said in (("begat_wrong", "The token is not accepted"), (life.token, "")):
        page.get_by_label("Token").fill(text)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#notice-title" if said else "#title")).to_have_text(said or chain.TEMPLATE)
    ready(page)
    down = life.hits(chain.TEMPLATE, "downstream", 1, life.token)
    assert "hidden TRAINING_SHEET" in down
    assert rows(page) == down
    assert boxes(page) == {"start", *down}
    expect(page.locator("#status")).to_contain_text("2 downstream, 1 of them hidden from you")
    expect(page.locator("#notes")).to_contain_text("Hidden from you downstream: 1 training sheet.")
    hidden = page.locator(".node.hidden")
    assert chain.TEST not in page.content()
    hidden.locator(".handle").click()  # it can be passed through, as in every answer
    expect(page.locator(node(f"downstream:{chain.VERSION}"))).to_be_attached()
    see(page, "hidden")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert life.token not in kept
    life.graph(lambda graph: tokens.revoke(graph, "ann"))
    page.locator(node(f"downstream:{chain.VERSION}")).locator(".handle").click()
    expect(page.locator("#notice-text")).to_contain_text("It may have expired or been revoked.")


@ON_ONE_DATABASE
def test_a_thousand_nodes_can_be_worked_with_within_two_seconds_of_their_answer(
    page: Page, life: Life, axe: str
) -> None:
    from playwright.sync_api import expect

    page.add_init_script(TASKS)
    page.goto(f"{life.open}/lineage/{lives.TABLE}?down=2")
    expect(page.locator("#cut")).to_contain_text("The nearest 300 are shown; 38 more are open.")
    assert page.locator(".node").count() == 300
    page.get_by_role("button", name="Show up to 1,000").click()
    expect(page.locator("#cut")).to_be_hidden()
    assert page.locator(".node").count() == 338
    for _ in range(3):  # the best of three: the machine may be busy with something else for a moment
        page.goto(f"{life.open}/lineage/{lives.TABLE}?down=1000&show=1000")
        page.locator("#map[aria-busy=false][data-ready]").wait_for()
        page.locator(node("start")).focus()
        page.keyboard.press("ArrowRight")
        assert focused(page).startswith("downstream:sheet_")
        ready(page)
        marks = page.evaluate("performance.getEntriesByType('mark').map(m => [m.name, m.startTime])")
        took = next(at for name, at in marks if name == "begat-drawn") - dict(marks)["begat-answer"]
        longest = max(page.evaluate("window.tasks ?? [0]"))
        print(f"1,000 nodes: {took:.0f} ms from the answer, the longest task {longest:.0f} ms")  # noqa: T201 - measured
        if took < 2_000 and longest < 1_000:
            break
    assert took < 2_000
    assert longest < 1_000
    down = life.hits(lives.TABLE, "downstream", 1000)
    assert len(down) == lives.SIZE
    assert boxes(page) == {"start", *down}
    assert rows(page).keys() == down.keys()
    see(page, "thousand")
    audited(page, axe, "thousand")
    page.get_by_role("button", name="Fit").click()
    expect(page.locator("#map.far")).to_be_attached()  # from far away, colours in the place of texts
    see(page, "thousand-fit")


@ON_ONE_DATABASE
def test_what_goes_wrong_is_said_in_words_with_what_to_do(
    page: Page, life: Life, axe: str, expected: list[str]
) -> None:
    from playwright.sync_api import expect

    title, text = page.locator("#notice-title"), page.locator("#notice-text")
    page.goto(f"{life.open}/lineage/sheet_none")
    expect(title).to_have_text("Nothing here has this id")
    expect(text).to_contain_text("There is no asset sheet_none, or it is not for you to see.")
    page.goto(f"{life.open}/lineage/{chain.SHEET}:v1")
    expect(title).to_have_text("This is a version, not an asset")
    page.get_by_role("link", name=f"Open {chain.SHEET}").click()
    ready(page)
    # begat is away: what is shown stays, and trying again goes on where it was.
    expected.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.get_by_label("Hops downstream").select_option("3")
    expect(title).to_have_text("begat does not answer")
    expect(text).to_contain_text("Start begat or reconnect, then try again.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    ready(page)
    expect(title).to_be_hidden()

    # A question that begat refuses: it is asked for more at once than it gives.
    def greedy(route: Route) -> None:
        sent = json.loads(route.request.post_data or "{}")
        sent["variables"]["first"] = 5000
        route.continue_(post_data=json.dumps(sent))

    page.route("**/graphql", greedy)
    page.goto(f"{life.open}/lineage/{chain.SHEET}")
    expect(title).to_contain_text("1000")
    expect(text).not_to_be_empty()
    see(page, "refused")
    audited(page, axe, "refused")


@ON_ONE_DATABASE
def test_axe_finds_no_serious_fault_in_light_and_dark(page: Page, life: Life, axe: str) -> None:
    if not axe:
        pytest.skip(NO_AXE)
    page.goto(f"{life.open}/lineage/{chain.JOB}?up=25&down=25")
    ready(page)
    audited(page, axe, "whole")
    page.goto(f"{life.guarded}/lineage/{chain.JOB}")
    page.get_by_label("Token").wait_for()
    audited(page, axe, "token")


def test_an_audit_that_is_required_does_not_pass_without_axe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.web.conftest.find_spec", lambda _: None)
    monkeypatch.setattr("tests.web.conftest.REQUIRED", False)
    assert axe_script() == ""
    monkeypatch.setattr("tests.web.conftest.REQUIRED", True)
    with pytest.raises(pytest.fail.Exception, match="needs axe"):
        axe_script()
