"""Whether an answer is all there is, in GraphQL."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import strawberry

from begat.gql.scalars import BigInt
from begat.lineage import answers
from begat.lineage.question import NodeKind

strawberry.enum(
    NodeKind, name="NodeKind", description="What a hit can be: an asset; at level VERSION an immutable node; or a row."
)
HitKind: TypeAlias = NodeKind  # fields use this name, so that no module can be loaded before it has its GraphQL name


@strawberry.enum(description="Why an answer is not all there is.")
class CompletenessReason(Enum):
    """What cut it off weighs more than what is hidden."""

    LIMIT = "LIMIT"
    DEADLINE = "DEADLINE"
    HIDDEN = "HIDDEN"


@strawberry.type(description="How many of one kind.")
class KindCount:
    """A kind and a number."""

    kind: HitKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="How many.")


@strawberry.type(description="Whether an answer is all there is to it.")
class Completeness:
    """See lineage.answers.Completeness."""

    complete: bool = strawberry.field(description="Whether everything is shown to the caller.")
    reason: CompletenessReason | None = strawberry.field(
        description="HIDDEN: some is out of the caller's sight. LIMIT: there is more than one walk reaches. DEADLINE: "
        "there was no time for more; the hops that are shown are shown whole."
    )
    omitted: list[KindCount] = strawberry.field(
        description="What the caller may not see, by kind. What a LIMIT or the DEADLINE cut off is not known and so "
        "not counted."
    )
    continue_after: str | None = strawberry.field(
        description="Where to go on after a LIMIT: pass it as after of nodes. Null where nothing is left, or only a "
        "narrower question helps."
    )


def completeness(found: answers.Completeness, continue_after: str | None = None) -> Completeness:
    """What an answer says of itself, as clients see it."""
    return Completeness(
        complete=found.complete,
        reason=None if found.reason is None else CompletenessReason(found.reason),
        omitted=[KindCount(kind=HitKind(kind), count=BigInt(count)) for kind, count in found.omitted],
        continue_after=continue_after,
    )
