"""Generation as background work: what is GENERATING is served by turns, a batch each, none waiting for another.

A run is known by the generation that the training sheet names. Its state is what the graph holds, and its journal what
was asked: the pairs that are there are done, so a run that was interrupted at any moment goes on without losing or
doubling one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from begat.change import assets
from begat.change.background import Background, Lease, LeaseLost
from begat.change.write import Change
from begat.core.errors import Code, Problem
from begat.gql.running import failure_json
from begat.kinds.training_sheet import acts, content, plans, regenerating, writing
from begat.kinds.training_sheet.asking import GivenUp
from begat.kinds.training_sheet.content import Draft
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.plans import Plan, Refused
from begat.kinds.training_sheet.writing import Stopped

log = logging.getLogger("begat.generation")

BATCH = 500
"""Pairs of one transaction, where no model answers."""
AT_ONCE = 8
"""Runs that are served at the same time, and whose content is kept in memory; a further one waits for a turn."""
AWAY_SECONDS = 1.0
"""Until a run has another turn that needed what is not available."""


Turn = Callable[[], Coroutine[Any, Any, None]]
P = TypeVar("P")


@dataclass
class _Served:
    """What one holder of the lease serves."""

    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    """How many turns each run has had: the fewest go first."""


class Generation:
    """The step of the loop. What it remembers between steps, the content as read, it can read again."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._again: dict[str, regenerating.Plan] = {}
        self._served: dict[Lease, _Served] = {}

    async def step(self, work: Background) -> bool:
        """Begins a turn of every run that has none, and waits until one is over; whether there are any."""
        served = await self._serving(work)
        found = await self._found(work)
        served.turns = {name: served.turns.get(name, 0) for name in found}
        for name in sorted(found, key=lambda one: (served.turns[one], one)):
            if name not in served.tasks and len(served.tasks) < AT_ONCE:
                served.turns[name] += 1
                served.tasks[name] = asyncio.create_task(_patiently(name, found[name]))
        await _one_of(served)
        return bool(found)

    async def leave(self, work: Background) -> None:
        """The lease is gone: ends all turns. A question that is under way is waited for, as it may be billed."""
        tasks = self._served.pop(work.lease, _Served()).tasks.values()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Whoever has the lease next goes on, and what is known here is old when it comes back.
        self._plans.clear()
        self._again.clear()

    async def _found(self, work: Background) -> dict[str, Turn]:
        """What is to be served: runs by their training sheet, as over a table that changed a run becomes another
        generation in the middle of a turn; acts of regeneration by their key."""
        runs = await work.graph.read(
            "MATCH (n:TrainingSheet) WHERE n.status = 'GENERATING' AND n.retention <> 'TRASHED' "
            "RETURN collect([n.id, n.generation])"
        )
        again = await regenerating.unfinished(work)
        return {
            **{id: partial(self._turn, work, id, run) for id, run in runs},
            **{key: partial(self._regenerate, work, key, id) for key, id in again},
        }

    async def _serving(self, work: Background) -> _Served:
        """What is served under this lease."""
        if work.lease not in self._served:
            await asyncio.to_thread(_sweep, work, await _unfinished(work))
            self._served[work.lease] = _Served()
        return self._served[work.lease]

    async def _turn(self, work: Background, id: str, run: str) -> None:
        # Kept only by a turn that went well: after any other the graph is asked again.
        plan = self._plans.pop(run, None)
        try:
            plan = plan or await plans.make(work, id, run)
            if plan.rest:
                await _batch(work, plan)
                _remember(self._plans, plan.run.generation, plan)
                return
            await work.write(partial(_end, plan=plan))
            await asyncio.to_thread(work.platform.journals.forget, id)
        except Stopped:
            await _stopped(work, plan)
        except Exception as error:
            await _fail(work, id, run, _reason(error, run), plan)

    async def _regenerate(self, work: Background, key: str, id: str) -> None:
        plan = self._again.pop(key, None)
        try:
            plan = plan or await regenerating.make(work, key, id)
            if not await regenerating.turn(work, plan):
                _remember(self._again, key, plan)
        except Exception as error:
            await regenerating.give_up(work, key, id, _reason(error, key), plan)


def _remember(held: dict[str, P], name: str, plan: P) -> None:
    """Holds the plan, in the place of the oldest ones where there are too many."""
    while len(held) >= 2 * AT_ONCE:
        held.pop(next(iter(held)))
    held[name] = plan


def _reason(error: Exception, name: str) -> Problem:
    """Why a turn that met this ends its run; raises what ends none: the lease is lost, or something is away."""
    if isinstance(error, Refused | GivenUp):
        return error.problem
    if isinstance(error, LeaseLost) or (isinstance(error, Problem) and error.code is Code.UNAVAILABLE):
        raise error
    if isinstance(error, Problem):
        return error
    # A fault of begat's own must neither hold up the other runs nor leave this one unfinished for ever.
    log.error("a fault in the generation %s", name, exc_info=error)
    return plans.fault_problem()


async def _patiently(name: str, turn: Turn) -> None:
    """What is away may be away for this run only, such as the disk of the log of what endpoints answered: it has
    another turn in a moment, and the others go on. Where it is the database, the next step is told so itself."""
    try:
        await turn()
    except Problem as problem:
        if problem.code is not Code.UNAVAILABLE:
            raise
        log.warning("the generation of %s waits: %s", name, problem.message)
        await asyncio.sleep(AWAY_SECONDS)


async def _one_of(served: _Served) -> None:
    """Waits until a turn is over, or for a moment; what it raised is raised here."""
    if not served.tasks:
        return
    done, _ = await asyncio.wait(served.tasks.values(), timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
    served.tasks = {name: task for name, task in served.tasks.items() if task not in done}
    _first_of(done)


def _first_of(done: Iterable[asyncio.Task[None]]) -> None:
    errors = [error for task in done if not task.cancelled() and (error := task.exception())]
    if errors:
        raise errors[0]


async def _batch(work: Background, plan: Plan) -> None:
    size = BATCH if plan.asking is None else plan.asking.batch
    drafts = await plans.outside(partial(content.drafts, plan.pinned, plan.rest[:size]))
    if plan.asking is not None:
        labelled = await writing.labels(work.graph.read, plan.run, [draft.item_ref for draft in drafts])
        drafts = await plan.asking.answer(drafts, labelled)
        if not drafts:
            await asyncio.sleep(plans.PAUSE)
            return
    await work.write(partial(_write, plan=plan, drafts=drafts))
    plan.rest, plan.made, plan.last = plan.rest[len(drafts) :], plan.made + len(drafts), plan.last + len(drafts)


async def _write(change: Change, *, plan: Plan, drafts: list[Draft]) -> None:
    run = plan.run
    await writing.locked(change, run)
    await writing.begun(change, run, plan.total)
    await writing.pairs(change, run, drafts, plan.last)
    _account(change, plan)
    change.set(run.training_sheet, {"progressDone": plan.made + len(drafts), "progressTotal": plan.total})


async def _end(change: Change, *, plan: Plan) -> None:
    """In a transaction after that of the last pairs: Neo4j shows what a commit changes, such as a status, some time
    before its indexes know what it created, and whoever saw the status would find no pairs."""
    run = plan.run
    node = await writing.locked(change, run)
    await writing.begun(change, run, plan.total)
    await change.flush()
    change.set(run.generation, {"rows": await writing.counted(change.read, run.training_sheet, run.generation)})
    _account(change, plan)
    done = {"progressDone": plan.made, "progressTotal": plan.total, "finishedAt": change.at}
    await assets.edit(change, TRAINING_SHEET, node, done, "generated", status="IN_REVIEW")


def _account(change: Change, plan: Plan) -> None:
    """What the run has cost so far, in its generation."""
    if plan.asking is not None:
        change.set(plan.run.generation, plan.asking.spending())


async def _fail(work: Background, id: str, run: str, problem: Problem, plan: Plan | None) -> None:
    async def write(change: Change) -> None:
        node = await change.lock_one(id)
        if node["status"] == "GENERATING" and node.get("generation") in (run, plan and plan.run.generation):
            if plan is not None:
                _account(change, plan)
            ended = {"failure": failure_json(problem), "finishedAt": change.at}
            await assets.edit(change, TRAINING_SHEET, node, ended, "fail", reason=problem.message, status="FAILED")

    await work.write(write)


async def _stopped(work: Background, plan: Plan | None) -> None:
    """A run that was canceled: what was under way then has cost something too."""
    if plan is None or plan.asking is None:
        return

    async def write(change: Change) -> None:
        _account(change, plan)

    await work.write(write)
    # Its pairs may be regenerated by now, and that has a journal, too.
    if plan.run.training_sheet not in await _unfinished(work):
        with contextlib.suppress(OSError):
            await asyncio.to_thread(work.platform.journals.forget, plan.run.training_sheet)


async def _unfinished(work: Background) -> set[str]:
    """Training sheets whose journals are still of use."""
    found = await work.graph.read(
        "MATCH (n:TrainingSheet) WHERE n.status IN $statuses RETURN collect(n.id)", statuses=list(acts.GENERATABLE)
    )
    again = await work.graph.read("MATCH (r:Regeneration) RETURN collect(r.trainingSheet)")
    return {*found, *again}


def _sweep(work: Background, unfinished: set[str]) -> None:
    """Takes away the journals that a begat which died could not."""
    for subject in work.platform.journals.subjects():
        if subject not in unfinished:
            work.platform.journals.forget(subject)
