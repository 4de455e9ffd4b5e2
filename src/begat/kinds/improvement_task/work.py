"""The loop that keeps the backlog true: impacts are measured anew, and tasks reopen where their metric fell back."""

from __future__ import annotations

import logging

from begat.change.background import Background
from begat.core import times
from begat.core.errors import Problem
from begat.kinds.improvement_task import measuring, reopening

log = logging.getLogger("begat.improvement")

SECONDS = 1.5
"""How often it looks for what has to be done."""
STALE_SECONDS = 60.0
"""How old an impact may be."""
AT_ONCE = 100

_STALE = (
    "MATCH (t:ImprovementTask) WHERE t.status IN ['OPEN', 'IN_PROGRESS', 'RESOLVED'] AND t.retention = 'LIVE' "
    "AND (t.impactAt IS NULL OR t.impactAt < $stale) WITH t ORDER BY coalesce(t.impactAt, ''), t.id LIMIT $most "
    "RETURN collect(t.id)"
)
"""The longest unmeasured first: where there are more than can be measured in time, each gets its turn."""


async def step(work: Background) -> bool:
    """One look; whether more impacts are stale."""
    await reopening.step(work)
    return await refresh(work, STALE_SECONDS)


async def refresh(work: Background, seconds: float) -> bool:
    """Measures the impacts that are older than so many seconds, 100 at most; whether there may be more."""
    stale = await work.graph.read(_STALE, stale=times.later(-seconds), most=AT_ONCE)
    if not stale:
        return False
    try:
        impacts = await measuring.of_tasks(work.graph, work.platform.telemetry, stale)
    except Problem as problem:
        log.warning("impacts are not measured now: %s", problem.message)
        return False
    await work.write(lambda change: measuring.keep(change, impacts))
    return len(stale) == AT_ONCE
