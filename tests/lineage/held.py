"""Many small worlds, that nothing joins, in one graph on a real database, and who asks about them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from begat.access.scope import Viewer, single_user
from begat.core.roles import Role
from begat.graph.driver import Graph
from tests.conftest import Database, wipe
from tests.lineage.worlds import SEEN, World, together, write

OWNER, SOMEBODY = single_user(), Viewer("somebody", roles={SEEN: Role.VIEWER})


@dataclass
class Held:
    """A graph that holds the worlds; ``portal`` runs what asks it, as hypothesis does not wait for anything."""

    portal: BlockingPortal
    graph: Graph
    database: str
    worlds: Sequence[World]


H = TypeVar("H", bound=Held)


@contextlib.contextmanager
def holding(kind: type[H], database: Database, worlds: Sequence[World]) -> Iterator[H]:
    """All worlds in one graph."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(database.connect()) as graph:
        portal.call(wipe, graph)
        portal.call(write, graph, together(worlds))
        yield kind(portal, graph, database.name, worlds)
