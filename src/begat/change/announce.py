"""Word of what this very process changed, at once: who watches need not wait for the next look at the log."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from weakref import WeakKeyDictionary

from begat.graph.driver import Graph

Listener = Callable[[Collection[str]], None]
"""Is told the ids of the assets that have a new revision; it must be quick and may not fail."""

_listeners: WeakKeyDictionary[Graph, list[Listener]] = WeakKeyDictionary()


@contextlib.contextmanager
def listening(graph: Graph, listener: Listener) -> Iterator[None]:
    """Tells ``listener`` of every committed change that goes through this connection, until the block ends."""
    heard = _listeners.setdefault(graph, [])
    heard.append(listener)
    try:
        yield
    finally:
        heard.remove(listener)


def announce(graph: Graph, assets: Collection[str]) -> None:
    """Says that a change with new revisions of these assets is committed."""
    if assets:
        for listener in _listeners.get(graph, ()):
            listener(assets)
