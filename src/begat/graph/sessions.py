"""Sessions that read, kept from one statement to the next: to make one takes as long as to send a statement."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection

from neo4j import AsyncSession
from neo4j.api import AsyncBookmarkManager

CONNECTIONS = 64
"""As many as a driver has at most, and as many idle sessions are kept."""


class Forgetful(AsyncBookmarkManager):
    """No bookmarks: what a session read last must not bind what it reads next, which is somebody else's."""

    async def get_bookmarks(self) -> Collection[str]:
        """None."""
        return ()

    async def update_bookmarks(self, previous_bookmarks: Collection[str], new_bookmarks: Collection[str]) -> None:
        """Keeps nothing."""

    async def forget(self) -> None:
        """Has nothing to forget."""


class Sessions:
    """The idle sessions of one driver."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._make = make
        self._idle: list[AsyncSession] = []
        self._closed = False

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[AsyncSession]:
        """A session for one statement, whose result is read to its end. It is not used again after an exception."""
        session = self._idle.pop() if self._idle else self._make()
        try:
            yield session
        except BaseException as error:
            await session.__aexit__(type(error), error, error.__traceback__)  # type: ignore[no-untyped-call] # the driver
            raise
        if self._closed or len(self._idle) >= CONNECTIONS:
            await session.close()
        else:
            self._idle.append(session)

    async def close(self) -> None:
        """Closes them; one that is in use is closed after its statement."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
