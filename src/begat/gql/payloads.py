"""What mutations answer: one node with errors, or a selection with an outcome per item."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar, cast

import strawberry

from begat.change import many
from begat.change.many import Act, OnError, Target
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.find import lists
from begat.find.lists import Condition
from begat.gql import asset
from begat.gql.asset import Asset
from begat.gql.columns import asks
from begat.gql.context import Info
from begat.gql.errors import UserError, problems_of, user_error

T = TypeVar("T")

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


@strawberry.type(description="What became of one item of a selection.")
class Outcome:
    """See change.many.Outcome."""

    id: strawberry.ID = strawberry.field(description="The item, as it was asked for.")
    ok: bool = strawberry.field(description="Whether it was done (in a dry run: would be).")
    action: str = strawberry.field(description="The move.")
    status_before: str | None = strawberry.field(description="The status (for retention moves: the retention) before.")
    status_after: str | None = strawberry.field(description="And after.")
    revision: int | None = strawberry.field(description="The revision after it; where it failed, the present one.")
    error: UserError | None = strawberry.field(description="Why it was not done.")


@strawberry.type(description="The answer to an act on one asset.")
class Payload(Generic[T]):
    """On CONFLICT the node is the current state."""

    node: T | None = strawberry.field(description="The asset after the act; on CONFLICT as it is now; else null.")
    errors: list[UserError] = strawberry.field(description="Why it was not done; empty where it was.")


@strawberry.type(description="The answer to a move of a selection.")
class Moved(Generic[T]):
    """errors are about the request, outcomes about its items."""

    nodes: list[T] = strawberry.field(description="The items that were done, as they are now; at most 1,000.")
    matched: int = strawberry.field(description="How many items were selected.")
    changed: int = strawberry.field(description="How many were done; in a dry run, how many would be.")
    results: strawberry.Private[Sequence[many.Outcome]]
    errors: list[UserError] = strawberry.field(description="Why the request as a whole was refused.")
    token: str | None = strawberry.field(
        default=None, description="From a dry run of a destructive act: confirms just what it showed, for an hour."
    )

    @strawberry.field(description="What became of each item, in the order asked.")
    def outcomes(self, first: int | None = None) -> list[Outcome]:
        kept = self.results if first is None else self.results[: max(first, 0)]
        return [_outcome(result) for result in kept]


async def acted(
    info: Info, base: type[T], work: Callable[[], Awaitable[str]], *path: str
) -> tuple[T | None, list[UserError]]:
    """Runs an act that returns an asset's id: the asset as selected under ``path`` (`node` where unsaid),
    or why there is none."""
    where = path or ("node",)
    kind = cast(type[Asset], base)
    try:
        id = await work()
    except (Problem, Problems) as refused:
        problems = problems_of(refused)
        id_now = next((problem.id for problem in problems if problem.code is Code.CONFLICT and problem.id), None)
        node = await asset.fetch_one(info, id_now, *where, base=kind) if id_now and asks(info, *where) else None
        return cast(T | None, node), [user_error(problem) for problem in problems]
    node = await asset.fetch_one(info, id, *where, base=kind) if asks(info, *where) else None
    return cast(T | None, node), []


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
) -> Moved[T]:
    """Runs an act on a selection. ``blocked`` asks a platform what it has against single items, before
    any lock is taken."""
    context = info.context
    try:
        what = prepare()
        chosen = await selection(info, what.label, ids, items, where, expected_count, dry_run=bool(dry_run))
        if blocked is not None:
            what = replace(what, blocked=await blocked([target.id for target in chosen]))
        if len(chosen) > many.INLINE:
            raise Problem(
                Code.LIMIT, f"{len(chosen)} items are more than {many.INLINE}.", hint="Send several requests."
            )
        result = await many.act(
            context.graph,
            context.viewer,
            what,
            chosen,
            on_error=on_error or OnError.SKIP_FAILED,
            dry_run=bool(dry_run),
        )
    except (Problem, Problems) as refused:
        errors = [user_error(problem) for problem in problems_of(refused)]
        return Moved(nodes=[], matched=0, changed=0, results=[], errors=errors)
    nodes: list[T] = []
    if asks(info, "nodes"):
        done = [outcome.id for outcome in result.outcomes if outcome.ok]
        found = await asset.fetch(info, done, "nodes", base=cast(type[Asset], base))
        nodes = [cast(T, found[id]) for id in done if id in found]
    return Moved(nodes=nodes, matched=result.matched, changed=result.changed, results=result.outcomes, errors=[])


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


def _outcome(result: many.Outcome) -> Outcome:
    return Outcome(
        id=strawberry.ID(result.id),
        ok=result.ok,
        action=result.action,
        status_before=result.status_before,
        status_after=result.status_after,
        revision=result.revision,
        error=None if result.problem is None else user_error(result.problem),
    )
