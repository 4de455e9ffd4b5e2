"""A begat over a real socket, and a client that sends it the contract's operations."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from begat import app
from begat.config import Settings
from begat.serving import configured
from tests.listening import BRIEF, PLAIN, listening

OPERATIONS = Path(__file__).parent / "operations.graphql"


@dataclass
class Client:
    """One caller of one begat."""

    http: httpx.Client
    home: Path
    tables: Path

    def send(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to a document."""
        answer: dict[str, Any] = self.http.post("/graphql", json={"query": query, "variables": variables or {}}).json()
        return answer

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a document that must succeed."""
        answer = self.send(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def run(self, name: str, **variables: Any) -> Any:
        """The only field of one of the contract's operations, sent as it stands there."""
        data = self.ask(operation(name), **variables)
        return next(iter(data.values())) if len(data) == 1 else data

    def done(self, name: str, **variables: Any) -> Any:
        """As `run`, for a mutation that must do all it was asked."""
        answer = self.run(name, **variables)
        assert not answer.get("errors"), answer["errors"]
        assert all(outcome["ok"] for outcome in answer.get("outcomes") or []), answer["outcomes"]
        return answer

    def refused(self, name: str, **variables: Any) -> list[dict[str, Any]]:
        """The errors, of the request or of its items, of a mutation that must be refused."""
        answer = self.run(name, **variables)
        errors: list[dict[str, Any]] = list(answer["errors"])
        errors += [outcome["error"] for outcome in answer.get("outcomes") or [] if not outcome["ok"]]
        assert errors, answer
        return errors

    def table(self, name: str, text: str, folder: str = "test") -> str:
        """Writes a CSV table; its full name."""
        path = self.tables / folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return f"local.{folder}.{name}"

    def wait(self, query: str, until: Any, seconds: float = 60, **variables: Any) -> Any:
        """Asks again until the answer satisfies ``until``; a state is awaited, no time is slept through blindly."""
        end = time.monotonic() + seconds
        while True:
            data = self.ask(query, **variables)
            if until(data):
                return data
            assert time.monotonic() < end, data
            time.sleep(0.05)


@cache
def operations() -> dict[str, str]:
    """The contract's operations and fragments by name."""
    text = OPERATIONS.read_text("utf-8")
    parts = re.split(r"(?m)^(?=(?:query|mutation|subscription|fragment) )", text)
    found = {}
    for part in parts:
        if match := re.match(r"(query|mutation|subscription|fragment) (\w+)", part):
            found[f"{match[1]} {match[2]}" if match[1] == "fragment" else match[2]] = part
    return found


@cache
def operation(name: str) -> str:
    """The operation with the fragments that it needs, and no others."""
    text, known = operations()[name], operations()
    needed: list[str] = []
    queue = [text]
    while queue:
        for spread in re.findall(r"\.\.\.(\w+)", queue.pop()):
            if spread != "on" and spread not in needed:
                needed.append(spread)
                queue.append(known[f"fragment {spread}"])
    return text + "".join(known[f"fragment {spread}"] for spread in needed)


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """A begat that serves on a loopback port, in a thread of its own; its address."""
    with listening() as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(configured(app.create(settings), settings, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            end = time.monotonic() + 90
            while not server.started:
                assert thread.is_alive(), "begat did not start"
                assert time.monotonic() < end, "begat did not start in time"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(30)


@contextlib.contextmanager
def client(address: str, settings: Settings, token: str | None = None) -> Iterator[Client]:
    """A client of the begat at this address."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=address, headers=headers, timeout=60, verify=PLAIN, limits=BRIEF) as http:
        yield Client(http, settings.home, settings.tables)
