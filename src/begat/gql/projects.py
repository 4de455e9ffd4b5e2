"""Projects as assets and the viewer show them."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.core.roles import Role
from begat.find import lists
from begat.gql.columns import column
from begat.gql.context import Context, Row

strawberry.enum(
    Role, name="Role", description="What a principal may do in a project; each may do what the ones before it may."
)


@strawberry.type(description="A project: assets live in one, and people have a role in it.")
class Project:
    """A row of a Project node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The project's id.")
    name: str = column("n.name", "The project's name, unique.")
    description: str | None = column("n.description", "What the project is for.")
    revision: int = column("n.revision", "Counts every change; pass it as expectedRevision.")

    @strawberry.field(description="The caller's own role in it.")
    def role(self, info: strawberry.Info[Context, None]) -> Role | None:
        return info.context.viewer.role(self.row["n.id"])


COLUMNS = ("n.id", "n.name", "n.description", "n.revision")


async def load(context: Context, keys: Sequence[str]) -> list[Project | None]:
    """Projects by id, for all nodes of a level at once."""
    found = await lists.by_ids(context.graph, context.viewer, "Project", list(dict.fromkeys(keys)), COLUMNS)
    by_id = {row[0]: Project(row=dict(zip(COLUMNS, row, strict=True))) for row in found}
    return [by_id.get(key) for key in keys]
