"""Background work: done under a lease with an epoch, so that a paused holder that wakes up cannot act."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from begat.access.scope import Viewer, background
from begat.change.write import Change, write
from begat.core import times
from begat.graph.driver import Graph
from begat.platforms.platform import Platform

T = TypeVar("T")

LEASE_SECONDS = 6.0
"""How long a lease lasts without being renewed: a dead instance is replaced after that."""
RENEW_SECONDS = 2.0


class LeaseLost(Exception):  # noqa: N818 - an event, not a mistake: somebody else works on
    """Another instance holds the lease by now."""


@dataclass(frozen=True)
class Lease:
    """A held lease. ``epoch`` rises with every change of holder."""

    name: str
    holder: str
    epoch: int


@dataclass(frozen=True)
class Background:
    """What a step of background work may reach. Every write of it is refused once the lease is lost."""

    graph: Graph
    platform: Platform
    lease: Lease
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, compare=False, kw_only=True)
    """All that writes the lease goes one after the other, the heartbeat too: on the embedded graph, where a lock does
    not block, a change that lasts longer than the others would lose to one of them again and again."""

    async def write(self, work: Callable[[Change], Awaitable[T]], viewer: Viewer | None = None) -> T:
        """One change by begat itself, or in the name and with the rights of ``viewer``; raises LeaseLost, and then
        nothing was changed."""

        async def leased(change: Change) -> T:
            held = await change.read(
                "MATCH (l:Lease {name: $name}) SET l._lock = $tx WITH l RETURN [l.holder, l.epoch]",
                name=self.lease.name,
                tx=change.at,
            )
            if held != [self.lease.holder, self.lease.epoch]:
                raise LeaseLost(self.lease.name)
            return await work(change)

        async with self.turn:
            return await write(self.graph, viewer or background(), leased)


async def acquire(graph: Graph, name: str, holder: str) -> Lease | None:
    """Takes or renews the lease; None while another holder has it."""

    async def work(change: Change) -> Lease | None:
        found = await change.read(
            "MATCH (l:Lease {name: $name}) SET l._lock = $tx WITH l RETURN [l.holder, l.epoch, l.until]",
            name=name,
            tx=change.at,
        )
        until = times.later(LEASE_SECONDS)
        if found is None:
            change.create(("Lease",), {"name": name, "holder": holder, "epoch": 1, "until": until})
            return Lease(name, holder, 1)
        if found[0] != holder and found[2] > change.at:
            return None
        epoch = found[1] if found[0] == holder else found[1] + 1
        await change.read(
            "MATCH (l:Lease {name: $name}) SET l.holder = $holder, l.epoch = $epoch, l.until = $until RETURN 1",
            name=name,
            holder=holder,
            epoch=epoch,
            until=until,
        )
        return Lease(name, holder, epoch)

    return await write(graph, background(), work)


async def release(graph: Graph, lease: Lease) -> None:
    """Gives the lease up, so that another instance need not wait for its end."""

    async def work(change: Change) -> None:
        await change.read(
            "MATCH (l:Lease {name: $name}) WHERE l.epoch = $epoch AND l.holder = $holder SET l.until = $at RETURN 1",
            name=lease.name,
            epoch=lease.epoch,
            holder=lease.holder,
            at=change.at,
        )

    await write(graph, background(), work)
