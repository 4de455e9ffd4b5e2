"""The graph over Bolt: one-value reads, and transactions that are tried again when a race was lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import SystemRandom
from types import TracebackType
from typing import Any, Self, TypeVar

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncSession, AsyncTransaction, Query
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from begat.core.errors import Code, Problem
from begat.graph.cut import Cuts
from begat.graph.deadline import Limit
from begat.graph.gathering import Gathering
from begat.graph.sessions import CONNECTIONS, Forgetful, Sessions

T = TypeVar("T")

WRITE_DEADLINE = 30.0
"""Seconds that a change goes on trying after lost races."""

CONSTRAINT_TRIES = 40
"""How often a violated constraint is read again: in the embedded graph it is how a lost race shows, but a real
violation must end as an error."""

VANISHED = "Neo.ClientError.Statement.EntityNotFound"
"""A record that a statement had found was gone when it read it. In the embedded graph an index can, for a moment,
name a record of another change that is then rolled back: that, too, is a lost race, though it is not marked so."""


def unavailable(error: Exception) -> Problem:
    """What a caller is told when the database is away; the driver's words stay in the log."""
    if _refuses(error):
        message = "The graph database does not let begat in, or has no such database."
        hint = "Check NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE."
    else:
        message = "The graph database does not answer."
        hint = "Try again in a moment; with an idempotency key nothing is done twice."
    problem = Problem(Code.UNAVAILABLE, message, hint=hint)
    problem.__cause__ = error
    return problem


class Transaction:
    """An open transaction: what it reads after a lock is what it may decide on."""

    def __init__(self, graph: Graph, transaction: AsyncTransaction) -> None:
        self._graph = graph
        self._transaction = transaction

    async def read(self, statement: str, /, **parameters: Any) -> Any:
        """Runs the statement; the first value of its only record, or None."""
        self._graph.statements += 1
        result = await self._transaction.run(statement, parameters)
        record = await result.single()
        return None if record is None else record[0]


class Graph:
    """A connection to Neo4j or to the embedded graph. ``statements`` counts what was sent, for tests and benches."""

    def __init__(self, uri: str, auth: tuple[str, str] | None, database: str | None) -> None:
        self._driver: AsyncDriver = AsyncGraphDatabase.driver(
            uri,
            auth=auth,
            notifications_min_severity="OFF",
            connection_acquisition_timeout=20,
            connection_timeout=5,
            max_connection_pool_size=CONNECTIONS,
            user_agent="begat",
        )
        self._database = database
        self._cuts = Cuts(self._driver, database)
        self._readers = Sessions(lambda: self._session(bookmark_manager=Forgetful()))
        self.gathering = Gathering()
        self.statements = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        await self.gathering.close()
        await self._readers.close()
        await self._cuts.close()
        await self._driver.close()

    async def read(self, statement: str, /, **parameters: Any) -> Any:
        """Runs a statement by itself; the first value of its only record, or None. Transient faults are tried again.

        Raises LIMIT when the request's time is over; the statement then ends in the database, too.
        """
        self.statements += 1
        deadline = time.monotonic() + WRITE_DEADLINE
        attempt = 0
        while True:
            try:
                async with Limit(), self._readers.one() as session:
                    result = await session.run(statement, parameters)
                    record = await result.single()
                    return None if record is None else record[0]
            except (Neo4jError, DriverError) as error:
                attempt += 1
                if not _again(error, attempt) or time.monotonic() > deadline:
                    raise _shown(error) from error
                await _pause(attempt)

    async def execute(self, statement: str, /, **parameters: Any) -> None:
        """Runs a statement by itself for its effect (schema and migrations)."""
        self.statements += 1
        try:
            async with self._driver.session(database=self._database) as session:
                await (await session.run(Query(statement), parameters)).consume()
        except (Neo4jError, DriverError) as error:
            raise _shown(error) from error

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs ``work`` in one transaction and commits; from its first read again when a race was lost.

        ``work`` may run several times: it must keep its effects inside the transaction. Any exception of its own rolls
        the transaction back and passes through. Raises UNAVAILABLE when the request's time is over before it commits;
        a commit that has begun is waited for.
        """
        deadline = time.monotonic() + WRITE_DEADLINE
        attempt = 0
        while True:
            try:
                async with (
                    Limit(changing=True) as limit,
                    self._session() as session,
                    await session.begin_transaction() as transaction,
                ):
                    value = await work(Transaction(self, transaction))
                    limit.lift()
                    self._cuts.spare(session)
                    await transaction.commit()
                    limit.committed()
                    return value
            except (Neo4jError, DriverError) as error:
                attempt += 1
                if not _again(error, attempt) or time.monotonic() > deadline:
                    raise _shown(error) from error
                await _pause(attempt)

    def _session(self, **settings: Any) -> AsyncSession:
        return self._cuts.watch(self._driver.session(database=self._database, **settings))

    async def agent(self) -> str:
        """What the server calls itself."""
        return (await self._driver.get_server_info()).agent


def _again(error: Neo4jError | DriverError, attempt: int) -> bool:
    if isinstance(error, IncompleteCommit):  # it may have been done: only the caller's idempotency key can tell
        return False
    if isinstance(error, ConstraintError):
        return attempt < CONSTRAINT_TRIES
    if isinstance(error, Neo4jError) and error.code == VANISHED:
        return attempt < CONSTRAINT_TRIES
    if isinstance(error, AuthError):
        return False
    if isinstance(error, ServiceUnavailable | SessionExpired):
        return attempt < 3
    return bool(error.is_retryable())


async def _pause(attempt: int) -> None:
    # 2 to 20 ms, a little more as tries mount: the driver's own pause starts near a second.
    await asyncio.sleep(SystemRandom().uniform(0.002, 0.02) * (1 + min(attempt, 40) / 10))


def _shown(error: Neo4jError | DriverError) -> Exception:
    if isinstance(error, DriverError) or error.is_retryable() or _refuses(error):
        return unavailable(error)
    return error


def _refuses(error: Exception) -> bool:
    """Whether the settings are wrong: the user, the password, or the database's name."""
    wrong = ("Neo.ClientError.Security.", "Neo.ClientError.Database.")
    return isinstance(error, AuthError) or (isinstance(error, Neo4jError) and (error.code or "").startswith(wrong))
