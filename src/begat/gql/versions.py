"""Versions of an asset: what it contained at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import strawberry

from begat.access.scope import SCOPE
from begat.core.errors import bad_input
from begat.core.lazy import Lazy
from begat.find.lists import check_first
from begat.gql.columns import column, of_page, rows, selected
from begat.gql.connections import Connection, connection, number_below
from begat.gql.context import Context, Info, Row
from begat.gql.rows import Rows
from begat.gql.scalars import DateTime
from begat.graph.statement import projection

V = TypeVar("V", bound="Version")


@strawberry.interface(description="What an asset contained at a moment; it never changes once it is used or published.")
class Version:
    """A row of a Version node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The asset's id, `:v` and the number.")
    number: int = column("n.number", "Counts the versions of this asset, from 1.")
    created_at: DateTime = column("n.createdAt", "When it was made.")
    created_by: str = column("n.createdBy", "Who made it.")
    published_at: DateTime | None = column("n.publishedAt", "When it was published; null where it was not.")


async def latest(info: Info, base: type[V], label: str, asset: str) -> V | None:
    """The latest version of the asset, batched over the nodes of a level."""
    columns = selected(info, base)
    row = await info.context.batch(_latest, asset, label, columns)
    return None if row is None else base(row=row)


async def numbered(info: Info, base: type[V], label: str, asset: str, number: int) -> V:
    """The version of that number, batched over the nodes of a level; raises BAD_INPUT for one that never was."""
    columns = selected(info, base)
    row: Row | None = await info.context.batch(by_id, f"{asset}:v{number}", label, columns)
    if row is None:
        raise bad_input(f"There is no version {number}.", "number")
    return base(row=row)


async def history(info: Info, base: type[V], label: str, asset: str, first: int, after: str | None) -> Connection[V]:
    """A page of versions, newest first, batched over the nodes of a level."""
    check_first(first)
    columns = tuple(dict.fromkeys((*of_page(info, base), "n.number")))
    found, total = await info.context.batch(_pages, asset, label, columns, first, number_below(after))
    nodes: Rows[V] = Rows(base, columns, found[:first])
    cursors = Lazy(nodes, lambda node: str(node.row["n.number"]))
    return connection(nodes, cursors, has_next=len(found) > first, after=after, total=total)


async def by_id(context: Context, keys: Sequence[str], label: str, columns: tuple[str, ...]) -> list[Row | None]:
    """Version rows by id, for all nodes of a level."""
    values = await context.graph.read(
        f"MATCH (n:Version) WHERE n.id IN $ids AND n:{label} AND {SCOPE} RETURN collect({projection(columns)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found = {row["n.id"]: row for row in rows(columns, values)}
    return [found.get(key) for key in keys]


async def linked(info: Info, id: str | None, base: type[V]) -> V | None:
    """The version that a node names, with what the current field's selection needs, batched over a level; None where
    none is named, or one that is unknown or unseen. The type's name is its label."""
    if id is None:
        return None
    row = await info.context.batch(by_id, id, base.__name__, selected(info, base))
    return None if row is None else base(row=row)


async def _latest(context: Context, keys: Sequence[str], label: str, columns: tuple[str, ...]) -> list[Row | None]:
    names = tuple(dict.fromkeys((*columns, "n.asset")))
    values: list[list[Any]] = await context.graph.read(
        "MATCH (a:Asset) WHERE a.id IN $ids WITH collect(a.id + ':v' + toString(a.version)) AS wanted "
        f"MATCH (n:Version) WHERE n.id IN wanted AND n:{label} AND {SCOPE} RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found = {row["n.asset"]: row for row in rows(names, values)}
    return [found.get(key) for key in keys]


async def _pages(
    context: Context, keys: Sequence[str], label: str, columns: tuple[str, ...], first: int, below: int
) -> list[tuple[list[list[Any]], int]]:
    values = await context.graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (n:Version {{asset: id}}) WHERE n:{label} AND n.number < $below "
        f"AND {SCOPE} WITH n ORDER BY n.number DESC LIMIT $limit RETURN collect({projection(columns)}) AS page }} "
        f"CALL (id) {{ MATCH (n:Version {{asset: id}}) WHERE n:{label} RETURN count(n) AS total }} "
        "RETURN collect([id, page, total])",
        ids=list(dict.fromkeys(keys)),
        below=below,
        limit=first + 1,
        **context.viewer.scope,
    )
    found = {id: (page, total) for id, page, total in values}
    return [found.get(key, ([], 0)) for key in keys]
