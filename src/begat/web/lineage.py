"""The lineage page at `/lineage/<id>`: static HTML, the same for every id; its modules ask the API what to show."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_HOPS = (("0", "none"), *((str(hops), str(hops)) for hops in (1, 2, 3, 5, 10, 25)), ("1000", "all"))
_LEVELS = (("ASSET", "Assets"), ("VERSION", "Versions"))
_DELETED = (("INCLUDE", "Shown"), ("BRIDGE", "Bridged"), ("EXCLUDE", "Left out"))


def routes(*, tokens: bool = False) -> list[BaseRoute]:
    """`/lineage/<id>`. ``tokens``: callers are known by a token, which the page asks for. The files of the page are
    under ``/static/lineage``, which `begat.web.graphiql.routes` serves with the rest of ``static``."""
    html = _html(tokens)

    async def answer(_: Request) -> Response:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route("/lineage/{id}", answer, methods=["GET"])]


def _choice(name: str, label: str, options: tuple[tuple[str, str], ...], usual: str) -> str:
    choices = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    return f'<label>{label} <select name="{name}" data-usual="{usual}">{choices}</select></label>'


def _heads(*names: str) -> str:
    return "".join(f'<th scope="col">{name}</th>' for name in names)


def _html(tokens: bool) -> str:
    # No inline code and no inline style: the content security policy would refuse both.
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>begat: lineage</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/lineage/lineage.css">
  <script type="module" src="/static/lineage/page.js"></script>
</head>
<body data-tokens="{"yes" if tokens else "no"}">
  <a class="skip" href="#table">Skip to the table</a>
  <header>
    <p class="brand"><a href="/graphql">begat</a> <span>lineage</span></p>
    <h1 id="title" tabindex="-1">Lineage</h1>
    <form id="controls" aria-label="What is shown">
      {_choice("up", "Hops upstream", _HOPS, "1")}
      {_choice("down", "Hops downstream", _HOPS, "1")}
      {_choice("level", "Level", _LEVELS, "ASSET")}
      {_choice("deleted", "In the trash", _DELETED, "INCLUDE")}
    </form>
  </header>
  <noscript><p class="notice">This page needs JavaScript. The API answers POST /graphql without it.</p></noscript>
  <div id="notice" class="notice" role="alert" hidden>
    <h2 id="notice-title"></h2>
    <p id="notice-text"></p>
    <form id="token" hidden>
      <label>Token <input name="token" type="password" autocomplete="off" required></label>
      <button>Go on</button>
    </form>
    <p><button id="again" type="button">Try again</button> <a id="notice-link" href="/graphql">GraphiQL</a></p>
  </div>
  <p id="status" role="status"></p>
  <p class="cut" id="cut" hidden>
    <span id="cut-text"></span> <button id="more" type="button">Show up to 1,000</button>
  </p>
  <main>
    <section class="left" aria-label="Map">
      <div class="tools" role="group" aria-label="Zoom">
        <button id="nearer" type="button" aria-label="Zoom in">+</button>
        <button id="farther" type="button" aria-label="Zoom out">&minus;</button>
        <button id="whole" type="button">Fit</button>
        <button id="home" type="button">Start</button>
      </div>
      <svg id="map" role="application" aria-label="Lineage map" aria-describedby="keys"></svg>
      <details class="keys">
        <summary>Keys and arrows</summary>
        <p id="keys">Arrow keys go along lines and columns, Enter opens or folds, + and &minus; zoom, 0 fits, Home is
          the start. Upstream, what it was made from, is on the left; downstream, what was made from it, on the right.
          Each arrow points from what was made to what it was made from.</p>
      </details>
      <div id="chosen" class="about"></div>
    </section>
    <section class="right" id="table" aria-label="Table" tabindex="-1">
      <div class="scroll" tabindex="0" role="region" aria-label="Rows of the lineage">
        <table>
          <caption>The same as a table</caption>
          <thead><tr>{_heads("Kind", "Name", "Status", "Retention", "Hops", "Relation", "More")}</tr></thead>
          <tbody id="rows"></tbody>
        </table>
      </div>
    </section>
  </main>
  <footer><ul id="notes" aria-label="What is known"></ul></footer>
</body>
</html>
"""
