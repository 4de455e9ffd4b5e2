"""Drift in GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.core.drift import Comparison, Method, Verdict
from begat.core.errors import bad_input
from begat.gql import asset
from begat.gql.context import Info
from begat.gql.inputs import DateRange
from begat.gql.scalars import DateTime
from begat.gql.windows import window
from begat.kinds.monitor.drift import Drift, drift_of
from begat.kinds.monitor.reference import DriftReference
from begat.platforms.ports import Window

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.sheet.graphql import Sheet

strawberry.enum(Method, name="DriftMethod", description="How a field is compared: two methods test, two tell how much.")
strawberry.enum(Verdict, name="DriftVerdict", description="What a comparison says.")
strawberry.enum(DriftReference, name="DriftReference", description="What a window is compared with.")


@strawberry.type(
    description="One method on one field. Tests have a pValue and say DRIFT where it is below 0.05 and the statistic "
    "reaches the threshold; sizes have none and say DRIFT only where a test of their field does."
)
class FieldDrift:
    """See core.drift.Comparison."""

    field: str = strawberry.field(
        description="The input's field; of free text with what is compared of it: characters, words, or unseenWords, "
        "the share of words that the training never saw. `answer` and `answerScore` are the model's."
    )
    method: Method = strawberry.field(description="How it was compared.")
    statistic: float | None = strawberry.field(
        description="What the method measured: KOLMOGOROV_SMIRNOV 0 to 1, PSI from 0, CHI_SQUARE from 0, LARGEST_SHARE "
        "Cohen's h from 0 to pi, JENSEN_SHANNON 0 to 1; null with INSUFFICIENT_DATA."
    )
    threshold: float | None = strawberry.field(
        description="The least statistic that matters in practice, with what chance adds on average in such samples."
    )
    p_value: float | None = strawberry.field(
        description="How likely chance alone makes such a difference, corrected (Holm) for all tests of this answer; "
        "null for a size."
    )
    verdict: Verdict = strawberry.field(description="What this comparison says.")
    sample_size: int = strawberry.field(description="How many values of the window were compared.")
    reference_size: int = strawberry.field(description="With how many of the reference; below 100 nothing is said.")
    detail: str | None = strawberry.field(description="Of LARGEST_SHARE the value whose share moved most.")
    column: str | None = strawberry.field(description="The sheet's column that the field comes from; null where none.")
    sheet_id: strawberry.Private[str | None]

    @strawberry.field(description="The sheet of that column; null where it is hidden or none.")
    async def sheet(self, info: Info) -> Annotated[Sheet, strawberry.lazy("begat.kinds.sheet.graphql")] | None:
        from begat.kinds.sheet.graphql import Sheet  # a circle

        return await asset.linked(info, self.sheet_id, Sheet)


@strawberry.type(description="Whether what an endpoint is asked and answers is distributed as it was before.")
class EndpointDrift:
    """See kinds.monitor.drift.Drift."""

    since: DateTime = strawberry.field(description="From when on, inclusive.")
    until: DateTime = strawberry.field(description="Until when, exclusive.")
    reference: DriftReference | None = strawberry.field(
        description="What was compared with; null where there is nothing."
    )
    reference_size: int = strawberry.field(description="How many rows the reference has.")
    sample_size: int = strawberry.field(description="How many answered inputs of the window were compared.")
    fields: list[FieldDrift] = strawberry.field(description="Each method on each field, by field.")
    verdict: Verdict = strawberry.field(
        description="DRIFT where any field drifted; by chance in fewer than 1 of 20 windows."
    )


async def of_endpoint(
    info: Info,
    endpoint: str,
    since: str | None,
    until: str | None,
    reference: DriftReference | None,
    baseline: DateRange | None,
    model: str | None,
) -> EndpointDrift:
    """The field `drift`. Raises BAD_INPUT for a window that cannot be meant, and what serving says where it is away."""
    context = info.context
    if reference is DriftReference.BASELINE and baseline is None:
        raise bad_input("BASELINE needs a window to compare with.", "baseline", hint="Say from and to.")
    if baseline is not None and reference not in (None, DriftReference.BASELINE):
        raise bad_input(f"A baseline is not {reference.value}.", "reference", hint="Leave out one of them.")
    earlier = None if baseline is None else _range(baseline)
    found = await drift_of(
        context.graph,
        context.platform,
        endpoint,
        window(since, until),
        reference=reference,
        baseline=earlier,
        model=model,
    )
    return shown(found)


def shown(found: Drift) -> EndpointDrift:
    """A drift as clients see it."""
    return EndpointDrift(
        since=DateTime(found.window.since),
        until=DateTime(found.window.until),
        reference=found.reference,
        reference_size=found.reference_size,
        sample_size=found.sample_size,
        fields=[_field(found, one) for one in found.fields],
        verdict=found.verdict,
    )


def _range(baseline: DateRange) -> Window:
    if baseline.from_ is None or baseline.to is None:
        raise bad_input("A baseline has a beginning and an end.", "baseline", hint="Say from and to.")
    return window(baseline.from_, baseline.to)


def _field(found: Drift, one: Comparison) -> FieldDrift:
    column = found.column(one.field)
    return FieldDrift(
        field=one.field,
        method=one.method,
        statistic=one.statistic,
        threshold=one.threshold,
        p_value=one.p,
        verdict=one.verdict,
        sample_size=one.sample,
        reference_size=one.reference,
        detail=one.detail,
        column=column,
        sheet_id=None if column is None else found.sheets.get(column),
    )
