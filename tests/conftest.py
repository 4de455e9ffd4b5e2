"""Both databases for every test that asks for `graph`: started once, wiped between tests."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import anyio
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from begat.config import Settings
from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, Embedded, EmbeddedError
from begat.graph.migrate import FIRST_PROJECT, VERSION, migrate
from begat.work.tasks import LOOPS
from tests import neo4j_server
from tests.api_client import Client, client, serving
from tests.embedded_graph import java_options

hypothesis.settings.register_profile("begat", hypothesis.settings(), deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("begat")

DATABASES = os.environ.get("BEGAT_TEST_DATABASES", "embedded neo4j").split()

ON_ONE_DATABASE = pytest.mark.parametrize("database", DATABASES[:1], indirect=True)
"""For a test of what is above the database, and asks of it only what other tests ask of each."""


@dataclass(frozen=True)
class Database:
    """Where a database of the tests answers."""

    name: str
    uri: str
    auth: tuple[str, str]
    database: str
    home: Path
    """What all begats on this database share: tables, snapshots, runs and models. The one that holds the lease of
    background work works for all of them."""

    def connect(self) -> Graph:
        """A connection of the caller's own."""
        return Graph(self.uri, self.auth, self.database)


APART = ("tests/access/", "tests/gql/", "tests/lineage/", "tests/review/")
"""Tests that have databases of their own: the processes of those that all use would be the last to end."""


class OneProcessADatabase(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """With `-n`, the tests of one database run in one process, so that each database is started once, and once more for
    those apart. (xdist's own loadgroup writes the group into a test's id, which pytest 9.2 does not let it do.)"""

    def _split_scope(self, nodeid: str) -> str:
        parameter = nodeid.partition("[")[2]
        name = next((name for name in DATABASES if re.match(rf"{name}[-\]]", parameter)), nodeid)
        return f"{name} apart" if name in DATABASES and nodeid.startswith(APART) else name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessADatabase:
    """How tests are dealt to processes."""
    return OneProcessADatabase(config, log)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A running database: the embedded graph, or a real Neo4j."""
    with running(request.param, tmp_path_factory) as one:
        yield one


@contextlib.contextmanager
def running(name: str, folders: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of that sort that runs until the block ends."""
    if name == "embedded":
        server = Embedded(folders.mktemp("graph"), java_options())
        try:
            server.__enter__()
        except EmbeddedError as error:
            absent(f"The embedded graph: {error}")
        try:
            yield Database("embedded", server.uri, server.auth, DATABASE, folders.mktemp("home"))
        finally:
            server.stop()
    else:
        if reason := neo4j_server.missing():
            absent(f"Neo4j: {reason}")
        with neo4j_server.neo4j() as (uri, auth):
            yield Database("neo4j", uri, auth, "neo4j", folders.mktemp("home"))


@pytest.fixture
async def graph(database: Database) -> AsyncIterator[Graph]:
    """An empty, migrated graph."""
    async with database.connect() as connection:
        await wipe(connection)
        yield connection


async def wipe(connection: Graph) -> None:
    """Takes all nodes away; what a migrated graph holds is there again."""
    # What belongs to the begats that serve on this graph stays: its version, and who of them does the background work.
    # As a change, which is tried again when one of these begats is writing at that moment.
    await connection.write(
        lambda transaction: transaction.read(
            "MATCH (n) WHERE NOT n:Schema AND NOT (n:Lease AND n.name IN $loops) DETACH DELETE n RETURN count(*)",
            loops=[loop.name for loop in LOOPS],
        )
    )
    await connection.execute("MATCH (n:Schema) WHERE n.version <> $version SET n.version = 0", version=VERSION)
    await migrate(connection)
    await connection.execute(FIRST_PROJECT)  # the migrations that ran before stay as they are: they take a second


def absent(reason: str) -> NoReturn:
    """Skips; fails where BEGAT_REQUIRE_DATABASES is set, as in CI, so that a green run cannot hide that a database was
    never asked."""
    if os.environ.get("BEGAT_REQUIRE_DATABASES"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says in so many words what this machine could not test."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    if reasons:
        terminalreporter.section("not tested on this machine")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} tests skipped. {reason}")


@pytest.fixture(scope="session")
def banking77() -> Path:
    """The folder of the real questions that the package ships."""
    return Path(__file__).parents[1] / "src" / "begat" / "demo" / "banking77"


def settings_for(database: Database, **more: object) -> Settings:
    """Settings of a begat on this database."""
    known = Settings(
        home=database.home,
        tables=database.home / "tables",
        neo4j_uri=database.uri,
        neo4j_username=database.auth[0],
        neo4j_password=database.auth[1],
        neo4j_database=database.database,
        fast=os.environ.get("BEGAT_FAST") != "0",
    )
    return replace(known, **more)  # type: ignore[arg-type] # the names are the settings' own


@pytest.fixture(scope="session")
def served(database: Database) -> Iterator[tuple[str, Settings]]:
    """A begat that serves on this database: its address and settings."""
    settings = settings_for(database)
    with serving(settings) as address:
        yield address, settings


@pytest.fixture
def api(served: tuple[str, Settings], database: Database) -> Iterator[Client]:
    """A client of a begat whose graph is empty."""
    anyio.run(_emptied, database)
    with client(*served) as one:
        yield one


async def _emptied(database: Database) -> None:
    async with database.connect() as connection:
        await wipe(connection)
