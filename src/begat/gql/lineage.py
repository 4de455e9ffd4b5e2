"""Lineage in GraphQL: walks from an asset, up to what it was made from and down to what was made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

import strawberry
from graphql import ValueNode, value_from_ast_untyped

from begat.core import times
from begat.core.errors import bad_input
from begat.find.lists import MOST, check_first
from begat.gql import asset, hits
from begat.gql.asset import Asset
from begat.gql.below import Below, below
from begat.gql.columns import asks, selected, selected_below
from begat.gql.completeness import Completeness, HitKind, completeness
from begat.gql.connections import page_info
from begat.gql.context import Context, Info, Row
from begat.gql.hits import LineageCount, LineagePage, LineageRelation
from begat.gql.rows import Rows
from begat.gql.scalars import BigInt, DateTime
from begat.lineage import answers
from begat.lineage.answers import Answer
from begat.lineage.crowd import Sought
from begat.lineage.pages import Cursor, Page, read_cursor, veiled
from begat.lineage.places import behind
from begat.lineage.question import Deleted, Direction, Level, Question, Versions, checked
from begat.lineage.reach import Carry

strawberry.enum(
    Level,
    name="LineageLevel",
    description="ASSET shows each immutable node as the asset that it belongs to, VERSION shows it as it is.",
)
strawberry.enum(
    Versions,
    name="LineageVersions",
    description="Where a walk starts, and what a monitor's endpoint stands for: CURRENT, the latest, champion or "
    "serving version (all of a training sheet), or ALL.",
)
strawberry.enum(
    Deleted,
    name="LineageDeleted",
    description="What is in the trash or purged: INCLUDE shows it, BRIDGE passes through it, EXCLUDE ends there.",
)

PAGE = 50


@strawberry.type(description="The answer to a walk; its parts agree with each other.")
class LineageWalk:
    """One walk as of one moment."""

    answer: strawberry.Private[Answer]
    carried: strawberry.Private[tuple[str, ...]]

    @strawberry.field(description="The moment of the answer; what was made later is not in it, on no page.")
    def at(self) -> DateTime:
        return DateTime(self.answer.walk.at)

    @strawberry.field(description="A page of what was found; at most 1,000 a page.")
    def nodes(self, info: Info, first: int | None = None, after: str | None = None) -> LineagePage:
        size = PAGE if first is None else first
        check_first(size)
        page = self.answer.page(size, after, edges=asks(info, "edges"))
        if not asks(info, "nodes", "asset"):
            return self._page(page, after)
        columns = page.hits.columns
        wanted = set(columns["asset"])
        if any(columns["hidden"]):
            wanted = {id for id, one in zip(columns["asset"], columns["hidden"], strict=True) if not one}
        found = hits.Assets.of(Rows(asset.build, self.carried, self.answer.walk.reached.assets))
        if wanted <= found.places.keys():
            return self._page(page, after, found)

        async def asked() -> LineagePage:
            needed = selected(info, Asset, "nodes", "asset")
            return self._page(page, after, await info.context.batch(_assets, tuple(sorted(wanted)), needed))

        return cast(LineagePage, asked())  # whoever completes it waits for it

    @strawberry.field(description="All hits counted by depth and kind, hidden ones too.")
    def counts(self) -> Sequence[LineageCount]:
        return hits.counts(self.answer.walk.counts)

    @strawberry.field(description="Whether this is all there is.")
    def completeness(self) -> Completeness:
        return completeness(self.answer.completeness, self.answer.continue_after)

    def _page(self, page: Page, after: str | None, assets: hits.Assets = hits.NONE) -> LineagePage:
        return LineagePage(
            nodes=hits.rows(page.hits, assets),
            edges=hits.edges(page.edges),
            total_count=BigInt(len(self.answer.walk.members)),
            page_info=page_info(page.cursors, has_next=page.has_next, after=after),
        )


@strawberry.input(description="How a walk goes and what it shows.")
class LineageFilter:
    """Defaults are the truth, at level ASSET."""

    level: Level | None = strawberry.field(default=None, description="ASSET where unsaid.")
    versions: Versions | None = strawberry.field(
        default=None, description="Where it starts; where unsaid, upstream CURRENT and downstream ALL."
    )
    as_of: DateTime | None = strawberry.field(
        default=None, description="Answer as it was then: the version current then, nothing younger. Now where unsaid."
    )
    kinds: list[HitKind] | None = strawberry.field(
        default=None,
        description="Show only these; the rest is passed through, and edges across it say via. A model is shown as its "
        "versions. At level VERSION a kind of asset stands for its versions, snapshots and generations, MODEL_VERSION "
        "for itself.",
    )
    relations: list[LineageRelation] | None = strawberry.field(
        default=None, description="Follow only these relations; all where unsaid."
    )
    stop_at: list[HitKind] | None = strawberry.field(
        default=None, description="Do not go beyond these kinds; they are shown themselves."
    )
    deleted: Deleted | None = strawberry.field(
        default=None, description="INCLUDE where unsaid. What is deleted is so now, whatever asOf says."
    )
    rows: bool | None = strawberry.field(
        default=None,
        description="true: enter rows (pairs, feedback) and labels too, of which there may be very many. "
        "Without it a walk leaves one that it starts at, or that a task was raised from, and enters no other.",
    )


def hops(depth: int | None) -> int:
    """How deep a walk goes whose depth a client says, or does not say."""
    return 1 if depth is None else depth


def question(direction: Direction, depth: int | None, filter: LineageFilter | None) -> Question:
    """The question that the arguments ask; raises BAD_INPUT. ``depth`` is None for all there are."""
    asked = filter or LineageFilter()
    default = Versions.CURRENT if direction is Direction.UP else Versions.ALL
    return checked(
        Question(
            direction,
            depth=depth,
            level=asked.level or Level.ASSET,
            versions=asked.versions or default,
            kinds=_names(asked.kinds),
            relations=_names(asked.relations),
            stop_at=_names(asked.stop_at) or frozenset(),
            deleted=asked.deleted or Deleted.INCLUDE,
            rows=bool(asked.rows),
        ),
        "filter",
    )


@dataclass(frozen=True)
class Asking:
    """What an `upstream` or `downstream` field asks for, whichever asset it is a field of."""

    question: Question
    as_of: str | None
    """The moment that the caller said, of which the cursors are that he may pass."""
    at: str | None
    carry: Carry | None
    edges: bool
    window: int
    sought: Sought | None

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that the walk brings along of each asset."""
        return () if self.carry is None else self.carry.columns


def asking(info: Info, asked: Question, filter: LineageFilter | None) -> Asking:
    """What the current field, a walk, asks for; raises BAD_INPUT."""
    chosen = below(info._raw_info).once(_selected, _selected)
    cursors = _cursors(info, chosen)
    as_of = None if filter is None else filter.as_of
    at = _moment(cursors, as_of)
    window = max((cursor.window for cursor in cursors), default=0)
    sizes = [size for size in _values(info, chosen.sizes) if isinstance(size, int)]
    carry = None
    if chosen.columns is not None:  # of walks that fit a page, where each asset has two nodes or so
        carry = Carry(chosen.columns, 2 * min(max(sizes, default=PAGE), MOST))
    sought = _sought(asked.level, cursors, *sizes) if chosen.page_only else None
    return Asking(asked, as_of, at, carry, chosen.edges, window, sought)


async def walk(info: Info, row: Row, asked: Question, filter: LineageFilter | None) -> LineageWalk:
    """The walk from the asset of this row, with all others of its level in one statement."""
    wanted = asking(info, asked, filter)
    answer = await info.context.batch(_walks, (row["n.id"], row["n.kind"]), wanted)
    return LineageWalk(answer=answer, carried=wanted.carried)


async def walk_with(
    context: Context, id: str, kind: str, wanted: Asking, columns: tuple[str, ...]
) -> tuple[LineageWalk, Sequence[Any]]:
    """A walk, and these columns of the asset that it starts at: none, where the caller sees no such asset."""
    (answer,) = (await _answers(context, {id: kind}, wanted, columns)).values()
    return LineageWalk(answer=answer, carried=wanted.carried), answer.walk.reached.start


async def sources(info: Info, row: Row, filter: LineageFilter | None) -> LineageWalk:
    """Where the asset began: the ends of the walk up, however far they are; tables, unless other kinds are asked."""
    asked = question(Direction.UP, None, filter)
    if asked.kinds is None:
        asked = replace(asked, kinds=frozenset({HitKind.SOURCE_TABLE.value}))
    found = await walk(info, row, asked, filter)
    return LineageWalk(answer=found.answer.ends(), carried=found.carried)


def _moment(cursors: Sequence[Cursor], as_of: str | None) -> str | None:
    """The moment of the walk of whose pages these are: the one that the cursors carry, be it of a clock that is ahead
    of this one, else ``as_of``, else None for now. Raises BAD_INPUT where the pages are of several moments."""
    moments = {cursor.at for cursor in cursors}
    if len(moments) > 1:
        raise bad_input("These cursors are of several moments.", "after", hint="Ask for their pages one by one.")
    if moments:
        return next(iter(moments))
    return None if as_of is None or as_of > times.now() else as_of


@dataclass(frozen=True)
class _Selected:
    """What a document selects below a walk, whatever its variables are: the arguments of its `nodes` fields, where they
    have such, the columns of the assets that these show, if any, and whether edges are selected, or just one page."""

    cursors: Sequence[ValueNode]
    sizes: Sequence[ValueNode]
    columns: tuple[str, ...] | None
    edges: bool
    page_only: bool


def _selected(walk: Below) -> _Selected:
    pages = walk.named("nodes")
    given = [(argument.name.value, argument.value) for node in pages for argument in node.arguments or ()]
    whole = (("counts",), ("completeness",), ("nodes", "totalCount"), ("nodes", "edges"))
    return _Selected(
        [value for name, value in given if name == "after"],
        [value for name, value in given if name == "first"],
        selected_below(walk, Asset, "nodes", "nodes", "asset") if walk.asks("nodes", "nodes", "asset") else None,
        walk.asks("nodes", "edges"),
        len(pages) == 1 and not any(walk.asks(*path) for path in whole),
    )


def _values(info: Info, given: Sequence[ValueNode]) -> Iterable[object]:
    return (value_from_ast_untyped(one, info.variable_values) for one in given)


def _cursors(info: Info, chosen: _Selected) -> list[Cursor]:
    """The cursors that are passed; raises BAD_INPUT."""
    secret = info.context.secret
    return [read_cursor(after, secret) for after in _values(info, chosen.cursors) if isinstance(after, str)]


def _sought(level: Level, cursors: Sequence[Cursor], size: int = PAGE) -> Sought | None:
    """The one page that is asked for, where it may well be of the first hop."""
    number = max(min(size, MOST), 0) + 1
    if not cursors:
        return Sought(number)
    (cursor,) = cursors
    # One that names a hidden hit means nothing without all that lies before it.
    known = cursor.depth == 1 and not veiled(cursor.id)
    return Sought(number, behind(cursor.id, level)) if known else None


def _names(values: Sequence[Enum] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(value.value for value in values)


async def _walks(context: Context, keys: Sequence[tuple[str, str]], wanted: Asking) -> list[Answer]:
    """Walks for all nodes of a level; one statement for each sort of start."""
    found = await _answers(context, dict(keys), wanted)
    return [found[id] for id, _ in keys]


async def _answers(
    context: Context, starts: dict[str, str], wanted: Asking, start: tuple[str, ...] = ()
) -> dict[str, Answer]:
    return await answers.walks(
        context.graph,
        context.viewer,
        context.secret,
        starts,
        wanted.question,
        wanted.at,
        carry=wanted.carry,
        edges=wanted.edges,
        nodes=False,
        window=wanted.window,
        start=start,
        sought=wanted.sought,
        as_of=wanted.as_of,
    )


async def _assets(context: Context, keys: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> list[hits.Assets]:
    """The assets of all pages of a level, in one statement."""
    wanted = list(dict.fromkeys(id for key in keys for id in key))
    found = await asset.load_rows(context, wanted, columns)
    assets = hits.Assets.of(found)
    return [assets for _ in keys]
