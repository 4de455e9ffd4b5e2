"""Statements that nobody waits for any more: their ends in the database.

Neo4j ends a statement whose connection is closed. ArcadeDB lets it run, for hours where it enumerates paths; it knows
each by the address of its connection, so another connection can find and end it. (A comment in the statement would name
it, too, but each text is planned anew: on Neo4j that costs 100 ms.)
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import weakref
from typing import Any

from neo4j import AsyncDriver, AsyncSession
from neo4j.exceptions import DriverError, Neo4jError

log = logging.getLogger("begat")

LOOKS = (0.0, 0.2, 0.5)
"""Seconds before each look for the statement: it may be sent and not yet begun."""

CLOSING_SECONDS = 3.0


class Cuts:
    """Ends statements of one driver's sessions whose tasks were cancelled."""

    def __init__(self, driver: AsyncDriver, database: str | None) -> None:
        self._driver = driver
        self._database = database
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, session: AsyncSession) -> AsyncSession:
        """The session; where its task is cancelled, what it runs in the database is ended."""
        # The driver closes and forgets the connection of a cancelled session in this method of its own, from wherever
        # it was waiting: the only place in which all that are cancelled are met with their connections.
        # By a weak reference: a circle would keep what was read until it is collected.
        watched = weakref.ref(session)

        def closing(*arguments: Any, **named: Any) -> None:
            session: Any = watched()
            connection: Any = session._connection
            if connection is not None and "ArcadeDB" in connection.server_info.agent:
                with contextlib.suppress(OSError):  # the connection is broken: nothing of ours runs on it
                    self._begin(*connection.socket.getsockname()[:2])
            type(session)._handle_cancellation(session, *arguments, **named)

        session._handle_cancellation = closing  # type: ignore[method-assign] # see above
        return session

    def spare(self, session: AsyncSession) -> None:
        """From here on nothing of the session is ended: it commits."""
        del session._handle_cancellation  # the class's own is called again

    async def close(self) -> None:
        """Waits until all is ended; gives up what is not after some seconds."""
        if tasks := set(self._tasks):
            _, late = await asyncio.wait(tasks, timeout=CLOSING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, host: str, port: int) -> None:
        task = asyncio.create_task(self._cut(host, port), name="begat-cut")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cut(self, host: str, port: int) -> None:
        """Ends what runs on the connection from this address; it has one statement at a time."""
        try:
            for pause in LOOKS:
                await asyncio.sleep(pause)
                async with self._driver.session(database=self._database) as session:
                    result = await session.run("SHOW TRANSACTIONS YIELD transactionId, clientAddress")
                    running = [id async for id, shown in result if _is(shown, host, port)]
                    for id in running:
                        await (await session.run("TERMINATE TRANSACTION $id", id=id)).consume()
                if running:
                    return
        except (Neo4jError, DriverError) as error:
            log.warning("a statement that nobody waits for was not ended: %s", type(error).__name__)


def _is(shown: object, host: str, port: int) -> bool:
    """Whether the address that the server shows (``/127.0.0.1:5``, ``/[0:0:0:0:0:0:0:1%0]:5``) is this one."""
    name, _, number = str(shown).lstrip("/").rpartition(":")
    if number != str(port):
        return False
    try:
        return ipaddress.ip_address(name.strip("[]").partition("%")[0]) == ipaddress.ip_address(host)
    except ValueError:
        return False
