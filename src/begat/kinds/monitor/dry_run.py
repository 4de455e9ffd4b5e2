"""A dry run: when a monitor would have fired and recovered, by the very functions that the loop uses."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import strawberry

from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.context import Context
from begat.gql.scalars import BigInt, DateTime
from begat.gql.windows import window
from begat.kinds.monitor.kind import MONITOR
from begat.kinds.monitor.readings import read
from begat.kinds.monitor.rules import Bounds, Metric, MonitorVerdict, begin, judge, windows

strawberry.enum(MonitorVerdict, name="MonitorVerdict", description="What a window showed by itself.")

MOST_WINDOWS = {Metric.DRIFT: 100}
MOST = 2_000


@strawberry.type(description="One window of a dry run.")
class DryRunWindow:
    """A reading and what it led to."""

    since: DateTime = strawberry.field(description="From when on, inclusive.")
    until: DateTime = strawberry.field(description="Until when, exclusive.")
    value: float | None = strawberry.field(description="What was measured, in the metric's unit; null without data.")
    samples: BigInt = strawberry.field(description="Of how many requests, ratings, or answered inputs.")
    verdict: MonitorVerdict = strawberry.field(description="What the window shows by itself.")
    event: str | None = strawberry.field(description="`breach` or `recover` where it would have; else null.")
    status_name: str = strawberry.field(description="The monitor's status after it.")
    detail: str | None = strawberry.field(description="Of DRIFT the fields that drifted.")


@strawberry.type(description="What a monitor would have done over the past.")
class MonitorDryRun:
    """All its windows."""

    windows: list[DryRunWindow] = strawberry.field(description="Every whole window of the time asked, in order.")

    @strawberry.field(description="The windows in which it would have fired.")
    def fired(self) -> list[DryRunWindow]:
        return [one for one in self.windows if one.event == "breach"]

    @strawberry.field(description="The windows in which it would have recovered.")
    def recovered(self) -> list[DryRunWindow]:
        return [one for one in self.windows if one.event == "recover"]


async def dry_run(context: Context, monitor: Mapping[str, Any], since: str | None, until: str | None) -> MonitorDryRun:
    """Over the whole windows from ``since`` to ``until``, as the loop would have gone through them: ACTIVE at first.

    ``monitor`` holds a monitor's settings by the names of its properties. LIMIT for more than 2,000 windows (of DRIFT:
    100), BAD_INPUT for a time that cannot be meant.
    """
    seconds, most = monitor["window"], MOST_WINDOWS.get(Metric(monitor["metric"]), MOST)
    asked = window(since, until, days=min(1, most * seconds / times.DAY))
    first = begin(asked.since, seconds)
    if first < asked.since:
        first = times.later(seconds, first)
    whole = list(islice(windows(first, asked.until, seconds), most + 1))
    if len(whole) > most:
        hint = "Ask for a shorter time, or for longer windows."
        raise Problem(Code.LIMIT, f"A dry run goes over at most {most} windows.", path=("since",), hint=hint)
    bounds, status, breaches = Bounds.of(monitor), MONITOR.lifecycle.initial, 0
    shown = []
    for reading in await read(context.graph, context.platform, monitor, whole):
        step = judge(bounds, status, breaches, reading)
        breaches = step.breaches
        status = status if step.move is None else MONITOR.lifecycle.move(step.move).target
        shown.append(
            DryRunWindow(
                since=DateTime(reading.window.since),
                until=DateTime(reading.window.until),
                value=reading.value,
                samples=BigInt(reading.samples),
                verdict=step.verdict,
                event=step.move,
                status_name=status,
                detail=reading.detail,
            )
        )
    return MonitorDryRun(windows=shown)
