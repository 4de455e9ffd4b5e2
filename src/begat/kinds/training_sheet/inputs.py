"""What clients send to make, describe and split training sheets."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum

import strawberry
from strawberry import UNSET

from begat.core.errors import bad_input
from begat.gql.scalars import JSON
from begat.kinds.training_sheet.acts import NewTrainingSheet
from begat.kinds.training_sheet.limits import Limits
from begat.kinds.training_sheet.rules import Answer, AnswerMethod, Definition, RowFilter
from begat.kinds.training_sheet.splitting import NewSplit


@strawberry.input(
    description="What each run may ask and spend. Prices are per million tokens. Where a cap is reached nothing more "
    "is asked: the rows that are left are FAILED with LIMIT, and can be regenerated. One answer may pass the cap."
)
class ChatLimitsInput:
    """See Limits."""

    requests_per_minute: float | None = strawberry.field(
        default=None,
        description="Spread evenly; the lowest limit of all runs that ask at present holds for them together.",
    )
    max_tokens: int | None = strawberry.field(default=None, description="The most tokens, in and out, of one run.")
    max_cost: float | None = strawberry.field(default=None, description="The most that one run may cost, in `unit`.")
    input_price: float | None = strawberry.field(default=None, description="The price of a million tokens asked.")
    output_price: float | None = strawberry.field(default=None, description="The price of a million tokens answered.")
    unit: str | None = strawberry.field(default=None, description="What prices are in, such as USD; never converted.")


@strawberry.input(description="A model of the configured chat service.")
class ChatInput:
    """See Answer."""

    model: str = strawberry.field(description="The model's name, as the service knows it.")
    parameters: JSON | None = strawberry.field(
        default=None, description="An object that goes to the service, over the template's settings."
    )
    limits: ChatLimitsInput | None = strawberry.field(default=None, description="What it may ask and spend; no end.")


@strawberry.input(
    description="Who answers where no canonical label of the template's label type does; exactly one of these."
)
class AnswerInput:
    """See Answer."""

    column: str | None = strawberry.field(default=None, description="A column of the sheet.")
    chat: ChatInput | None = strawberry.field(default=None, description="A model; needs BEGAT_CHAT_URL.")
    endpoint_id: strawberry.ID | None = strawberry.field(
        default=None, description="An endpoint that answers now: its deployment at the time of generation."
    )
    labels_only: bool | None = strawberry.field(
        default=None, description="true: nobody; only rows that have a canonical label become pairs."
    )


@strawberry.input(description="A condition on the text of a column's value (7 and true as JSON); null passes nothing.")
class RowFilterInput:
    """See RowFilter."""

    column: str = strawberry.field(description="A column of the sheet.")
    equals: str | None = strawberry.field(default=None, description="Is exactly this.")
    in_: list[str] | None = strawberry.field(default=None, name="in", description="Is one of these; at most 1,000.")
    contains: str | None = strawberry.field(default=None, description="Holds this, whatever the case.")


@strawberry.input(description="Which rows of the sheet; all where unsaid.")
class RowsInput:
    """See Definition."""

    first: int | None = strawberry.field(
        default=None, description="Only so many, in the table's order, 1 to 1,000,000."
    )
    where: list[RowFilterInput] | None = strawberry.field(
        default=None, description="All of these must hold; at most 20."
    )


@strawberry.input(description="A new training sheet.")
class TrainingSheetCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters.")
    sheet_id: strawberry.ID = strawberry.field(description="The sheet; its latest version is pinned.")
    template_id: strawberry.ID = strawberry.field(
        description="The template; its latest published version is pinned, or a draft's latest one, which that freezes."
    )
    answer: AnswerInput = strawberry.field(description="Who answers.")
    rows: RowsInput | None = strawberry.field(default=None, description="Which rows; all where unsaid.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    tags: list[str] | None = strawberry.field(default=None, description="At most 50 words of at most 100 characters.")
    project_id: strawberry.ID | None = strawberry.field(default=None, description="The default project where unsaid.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a training sheet; what is not named stays. Its content never changes.")
class TrainingSheetUpdateInput:
    """See acts.update."""

    name: str | None = strawberry.field(default=UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")
    tags: list[str] | None = strawberry.field(default=UNSET, description="All tags it is to have.")
    owner: str | None = strawberry.field(default=UNSET, description="Who answers for it.")


@strawberry.enum(description="What keeps pairs in one split.")
class SplitGroup(Enum):
    """Beside the question, which always does."""

    ITEM_REF = "ITEM_REF"


@strawberry.input(
    description="Shares of the pairs that total 1. Equal rows, shares and seeds give equal splits, and pairs with the "
    "same question (case and space aside) are in the same split."
)
class SplitInput:
    """See NewSplit."""

    train: float = strawberry.field(default=0.0, description="The share to learn from, 0 to 1.")
    validation: float = strawberry.field(default=0.0, description="The share to tune on, 0 to 1.")
    test: float = strawberry.field(default=0.0, description="The share to measure on, 0 to 1.")
    seed: int = strawberry.field(default=0, description="Deals the pairs otherwise.")
    stratify_by_answer: bool = strawberry.field(
        default=False, description="Spreads each answer over the splits evenly."
    )
    group_by: SplitGroup | None = strawberry.field(default=None, description="Keeps pairs of one source row together.")


def new_training_sheet(input: TrainingSheetCreateInput) -> NewTrainingSheet:
    """The input as the act takes it. Raises BAD_INPUT unless exactly one answers."""
    return NewTrainingSheet(
        input.name,
        input.sheet_id,
        input.template_id,
        _definition(input),
        input.description,
        input.tags or (),
        input.project_id,
        input.idempotency_key,
    )


def new_split(input: SplitInput) -> NewSplit:
    """The input as the act takes it."""
    return NewSplit(
        input.train,
        input.validation,
        input.test,
        input.seed,
        input.stratify_by_answer,
        input.group_by is SplitGroup.ITEM_REF,
    )


def _definition(input: TrainingSheetCreateInput) -> Definition:
    rows = input.rows or RowsInput()
    where = tuple(
        RowFilter(one.column, one.equals, None if one.in_ is None else tuple(one.in_), one.contains)
        for one in rows.where or ()
    )
    return Definition(_answer(input.answer), rows.first, where)


def _answer(input: AnswerInput) -> Answer:
    named = [input.column is not None, input.chat is not None, input.endpoint_id is not None, bool(input.labels_only)]
    if sum(named) != 1:
        raise bad_input(
            "Exactly one of column, chat, endpointId and labelsOnly answers.",
            "input",
            "answer",
            hint='Send {"column": "..."}.',
        )
    if input.column is not None:
        return Answer(AnswerMethod.COLUMN, column=input.column)
    if input.chat is not None:
        parameters: object = {} if input.chat.parameters is None else input.chat.parameters
        limits = None if input.chat.limits is None else Limits(**asdict(input.chat.limits))
        return Answer(AnswerMethod.CHAT, model=input.chat.model, parameters=parameters, limits=limits)  # type: ignore[arg-type] # rules.check refuses what is no object
    if input.endpoint_id is not None:
        return Answer(AnswerMethod.ENDPOINT, endpoint=input.endpoint_id)
    return Answer(AnswerMethod.LABELS_ONLY)
