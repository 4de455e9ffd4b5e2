"""Regeneration as background work: single pairs are answered anew, each act in a generation of its own.

A pair keeps its GENERATED_IN, as edges are written at a node's birth; its property ``generation`` and its edits name
the generation that it is of since. See `begat.kinds.qa_pair.regeneration` for what the graph holds meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from begat.change.background import Background
from begat.change.rows import revise
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.gql.columns import from_json, to_json
from begat.gql.running import failure_json
from begat.kinds.qa_pair.regeneration import CLEARED, back
from begat.kinds.sheet.rows import Item
from begat.kinds.training_sheet import acts, content, plans, writing
from begat.kinds.training_sheet.content import Draft, Pinned
from begat.kinds.training_sheet.plans import Asked, Asker
from begat.kinds.training_sheet.writing import Run
from begat.review.rows import reopened, standing

BATCH = 200
"""Pairs of one transaction: reviewers write such rows at the same time."""

Waiting = tuple[str, str]
"""A pair's id and item reference."""


@dataclass
class Plan:
    """An act with the pairs that still wait, in order."""

    key: str
    token: str
    run: Run
    pinned: Pinned
    asking: Asker | None
    items: dict[str, Item]
    rest: list[Waiting]


async def unfinished(work: Background) -> list[tuple[str, str]]:
    """Acts whose pairs are not all made, each with its training sheet; those in the trash wait."""
    found = await work.graph.read(
        "MATCH (r:Regeneration) WITH r MATCH (n:TrainingSheet {id: r.trainingSheet}) WHERE n.retention <> 'TRASHED' "
        "RETURN collect([r.key, r.trainingSheet])"
    )
    return [(key, id) for key, id in found or []]


async def make(work: Background, key: str, id: str) -> Plan:
    """Reads the table, and begins the act's generation where none is begun over this content."""
    node, pinned = await plans.definition(work, id)
    token = key.partition("|")[0]
    read = await plans.outside(partial(content.read, work.platform.tables, pinned))
    begun = await work.graph.read("MATCH (r:Regeneration {key: $key}) RETURN r.generation", key=key)
    asker = await plans.asker(work, node, pinned, token, begun)
    rest = await _waiting(work, id, token)
    begin = partial(_begin, key=key, pinned=pinned, asker=asker, sha256=read.sha256, rows=len(rest))
    run = plans.run_of(node, pinned, await work.write(begin), read.sha256, asker.pin)
    return Plan(key, token, run, pinned, asker.asking, {item.item_ref: item for item in read.items}, rest)


async def turn(work: Background, plan: Plan) -> bool:
    """One batch, or the act's end; whether it is over."""
    if not plan.rest:
        return await _end(work, plan, None)
    chosen = plan.rest[: BATCH if plan.asking is None else plan.asking.batch]
    drafts = await plans.outside(partial(_drafts, plan, chosen))
    if plan.asking is not None:
        labelled = await writing.labels(work.graph.read, plan.run, [draft.item_ref for draft in drafts])
        drafts = await plan.asking.answer(drafts, labelled)
        if not drafts:
            await asyncio.sleep(plans.PAUSE)
            return False
    made = dict(zip((id for id, _ in chosen), drafts, strict=False))
    await work.write(partial(_write, plan=plan, made=made))
    plan.rest = plan.rest[len(drafts) :]
    return False


async def give_up(work: Background, key: str, id: str, problem: Problem, plan: Plan | None) -> None:
    """Ends an act that cannot go on: what was not made is what it was, and what had failed says why."""
    token, failure = key.partition("|")[0], failure_json(problem)

    async def write(change: Change, part: Sequence[Waiting]) -> None:
        for node in (await change.lock((pair for pair, _ in part), "QaPair")).values():
            if _waits(node, token):
                back(change, node, failure)

    while rest := await _waiting(work, id, token):
        await work.write(partial(write, part=rest[:BATCH]))
    if plan is not None:
        await _end(work, plan, failure)
        return
    await work.write(partial(_close, key=key, id=id))


def _drafts(plan: Plan, chosen: Sequence[Waiting]) -> list[Draft]:
    gone = Problem(Code.CONFLICT, "Its row is not in the table any more.", hint="Write an answer, or reject the pair.")
    there = [plan.items[ref] for _, ref in chosen if ref in plan.items]
    made = {draft.item_ref: draft for draft in content.drafts(plan.pinned, there)}
    return [made.get(ref, Draft(ref, "", problem=gone)) for _, ref in chosen]


async def _waiting(work: Background, id: str, token: str) -> list[Waiting]:
    found = await work.graph.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.regeneration = $token AND p.status = 'GENERATING' "
        "RETURN collect([p.position, p.id, p.itemRef])",
        id=id,
        token=token,
    )
    return [(pair, ref) for _, pair, ref in sorted(found or [])]


def _waits(node: Properties, token: str) -> bool:
    return (node["status"], node.get("regeneration")) == ("GENERATING", token)


async def _begin(change: Change, *, key: str, pinned: Pinned, asker: Asked, sha256: str, rows: int) -> str:
    """The act's generation, with its node: a new one unless it was begun over this very content."""
    id = key.partition("|")[2]
    node = await change.lock_one(id)
    found = await change.read("MATCH (r:Regeneration {key: $key}) RETURN [r.generation, r.actor, r.reason]", key=key)
    begun, actor, reason = found or (None, None, None)
    if begun and sha256 == await change.read("MATCH (g:Version {id: $id}) RETURN g.sha256", id=begun):
        return str(begun)
    generation = ids.immutable(id, "g", await acts.next_number(change, node))
    writing.record(change, plans.run_of(node, pinned, generation, sha256, asker.pin), rows)
    change.set(generation, {"askedBy": actor, "reason": reason})  # the act is forgotten when it ends
    await change.read(
        "MATCH (r:Regeneration {key: $key}) SET r.generation = $generation RETURN 1", key=key, generation=generation
    )
    return generation


async def _write(change: Change, *, plan: Plan, made: dict[str, Draft]) -> None:
    # Labels first: all locks are taken in id order, and `label_` comes before `pair_`.
    usable = await writing.usable_labels(change, plan.run, [draft.item_ref for draft in made.values()])
    nodes = await change.lock(made, "QaPair")
    waiting = [node for node in nodes.values() if _waits(node, plan.token)]
    # What was said of them before is of what they were: their status then tells which reviews count.
    reviews = await standing(change, [{**node, "status": node["held"]} for node in waiting])
    for node in waiting:
        draft = made[node["id"]]
        label = usable.get(draft.item_ref)
        if label is None and draft.problem is not None and draft.problem.code is Code.LIMIT:
            back(change, node, failure_json(draft.problem))  # it was not asked
        else:
            _renew(change, plan.run, node, writing.said(plan.run, draft, label), reviews.get(node["id"], []))
    if plan.asking is not None:
        change.set(plan.run.generation, plan.asking.spending())


def _renew(change: Change, run: Run, node: Properties, said: Properties, reviews: Sequence[str]) -> None:
    said = {**said, "question": said["question"] or node["question"]}
    texts = ("question", "answer")
    edit: dict[str, Any] = {
        "at": change.at,
        "actor": change.viewer.name,
        "before": {name: node.get(name) for name in texts},
        "after": {name: said[name] for name in texts},
        "generation": run.generation,
    }
    edits = to_json([*from_json(node.get("edits", "[]")), edit])
    revise(change, node, {**reopened(change, reviews), **said, **CLEARED, "edits": edits})


async def _end(work: Background, plan: Plan, failure: str | None) -> bool:
    """Closes the act, unless pairs were added to it meanwhile; whether it did."""
    run = plan.run

    async def write(change: Change) -> bool:
        if not await _close(change, plan.key, run.training_sheet):
            return False
        rows = await writing.counted(change.read, run.training_sheet, run.generation)
        change.set(run.generation, {"rows": rows, "failure": failure})
        if plan.asking is not None:
            change.set(run.generation, plan.asking.spending())
        return True

    if not await work.write(write):
        plan.rest = await _waiting(work, run.training_sheet, plan.token)
        return False
    await asyncio.to_thread(work.platform.journals.forget, run.training_sheet, plan.token)
    return True


async def _close(change: Change, key: str, id: str) -> bool:
    await change.read("MATCH (r:Regeneration {key: $key}) SET r._lock = $tx RETURN 1", key=key, tx=change.at)
    left = await change.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet = $id AND p.regeneration = $token AND p.status = 'GENERATING' "
        "RETURN count(p)",
        id=id,
        token=key.partition("|")[0],
    )
    if left:
        return False
    await change.read("MATCH (r:Regeneration {key: $key}) DELETE r RETURN 1", key=key)
    return True
