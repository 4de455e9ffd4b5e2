"""Lists by keyset: a page, a count and nodes by id, each one statement with just the columns asked for."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from begat.access.scope import SCOPE, Viewer
from begat.core import times
from begat.core.errors import Code, Problem, bad_input, no_cursor
from begat.core.lazy import Lazy
from begat.graph.driver import Graph
from begat.graph.nearby import LAST, between, bound, identified, wider
from begat.graph.statement import projection

MOST = 1_000
WINDOW_SECONDS = 3_600.0
WINDOWS = 6
"""The sixth window reaches back 3.7 years."""
FEW, NEAR = 50, 5_000
"""Among how many nodes at a time a page in the order of ids is looked for, before the database sorts all."""


@dataclass(frozen=True)
class Condition:
    """A declared predicate over ``n`` with the values of its parameters; only the values ever come from a caller."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """A declared order: by an expression over ``n``, then by id, so that a cursor names one place.

    ``recent`` is for a list that may have a million nodes, by a time that is indexed, latest first: a page is looked
    for in windows that reach back ever further, as neither database sorts by an index and then by id.
    """

    name: str
    expression: str = "n.id"
    descending: bool = False
    recent: bool = False
    number: bool = False
    """Whether the expression is a number; else it is a text. A time is one, too."""

    @staticmethod
    def named(name: str, expressions: Mapping[str, str], numbers: Collection[str] = ()) -> Order:
        """The order of a name such as ``UPDATED_AT_DESC``: by what ``expressions`` has for ``UPDATED_AT``, which is a
        number where ``numbers`` has it."""
        field, _, direction = name.rpartition("_")
        return Order(name, expressions[field], direction == "DESC", number=field in numbers)


ID_ASC = Order("ID_ASC")


@dataclass(frozen=True)
class Page:
    """One page: the names of columns, among them those that were asked for, their values row by row, a cursor for each
    row, and whether more follow."""

    columns: tuple[str, ...]
    values: list[list[Any]]
    cursors: Sequence[str]
    has_next: bool


async def page(
    graph: Graph,
    viewer: Viewer,
    label: str,
    columns: Sequence[str],
    conditions: Iterable[Condition] = (),
    *,
    order: Order = ID_ASC,
    first: int = 50,
    after: str | None = None,
) -> Page:
    """The ``first`` nodes after the cursor. Raises LIMIT or BAD_INPUT for ``first`` and ``after``."""
    check_first(first)
    place = list(conditions)
    columns = _with_place(columns, order)
    if order == ID_ASC and identified(label):
        low = "" if after is None else _read(order, after)[1]
        near = await _nearest(graph, viewer, label, columns, place, low, first + 1)
        if near is not None:
            return _page(columns, near, order, first)
    if after is not None:
        place.append(_beyond(order, after))
    found: list[list[Any]] = []
    for window in _windows(order, after):
        found = await _sorted(graph, viewer, label, columns, [*window, *place], order, first + 1)
        if len(found) > first:  # all that is outside of the window is older
            break
    return _page(columns, found, order, first)


async def _sorted(
    graph: Graph,
    viewer: Viewer,
    label: str,
    columns: Sequence[str],
    conditions: Iterable[Condition],
    order: Order,
    limit: int,
) -> list[list[Any]]:
    """The first so many of all that the database finds and sorts."""
    where, parameters = _where(viewer, conditions)
    direction = "DESC" if order.descending else "ASC"
    found: list[list[Any]] = await graph.read(
        f"MATCH (n:{label}) WHERE {where} WITH n ORDER BY {order.expression} {direction}, n.id {direction} "
        f"LIMIT $limit RETURN collect({projection(columns)})",
        limit=limit,
        **parameters,
    )
    return found


async def _nearest(
    graph: Graph,
    viewer: Viewer,
    label: str,
    columns: Sequence[str],
    conditions: Sequence[Condition],
    low: str,
    limit: int,
) -> list[list[Any]] | None:
    """The first so many behind the id ``low``: looked for among the nodes that follow it, as many as it should take by
    what was found so far. None where these are too many."""
    id, found, seen, size = columns.index("n.id"), list[list[Any]](), 0, max(limit, FEW)
    where, parameters = _where(viewer, conditions)
    while size <= NEAR:
        high = await bound(graph, label, low, size)
        near = await graph.read(
            f"{between(label)} WHERE {where} RETURN collect({projection(columns)})",
            low=low,
            high=high,
            **parameters,
        )
        found += sorted(near, key=itemgetter(id))
        if len(found) >= limit or high == LAST:
            return found[:limit]
        low, seen = high, seen + size
        size = wider(limit, len(found), seen)
    return None


async def count(graph: Graph, viewer: Viewer, label: str, conditions: Iterable[Condition] = ()) -> int:
    """How many nodes paging would yield."""
    where, parameters = _where(viewer, conditions)
    return int(await graph.read(f"MATCH (n:{label}) WHERE {where} RETURN count(n)", **parameters))


async def counts(
    graph: Graph, viewer: Viewer, label: str, expression: str, conditions: Iterable[Condition] = ()
) -> dict[str, int]:
    """How many nodes paging would yield, by what a declared expression over ``n`` is of them; in one statement."""
    where, parameters = _where(viewer, conditions)
    found = await graph.read(
        f"MATCH (n:{label}) WHERE {where} WITH {expression} AS value, count(n) AS number "
        "RETURN collect([value, number])",
        **parameters,
    )
    return dict(found or ())


async def pages(
    graph: Graph,
    viewer: Viewer,
    label: str,
    parent: str,
    wanted: Sequence[str],
    columns: Sequence[str],
    conditions: Iterable[Condition] = (),
    *,
    order: Order = ID_ASC,
    first: int = 50,
    after: str | None = None,
    total: bool = False,
) -> dict[str, tuple[Page, int]]:
    """A page, as of `page`, for each parent: of the nodes whose property ``parent`` names it. One statement for all;
    the count is 0 unless ``total`` asks for it."""
    check_first(first)
    conditions = list(conditions)
    where, parameters = _where(viewer, [*conditions, *([] if after is None else [_beyond(order, after)])])
    counted, _ = _where(viewer, conditions)
    direction = "DESC" if order.descending else "ASC"
    columns = _with_place(columns, order)
    count = f"CALL (id) {{ MATCH (n:{label} {{{parent}: id}}) WHERE {counted} RETURN count(n) AS total }} "
    found = await graph.read(
        f"UNWIND $ids AS id CALL (id) {{ MATCH (n:{label} {{{parent}: id}}) WHERE {where} "
        f"WITH n ORDER BY {order.expression} {direction}, n.id {direction} LIMIT $limit "
        f"RETURN collect({projection(columns)}) AS page }} "
        f"{count if total else ''}RETURN collect([id, page, {'total' if total else '0'}])",
        ids=list(dict.fromkeys(wanted)),
        limit=first + 1,
        **parameters,
    )
    return {id: (_page(columns, rows, order, first), total) for id, rows, total in found or []}


async def chosen(graph: Graph, viewer: Viewer, label: str, conditions: Iterable[Condition], most: int) -> list[str]:
    """The ids that a filter selects, in id order, at most ``most`` of them."""
    where, parameters = _where(viewer, conditions)
    found: list[str] = await graph.read(
        f"MATCH (n:{label}) WHERE {where} WITH n ORDER BY n.id LIMIT $limit RETURN collect(n.id)",
        limit=most,
        **parameters,
    )
    return found


async def by_ids(
    graph: Graph, viewer: Viewer, label: str, wanted: Sequence[str], columns: Sequence[str]
) -> list[list[Any]]:
    """Column values of those of the ids that exist and are in scope, in no order. A single one is asked for together
    with those that others of the same scope ask for at the same time."""
    if not wanted:
        return []
    if len(wanted) > 1:
        return await _by_ids(graph, viewer, label, wanted, columns)

    async def load(ids: Sequence[str]) -> dict[str, list[Any]]:
        found = await _by_ids(graph, viewer, label, ids, ("n.id", *columns))
        return {id: row for id, *row in found}

    found = await graph.gathering.ask((label, *columns, viewer.admin, frozenset(viewer.roles)), wanted[0], load)
    return [] if found is None else [found]


async def _by_ids(
    graph: Graph, viewer: Viewer, label: str, wanted: Sequence[str], columns: Sequence[str]
) -> list[list[Any]]:
    found: list[list[Any]] = await graph.read(
        f"MATCH (n:{label}) WHERE n.id IN $ids AND {SCOPE} RETURN collect({projection(columns)})",
        ids=list(wanted),
        **viewer.scope,
    )
    return found


def check_first(first: int) -> None:
    """Raises LIMIT or BAD_INPUT for a page size out of 0 to 1,000."""
    if first < 0:
        raise bad_input("A page has at least 0 items.", "first")
    if first > MOST:
        raise Problem(Code.LIMIT, f"A page has at most {MOST} items.", path=("first",), hint="Page with after.")


def _where(viewer: Viewer, conditions: Iterable[Condition]) -> tuple[str, dict[str, Any]]:
    texts, parameters = [SCOPE], dict(viewer.scope)
    for condition in conditions:
        texts.append(f"({condition.text})")
        parameters |= condition.parameters
    return " AND ".join(texts), parameters


def _with_place(columns: Sequence[str], order: Order) -> tuple[str, ...]:
    """The columns and those that a cursor is made of, each once."""
    return tuple(dict.fromkeys((*columns, order.expression, "n.id")))


def _page(columns: tuple[str, ...], found: list[list[Any]], order: Order, first: int) -> Page:
    kept = found[:first]
    value, id = columns.index(order.expression), columns.index("n.id")
    return Page(columns, kept, Lazy(kept, lambda row: _cursor(order, row[value], row[id])), len(found) > first)


def _cursor(order: Order, value: Any, id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([order.name, value, id]).encode()).decode().rstrip("=")


def _windows(order: Order, after: str | None) -> Iterable[Sequence[Condition]]:
    """Conditions that hold for ever more of the list, all of it at last: each reaches eight times as far back as the
    one before, so that it holds about eight times as much."""
    if order.recent:
        end = None if after is None else times.parse(str(_read(order, after)[0]), "after")
        with contextlib.suppress(OverflowError):  # a cursor of somebody's own making, from the year 1
            for step in range(WINDOWS):
                start = times.later(-WINDOW_SECONDS * 8**step, end)
                yield [Condition(f"{order.expression} >= $window", {"window": start})]
    yield []


def _read(order: Order, cursor: str) -> tuple[Any, str]:
    """The place that a cursor names; raises BAD_INPUT. Cursors are not signed: anybody can make one of anything."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair has no UTF-8
    except (ValueError, RecursionError) as error:
        raise no_cursor() from error
    if not isinstance(found, list) or len(found) != 3:
        raise no_cursor()
    name, value, id = found
    if name != order.name:
        raise bad_input("This cursor is of another order.", "after", hint="Page with the orderBy that it came from.")
    if not isinstance(id, str) or not (_is_number(value) if order.number else isinstance(value, str)):
        raise no_cursor()
    return value, id


def _is_number(value: Any) -> bool:
    """Whether this is a number that a database can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _beyond(order: Order, cursor: str) -> Condition:
    value, id = _read(order, cursor)
    sign = "<" if order.descending else ">"
    text = f"{order.expression} {sign} $after_value OR ({order.expression} = $after_value AND n.id {sign} $after_id)"
    return Condition(text, {"after_value": value, "after_id": id})
