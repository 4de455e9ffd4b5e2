"""Projects as assets and the viewer show them."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from begat.access.scope import SCOPE
from begat.core.roles import Role
from begat.find import lists
from begat.gql import history
from begat.gql.columns import column, needs
from begat.gql.connections import Connection
from begat.gql.context import Context, Info, Row
from begat.gql.history import Revision
from begat.gql.scalars import DateTime

strawberry.enum(
    Role, name="Role", description="What a principal may do in a project; each may do what the ones before it may."
)


@strawberry.type(description="A role that a person, a service or a group holds in a project.")
class ProjectMember:
    """An edge HAS_ROLE."""

    principal: str = strawberry.field(description="A token's name, or `group:` and a group's name.")
    role: Role = strawberry.field(description="The role held.")


@strawberry.type(description="A project: assets live in one, and people have a role in it.")
class Project:
    """A row of a Project node."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The project's id.")
    name: str = column("n.name", "The project's name, unique.")
    description: str | None = column("n.description", "What the project is for.")
    revision: int = column("n.revision", "Counts every change; pass it as expectedRevision.")
    created_at: DateTime | None = column("n.createdAt", "When it was made; null for the default project.")
    created_by: str | None = column("n.createdBy", "Who made it; null for the default project.")
    updated_at: DateTime | None = column("n.updatedAt", "When it, or a role in it, last changed.")
    updated_by: str | None = column("n.updatedBy", "Who changed it last.")

    @strawberry.field(description="The caller's own role in it.", metadata=needs("n.id"))
    def role(self, info: Info) -> Role | None:
        return info.context.viewer.role(self.row["n.id"])

    @strawberry.field(description="Who holds which role in it, by name.", metadata=needs("n.id"))
    async def members(self, info: Info) -> list[ProjectMember]:
        return await info.context.batch(members, self.row["n.id"])

    @strawberry.field(description="Every change of it and of the roles in it, newest first.", metadata=needs("n.id"))
    async def history(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Revision]:
        return await info.context.batch(history.load, self.row["n.id"], first, after)


COLUMNS = tuple(
    f"n.{name}"
    for name in ("id", "name", "description", "revision", "createdAt", "createdBy", "updatedAt", "updatedBy")
)


async def load(context: Context, keys: Sequence[str]) -> list[Project | None]:
    """Projects by id, for all nodes of a level at once."""
    found = await lists.by_ids(context.graph, context.viewer, "Project", list(dict.fromkeys(keys)), COLUMNS)
    by_id = {row[0]: Project(row=dict(zip(COLUMNS, row, strict=True))) for row in found}
    return [by_id.get(key) for key in keys]


async def members(context: Context, keys: Sequence[str]) -> list[list[ProjectMember]]:
    """The roles held in each project, for all nodes of a level at once."""
    found = await context.graph.read(
        f"MATCH (p:Principal)-[r:HAS_ROLE]->(n:Project) WHERE n.id IN $ids AND {SCOPE} "
        "RETURN collect([n.id, p.name, r.role])",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    held: dict[str, list[ProjectMember]] = {}
    for project, principal, role in sorted(found):
        held.setdefault(project, []).append(ProjectMember(principal=principal, role=Role[role]))
    return [held.get(key, []) for key in keys]
