"""Relay connections, paged by keyset; totalCount is computed only where it is selected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import strawberry

from begat.core.errors import bad_input, no_cursor
from begat.find import lists
from begat.find.lists import Condition, Order, Page
from begat.gql.columns import asks, from_json, of_page, to_json
from begat.gql.context import Context, Info
from begat.gql.rows import ByKind, Rows
from begat.gql.scalars import BigInt

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's PageInfo; begat pages forward only."""

    cursors: strawberry.Private[Sequence[str]]
    has_next_page: bool = strawberry.field(description="Whether more follow; pass endCursor as after.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")

    @strawberry.field(description="The cursor of the first item; null on an empty page.")
    def start_cursor(self) -> str | None:
        return self.cursors[0] if self.cursors else None

    @strawberry.field(description="The cursor of the last item; null on an empty page.")
    def end_cursor(self) -> str | None:
        return self.cursors[-1] if self.cursors else None


@strawberry.type(description="An item of a page with its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="Where this item stands; pass it as after to go on behind it.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with the nodes beside the edges."""

    nodes: Sequence[T] = strawberry.field(description="The items of this page.")
    edges: Sequence[Edge[T]] = strawberry.field(description="The items of this page with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: BigInt | None = strawberry.field(
        description="How many items paging through the whole list yields; computed only where it is selected."
    )


def connection(
    nodes: Sequence[T], cursors: Sequence[str], *, has_next: bool, after: str | None, total: int | None
) -> Connection[T]:
    """A page of these nodes, which are Rows where they came from one statement."""
    info = page_info(cursors, has_next=has_next, after=after)
    edges: Rows[Edge[T]] = Rows.of(Edge, {"cursor": cursors, "node": nodes})
    return Connection(nodes=nodes, edges=edges, page_info=info, total_count=None if total is None else BigInt(total))


def page_info(cursors: Sequence[str], *, has_next: bool, after: str | None) -> PageInfo:
    """Where the page with these cursors stands."""
    return PageInfo(cursors=cursors, has_next_page=has_next, has_previous_page=after is not None)


def number_below(after: str | None) -> int:
    """Of a list that goes down by a number, which is its cursor: what the numbers of the page are below. Raises
    BAD_INPUT."""
    if after is None:
        return 2**53
    if not after.isdecimal() or len(after) > 15:
        raise no_cursor()
    return int(after)


def sliced(items: Sequence[T], keys: Sequence[str], first: int, after: str | None) -> tuple[list[T], list[str], bool]:
    """Of a list that is in memory: the items after the one with that key, their keys, and whether more follow. Raises
    BAD_INPUT where none has the key any more."""
    start = 0
    if after is not None:
        if after not in keys:
            raise bad_input("This is no cursor of this list.", "after", hint="Begin again with the first page.")
        start = keys.index(after) + 1
    end = start + first
    return list(items[start:end]), list(keys[start:end]), end < len(items)


async def listing(
    info: Info,
    base: type,
    label: str,
    kind: type[T] | ByKind[T],
    conditions: Iterable[Condition],
    *,
    order: Order = lists.ID_ASC,
    first: int,
    after: str | None,
    total: bool = True,
) -> Connection[T]:
    """A page of the nodes with this label: one statement, and with ``total`` one more where totalCount is selected."""
    graph, viewer = info.context.graph, info.context.viewer
    held = list(conditions)
    columns = of_page(info, base)
    page = await lists.page(graph, viewer, label, columns, held, order=order, first=first, after=after)
    number = await lists.count(graph, viewer, label, held) if total and asks(info, "totalCount") else None
    nodes = Rows(kind, page.columns, page.values)
    return connection(nodes, page.cursors, has_next=page.has_next, after=after, total=number)


async def nested(
    info: Info,
    base: type,
    label: str,
    kind: type[T] | ByKind[T],
    parent: str,
    id: str,
    conditions: Iterable[Condition],
    *,
    order: Order = lists.ID_ASC,
    first: int,
    after: str | None,
) -> Connection[T]:
    """A page of the nodes whose property ``parent`` is ``id``: one statement for all parents of a level."""
    columns = of_page(info, base)
    held = tuple((condition.text, to_json(dict(condition.parameters))) for condition in conditions)
    wants = asks(info, "totalCount")
    page, total = await info.context.batch(_nested, id, label, parent, columns, held, order, first, after, wants)
    nodes = Rows(kind, page.columns, page.values)
    return connection(nodes, page.cursors, has_next=page.has_next, after=after, total=total if wants else None)


async def _nested(
    context: Context,
    keys: Sequence[str],
    label: str,
    parent: str,
    columns: tuple[str, ...],
    held: tuple[tuple[str, str], ...],
    order: Order,
    first: int,
    after: str | None,
    total: bool,
) -> list[tuple[Page, int]]:
    conditions = [Condition(text, from_json(parameters)) for text, parameters in held]
    found = await lists.pages(
        context.graph,
        context.viewer,
        label,
        parent,
        keys,
        columns,
        conditions,
        order=order,
        first=first,
        after=after,
        total=total,
    )
    return [found.get(key, (Page(columns, [], [], False), 0)) for key in keys]
