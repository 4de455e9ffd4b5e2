"""What is done to training jobs: made on frozen rows, described, canceled. The loop in `work` runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import anyio.to_thread

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import answered, once
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.core.splits import check_ratios
from begat.core.text import check_name
from begat.gql.columns import to_json
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.model import acts as models
from begat.kinds.model.kind import MODEL
from begat.kinds.training_job import bases, rules
from begat.kinds.training_job.inputs import Inputs, chosen, frozen_for
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.kinds.training_job.spec import LEARNED
from begat.kinds.training_sheet.freezing import Frozen
from begat.kinds.training_sheet.splitting import NAMES, NewSplit
from begat.platforms.ports import Json

TRIES = 3
"""How often rows that changed while they were being frozen are frozen again."""


@dataclass(frozen=True)
class NewJob:
    """What a create names. ``model`` is a model's name; ``evaluate_on`` are training sheets, ``base`` is a
    model version to start from."""

    name: str
    training_sheet: str
    model: str
    split: NewSplit | None
    base: str | None
    evaluate_on: Sequence[str]
    trainer: str | None
    hyperparameters: Any
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewJob) -> str:
    """A QUEUED job with its rows frozen and its model named; its id. The loop starts it.

    Raises Problems that name every wrong setting; what it refuses of a training sheet is named at that field.
    """
    new = replace(
        new,
        **check_new(new),
        model=check_name(new.model, "input", "model"),
        evaluate_on=rules.check_evaluate_on(new.evaluate_on),
    )
    if new.split is not None:
        check_ratios({part: getattr(new.split, name) for name, part in NAMES.items()}, "input", "split")
    # Who repeats it freezes nothing anew, and what became of its base is nothing to him.
    if (before := await answered(context.graph, context.viewer, new.key, "trainingJobCreate", asdict(new))) is not None:
        return str(before)
    base = None if new.base is None else await bases.read(context, new.base)
    trainer, settings = await anyio.to_thread.run_sync(
        rules.settings, context.platform.training, new.trainer, new.hyperparameters, base
    )
    tries = 0
    while True:
        tries += 1
        frozen = await frozen_for(context, new.training_sheet, new.split)
        work = partial(_create, new=new, trainer=trainer, settings=settings, frozen=frozen)
        try:
            id = await write(context.graph, context.viewer, work)
        except Problem as problem:
            if problem.code is not Code.CONFLICT or tries == TRIES:
                raise
        else:
            context.wake()
            return id


async def update(context: Context, id: str, named: dict[str, Any], expected: int | None) -> str:
    """Changes what ``named`` names: name, description, tags and owner. Its inputs stay as they were made."""

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="TrainingJob")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        return str((await assets.edit(change, TRAINING_JOB, node, named, "update"))["id"])

    return await write(context.graph, context.viewer, work)


def cancel(reason: str | None = None) -> Act:
    """Asks a job to end: the loop tells the platform, and the job is CANCELED, or SUCCEEDED if that came first."""
    return status_move(TRAINING_JOB, "cancel", reason)


async def _create(
    change: Change, *, new: NewJob, trainer: str, settings: dict[str, Json], frozen: Frozen | None
) -> str:
    async def act() -> str:
        project = await assets.project_of(change, new.project, Role.EDITOR)
        model_id = await models.find(change, project, new.model)
        sheets = [ids.check(new.training_sheet, "input", "trainingSheetId")]
        sheets += [ids.check(id, "input", "evaluateOn", place) for place, id in enumerate(new.evaluate_on)]
        locked = await change.lock([*sheets, *(id for id in (model_id, new.base) if id)])
        if new.base is not None:
            bases.refuse_unfit(locked.get(new.base), new.base, *bases.OWN)
        inputs = await chosen(change, locked, new.training_sheet, new.evaluate_on, frozen)
        model = await _model(change, project, new.model, locked.get(model_id or ""))
        return await _write(change, new, project, model, inputs, trainer, settings)

    return str(await once(change, new.key, "trainingJobCreate", asdict(new), act))


async def _model(change: Change, project: str, name: str, model: Properties | None) -> str:
    """The model of that name, made by the first job that names it. Of two racing makers one is tried again."""
    if model is None:
        return str((await assets.create(change, MODEL, project, {"name": name}, key=name))["id"])
    models.refuse_unfit(model, "input", "model")
    return str(model["id"])


async def _write(
    change: Change,
    new: NewJob,
    project: str,
    model: str,
    inputs: Inputs,
    trainer: str,
    settings: dict[str, Json],
) -> str:
    job = await assets.create(
        change,
        TRAINING_JOB,
        project,
        {
            "name": new.name,
            "description": new.description,
            "tags": list(new.tags),
            "trainingSheet": new.training_sheet,
            "snapshot": inputs.snapshot,
            "model": model,
            "baseModelVersion": new.base,
            "trainer": trainer,
            "hyperparameters": to_json(settings),
            "splits": to_json(list(LEARNED)),
            "evaluateOn": to_json([one.as_json() for one in inputs.evaluate]),
            "progressDone": 0,
            "progressTotal": 0,
        },
        links=bases.links(new.base),
    )
    for split in LEARNED:
        change.link("TRAINED_ON", job["id"], inputs.snapshot, "Snapshot", split=split)
    return str(job["id"])
