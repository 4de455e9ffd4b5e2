"""The loop that looks at what monitors watch: each window once, in order, also those of a time when no begat ran."""

from __future__ import annotations

import logging
from itertools import islice

from begat.change.background import Background, LeaseLost
from begat.change.write import Change, Properties
from begat.core import times
from begat.core.errors import Problem
from begat.kinds.monitor.alarm import GRACE_SECONDS, apply
from begat.kinds.monitor.readings import read
from begat.kinds.monitor.rules import WATCHING, Metric, begin, windows

log = logging.getLogger("begat.monitors")

AT_ONCE = 50
"""Monitors that one step looks at, and windows of one monitor."""
MOST_BEHIND = 1_000
"""Windows that are made up for; what is older than them is let go."""
AGAIN_SECONDS = 10.0
"""When a monitor whose log or serving does not answer is tried again; it loses no window by that."""


async def step(work: Background) -> bool:
    """Looks at every monitor that is due; whether more is due at once."""
    found: list[Properties] = await work.graph.read(
        "MATCH (n:Monitor) WHERE n.status IN $watching AND n.retention = 'LIVE' AND n.dueAt <= $now "
        "WITH n ORDER BY n.dueAt, n.id LIMIT $most RETURN collect(properties(n))",
        watching=list(WATCHING),
        now=times.now(),
        most=AT_ONCE,
    )
    more = len(found) == AT_ONCE
    for monitor in found:
        try:
            more = await _look(work, monitor) or more
        except LeaseLost:
            raise
        except Problem as problem:
            log.warning("monitor %s cannot look: %s", monitor["id"], problem.message)
            await _postpone(work, monitor)
        except Exception:  # a fault of begat's own must not hold up the other monitors
            log.exception("a fault while monitor %s looks", monitor["id"])
            await _postpone(work, monitor)
    return more


async def _look(work: Background, monitor: Properties) -> bool:
    seconds, until = monitor["window"], times.later(-GRACE_SECONDS)
    since = max(monitor["lastAt"], begin(times.later(-MOST_BEHIND * seconds, until), seconds))
    most = 1 if monitor["metric"] == Metric.DRIFT.value else AT_ONCE
    asked = list(islice(windows(since, until, seconds), most))
    readings = await read(work.graph, work.platform, monitor, asked)

    async def act(change: Change) -> bool:
        now = await change.lock_one(monitor["id"])
        # Whoever changed it meanwhile may have meant other windows or bounds: the next look takes it as it is.
        if (now["revision"], now["lastAt"]) != (monitor["revision"], monitor["lastAt"]):
            return True
        after = await apply(change, now, readings)
        return bool(after["dueAt"] <= times.now())

    return await work.write(act)


async def _postpone(work: Background, monitor: Properties) -> None:
    async def act(change: Change) -> None:
        now = await change.lock_one(monitor["id"])
        if now["lastAt"] == monitor["lastAt"]:
            change.set(now["id"], {"dueAt": times.later(AGAIN_SECONDS)})

    await work.write(act)
