"""What a monitor's windows lead to, inside an open change: moves with their revision, deliveries of webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from begat.change import assets
from begat.change.write import Change, Properties
from begat.core import ids, times
from begat.gql.columns import to_json
from begat.kinds.monitor.kind import MONITOR
from begat.kinds.monitor.rules import Bounds, Reading, judge

GRACE_SECONDS = 2.0
"""How long after its end a window is looked at: a record is written when its query is answered, not when it came."""


async def apply(change: Change, monitor: Properties, readings: Sequence[Reading]) -> Properties:
    """Goes through the windows in order; the locked monitor as it is after them.

    A window that moves nothing leaves no revision: the history keeps what was decided, not what was watched. A delivery
    is written in the transaction of its alarm, under a key that only one can take.
    """
    bounds = Bounds.of(monitor)
    for reading in readings:
        step = judge(bounds, monitor["status"], monitor.get("breaches", 0), reading)
        seen = {
            "lastValue": reading.value,
            "lastSamples": reading.samples,
            "lastDetail": reading.detail,
            "lastVerdict": step.verdict.value,
            "lastAt": reading.window.until,
            "breaches": step.breaches,
            **due(reading.window.until, monitor["window"]),
        }
        if step.move is None:
            change.set(monitor["id"], seen)
            monitor = {name: value for name, value in {**monitor, **seen}.items() if value is not None}
            continue
        seen["breachedAt"] = reading.window.until if step.move == "breach" else None
        target = MONITOR.lifecycle.move(step.move).target
        monitor = await assets.edit(change, MONITOR, monitor, seen, step.move, status=target)
        await _deliver(change, monitor, reading, step.move)
    return monitor


def due(last: str, seconds: int) -> Properties:
    """When a monitor that has looked at what was before ``last`` is to look again."""
    return {"dueAt": times.later(seconds + GRACE_SECONDS, last)}


async def _deliver(change: Change, monitor: Properties, reading: Reading, move: str) -> None:
    silenced = monitor.get("silencedUntil")
    if monitor.get("webhook") is None or (silenced is not None and silenced > change.at):
        return
    endpoint = await change.read("MATCH (e:Asset {id: $id}) RETURN e.name", id=monitor["endpoint"])
    event = f"monitor.{move}"
    data = {
        "monitor": {"id": monitor["id"], "name": monitor["name"], "revision": monitor["revision"]},
        "endpoint": {"id": monitor["endpoint"], "name": endpoint},
        "status": monitor["status"],
        "metric": monitor["metric"],
        "value": reading.value,
        "samples": reading.samples,
        "detail": reading.detail,
        "above": monitor.get("above"),
        "below": monitor.get("below"),
        "since": reading.window.since,
        "until": reading.window.until,
    }
    change.create(
        ("Delivery",),
        {
            "id": ids.new("delivery"),
            "key": f"{monitor['id']}|r{monitor['revision']}",
            "monitor": monitor["id"],
            "project": monitor["project"],
            "url": monitor["webhook"],
            "event": event,
            "body": to_json({"type": event, "timestamp": change.at, "data": data}),
            "status": "PENDING",
            "attempts": 0,
            "nextAt": change.at,
            "createdAt": change.at,
        },
    )
