"""What is counted of a training sheet's pairs: one statement for all training sheets of a level."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.core.quality import Counts, quality
from begat.gql.context import Context
from begat.gql.scalars import BigInt
from begat.graph.statement import load
from begat.kinds.qa_pair.kind import Split


@strawberry.type(description="How much a training sheet has in a split.")
class SplitCount:
    """Splits without rows are left out."""

    split: Split = strawberry.field(description="The split.")
    rows: BigInt = strawberry.field(description="How many pairs it has, whatever their status.")
    answers: BigInt = strawberry.field(description="How many different answers these have.")


@strawberry.type(description="A question that a training sheet passes or fails.")
class QualityCheck:
    """See core.quality."""

    name: str = strawberry.field(
        description="HAS_ROWS, REVIEWED, APPROVAL_RATE, DUPLICATES, EMPTY, FAILED or FLAGGED; all, in this order."
    )
    passed: bool = strawberry.field(description="Whether it passes.")
    detail: str = strawberry.field(description="By which numbers.")


@strawberry.type(
    description="How good a training sheet is, counted now; a rate is null where there is nothing to judge."
)
class Quality:
    """See core.quality."""

    score: float | None = strawberry.field(
        description="approvalRate * reviewedRate * (1 - duplicateRate) * (1 - emptyRate), 0 to 1."
    )
    approval_rate: float | None = strawberry.field(description="Approved of decided pairs, 0 to 1.")
    reviewed_rate: float | None = strawberry.field(description="Decided of all pairs, 0 to 1.")
    duplicate_rate: float | None = strawberry.field(
        description="Pairs whose question an earlier one has (case and space around it aside), of all pairs, 0 to 1."
    )
    empty_rate: float | None = strawberry.field(description="Pairs with a blank question or answer, of all, 0 to 1.")
    checks: list[QualityCheck] = strawberry.field(description="What it passes and what not.")


async def qualities(context: Context, keys: Sequence[str]) -> list[Quality]:
    """The quality of each training sheet of a level."""
    found = await context.graph.read(load(__package__, "quality"), ids=list(dict.fromkeys(keys)))
    counts = {id: Counts(*numbers) for id, *numbers in found}
    return [_shown(counts.get(key, Counts(0, 0, 0, 0, 0, 0, 0))) for key in keys]


async def splits(context: Context, keys: Sequence[str]) -> list[list[SplitCount]]:
    """The splits that pairs were given, in the order TRAIN, VALIDATION, TEST."""
    found = await context.graph.read(
        "MATCH (p:QaPair) WHERE p.trainingSheet IN $ids AND p.split IS NOT NULL "
        "WITH p.trainingSheet AS id, p.split AS split, count(p) AS rows, count(DISTINCT p.answer) AS answers "
        "RETURN collect([id, split, rows, answers])",
        ids=list(dict.fromkeys(keys)),
    )
    held = {(id, split): (rows, answers) for id, split, rows, answers in found}
    return [
        [
            SplitCount(split=name, rows=BigInt(held[key, name.value][0]), answers=BigInt(held[key, name.value][1]))
            for name in Split
            if (key, name.value) in held
        ]
        for key in keys
    ]


def _shown(counts: Counts) -> Quality:
    judged = quality(counts)
    return Quality(
        score=judged.score,
        approval_rate=judged.approval_rate,
        reviewed_rate=judged.reviewed_rate,
        duplicate_rate=judged.duplicate_rate,
        empty_rate=judged.empty_rate,
        checks=[QualityCheck(name=one.name, passed=one.passed, detail=one.detail) for one in judged.checks],
    )
