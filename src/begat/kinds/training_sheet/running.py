"""Generation as background work: sheets that are GENERATING are served by turns, a batch of pairs each.

A run is known by the generation that the training sheet names. Its state is what the graph holds: the pairs that are
there are done, so a run that was interrupted at any moment goes on without losing or doubling one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from begat.change import assets
from begat.change.background import Background, LeaseLost
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.gql.running import failure_json
from begat.kinds.sheet.rows import Item
from begat.kinds.training_sheet import acts, content, writing
from begat.kinds.training_sheet.content import Content, Draft, Pinned
from begat.kinds.training_sheet.kind import TRAINING_SHEET
from begat.kinds.training_sheet.rules import AnswerMethod
from begat.kinds.training_sheet.writing import Run, Stopped

log = logging.getLogger("begat.generation")
T = TypeVar("T")

BATCH = 500
"""Pairs of one transaction."""
CHAT_BATCH = 16
"""Pairs of one transaction where a model answers: as many answers are lost, and asked for again, by a crash."""
AT_ONCE = 8
"""Questions that one run puts to the chat service at the same time."""
REMEMBERED = 8
"""Runs whose content is kept in memory; one more reads its table again at each of its turns."""
DISCARDED = 1_000
"""Pairs of an earlier run that one transaction takes away."""


@dataclass
class Plan:
    """A run with what is still to be made, in order."""

    run: Run
    pinned: Pinned
    rest: list[Item]
    made: int
    last: int
    """The last position that was given."""
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = self.made + len(self.rest)


class Generation:
    """The step of the loop. What it remembers between steps, the content as read, it can read again."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    async def step(self, work: Background) -> bool:
        """One batch of every training sheet that is generating; whether there are any."""
        found = await work.graph.read(
            "MATCH (n:TrainingSheet) WHERE n.status = 'GENERATING' AND n.retention <> 'TRASHED' "
            "RETURN collect([n.id, n.generation])"
        )
        for id, run in sorted(found):
            try:
                await self._advance(work, id, run)
            except Stopped:
                self._plans.pop(run, None)
            except BaseException:
                # What became of the last transaction may be unknown: the graph is asked again.
                self._plans.pop(run, None)
                raise
        return bool(found)

    async def _advance(self, work: Background, id: str, run: str) -> None:
        plan = self._plans.get(run)
        try:
            if plan is None:
                plan = await _plan(work, id, run)
                self._remember(plan)
            await _batch(work, plan)
            if not plan.rest:
                self._plans.pop(plan.run.generation, None)
        except _Refused as refused:
            self._plans.pop(run, None)
            await _fail(work, id, run, refused.problem)
        except (LeaseLost, Stopped):
            raise
        except Problem as problem:
            if problem.code is Code.UNAVAILABLE:  # the database is away, for every run
                raise
            self._plans.pop(run, None)
            await _fail(work, id, run, problem)
        except Exception:
            # A fault of begat's own must neither hold up the other runs nor leave this one unfinished for ever.
            log.exception("a fault in the generation %s", run)
            self._plans.pop(run, None)
            await _fail(work, id, run, _fault())

    def _remember(self, plan: Plan) -> None:
        while len(self._plans) >= REMEMBERED:
            self._plans.pop(next(iter(self._plans)))
        self._plans[plan.run.generation] = plan


class _Refused(Exception):  # noqa: N818 - carries a problem of the platform's, apart from those of the graph
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


async def _plan(work: Background, id: str, run: str) -> Plan:
    """Reads the table and finds out what is made already; pairs of a run over other content are taken away."""
    found = await work.graph.read(
        "MATCH (n:TrainingSheet {id: $id}) MATCH (s:Version {id: n.sheetVersion}) "
        "MATCH (t:Version {id: n.templateVersion}) RETURN [properties(n), properties(s), properties(t)]",
        id=id,
    )
    node, sheet, template = found
    pinned = Pinned.of(sheet, template, node["definition"])
    read = await _outside(partial(content.read, work.platform.tables, pinned))
    chosen = await _labelled(work, node, pinned, read) if _labels_only(pinned) else read.items
    generation = await _begin(work, id, run, read.sha256)
    await _discard(work, id, generation)
    there = await work.graph.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id RETURN collect([p.itemRef, p.position, p.feedback IS NULL])",
        id=id,
    )
    made = {ref for ref, _, of_row in there if of_row}
    return Plan(
        Run(
            id,
            generation,
            node["project"],
            node["sheet"],
            node["sheetVersion"],
            node["templateVersion"],
            node.get("modelVersion"),
            node["definition"],
            pinned.definition.answer.method,
            pinned.label_type,
            read.sha256,
        ),
        pinned,
        [item for item in chosen if item.item_ref not in made],
        len(made),
        max((position for _, position, _ in there), default=0),
    )


async def _batch(work: Background, plan: Plan) -> None:
    chat = plan.pinned.definition.answer.method is AnswerMethod.CHAT
    chosen = plan.rest[: CHAT_BATCH if chat else BATCH]
    drafts = await _outside(partial(content.drafts, plan.pinned, chosen))
    if chat:
        drafts = await _asked(work, plan, drafts)
    rest = plan.rest[len(chosen) :]

    async def write(change: Change) -> None:
        node = await writing.locked(change, plan.run)
        await writing.pairs(change, plan.run, drafts, plan.last, plan.total)
        made = plan.made + len(drafts)
        if rest:
            change.set(plan.run.training_sheet, {"progressDone": made, "progressTotal": plan.total})
            return
        await change.flush()
        rows, tokens = await writing.counted(change, plan.run)
        change.set(plan.run.generation, {"rows": rows, "tokens": tokens})
        done = {"progressDone": made, "progressTotal": plan.total, "finishedAt": change.at}
        await assets.edit(change, TRAINING_SHEET, node, done, "generated", status="IN_REVIEW")

    await work.write(write)
    plan.rest, plan.made, plan.last = rest, plan.made + len(drafts), plan.last + len(drafts)


async def _asked(work: Background, plan: Plan, drafts: list[Draft]) -> list[Draft]:
    """The drafts with a model's answers, save those that a canonical label answers."""
    chat = work.platform.chat
    if chat is None:
        hint = "Start begat with BEGAT_CHAT_URL, then generate again."
        raise _Refused(Problem(Code.UNAVAILABLE, "No chat service is configured, so no model can answer.", hint=hint))
    labelled = await writing.labels(work.graph.read, plan.run, [draft.item_ref for draft in drafts])
    found = list(drafts)
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(place: int, draft: Draft) -> None:
        call = partial(content.ask, chat, plan.pinned, draft)
        found[place] = await anyio.to_thread.run_sync(call, limiter=limiter)

    async with anyio.create_task_group() as group:
        for place, draft in enumerate(drafts):
            if draft.asked is not None and draft.item_ref not in labelled:
                group.start_soon(one, place, draft)
    return found


async def _labelled(work: Background, node: Properties, pinned: Pinned, read: Content) -> list[Item]:
    """The rows that have a canonical label."""
    labelled = set(
        await work.graph.read(
            f"MATCH (l:CanonicalLabel) WHERE l.sheet = $sheet AND {writing.ANSWERS} RETURN collect(l.itemRef)",
            sheet=node["sheet"],
            label_type=pinned.label_type,
            project=node["project"],
        )
    )
    chosen = [item for item in read.items if item.item_ref in labelled]
    if not chosen:
        hint = f"Import labels of the type {pinned.label_type!r} first."
        raise _Refused(bad_input("None of the rows has a canonical label.", hint=hint))
    return chosen


def _labels_only(pinned: Pinned) -> bool:
    return pinned.definition.answer.method is AnswerMethod.LABELS_ONLY


async def _begin(work: Background, id: str, run: str, sha256: str) -> str:
    """The generation to write into: the run's own or, where that was begun over other content, a next one."""

    async def write(change: Change) -> str:
        node = await change.lock_one(id)
        writing.check(node, run)
        begun = await change.read("MATCH (g:Version {id: $id}) RETURN g.sha256", id=run)
        if begun is None or begun == sha256:
            return run
        generation = ids.immutable(id, "g", acts.number_of(node) + 1)
        change.set(id, {"generation": generation, "progressDone": 0})
        return generation

    return await work.write(write)


async def _discard(work: Background, id: str, generation: str) -> None:
    """Takes away what an earlier run left: nobody could decide on it, as the training sheet never was in review. What
    corrections became stays: no run made it."""

    async def write(change: Change) -> int:
        node = await change.lock_one(id)
        writing.check(node, generation)
        return int(
            await change.read(
                "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.generation <> $generation AND p.feedback IS NULL "
                "WITH p LIMIT $most DETACH DELETE p RETURN count(*)",
                id=id,
                generation=generation,
                most=DISCARDED,
            )
            or 0
        )

    async def forget(change: Change) -> None:
        node = await change.lock_one(id)
        writing.check(node, generation)
        await change.read(
            "MATCH (g:Version) WHERE g.asset = $id AND g:Generation AND g.id <> $generation AND g.method <> $feedback "
            "DETACH DELETE g RETURN count(*)",
            id=id,
            generation=generation,
            feedback=AnswerMethod.FEEDBACK.value,
        )

    while await work.write(write):
        pass
    if generation != ids.immutable(id, "g", 1):
        await work.write(forget)


async def _fail(work: Background, id: str, run: str, problem: Problem) -> None:
    async def write(change: Change) -> None:
        node = await change.lock_one(id)
        if node["status"] == "GENERATING" and node.get("generation") == run:
            ended = {"failure": failure_json(problem), "finishedAt": change.at}
            await assets.edit(change, TRAINING_SHEET, node, ended, "fail", reason=problem.message, status="FAILED")

    await work.write(write)


async def _outside(call: Callable[[], T]) -> T:
    """Runs what touches the platform or strangers' text in a thread; whatever it refuses ends the run, readably."""
    try:
        return await anyio.to_thread.run_sync(call)
    except Problem as problem:
        raise _Refused(problem) from problem
    except Problems as several:
        raise _Refused(several.problems[0]) from several
    except Exception as fault:
        log.exception("a fault in a generation")
        raise _Refused(_fault()) from fault


def _fault() -> Problem:
    return Problem(Code.PLATFORM, "A fault of begat's stopped it; the log says which.")
