"""The alarms of a monitor, as its history keeps them: each from its breach to its recovery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import strawberry

from begat.access.scope import SCOPE
from begat.find.lists import check_first
from begat.gql.connections import Connection, connection, number_below
from begat.gql.context import Context
from begat.gql.scalars import DateTime


@strawberry.type(description="One alarm of a monitor, from its breach to its end.")
class Alert:
    """A breach's revision and what followed it."""

    revision: int = strawberry.field(description="The monitor's revision when it fired.")
    fired_at: DateTime = strawberry.field(description="When it fired.")
    window_end: DateTime = strawberry.field(description="The end of the window that made it fire.")
    value: float | None = strawberry.field(description="What that window measured, in the metric's unit.")
    above: float | None = strawberry.field(description="The upper threshold then; null where it had none.")
    below: float | None = strawberry.field(description="The lower threshold then; null where it had none.")
    detail: str | None = strawberry.field(description="Of DRIFT the fields that drifted.")
    acknowledged_at: DateTime | None = strawberry.field(description="When somebody took it up; null where nobody did.")
    acknowledged_by: str | None = strawberry.field(description="Who took it up.")
    ended_at: DateTime | None = strawberry.field(description="When it recovered or was paused; null while it lasts.")
    recovered: bool | None = strawberry.field(description="Whether it ended by itself; null while it lasts.")


_ENDS = ("recover", "pause", "archive", "trash")


async def load(context: Context, keys: Sequence[str], first: int, after: str | None) -> list[Connection[Alert]]:
    """Pages of alerts, newest first, for all monitors of a level, in one statement."""
    check_first(first)
    below = number_below(after)
    found = await context.graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (n:Revision {{asset: id}}) WHERE n.action = 'breach' "
        f"AND n.number < $below AND {SCOPE} WITH n ORDER BY n.number DESC LIMIT $limit "
        "RETURN collect([n.number, n.at, n.state]) AS page, min(n.number) AS oldest } "
        "CALL (id) { MATCH (n:Revision {asset: id}) WHERE n.action = 'breach' RETURN count(n) AS total } "
        "CALL (id, oldest) { MATCH (n:Revision {asset: id}) WHERE n.action IN $others "
        "AND n.number > oldest AND n.number < $below "
        "RETURN collect([n.number, n.at, n.action, n.actor]) AS others } RETURN collect([id, page, total, others])",
        ids=list(dict.fromkeys(keys)),
        below=below,
        limit=first + 1,
        others=["acknowledge", *_ENDS],
        **context.viewer.scope,
    )
    pages = {id: (page, total, others) for id, page, total, others in found or []}
    return [_page(*pages.get(key, ([], 0, [])), first, after, below) for key in keys]


def _page(
    page: list[list[Any]], total: int, others: list[list[Any]], first: int, after: str | None, below: int
) -> Connection[Alert]:
    nodes, end = [], below
    for number, at, state in page[:first]:
        nodes.append(_alert(number, at, orjson.loads(state), sorted(o for o in others if number < o[0] < end)))
        end = number
    cursors = [str(node.revision) for node in nodes]
    return connection(nodes, cursors, has_next=len(page) > first, after=after, total=total)


def _alert(number: int, at: str, state: dict[str, Any], others: list[list[Any]]) -> Alert:
    taken = next((one for one in others if one[2] == "acknowledge"), None)
    ended = next((one for one in others if one[2] in _ENDS), None)
    return Alert(
        revision=number,
        fired_at=DateTime(at),
        window_end=DateTime(state["lastAt"]),
        value=state.get("lastValue"),
        above=state.get("above"),
        below=state.get("below"),
        detail=state.get("lastDetail"),
        acknowledged_at=None if taken is None else DateTime(taken[1]),
        acknowledged_by=None if taken is None else taken[3],
        ended_at=None if ended is None else DateTime(ended[1]),
        recovered=None if ended is None else ended[2] == "recover",
    )
