"""Mutations of training sheets."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.access.scope import require
from begat.change.many import OnError
from begat.core.errors import Code, Problem, Problems
from begat.core.roles import Role
from begat.find import lists
from begat.gql import inputs as gql_inputs
from begat.gql.common import UPDATABLE, check_common
from begat.gql.context import Info
from begat.gql.moves import move
from begat.gql.payloads import ItemInput, Moved, Payload, acted, moved
from begat.kinds.training_sheet import acts, freezing, splitting
from begat.kinds.training_sheet.freezing import Frozen
from begat.kinds.training_sheet.graphql import TrainingSheet, TrainingSheetFilter, conditions
from begat.kinds.training_sheet.inputs import (
    SplitInput,
    TrainingSheetCreateInput,
    TrainingSheetUpdateInput,
    new_split,
    new_training_sheet,
)
from begat.kinds.training_sheet.kind import TRAINING_SHEET

MOST_FINALIZED = 100


async def _unanswerable(info: Info, chosen: Sequence[str]) -> dict[str, Problem]:
    """Training sheets that a chat answers, while no chat service is configured."""
    if info.context.platform.chat is not None:
        return {}
    found = await lists.by_ids(
        info.context.graph, info.context.viewer, "TrainingSheet", chosen, ("n.id", "n.modelVersion")
    )
    hint = "Start begat with BEGAT_CHAT_URL."
    message = "No chat service is configured, so no model can answer."
    return {id: Problem(Code.UNAVAILABLE, message, id=id, hint=hint) for id, model in found if model is not None}


async def _freeze(info: Info, chosen: Sequence[str], frozen: dict[str, Frozen]) -> dict[str, Problem]:
    """Writes the file of each training sheet that may be finalized now; what speaks against it otherwise, its move
    finds."""
    if len(chosen) > MOST_FINALIZED:
        raise Problem(
            Code.LIMIT,
            f"At most {MOST_FINALIZED} training sheets are finalized at once.",
            hint="Send several requests.",
        )
    context, problems = info.context, {}
    columns = ("n.id", "n.status", "n.retention", "n.project")
    for id, status, retention, project in await lists.by_ids(
        context.graph, context.viewer, "TrainingSheet", chosen, columns
    ):
        if (status, retention) != ("APPROVED", "LIVE"):
            continue
        try:
            require(context.viewer, project, Role.EDITOR, id=id)
            frozen[id] = await freezing.freeze(context.graph, context.viewer, context.platform.artifacts, id)
        except Problem as problem:
            problems[id] = problem
        except Problems as several:
            problems[id] = several.problems[0]
    return problems


@strawberry.type
class TrainingSheetMutation:
    """Mutations of this kind."""

    @strawberry.mutation(
        description="Makes a draft over the sheet's latest and the template's published version, without pairs yet."
    )
    async def training_sheet_create(self, info: Info, input: TrainingSheetCreateInput) -> Payload[TrainingSheet]:
        async def work() -> str:
            return await acts.create(info.context, new_training_sheet(input))

        node, errors = await acted(info, TrainingSheet, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(description="Changes name, description, tags or owner, also while others review.")
    async def training_sheet_update(
        self, info: Info, id: strawberry.ID, input: TrainingSheetUpdateInput, expected_revision: int | None = None
    ) -> Payload[TrainingSheet]:
        async def work() -> str:
            named = check_common(gql_inputs.given(input, UPDATABLE))
            return await acts.update(info.context, id, named, expected_revision)

        node, errors = await acted(info, TrainingSheet, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Gives every pair its split, whatever its status. Possible until the training sheet is FINALIZED."
    )
    async def training_sheet_split(
        self, info: Info, id: strawberry.ID, input: SplitInput, expected_revision: int | None = None
    ) -> Payload[TrainingSheet]:
        async def work() -> str:
            return await splitting.apply(info.context, id, new_split(input), expected_revision)

        node, errors = await acted(info, TrainingSheet, work)
        return Payload(node=node, errors=errors)

    @strawberry.mutation(
        description="Freezes the approved pairs with their splits (TRAIN where a pair has none) as a snapshot. A "
        "finalized training sheet never changes again. At most 100 at once."
    )
    async def training_sheet_finalize(
        self,
        info: Info,
        ids: list[strawberry.ID] | None = None,
        items: list[ItemInput] | None = None,
        where: TrainingSheetFilter | None = None,
        expected_count: int | None = None,
        on_error: OnError | None = None,
        dry_run: bool | None = None,
        reason: str | None = None,
    ) -> Moved[TrainingSheet]:
        frozen: dict[str, Frozen] = {}

        async def prepare(chosen: Sequence[str]) -> dict[str, Problem]:
            return {} if dry_run else await _freeze(info, chosen, frozen)

        return await moved(
            info,
            TrainingSheet,
            lambda: freezing.finalize(frozen, reason),
            ids=ids,
            items=items,
            where=None if where is None else [*conditions(where), gql_inputs.of_kind(TRAINING_SHEET)],
            expected_count=expected_count,
            on_error=on_error,
            dry_run=dry_run,
            blocked=prepare,
        )

    training_sheet_generate: Moved[TrainingSheet] = move(
        TRAINING_SHEET,
        TrainingSheet,
        "generate",
        "Begins to make the pairs and returns at once; progress, pairs so far and failures can be read meanwhile.",
        _unanswerable,
        filter=TrainingSheetFilter,
        conditions=conditions,
        act=acts.generate,
    )
    training_sheet_cancel: Moved[TrainingSheet] = move(
        TRAINING_SHEET,
        TrainingSheet,
        "cancel",
        "Ends a generation: what is made is kept and goes IN_REVIEW; where nothing is, it is a DRAFT again.",
        filter=TrainingSheetFilter,
        conditions=conditions,
        act=acts.cancel,
    )
    training_sheet_submit: Moved[TrainingSheet] = move(
        TRAINING_SHEET,
        TrainingSheet,
        "submit",
        "Sends a draft that has pairs to review.",
        filter=TrainingSheetFilter,
        conditions=conditions,
    )
    training_sheet_approve: Moved[TrainingSheet] = move(
        TRAINING_SHEET,
        TrainingSheet,
        "approve",
        "Says that its review is done: every pair is approved or rejected, at least one approved.",
        filter=TrainingSheetFilter,
        conditions=conditions,
    )
    training_sheet_reopen: Moved[TrainingSheet] = move(
        TRAINING_SHEET,
        TrainingSheet,
        "reopen",
        "Takes an approval back, so that pairs can be changed again.",
        filter=TrainingSheetFilter,
        conditions=conditions,
    )
