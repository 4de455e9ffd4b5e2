"""History: the Revision log of one asset, newest first, with what each change changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import strawberry

from begat.access import mentions
from begat.access.scope import SCOPE
from begat.core.compare import compare
from begat.find.lists import check_first
from begat.gql.connections import Connection, connection, number_below
from begat.gql.context import Context, Info
from begat.gql.rows import Rows
from begat.gql.scalars import JSON, DateTime

JSON_PROPERTIES = frozenset(
    {
        "columns",
        "settings",
        "variables",
        "definition",
        "hyperparameters",
        "splits",
        "failure",
        "splitting",
        "splitRule",
        "aliases",
        "evaluateOn",
        "impactParts",
    }
)
"""Properties that the graph keeps as JSON text and people read as structures."""


@strawberry.type(description="One property that a change changed.")
class FieldChange:
    """A path with both values."""

    path: str = strawberry.field(description="The property; steps into structured values are joined by dots.")
    before: JSON | None = strawberry.field(description="Its value before; null where it had none.")
    after: JSON | None = strawberry.field(description="Its value after; null where it has none.")


@strawberry.type(description="One change of one asset.")
class Revision:
    """A row of the log."""

    revision: int = strawberry.field(description="The asset's revision after this change.")
    at: DateTime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who; `begat` for background work.")
    action: str = strawberry.field(description="What was done: create, update, or the move's name.")
    reason: str | None = strawberry.field(description="Why, where the actor said so.")
    states: strawberry.Private[tuple[str, str]]

    @strawberry.field(description="What differs from the state before; ids of what the caller does not see are null.")
    async def changes(self, info: Info) -> list[FieldChange]:
        return await info.context.batch(_changes, self.states)


async def load(context: Context, keys: Sequence[str], first: int, after: str | None) -> list[Connection[Revision]]:
    """Pages of history for all nodes of a level, in one statement."""
    check_first(first)
    # One entry more than the page: the oldest one's changes need the state before it.
    found = await context.graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (n:Revision {{asset: id}}) WHERE n.number < $below AND {SCOPE} "
        "WITH n ORDER BY n.number DESC LIMIT $limit "
        "RETURN collect([n.number, n.at, n.actor, n.action, n.reason, n.state]) AS page } "
        "CALL (id) { MATCH (n:Revision {asset: id}) RETURN count(n) AS total } RETURN collect([id, page, total])",
        ids=list(keys),
        below=number_below(after),
        limit=first + 1,
        **context.viewer.scope,
    )
    pages = {id: (page, total) for id, page, total in found}
    return [_page(*pages.get(key, ([], 0)), first, after) for key in keys]


def structured(state: str) -> dict[str, Any]:
    """A stored state with its structured properties as structures."""
    properties: dict[str, Any] = orjson.loads(state)
    return {
        name: orjson.loads(value) if name in JSON_PROPERTIES and isinstance(value, str) else value
        for name, value in properties.items()
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[FieldChange]:
    """The difference of two states, as clients see it."""
    return [_change(*one) for one in compare(before, after)]


def _change(path: str, before: Any, after: Any) -> FieldChange:
    return FieldChange(path=path, before=JSON(before), after=JSON(after))


async def _changes(context: Context, keys: Sequence[tuple[str, str]]) -> list[list[FieldChange]]:
    """What changed between the two states of each key. It is told of the states as they are, so that a change from one
    hidden thing to another is one, of which only the path is shown."""
    states = [(structured(before), structured(after)) for before, after in keys]
    values = [compare(before, after) for before, after in states]
    shown = await mentions.shown(context.graph, context.viewer, values, [after["id"] for _, after in states])
    return [[_change(*one) for one in found] for found in shown]


_PROPERTIES = ("revision", "at", "actor", "action", "reason")


def _page(entries: list[list[Any]], total: int, first: int, after: str | None) -> Connection[Revision]:
    shown = entries[:first]
    # What a change changed is made out only where somebody asks: the states are long.
    states = [entry[5] for entry in entries] + ["{}"]
    pairs = [(states[place + 1], states[place]) for place in range(len(shown))]
    columns = {name: [entry[place] for entry in shown] for place, name in enumerate(_PROPERTIES)}
    nodes: Rows[Revision] = Rows.of(Revision, {**columns, "states": pairs})
    cursors = [str(entry[0]) for entry in shown]
    return connection(nodes, cursors, has_next=len(entries) > first, after=after, total=total)


async def state_as_of(context: Context, keys: Sequence[str], as_of: str) -> list[JSON | None]:
    """The full state of each asset as it was then, as far as the caller sees what it mentions; null where it did not
    exist yet."""
    found = await context.graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (n:Revision {{asset: id}}) WHERE n.at <= $at AND {SCOPE} "
        "WITH n ORDER BY n.number DESC LIMIT 1 RETURN collect(n.state) AS states } RETURN collect([id, states])",
        ids=list(keys),
        at=as_of,
        **context.viewer.scope,
    )
    states = {id: structured(held[0]) for id, held in found or () if held}
    shown = await mentions.shown(context.graph, context.viewer, list(states.values()), states)
    return [None if state is None else JSON(state) for state in map(dict(zip(states, shown, strict=True)).get, keys)]
