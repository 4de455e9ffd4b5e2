"""What a new job learns from and is measured on: decided on training sheets that are locked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from begat.access.scope import require
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.roles import Role
from begat.gql.columns import from_json
from begat.gql.context import Context
from begat.kinds.training_job import rules
from begat.kinds.training_job.rules import Parts
from begat.kinds.training_job.spec import LEARNED, Evaluate, planned
from begat.kinds.training_sheet import freezing
from begat.kinds.training_sheet.freezing import Frozen
from begat.kinds.training_sheet.splitting import NewSplit

Locked = Mapping[str, Properties]
OWN = ("input", "trainingSheetId")


@dataclass(frozen=True)
class Inputs:
    """The snapshot that a job learns from, and what its model is measured on."""

    snapshot: str
    evaluate: list[Evaluate]


@dataclass(frozen=True)
class _Held:
    """A snapshot with the rows of each split. ``splits`` holds each pair's, where the rows were frozen just now."""

    id: str
    sha256: str
    parts: Parts
    splits: Mapping[str, str] | None = None


async def frozen_for(context: Context, id: str, split: NewSplit | None) -> Frozen | None:
    """The training sheet's rows in a file, where its latest snapshot does not serve: it is only APPROVED, or another
    split is asked for. What is wrong with the sheet itself is said later, under its lock."""
    viewer = context.viewer
    status = await context.graph.read(
        "MATCH (n:TrainingSheet {id: $id}) WHERE $scope_all OR n.project IN $scope_projects RETURN n.status",
        id=ids.check(id, *OWN),
        **viewer.scope,
    )
    if status == "APPROVED" or (status == "FINALIZED" and split is not None):
        try:
            return await freezing.freeze(context.graph, viewer, context.platform.artifacts, id, split)
        except Problem as problem:
            problem.path = OWN
            raise
    return None


async def chosen(change: Change, locked: Locked, own: str, others: Sequence[str], frozen: Frozen | None) -> Inputs:
    """The inputs, or a Problem at the field that names the training sheet at fault."""
    node = _sheet(locked, own, *OWN)
    held = await _learned(change, node, frozen)
    if not any(held.parts.get(split) for split in LEARNED):
        raise bad_input(
            "No row of it is in TRAIN, so there is nothing to learn from.",
            *(OWN if frozen is None else ("input", "split")),
            hint="Give TRAIN a share of the rows.",
        )
    await _refuse_prohibited(change, node, held, "TRAINING", LEARNED, *OWN)
    evaluate = []
    if rules.measured_split(held.parts) == "TEST":
        await _refuse_prohibited(change, node, held, "EVALUATION", ("TEST",), *OWN)
        evaluate.append(Evaluate(own, held.id, "TEST"))
    for place, id in enumerate(others):
        path = ("input", "evaluateOn", str(place))
        other = _sheet(locked, id, *path)
        if other["status"] != "FINALIZED":
            raise _not_ready(other, "FINALIZED", "Finalize it first.", *path)
        measured = await _latest(change, other)
        split = rules.measured_split(measured.parts)
        if measured.sha256 == held.sha256 and split is None:
            raise bad_input(
                "These are the rows that it learns from: what is measured on them says nothing.",
                *path,
                hint="Split them, so that there are TEST rows, or name another training sheet.",
            )
        used = tuple(part for part in measured.parts if part) if split is None else (split,)
        await _refuse_prohibited(change, other, measured, "EVALUATION", used, *path)
        evaluate.append(Evaluate(id, measured.id, split))
    return Inputs(held.id, list(dict.fromkeys(evaluate)))


async def refuse_unfit(change: Change, locked: Locked, job: Properties) -> None:
    """Raises a Problem where a job's frozen inputs are not for new work today: a training sheet that was archived or
    trashed, or a label that prohibits by now what its row is used for. The sheets are locked by the caller."""
    learned = (job["trainingSheet"], job["snapshot"], LEARNED, "TRAINING")
    measured = [
        (one.training_sheet, one.snapshot, None if one.split is None else (one.split,), "EVALUATION")
        for one in planned(job)
    ]
    for id, snapshot, splits, use in (learned, *measured):
        if id not in locked:
            raise rules.gone("A training sheet of it", job)
        node = _sheet(locked, id, "ids")
        parts = rules.parts_of(from_json(await change.read("MATCH (s:Version {id: $id}) RETURN s.splits", id=snapshot)))
        await _refuse_prohibited(change, node, _Held(snapshot, "", parts), use, splits or tuple(parts), "ids")


async def _learned(change: Change, node: Properties, frozen: Frozen | None) -> _Held:
    if node["status"] not in freezing.FREEZABLE:
        raise _not_ready(node, "APPROVED or FINALIZED", "Approve it first.", *OWN)
    if frozen is None:
        if node["status"] != "FINALIZED":
            raise Problem(Code.CONFLICT, "Its status changed meanwhile.", path=OWN, id=node["id"], hint="Repeat it.")
        return await _latest(change, node)
    require(change.viewer, node["project"], Role.EDITOR, *OWN, id=node["id"])
    try:
        id = await freezing.snapshot(change, node, frozen)
    except Problem as problem:
        problem.path = OWN
        raise
    splits = {row.id: row.split for row in frozen.rows}
    return _Held(id, frozen.file.sha256, Counter(splits.values()), splits)


async def _latest(change: Change, node: Properties) -> _Held:
    """The snapshot that finalizing made."""
    sha256, splits = await change.read("MATCH (s:Version {id: $id}) RETURN [s.sha256, s.splits]", id=node["snapshot"])
    return _Held(node["snapshot"], sha256, rules.parts_of(from_json(splits)))


async def _refuse_prohibited(
    change: Change, node: Properties, held: _Held, use: str, splits: Sequence[str], *path: str
) -> None:
    """Raises GUARD_FAILED that counts and names the rows whose canonical label prohibits the use."""
    found = await freezing.prohibited(change, node, use)
    if not found:
        return
    of = held.splits
    if of is None:
        of = dict(
            await change.read(
                "MATCH (s:Version {id: $id})-[i:INCLUDES]->(p:QaPair) WHERE p.id IN $pairs "
                "RETURN collect([p.id, i.split])",
                id=held.id,
                pairs=[pair for pair, *_ in found],
            )
        )
    rows = [(pair, label) for pair, _, label in found if of.get(pair) in splits]
    if rows:
        noun = (
            "row has a canonical label that prohibits" if len(rows) == 1 else "rows have canonical labels that prohibit"
        )
        raise Problem(
            Code.GUARD_FAILED,
            f"{len(rows)} {noun} {use}: {rules.named(rows)}.",
            path=path,
            id=node["id"],
            hint="Allow the use of their labels, or take a training sheet in which these pairs are rejected.",
        )


def _sheet(locked: Locked, id: str, *path: str) -> Properties:
    node = locked.get(id)
    if node is None:
        raise not_found(id, *path)
    if node["kind"] != "TRAINING_SHEET":
        raise bad_input("This is no training sheet.", *path, hint="Give a training sheet's id.")
    if node["retention"] != "LIVE":
        message = f"The training sheet is {node['retention'].lower()} and not for new work."
        raise Problem(Code.ILLEGAL_MOVE, message, path=path, id=id, hint="Restore it first.")
    return node


def _not_ready(node: Properties, wanted: str, hint: str, *path: str) -> Problem:
    message = f"The training sheet {node['name']!r} is {node['status']}; it must be {wanted}."
    return Problem(Code.ILLEGAL_MOVE, message, path=path, id=node["id"], hint=hint)
