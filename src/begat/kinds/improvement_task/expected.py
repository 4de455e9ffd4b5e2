"""ImprovementTask.expectedImpact: what mending it would be worth, with every part of the figure."""

from __future__ import annotations

from typing import Any

import strawberry

from begat.gql.columns import from_json, needs
from begat.gql.scalars import BigInt, DateTime


@strawberry.type(
    description="What mending would be worth: requests a day x affected share x severity x recurrence. A part that is "
    "not known is null, and then there is no computed score: no data is not zero."
)
class ExpectedImpact:
    """See core.expected_impact.Impact; measured at most some minutes ago where the task is not ended."""

    score: float | None = strawberry.field(
        description="The override where there is one, else what was computed: at most so many requests a day would be "
        "answered better."
    )
    computed: float | None = strawberry.field(description="What was computed; null where a part is not known.")
    override: float | None = strawberry.field(description="What somebody set in its place; null where nobody did.")
    override_reason: str | None = strawberry.field(description="Why somebody did.")
    endpoints_live: int = strawberry.field(description="How many of the task's endpoints answer queries.")
    requests_per_day: float | None = strawberry.field(
        description="How often a day these were asked, the mean of the window; null where nobody asked."
    )
    affected_share: float | None = strawberry.field(
        description="Which share of requests it concerns, 0 to 1: of the judged answers of the window those that show "
        "it (also other feedback that corrects the same answer alike), or what the monitor measured last; the larger."
    )
    severity: float | None = strawberry.field(
        description="How bad one occurrence is, 0 to 1: wrong answers are 1, late or drifted ones and remarks that do "
        "not say 0.5; the mean of its feedback, or the monitor's; the larger."
    )
    recurrence: float | None = strawberry.field(
        description="On which share of the window's days it occurred: feedback that shows it was given, or a monitor "
        "fired; 1 for the standing cause that a suggestion found."
    )
    occurrences: BigInt | None = strawberry.field(description="How many feedbacks of the window show it.")
    judged: BigInt | None = strawberry.field(description="How many answers of the window anybody judged.")
    since: DateTime | None = strawberry.field(description="The window's beginning.")
    until: DateTime | None = strawberry.field(description="The window's end: when it was measured.")
    basis: str | None = strawberry.field(description="What the figures rest on, in words.")


def expected() -> Any:
    """The field; it reads what the loop keeps with the task."""

    def resolve(root: Any) -> ExpectedImpact:
        row = root.row
        parts = from_json(row["n.impactParts"]) if row["n.impactParts"] else {}
        override = row["n.impactOverride"]
        return ExpectedImpact(
            score=parts.get("score") if override is None else override,
            computed=parts.get("score"),
            override=override,
            override_reason=row["n.impactOverrideReason"],
            endpoints_live=parts.get("endpoints_live", 0),
            **{name: parts.get(name) for name in _PARTS},
            occurrences=parts.get("occurrences"),
            judged=parts.get("judged"),
        )

    resolve.__annotations__ = {"root": Any, "return": ExpectedImpact}
    return strawberry.field(
        resolver=resolve,
        description="What mending it would be worth, and why.",
        metadata=needs("n.impactParts", "n.impactOverride", "n.impactOverrideReason"),
    )


_PARTS = ("requests_per_day", "affected_share", "severity", "recurrence", "since", "until", "basis")
