"""What became of the items of a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from begat.change import many
from begat.gql import asset
from begat.gql.columns import IDENTITY
from begat.gql.context import Info
from begat.gql.errors import UserError, user_error

if TYPE_CHECKING:
    from begat.gql.impact import Impact


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

    @strawberry.field(
        description="Of archive and trash, best with dryRun: what depends on the item and is live in effect, and "
        "whether it could be done now, which after the act it cannot again. Null of other acts, and where there is no "
        "such asset."
    )
    async def impact(self, info: Info) -> Annotated[Impact, strawberry.lazy("begat.gql.impact")] | None:
        from begat.gql.impact import ImpactAction, impact  # loaded after assets, which it shows

        action = ImpactAction.__members__.get(self.action.upper())
        if action is None or self.status_before is None:
            return None
        found = await info.context.batch(asset.load, str(self.id), (*IDENTITY, "n.project", "n.retention"))
        return None if found is None else await impact(info, found.row, action)


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
