"""Acts on many: the same engine for one id, a list, a dry run and each batch of a bulk job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from begat.access.scope import Viewer, require
from begat.change.assets import expect
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.lifecycle import Guard
from begat.core.roles import Role
from begat.graph.driver import Graph

INLINE = 1_000
"""How many items are moved while the caller waits; more become a BulkJob."""
MOST = 50_000
BATCH = 200
"""Rows a transaction: larger ones lost most races under load (1,000 against four writers: 56 tries and 7.4 s)."""


class OnError(Enum):
    """What one failed item means for the others."""

    SKIP_FAILED = "SKIP_FAILED"
    ALL_OR_NOTHING = "ALL_OR_NOTHING"


@dataclass(frozen=True)
class Target:
    """One item of a selection, with the revision that the caller expects it to have, if any."""

    id: str
    revision: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one item."""

    id: str
    ok: bool
    action: str
    status_before: str | None = None
    status_after: str | None = None
    revision: int | None = None
    problem: Problem | None = None
    revision_before: int | None = None
    """Which is the present one again, where what was done is not kept."""


@dataclass(frozen=True)
class Act:
    """What is done to each item.

    ``apply`` gets the change, the locked item and what ``prepare`` read for the whole batch in one statement; it writes
    through the change and returns the state after it, or raises a Problem for this item. ``job`` names the act in the
    registry of work/acts.py; with ``arguments`` (JSON-able) it is all that a bulk job needs to go on after a crash. An
    act without one is never a bulk job. ``blocked`` holds what a platform said against single
    items before any lock was taken.
    """

    name: str
    role: Role
    apply: Callable[[Change, Properties, Any], Awaitable[Properties]]
    prepare: Callable[[Change, list[Properties]], Awaitable[Any]] | None = None
    guard: Guard | None = None
    label: str = "Asset"
    status: str = "status"
    job: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    blocked: Mapping[str, Problem] = field(default_factory=dict)
    kind: str | None = None
    sources: frozenset[str] | None = None
    """The kind that it is for and the statuses that it is possible from, where it is a move: the guard is asked of no
    other item."""


@dataclass(frozen=True)
class Result:
    """What became of a selection."""

    matched: int
    outcomes: list[Outcome]
    ended: Problem | None = None
    """Why the last of them were not begun, after others were done and kept."""

    @property
    def changed(self) -> int:
        """How many items were done."""
        return sum(outcome.ok for outcome in self.outcomes)


class _Undone(Exception):  # noqa: N818 - carries outcomes out of a transaction that must not be kept
    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes


def targets(
    chosen: Sequence[str] | None, items: Sequence[Target] | None, path: Sequence[str | int] = ()
) -> list[Target] | None:
    """The selection by ids or by items, each once, in the caller's order; None where neither was given.

    Raises BAD_INPUT for both at once, or one item with two revisions, and LIMIT for more than 50,000.
    """
    if chosen is not None and items is not None:
        raise bad_input("Give ids or items, not both.", *path, "items")
    if chosen is None and items is None:
        return None
    found = [Target(id) for id in chosen] if chosen is not None else list(items or ())
    if len(found) > MOST:
        raise Problem(
            Code.LIMIT,
            f"{len(found)} items are more than the {MOST} that one request may name.",
            path=(*path, "ids" if chosen is not None else "items"),
            hint="Send several requests, or select by where.",
        )
    once: dict[str, Target] = {}
    for place, target in enumerate(found):
        if once.setdefault(target.id, target).revision != target.revision:
            hint = "Name it once, with the revision that you expect."
            raise bad_input("This item is named twice, with different revisions.", *path, "items", place, hint=hint)
    return list(once.values())


async def act(
    graph: Graph,
    viewer: Viewer,
    what: Act,
    chosen: Sequence[Target],
    *,
    on_error: OnError = OnError.SKIP_FAILED,
    dry_run: bool = False,
) -> Result:
    """Does ``what`` to each target and says what became of each, in the order asked.

    SKIP_FAILED works in transactions of 200 items; ALL_OR_NOTHING in one, of which nothing is kept when one fails. A
    dry run does all of it under the same locks and keeps nothing. Where the time is over, or the database away, after
    some were done, it says so of each of the others.
    """
    size = len(chosen) if on_error is OnError.ALL_OR_NOTHING else BATCH
    outcomes: list[Outcome] = []
    for start in range(0, len(chosen), size or 1):
        batch = chosen[start : start + size]

        async def work(change: Change, batch: Sequence[Target] = batch) -> list[Outcome]:
            done = await apply(change, what, batch)
            failed = [outcome for outcome in done if not outcome.ok]
            if dry_run:
                raise _Undone(done)
            if failed and on_error is OnError.ALL_OR_NOTHING:
                raise _Undone([outcome if not outcome.ok else _held_back(outcome) for outcome in done])
            return done

        try:
            outcomes += await write(graph, viewer, work)
        except _Undone as undone:
            outcomes += undone.outcomes
        except Problem as problem:
            if dry_run or not any(outcome.ok for outcome in outcomes):
                raise  # nothing was done
            outcomes += [_not_begun(what, target, problem) for target in chosen[start:]]
            return Result(len(chosen), outcomes, problem)
    return Result(len(chosen), outcomes)


async def apply(change: Change, what: Act, batch: Sequence[Target]) -> list[Outcome]:
    """One batch inside an open change: lock, guard, apply. A bulk job calls this beside its own bookkeeping."""
    sound = [target.id for target in batch if _sound(target.id)]
    nodes = await change.lock(sound, what.label)
    judged = [id for id, node in nodes.items() if _judged(what, node)]
    reasons = await judge(change, what.guard, judged) if what.guard else {}
    prepared = await what.prepare(change, list(nodes.values())) if what.prepare and nodes else None
    outcomes = []
    for target in batch:
        node = nodes.get(target.id)
        if node is None:
            outcomes.append(Outcome(target.id, False, what.name, problem=not_found(target.id)))
            continue
        before, revision = node.get(what.status), node.get("revision")
        try:
            require(change.viewer, node.get("project"), what.role, id=target.id)
            expect(node, target.revision, "items")
            if target.id in what.blocked:
                raise what.blocked[target.id]
            if reasons.get(target.id):
                raise reasons[target.id][0]
            after = await what.apply(change, node, prepared)
        except Problem as problem:
            outcomes.append(Outcome(target.id, False, what.name, before, before, revision, _about(problem, target.id)))
        else:
            status, now = after.get(what.status), after.get("revision")
            outcomes.append(Outcome(target.id, True, what.name, before, status, now, revision_before=revision))
    return outcomes


def _judged(what: Act, node: Properties) -> bool:
    return what.kind in (None, node.get("kind")) and (what.sources is None or node.get(what.status) in what.sources)


async def judge(change: Change, guard: Guard, chosen: Sequence[str]) -> dict[str, list[Problem]]:
    """The guard's reasons against each asset, in one statement (three where it locks rows)."""
    reasons = await _reasons(change, guard, chosen)
    passing = [id for id in chosen if not reasons.get(id)]
    if guard.rows and passing:
        # Only what would pass locks its rows, and is asked again: who writes a row has ended by then, or will see.
        await change.read(guard.rows, ids=passing, tx=change.at)
        reasons |= await _reasons(change, guard, passing)
    return reasons


async def _reasons(change: Change, guard: Guard, chosen: Sequence[str]) -> dict[str, list[Problem]]:
    if not chosen:
        return {}
    facts = await change.read(
        f"MATCH (n:Asset) WHERE n.id IN $ids RETURN collect([n.id, {guard.fact}])", ids=list(chosen)
    )
    return {
        id: [Problem(guard.code, reason, id=id) for reason in guard.judge(fact, change.viewer.sees)]
        for id, fact in facts or []
    }


def _sound(id: str) -> bool:
    try:
        ids.check(id)
    except Problem:
        return False
    return True


def _about(problem: Problem, id: str) -> Problem:
    if problem.id is None:
        problem.id = id
    return problem


def _not_begun(what: Act, target: Target, problem: Problem) -> Outcome:
    told = Problem(problem.code, problem.message, id=target.id, hint=problem.hint)
    return Outcome(target.id, False, what.name, problem=told)


def _held_back(outcome: Outcome) -> Outcome:
    problem = Problem(
        Code.GUARD_FAILED,
        "Not done, because another item failed and all or nothing was asked.",
        id=outcome.id,
        hint="Mend the failed items, or ask for SKIP_FAILED.",
    )
    before = outcome.status_before
    return Outcome(outcome.id, False, outcome.action, before, before, outcome.revision_before, problem)
