"""Monitor in GraphQL: reading."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.find import filters
from begat.find.lists import Condition
from begat.gql import asset, inputs
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, needs
from begat.gql.connections import Connection, nested
from begat.gql.context import Info
from begat.gql.inputs import AssetFilter
from begat.gql.lists import listed
from begat.gql.scalars import BigInt, DateTime
from begat.kinds.monitor import alerts, dry_run
from begat.kinds.monitor.acts import BOUNDS
from begat.kinds.monitor.alerts import Alert
from begat.kinds.monitor.deliveries import NEWEST, Delivery, DeliveryStatus
from begat.kinds.monitor.dry_run import MonitorDryRun
from begat.kinds.monitor.kind import MONITOR
from begat.kinds.monitor.rules import Metric, MonitorVerdict

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.improvement_task.graphql import ImprovementTask

strawberry.enum(
    Metric,
    name="MonitorMetric",
    description="What is watched, window by window. Calls by template tests and generations do not count.",
)


@strawberry.enum(description="The life of a monitor. All but a PAUSED one look.")
class MonitorStatus(Enum):
    """States of a Monitor."""

    ACTIVE = "ACTIVE"
    ALERTING = "ALERTING"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PAUSED = "PAUSED"


@strawberry.type(description="Watches one metric of an endpoint, window by window, and tells when it is out of bounds.")
class Monitor(Asset):
    """A row of a Monitor node."""

    status: MonitorStatus = column("n.status", "Where it stands.", MonitorStatus)
    metric: Metric = column("n.metric", "What it watches.", Metric)
    above: float | None = column("n.above", "A window above this is a breach; in the metric's unit.")
    below: float | None = column("n.below", "A window below this is a breach; in the metric's unit.")
    window: int = column("n.window", "Seconds of a window; each begins at a multiple of them since 1970, UTC.")
    min_samples: int = column("n.minSamples", "Windows of less data neither fire nor recover.")
    for_windows: int = column("n.forWindows", "So many breaches in a row make it fire.")
    recover_below: float | None = column("n.recoverBelow", "It recovers at or below this; at `above` where null.")
    recover_above: float | None = column("n.recoverAbove", "It recovers at or above this; at `below` where null.")
    silenced_until: DateTime | None = column("n.silencedUntil", "Until then alarms send no webhook, and still show.")
    webhook: str | None = column("n.webhook", "The address that is told of alarms and recoveries.")
    last_value: float | None = column("n.lastValue", "What the last window measured; null without data.")
    last_samples: BigInt | None = column("n.lastSamples", "Of how many; null before the first window.")
    last_verdict: MonitorVerdict | None = column("n.lastVerdict", "What the last window showed.", MonitorVerdict)
    last_detail: str | None = column("n.lastDetail", "Of DRIFT the fields that drifted in the last window.")
    last_at: DateTime | None = column("n.lastAt", "The end of the last window that it looked at.")
    breaches: int = column("coalesce(n.breaches, 0)", "How many breaches in a row there are by now.")
    breached_at: DateTime | None = column("n.breachedAt", "The end of the window that made it fire; null while quiet.")
    available_actions: list[AvailableAction] = actions(MONITOR)

    @strawberry.field(description="The endpoint; null where it is hidden.", metadata=needs("n.endpoint"))
    async def endpoint(self, info: Info) -> Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")] | None:
        from begat.kinds.endpoint.graphql import Endpoint  # a circle

        return await asset.linked(info, self.row["n.endpoint"], Endpoint)

    @strawberry.field(
        description="The improvement tasks that were raised from it, oldest first; hidden ones are left out.",
        metadata=needs("n.id"),
    )
    async def tasks(
        self, info: Info, first: int = 50
    ) -> list[Annotated[ImprovementTask, strawberry.lazy("begat.kinds.improvement_task.graphql")]]:
        from begat.kinds.improvement_task.graphql import of_source  # a circle

        return await of_source(info, "Monitor", self.row["n.id"], first)

    @strawberry.field(description="Its alarms, newest first.", metadata=needs("n.id"))
    async def alerts(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Alert]:
        return await info.context.batch(alerts.load, self.row["n.id"], first, after)

    @strawberry.field(description="The calls of its webhook, newest first.", metadata=needs("n.id"))
    async def deliveries(
        self, info: Info, status: DeliveryStatus | None = None, first: int = 50, after: str | None = None
    ) -> Connection[Delivery]:
        held = [] if status is None else [Condition("n.status = $status", {"status": status.value})]
        return await nested(
            info,
            Delivery,
            "Delivery",
            Delivery,
            "monitor",
            self.row["n.id"],
            held,
            order=NEWEST,
            first=first,
            after=after,
        )

    @strawberry.field(
        description="When it would have fired and recovered, with its present bounds, over the whole windows from "
        "since (where unsaid 24 hours before until, or as many windows as there may be) to until (now where unsaid): "
        "at most 2,000 of them, of DRIFT 100.",
        metadata=needs("n.endpoint", "n.metric", *(f"n.{name}" for name in BOUNDS)),
    )
    async def dry_run(self, info: Info, since: DateTime | None = None, until: DateTime | None = None) -> MonitorDryRun:
        settings = {name: self.row[f"n.{name}"] for name in ("endpoint", "metric", *BOUNDS)}
        return await dry_run.dry_run(info.context, settings, since, until)


@strawberry.input(description="What monitors can be filtered by; all that is given must hold.")
class MonitorFilter(AssetFilter):
    """See AssetFilter."""

    endpoint_id: strawberry.ID | None = strawberry.field(default=None, description="That watch this endpoint.")
    metric: list[Metric] | None = strawberry.field(default=None, description="That watch one of these.")


def conditions(where: MonitorFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is not None:
        metrics = None if where.metric is None else [metric.value for metric in where.metric]
        held += filters.equals("n.endpoint", "endpoint", where.endpoint_id, "where", "endpointId")
        held += filters.one_of("n.metric", "metrics", metrics, "where", "metric")
    return held


@strawberry.type
class MonitorQuery:
    """Queries of this kind."""

    @strawberry.field(description="A monitor by its id; null where it is unknown or hidden.")
    async def monitor(self, info: Info, id: strawberry.ID) -> Monitor | None:
        found = await fetch_one(info, id, base=Monitor)
        return found if isinstance(found, Monitor) else None

    monitors: Connection[Monitor] = listed(
        Monitor, "Monitors, LIVE ones unless asked.", filter=MonitorFilter, conditions=conditions
    )
