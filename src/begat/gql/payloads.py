"""What mutations answer: one node with errors, or a selection with an outcome per item."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar, cast

import strawberry

from begat.change import bulk, many
from begat.change.many import Act, OnError, Target
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.find import lists
from begat.find.lists import Condition
from begat.gql import asset, jobs
from begat.gql.asset import Asset
from begat.gql.columns import asks
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error
from begat.gql.jobs import BulkJob
from begat.gql.outcomes import Outcome, outcome

T = TypeVar("T")

Fetch = Callable[..., Awaitable[Mapping[str, T]]]
"""``fetch(info, ids, *path)``: the nodes by id, with the columns that the selection under ``path`` needs."""

strawberry.enum(
    OnError,
    name="OnError",
    description="SKIP_FAILED does what can be done; ALL_OR_NOTHING keeps nothing when one item fails (at most 1,000).",
)


@strawberry.input(description="An item of a selection, with the revision that the caller expects it to have.")
class ItemInput:
    """See change.many.Target."""

    id: strawberry.ID = strawberry.field(description="The item.")
    revision: int | None = strawberry.field(default=None, description="A stale one makes this item a CONFLICT.")


@strawberry.type(description="The answer to an act on one asset.")
class Payload(Generic[T]):
    """On CONFLICT the node is the current state."""

    node: T | None = strawberry.field(
        description="The asset after the act, if you still see it; on CONFLICT as it is now; else null."
    )
    errors: list[UserError] = strawberry.field(description="Why it was not done; empty where it was.")


@strawberry.type(description="The answer to a move of a selection.")
class Moved(Generic[T]):
    """errors are about the request, outcomes about its items."""

    nodes: list[T] = strawberry.field(description="The items that were done, as they are now; at most 1,000.")
    matched: int = strawberry.field(description="How many items were selected.")
    changed: int = strawberry.field(description="How many were done; in a dry run, how many would be.")
    results: strawberry.Private[Sequence[many.Outcome]]
    errors: list[UserError] = strawberry.field(
        description="Why the request as a whole was refused, or ended before its last items: outcomes say which."
    )
    token: str | None = strawberry.field(
        default=None, description="From a dry run of a destructive act: confirms just what it showed, for an hour."
    )
    job: BulkJob | None = strawberry.field(
        default=None, description="Does the items after this answer, where more than 1,000 are selected; else null."
    )

    @strawberry.field(description="What became of each item, in the order asked.")
    def outcomes(self, first: int | None = None) -> list[Outcome]:
        kept = self.results if first is None else self.results[: max(first, 0)]
        return [outcome(result) for result in kept]


async def acted(
    info: Info, base: type[T], work: Callable[[], Awaitable[str]], *path: str, fetch: Fetch[T] | None = None
) -> tuple[T | None, list[UserError]]:
    """Runs an act that returns a node's id: the node as selected under ``path`` (`node` where unsaid),
    or why there is none. ``fetch`` is said for what is no asset."""
    where = path or ("node",)
    try:
        id = await work()
    except (Problem, Problems) as refused:
        problems = problems_of(refused)
        id_now = next((problem.id for problem in problems if problem.code is Code.CONFLICT and problem.id), None)
        node: T | None = None
        if id_now is not None:
            node = await _node(info, base, id_now, where, fetch)
        return node, [user_error(problem) for problem in problems]
    return await _node(info, base, id, where, fetch), []


async def _node(info: Info, base: type[T], id: str, path: Sequence[str], fetch: Fetch[T] | None) -> T | None:
    if not asks(info, *path):
        return None
    if fetch is not None:
        return (await fetch(info, [id], *path)).get(id)
    return cast(T | None, await asset.fetch_one(info, id, *path, base=cast(type[Asset], base)))


async def moved(
    info: Info,
    base: type[T],
    prepare: Callable[[], Act],
    *,
    ids: Sequence[str] | None,
    items: Sequence[ItemInput] | None = None,
    where: Iterable[Condition] | None = None,
    expected_count: int | None = None,
    on_error: OnError | None = None,
    dry_run: bool | None = None,
    blocked: Callable[[Sequence[str]], Awaitable[dict[str, Problem]]] | None = None,
    fetch: Fetch[T] | None = None,
) -> Moved[T]:
    """Runs an act on a selection; of more than 1,000 items, as a job that goes on after the answer. ``blocked`` asks a
    platform what it has against single items, before any lock is taken. ``fetch`` is said for what is no asset."""
    context = info.context
    try:
        what = prepare()
        chosen = await selection(info, what.label, ids, items, where, expected_count, dry_run=bool(dry_run))
        if len(chosen) > many.INLINE:
            _refuse_many(what, len(chosen), on_error, outside=blocked is not None)
            if not dry_run:
                return await _queued(info, what, chosen)
        if blocked is not None:
            what = replace(what, blocked=await blocked([target.id for target in chosen]))
        result = await many.act(
            context.graph,
            context.viewer,
            what,
            chosen,
            # Nothing of a dry run is kept: there is nothing for which to lock all items at once.
            on_error=on_error if on_error and not dry_run else OnError.SKIP_FAILED,
            dry_run=bool(dry_run),
        )
    except (Problem, Problems) as refused:
        errors = [user_error(problem) for problem in problems_of(refused)]
        return Moved(nodes=[], matched=0, changed=0, results=[], errors=errors)
    nodes: list[T] = []
    if asks(info, "nodes"):
        done = [outcome.id for outcome in result.outcomes if outcome.ok][: many.INLINE]
        by_id = fetch or cast(Fetch[T], partial(asset.fetch, base=cast(type[Asset], base)))
        found = await by_id(info, done, "nodes")
        nodes = [found[id] for id in done if id in found]
    errors = [user_error(result.ended)] if result.ended else []
    return Moved(nodes=nodes, matched=result.matched, changed=result.changed, results=result.outcomes, errors=errors)


def _refuse_many(what: Act, number: int, on_error: OnError | None, *, outside: bool) -> None:
    """Raises LIMIT where what is more than a caller waits for cannot be a job."""
    if outside or what.job is None or on_error is OnError.ALL_OR_NOTHING:
        why = "all or nothing" if on_error is OnError.ALL_OR_NOTHING else f"one {what.name}"
        raise Problem(
            Code.LIMIT,
            f"{number} items are more than the {many.INLINE} that {why} may name.",
            path=("onError",) if on_error is OnError.ALL_OR_NOTHING else (),
            hint="Send several requests" + (", or ask for SKIP_FAILED." if what.job and not outside else "."),
        )


async def _queued(info: Info, what: Act, chosen: Sequence[Target]) -> Moved[T]:
    """The answer to a move of more items than a caller waits for."""
    id = await bulk.create(info.context.graph, info.context.viewer, what, chosen)
    info.context.wake()
    job = await jobs.fetch(info, id, "job") if asks(info, "job") else None
    return Moved(nodes=[], matched=len(chosen), changed=0, results=[], errors=[], job=job)


async def selection(
    info: Info,
    label: str,
    ids: Sequence[str] | None,
    items: Sequence[ItemInput] | None,
    where: Iterable[Condition] | None,
    expected_count: int | None,
    *,
    dry_run: bool,
) -> list[Target]:
    """The items that a mutation selects. Raises BAD_INPUT for none or two ways at once, CONFLICT where the filter finds
    another number than expected, LIMIT for more than 50,000."""
    named = many.targets(ids, None if items is None else [Target(item.id, item.revision) for item in items])
    if where is None:
        if named is None:
            raise bad_input("Nothing is selected.", "ids", hint="Give ids, items, or where with expectedCount.")
        return named
    if named is not None:
        raise bad_input("Give ids, items or where, not several.", "where")
    if expected_count is None and not dry_run:
        raise bad_input("where needs expectedCount.", "expectedCount", hint="Ask with dryRun: true for the count.")
    found = await lists.chosen(info.context.graph, info.context.viewer, label, where, many.MOST + 1)
    if len(found) > many.MOST:
        raise Problem(
            Code.LIMIT, f"The filter selects more than {many.MOST} items.", path=("where",), hint="Narrow it."
        )
    if expected_count is not None and len(found) != expected_count:
        raise Problem(
            Code.CONFLICT,
            f"The filter selects {len(found)} items by now, not {expected_count}.",
            path=("expectedCount",),
            hint="Look at the selection again.",
        )
    return [Target(id) for id in found]
