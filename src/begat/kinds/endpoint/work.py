"""The loop that serves: it has in memory what is live, tries what is to be live, and probes that it answers.

Its lease and the holding of the platform's serving go together. What is to serve stands in the graph, so another
instance that takes over loads just that, and a step can be repeated after a crash at any line.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field

from begat.change.background import Background, Lease, LeaseLost
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.kinds.endpoint import outcome
from begat.kinds.endpoint.outcome import Health
from begat.kinds.endpoint.routes import Route, Served, route, said

log = logging.getLogger("begat.serving")

PROBE_SECONDS = 5.0
"""How often what serves is probed."""

PROBE_TIMEOUT = 10.0
"""How long a probe waits for its answer."""

GIVE_UP_SECONDS = 120.0
"""How long a deployment is tried while nothing serves; after that it fails."""

PROBE = ("Does this model answer?",)

AT_ONCE = 8


@dataclass(frozen=True)
class Looked:
    """An endpoint as a step finds it."""

    id: str
    status: str
    version: int | None
    pending: int | None


@dataclass
class Held:
    """What the holder of one lease remembers from step to step, by deployment: monotonic seconds."""

    probed: dict[str, float] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


class Serving:
    """The loop's steps. One process may hold several leases, each of another graph."""

    def __init__(self) -> None:
        self._held: dict[Lease, Held] = {}

    async def step(self, work: Background) -> bool:
        """Looks at every endpoint once. There is never more to do at once."""
        held = self._held.setdefault(work.lease, Held())
        found = await _look(work)
        routes = await _routes(work, found)
        if routes or held.kept:  # a begat that serves nothing spares itself the process that would
            # Where that fails, the probes say so, and what waits to be live waits only so long.
            await _contained("serving", work.platform.serving.hold())
        doing = [
            _contained(f"endpoint {one.id}", outcome.stopped(work, one.id)) for one in found if one.status == "STOPPING"
        ]
        due = []
        for one in found:
            serving, pending = routes.get((one.id, one.version)), routes.get((one.id, one.pending))
            if pending is not None and one.status == "DEPLOYING":
                doing.append(_contained(f"endpoint {one.id}", _try(work, held, one, pending)))
            if serving is not None and time.monotonic() - held.probed.get(serving.id, -PROBE_SECONDS) >= PROBE_SECONDS:
                due.append(serving)
        # All are waited for, also where one finds that the lease is lost: nothing goes on behind the loop's back.
        ended = await asyncio.gather(*doing, _contained("probes", _probe(work, held, due)), return_exceptions=True)
        if (wrong := next((one for one in ended if one is not None), None)) is not None:
            raise wrong
        await _contained("serving", _keep(work, held, routes.values()))
        return False

    async def leave(self, work: Background) -> None:
        """The lease is gone: another instance serves from now on."""
        self._held.pop(work.lease, None)
        await work.platform.serving.release()


async def _look(work: Background) -> list[Looked]:
    found = await work.graph.read(
        "MATCH (n:Endpoint) WHERE n.status IN ['DEPLOYING', 'ONLINE', 'DEGRADED', 'STOPPING'] "
        "RETURN collect([n.id, n.status, n.version, n.pendingVersion])"
    )
    return [Looked(*one) for one in found or []]


async def _routes(work: Background, found: Iterable[Looked]) -> dict[tuple[str, int | None], Route]:
    """The deployments that serve or are to, by endpoint and number."""
    routes: dict[tuple[str, int | None], Route] = {}
    for one in found:
        for number in (one.version, one.pending) if one.status != "STOPPING" else ():
            if number is not None:
                try:
                    routes[one.id, number] = await route(work.graph, ids.immutable(one.id, "v", number))
                except Problem as problem:
                    if problem.code is Code.UNAVAILABLE:
                        raise
                    log.error("endpoint %s, version %s: %s", one.id, number, problem.message)  # noqa: TRY400 - says it all
    return routes


async def _try(work: Background, held: Held, one: Looked, tried: Route) -> None:
    """Loads each model of the deployment that waits; it is live when each has answered."""
    begun = held.begun.setdefault(tried.id, time.monotonic())
    loads = [_load(work, held, served) for served in tried.served.values()]
    try:
        # All are waited for: a load that goes on behind the next try would take a place from the probes.
        ended = await asyncio.gather(*loads, return_exceptions=True)
        if (wrong := next((one for one in ended if one is not None), None)) is not None:
            raise wrong
    except Problem as problem:
        log.warning("endpoint %s, version %s: %s", one.id, tried.number, problem.message)
        if problem.code is not Code.UNAVAILABLE or time.monotonic() - begun > GIVE_UP_SECONDS:
            await outcome.failed(work, one.id, tried.number, problem)
        return
    held.probed[tried.id] = time.monotonic()
    await outcome.ready(work, one.id, tried.number)


async def _load(work: Background, held: Held, served: Served) -> None:
    async with held.limit:
        try:
            await work.platform.serving.load(served.ref)
        except Problem as problem:
            raise said(served, problem) from problem


async def _probe(work: Background, held: Held, due: Sequence[Route]) -> None:
    """Asks each model of what serves, which loads it where it is not in memory, and keeps how all do."""
    if not due:
        return
    models = {id: served for probed in due for id, served in probed.served.items()}
    asked = await asyncio.gather(*(_ask(work, held, served) for served in models.values()))
    problems = dict(zip(models, asked, strict=True))
    found = []
    for probed in due:
        held.probed[probed.id] = time.monotonic()
        wrong = [
            f"A model with {served.percent} % of the traffic: {why}"
            for id, served in probed.served.items()
            if (why := problems[id])
        ]
        found.append(Health(probed.endpoint, probed.number, tuple(wrong), len(probed.served)))
    await outcome.healths(work, found)


async def _ask(work: Background, held: Held, served: Served) -> str | None:
    """Why the model does not answer; None where it does."""
    try:
        async with held.limit:
            await work.platform.serving.predict(served.ref, PROBE, PROBE_TIMEOUT)
    except Problem as problem:
        return said(served, problem).message
    return None


async def _keep(work: Background, held: Held, routes: Iterable[Route]) -> None:
    """Forgets what nothing serves any more."""
    serving = list(routes)
    needed = frozenset(id for one in serving for id in one.served)
    if needed != held.kept:
        await work.platform.serving.keep(needed)
        held.kept = needed
        live = {one.id for one in serving}
        held.probed = {id: at for id, at in held.probed.items() if id in live}
        held.begun = {id: at for id, at in held.begun.items() if id in live}


async def _contained(what: str, doing: Awaitable[None]) -> None:
    """A fault of one must not hold up the others, nor cost the lease and with it all models in memory."""
    try:
        await doing
    except LeaseLost:
        raise
    except Problem as problem:
        log.warning("%s: %s", what, problem.message)
    except Exception:
        log.exception("a fault while serving: %s", what)
