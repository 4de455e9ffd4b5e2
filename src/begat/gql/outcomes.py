"""What became of the items of a selection."""

from __future__ import annotations

import strawberry

from begat.change import many
from begat.gql.errors import UserError, user_error


@strawberry.type(description="What became of one item of a selection.")
class Outcome:
    """See change.many.Outcome."""

    id: strawberry.ID = strawberry.field(description="The item, as it was asked for.")
    ok: bool = strawberry.field(description="Whether it was done (in a dry run: would be).")
    action: str = strawberry.field(description="The move.")
    status_before: str | None = strawberry.field(description="The status (for retention moves: the retention) before.")
    status_after: str | None = strawberry.field(description="And after.")
    revision: int | None = strawberry.field(description="The revision after it; where it failed, the present one.")
    error: UserError | None = strawberry.field(description="Why it was not done.")


def outcome(result: many.Outcome) -> Outcome:
    """An outcome as clients see it."""
    return Outcome(
        id=strawberry.ID(result.id),
        ok=result.ok,
        action=result.action,
        status_before=result.status_before,
        status_after=result.status_after,
        revision=result.revision,
        error=None if result.problem is None else user_error(result.problem),
    )
