"""Who says that a table is fed by which, in GraphQL: walks show one relation, here each source speaks for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access.scope import SCOPE
from begat.core.errors import no_cursor
from begat.find.lists import check_first
from begat.gql import asset
from begat.gql.connections import Connection, connection
from begat.gql.context import Context, Info
from begat.gql.scalars import DateTime

if TYPE_CHECKING:
    from begat.kinds.source_table.graphql import SourceTable

_PLACE = re.compile(r"table_\w+ feeder_\w+", re.ASCII)
"""What a cursor names: the table and who says so."""


@strawberry.type(description="What one job says: that a table is fed by another.")
class TableFeed:
    """An edge FED_BY."""

    fed_by: strawberry.Private[str]
    source: str = strawberry.field(description="The job that says so: its namespace and its name, joined by `/`.")
    since: DateTime = strawberry.field(description="Since when it says so without having taken it back.")
    seen_at: DateTime = strawberry.field(description="When it said so last.")

    @strawberry.field(description="The table that it is fed by; null where it is out of sight.")
    async def table(
        self, info: Info
    ) -> Annotated[SourceTable, strawberry.lazy("begat.kinds.source_table.graphql")] | None:
        from begat.kinds.source_table.graphql import SourceTable  # it shows what it is fed by

        return await asset.linked(info, self.fed_by, SourceTable)


async def load(context: Context, keys: Sequence[str], first: int, after: str | None) -> list[Connection[TableFeed]]:
    """Pages of what feeds each of the tables of a level, by table and source, in one statement."""
    check_first(first)
    if after is not None and not _PLACE.fullmatch(after):
        raise no_cursor()
    found = await context.graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (:Asset {{id: id}})-[e:FED_BY]->(n:Asset) WHERE {SCOPE} "
        "WITH n, e, n.id + ' ' + e.feeder AS place WHERE place > $after WITH n, e, place ORDER BY place LIMIT $limit "
        "RETURN collect([place, n.id, e.source, e.since, e.seen]) AS page } "
        f"CALL (id) {{ MATCH (:Asset {{id: id}})-[e:FED_BY]->(n:Asset) WHERE {SCOPE} RETURN count(e) AS total }} "
        "RETURN collect([id, page, total])",
        ids=list(keys),
        after=after or "",
        limit=first + 1,
        **context.viewer.scope,
    )
    pages = {id: (page, total) for id, page, total in found}
    return [_page(*pages.get(key, ([], 0)), first, after) for key in keys]


def _page(edges: list[list[Any]], total: int, first: int, after: str | None) -> Connection[TableFeed]:
    shown = edges[:first]
    feeds = [
        TableFeed(fed_by=table, source=source, since=since, seen_at=seen) for _, table, source, since, seen in shown
    ]
    return connection(feeds, [edge[0] for edge in shown], has_next=len(edges) > first, after=after, total=total)
