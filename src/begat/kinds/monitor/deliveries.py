"""The outbox as people see it: each delivery of a monitor's webhook, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from begat.change.many import Act
from begat.change.write import Change, Properties
from begat.core.lifecycle import illegal
from begat.core.roles import Role
from begat.find import lists
from begat.find.lists import Order
from begat.gql.columns import column, from_json, mentioning, rows, selected
from begat.gql.context import Info, Row
from begat.gql.scalars import JSON, DateTime

NEWEST = Order("CREATED_AT_DESC", "n.createdAt", descending=True)


@strawberry.enum(description="Where the delivery of a webhook stands.")
class DeliveryStatus(Enum):
    """States of a Delivery."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


@strawberry.type(description="One call of a webhook: sent at least once, always under the same webhook-id, its id.")
class Delivery:
    """A row of a Delivery node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The webhook-id: who receives it twice has seen it already.")
    event: str = column("n.event", "`monitor.breach` or `monitor.recover`.")
    status: DeliveryStatus = column("n.status", "Where it stands.", DeliveryStatus)
    status_name: str = column("n.status", "The status, as text.")
    url: str = column("n.url", "The address, as the monitor had it then.")
    body: JSON = mentioning("n.body", JSON, "What is sent; the endpoint is null where it is hidden.", from_json)
    attempts: int = column("n.attempts", "How often it was tried.")
    next_at: DateTime | None = column("n.nextAt", "When it is tried next; null where it is not any more.")
    last_error: str | None = column("n.lastError", "Why the last try failed.")
    created_at: DateTime = column("n.createdAt", "When the alarm was.")
    delivered_at: DateTime | None = column("n.deliveredAt", "When it was answered with a status from 200 to 299.")


async def fetch(info: Info, wanted: Sequence[str], *path: str) -> dict[str, Delivery]:
    """Deliveries by id, with the columns that the selection under ``path`` needs."""
    columns = selected(info, Delivery, *path)
    values = await lists.by_ids(info.context.graph, info.context.viewer, "Delivery", wanted, columns)
    return {row["n.id"]: Delivery(row=row) for row in rows(columns, values)}


def retry() -> Act:
    """Tries dead letters again, as often as new ones, under the ids that they have."""

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["status"] != "DEAD":
            raise illegal("retry", node["status"], ("DEAD",), node["id"])
        again = {"status": "PENDING", "attempts": 0, "nextAt": change.at}
        change.set(node["id"], again)
        return {**node, **again}

    return Act("retry", Role.OPERATOR, apply, label="Delivery")
