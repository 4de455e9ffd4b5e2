"""A subscription runs from GraphiQL, over a socket, under the page's strict policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request

from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from tests.api.conftest import ready
from tests.api.serving import serving
from tests.api.streaming import Streams

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_subscription_shows_its_events_and_sends_the_headers_editors_token(page: Page, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    streams = Streams(token="Bearer good")

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        return await streams.executor.run(request, None)

    settings = Settings(home=tmp_path, tables=tmp_path / "tables", auth="tokens")
    with serving(routes(execute, ready, settings, streams=streams), ws=True) as address:
        page.goto(f"{address}/graphql?{urlencode({'query': 'subscription { counts(to: 3) }'})}")
        page.get_by_role("button", name="Headers", exact=True).click()
        page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(json.dumps({"Authorization": "Bearer good"}))
        page.get_by_role("button", name="Execute query").click()
        expect(page.locator(".result-window")).to_contain_text('"counts": 2')
