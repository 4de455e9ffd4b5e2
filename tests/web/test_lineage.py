"""The lineage page's files: its own, small, without inline code, in colours that can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from begat.api.middleware import CSP
from begat.web import graphiql, lineage
from tests.api.serving import serving

FILES = graphiql.STATIC / "lineage"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*graphiql.routes(None), *lineage.routes()])) as address:
        yield address


def test_it_is_the_same_for_every_id_and_loads_only_what_is_there(address: str) -> None:
    page = httpx.get(f"{address}/lineage/sheet_01")
    assert page.status_code == 200
    assert page.text == httpx.get(f"{address}/lineage/%3Cscript%3E").text
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    modules = [path for path in loaded if path.endswith(".js")]
    for path in modules:  # grows while it is read
        for name in re.findall(r'(?:from|URL\()\s*"\./([a-z]+\.js)"', httpx.get(address + path).text):
            if (found := f"/static/lineage/{name}") not in modules:
                modules.append(found)
    assert {path.rsplit("/", 1)[1] for path in modules} == {file.name for file in FILES.glob("*.js")}
    for path in {*loaded, *modules} - {"/graphql"}:
        assert httpx.get(address + path).status_code == 200, path


def test_it_holds_no_inline_code_or_style_and_needs_no_exception_from_the_policy() -> None:
    html = lineage._html(tokens=True)
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", html) == []
    assert "unsafe" not in CSP
    for file in FILES.glob("*.js"):
        text = file.read_text("utf-8")
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://(?!www\.w3\.org)", text
        ), file
        assert text.count("\n") < 400


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_words_and_marks_stand_out_from_what_is_behind_them(theme: str) -> None:
    light, dark = re.findall(r":root \{(.*?)\}", (FILES / "lineage.css").read_text("utf-8"), flags=re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", light))
    if theme == "dark":
        colours |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", dark))
    for back in ("page", "card", "wash", "warn"):
        for word in ("ink", "soft", "accent"):
            assert _contrast(colours[word], colours[back]) >= 4.5, (word, back)
    for back in ("card", "wash"):
        for mark in (
            "line",
            "good",
            "busy",
            "alert",
            "bad",
            "calm",
            "data",
            "prompt",
            "rows",
            "model",
            "live",
            "hidden",
        ):
            assert _contrast(colours[mark], colours[back]) >= 3, (mark, back)


def _contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
