"""usedBy in GraphQL: what was made directly from an asset."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import strawberry

from begat.core import times
from begat.core.errors import Code, Problem, bad_input
from begat.find.lists import check_first
from begat.gql import asset
from begat.gql.asset import Asset
from begat.gql.columns import asks, selected
from begat.gql.completeness import HitKind
from begat.gql.connections import PageInfo, page_info
from begat.gql.context import Context, Info
from begat.gql.hits import LineageRelation
from begat.gql.lineage import PAGE
from begat.gql.scalars import BigInt
from begat.lineage import pages, uses
from begat.lineage.crowd import Sought
from begat.lineage.pages import Cursor
from begat.lineage.places import before
from begat.lineage.uses import Use

_OF = "usedBy"


@strawberry.type(description="One asset that was made directly from this one, by one relation.")
class UsedByEdge:
    """See lineage.answers.Use."""

    cursor: str = strawberry.field(description="Where this edge stands; pass it as after to go on behind it.")
    relation: LineageRelation = strawberry.field(description="How it was made from this one.")
    version_numbers: list[int] = strawberry.field(
        description="The numbers of the versions (or snapshots) of this asset that it was made from; none for an asset "
        "without versions."
    )
    kind: HitKind = strawberry.field(description="The kind of the user.")
    hidden: bool = strawberry.field(description="Whether the caller may not see the user; it is counted all the same.")
    node: Asset | None = strawberry.field(description="The user; null where it is hidden.")


@strawberry.type(description="A page of what was made directly from an asset.")
class UsedBy:
    """A user stands once for each relation."""

    edges: list[UsedByEdge] = strawberry.field(description="The users of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: BigInt = strawberry.field(description="How many edges paging through the whole list yields.")


async def used_by(info: Info, id: str, first: int | None, after: str | None) -> UsedBy:
    """A page of the users of the asset; the users of all assets of a level cost one statement, their assets another."""
    size = PAGE if first is None else first
    check_first(size)
    secret = info.context.secret
    cursor = None if after is None else _cursor(after, id, secret)
    sought = None if asks(info, "totalCount") else _sought(size, cursor)
    at, users = await info.context.batch(_load, (id, None if cursor is None else cursor.at), sought)
    start = 0 if cursor is None else _place(users, cursor)
    shown = users[start : start + size]
    found: list[Asset | None] = [None] * len(shown)
    if shown and asks(info, "edges", "node"):
        keys = tuple(None if use.hidden else use.key for use in shown)
        found = await info.context.batch(_nodes, keys, selected(info, Asset, "edges", "node"))
    cursors = [Cursor(f"{_OF} {id}", at, 0, f"{use.relation} {use.id}").text(secret) for use in shown]
    edges = [
        UsedByEdge(
            cursor=text,
            relation=LineageRelation(use.relation),
            version_numbers=list(use.numbers),
            kind=HitKind(use.kind),
            hidden=use.hidden,
            node=node,
        )
        for use, text, node in zip(shown, cursors, found, strict=True)
    ]
    more = start + len(shown) < len(users)
    return UsedBy(edges=edges, page_info=page_info(cursors, has_next=more, after=after), total_count=BigInt(len(users)))


def _cursor(text: str, id: str, secret: str) -> Cursor:
    cursor = pages.read_cursor(text, secret)
    if cursor.of != f"{_OF} {id}":
        raise bad_input("This cursor is of another list.", "after", hint="Page with the asset that it came from.")
    return cursor


def _sought(size: int, cursor: Cursor | None) -> Sought | None:
    """The users that a page needs: one more than it shows, and the one that its cursor names, which may stand there by
    other relations, too."""
    if cursor is None:
        return Sought(size + 1)
    user = cursor.id.partition(" ")[2]
    return None if pages.veiled(user) or not user else Sought(size + 2, before(user))


def _place(users: Sequence[Use], cursor: Cursor) -> int:
    relation, _, id = cursor.id.partition(" ")
    if pages.veiled(id):
        place = next((place for place, use in enumerate(users) if (use.id, use.relation) == (id, relation)), None)
        if place is None:
            hint = "Ask for the first page again."
            raise Problem(Code.CONFLICT, "The place that this cursor names is gone.", path=("after",), hint=hint)
        return place + 1
    return bisect_right(users, (id, relation), key=lambda use: (use.key, use.relation))


async def _load(
    context: Context, keys: Sequence[tuple[str, str | None]], sought: Sought | None
) -> list[tuple[str, list[Use]]]:
    """The moment and the users for all assets of a level; one statement for each moment."""
    now = times.now()
    asked = [(id, at or now) for id, at in keys]
    by_moment: dict[str, list[str]] = {}
    for id, at in asked:
        by_moment.setdefault(at, []).append(id)
    found: dict[tuple[str, str], list[Use]] = {}
    for at, wanted in by_moment.items():
        answer = await uses.uses(context.graph, context.viewer, context.secret, wanted, at, sought)
        found |= {(id, at): users for id, users in answer.items()}
    return [(at, found.get((id, at), [])) for id, at in asked]


async def _nodes(
    context: Context, keys: Sequence[tuple[str | None, ...]], columns: tuple[str, ...]
) -> list[list[Asset | None]]:
    wanted = list(dict.fromkeys(id for key in keys for id in key if id is not None))
    found = dict(zip(wanted, await asset.load(context, wanted, columns), strict=True)) if wanted else {}
    return [[None if id is None else found[id] for id in key] for key in keys]
