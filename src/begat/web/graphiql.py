"""GraphiQL at `/graphql`, from files of the installation: no other host is asked for anything.

The files are those of the wheel ``graphene-django-graphiql-static``, which is never imported (that would need Django).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

WHEEL = "graphene_django_graphiql_static"
STATIC = Path(__file__).parent / "static"

STYLES = ("/vendor/graphiql/graphiql.min.css", "/vendor/graphiql/style.css", "/static/graphiql.css")
SCRIPTS = (
    "/vendor/graphiql/react.production.min.js",
    "/vendor/graphiql/react-dom.production.min.js",
    "/vendor/graphiql/graphiql.min.js",
    "/vendor/graphiql/graphiql-plugin-explorer.umd.js",
    "/static/graphiql.js",
)


def vendor_files() -> Path | None:
    """The folder of GraphiQL's own files; None where the wheel is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)), "static", WHEEL)
    return folder if folder.is_dir() else None


def page(*, tokens: bool = False, files: Path | None) -> Callable[[Request], Awaitable[Response]]:
    """What answers a browser's GET.

    ``tokens`` offers an Authorization header to fill in. The page reads ``query`` and ``variables`` from its own
    address, so that a link opens a ready query; it runs nothing by itself. Without ``files`` (see
    `vendor_files`) it says so, with status 503.
    """
    html, status = (_html(tokens), 200) if files else (_MISSING, 503)

    async def answer(_: Request) -> Response:
        return HTMLResponse(html, status, headers={"Cache-Control": "no-cache", "Vary": "Accept"})

    return answer


def routes(files: Path | None) -> list[BaseRoute]:
    """The page's files: GraphiQL's under ``/vendor/graphiql`` where ``files`` are there, begat's under ``/static``."""
    mounts: list[BaseRoute] = [Mount("/static", StaticFiles(directory=STATIC))]
    if files:
        mounts.append(Mount("/vendor/graphiql", StaticFiles(directory=files)))
    return mounts


def _html(tokens: bool) -> str:
    # No inline code and no inline style: the content security policy would refuse both.
    styles = "\n".join(f'  <link rel="stylesheet" href="{path}">' for path in STYLES)
    scripts = "\n".join(f'  <script src="{path}" defer></script>' for path in SCRIPTS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>begat: GraphiQL</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
{styles}
{scripts}
</head>
<body>
  <div id="graphiql" data-tokens="{"yes" if tokens else "no"}"><p class="note">Loading GraphiQL...</p></div>
  <noscript><p class="note">GraphiQL needs JavaScript. The API answers POST /graphql without it.</p></noscript>
</body>
</html>
"""


_MISSING = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>begat: GraphiQL is missing</title></head>
<body>
  <h1>GraphiQL's files are missing</h1>
  <p>The API still answers POST /graphql. To have this page, install its files and start begat again:</p>
  <pre>pip install {WHEEL.replace("_", "-")}==0.8</pre>
</body>
</html>
"""
