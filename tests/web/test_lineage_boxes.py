"""The boxes of the lineage page's map: what is in them can be read, and reached by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import ON_ONE_DATABASE
from tests.lineage import chain
from tests.web import lives
from tests.web.looking import Life, node, ready, see

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
