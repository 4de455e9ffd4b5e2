"""A begat that wants to know who asks, and people with tokens of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import pytest
from tests.api_client import Client, client, serving
from tests.conftest import Database, settings_for, wipe

from begat.access import tokens
from begat.config import Settings
from begat.graph.driver import Graph

T = TypeVar("T")


@dataclass
class People:
    """Makes clients with tokens, of one begat on one database."""

    address: str
    settings: Settings
    database: Database
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def graph(self, work: Callable[[Graph], Awaitable[T]]) -> T:
        """What the work returns, on a connection of its own."""

        async def run() -> T:
            async with self.database.connect() as connection:
                return await work(connection)

        return anyio.run(run)

    def empty(self) -> None:
        """Nobody has a token any more, and the graph is empty."""
        self.graph(wipe)

    def token(self, name: str, *groups: str, admin: bool = False) -> str:
        """A new token."""
        return self.graph(lambda graph: tokens.create(graph, name, admin=admin, groups=groups))

    def client(self, token: str | None) -> Client:
        """A client with this token."""
        return self._open.enter_context(client(self.address, self.settings, token))

    def person(self, name: str, *groups: str, admin: bool = False) -> Client:
        """A client with a new token of this name."""
        return self.client(self.token(name, *groups, admin=admin))


@pytest.fixture(scope="session")
def guarded(database: Database) -> Iterator[tuple[str, Settings]]:
    """A begat with BEGAT_AUTH=tokens."""
    settings = settings_for(database, auth="tokens")
    with serving(settings) as address:
        yield address, settings


@pytest.fixture
def people(guarded: tuple[str, Settings], database: Database) -> Iterator[People]:
    """Nobody has a token yet, and the graph is empty."""
    found = People(*guarded, database)
    found.empty()
    with found._open:
        yield found


@pytest.fixture
def admin(people: People) -> Client:
    """The admin."""
    return people.person("root", admin=True)


def project(admin: Client, name: str, **roles: str) -> str:
    """A project in which these people have these roles; its id."""
    id: str = admin.done("ProjectCreate", input={"name": name})["node"]["id"]
    grants = [{"principal": principal, "role": role} for principal, role in roles.items()]
    admin.done("ProjectGrant", id=id, grants=grants)
    return id


def sheet(client: Client, project: str, name: str = "questions", **more: object) -> str:
    """A sheet in the project; its id."""
    table = client.table("questions", "id,text,intent\n1,Where is my card?,card\n2,Top up please,top_up\n")
    made = client.done("SheetCreate", input={"name": name, "table": table, "projectId": project, **more})
    return str(made["node"]["id"])


@pytest.fixture
def sender(people: People, admin: Client) -> tuple[People, str, str]:
    """An editor's token and his project, in which a sheet reads the table local.test.questions."""
    id = project(admin, "bank", eddy="EDITOR", vera="VIEWER")
    return people, people.token("eddy"), id
