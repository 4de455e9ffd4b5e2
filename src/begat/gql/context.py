"""What every resolver may reach: the graph, the caller, the platform, and batches of this request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from begat.access.scope import Viewer
from begat.change.feed import Feed
from begat.config import Settings
from begat.graph.driver import Graph
from begat.platforms.platform import Platform

V = TypeVar("V")
Row = dict[str, Any]
"""Column values by their Cypher expression."""


@dataclass
class Context:
    """One request."""

    graph: Graph
    viewer: Viewer
    platform: Platform
    settings: Settings
    secret: str
    wake: Callable[[], None]
    feed: Feed | None = None
    """Tells what happens; None where nobody reads the log."""
    token: str | None = field(default=None, repr=False)
    """The fingerprint of the caller's token, which a stream asks after; None for the single user."""
    place: str | None = None
    """Where a subscription stands: its last event's id or that of its beginning; before, what it is resumed by."""
    ahead: dict[Hashable, Any] = field(default_factory=dict)
    """What one field has asked for another that is below it, see `gql.ahead`."""
    _batches: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    async def batch(
        self, load: Callable[..., Awaitable[Sequence[V]]], key: Hashable, /, *arguments: Hashable, carry: Any = None
    ) -> V:
        """The value for ``key`` of ``load(context, keys, *arguments)``, which runs once for all nodes of a level.

        ``carry`` is handed to ``load`` as it came with the first key (the selection, which is not hashable).
        """
        name = (load, arguments)
        loader = self._batches.get(name)
        if loader is None:

            async def run(keys: list[Any]) -> Sequence[V]:
                del self._batches[name]  # it has begun; a circle of both would keep all that was read until collected
                extra = () if carry is None else (carry,)
                return await load(self, keys, *arguments, *extra)

            loader = self._batches[name] = DataLoader(load_fn=run, cache=False)
        value: V = await loader.load(key)
        return value


Info: TypeAlias = strawberry.Info[Context, None]
