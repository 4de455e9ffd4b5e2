"""A GraphQL client of the demo's own begat, over its real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

POLL_SECONDS = 0.25


class DemoError(RuntimeError):
    """The demo could not go on; the message says where and why."""


class Client:
    """Sends documents and takes no error for an answer."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, query: str, **variables: Any) -> Any:
        """The only field of a document that must succeed."""
        response = await self._http.post("/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        if answer.get("errors"):
            raise DemoError(answer["errors"][0]["message"])
        value = next(iter(answer["data"].values()))
        refused = [] if not isinstance(value, dict) else list(value.get("errors") or [])
        if isinstance(value, dict):
            refused += [outcome["error"] for outcome in value.get("outcomes") or [] if not outcome["ok"]]
        if refused:
            raise DemoError(refused[0]["message"])
        return value

    async def follow(self, query: str, seen: Callable[[Any], bool], **variables: Any) -> Any:
        """Asks again until ``seen`` says that the state is reached."""
        while True:
            value = await self.ask(query, **variables)
            if seen(value):
                return value
            await asyncio.sleep(POLL_SECONDS)
