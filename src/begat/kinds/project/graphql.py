"""Projects in GraphQL, and the caller as begat knows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import strawberry
from strawberry import UNSET

from begat.core.errors import Code, Problem, Problems
from begat.core.roles import Role
from begat.find import lists
from begat.find.lists import Order
from begat.gql import projects
from begat.gql.columns import asks
from begat.gql.connections import Connection, listing
from begat.gql.context import Info
from begat.gql.errors import problems_of, user_error
from begat.gql.inputs import given
from begat.gql.payloads import Payload
from begat.gql.projects import Project
from begat.gql.rows import Rows
from begat.kinds.project import acts

BY_NAME = Order("NAME_ASC", "n.name")


@strawberry.type(description="Who asks.")
class Viewer:
    """See access.scope.Viewer."""

    name: str = strawberry.field(description="The token's name; `me` in single-user mode.")
    admin: bool = strawberry.field(description="Whether the caller owns every project and may make new ones.")
    groups: list[str] = strawberry.field(description="The groups that the token is in, sorted.")

    @strawberry.field(description="The first 1,000 projects in which the caller has a role, by name.")
    async def projects(self, info: Info) -> Sequence[Project]:
        page = await lists.page(
            info.context.graph, info.context.viewer, "Project", projects.COLUMNS, order=BY_NAME, first=lists.MOST
        )
        return Rows(Project, page.columns, page.values)


@strawberry.input(description="A new project.")
class ProjectCreateInput:
    """What a create names."""

    name: str = strawberry.field(description="1 to 200 characters, unique over all projects.")
    description: str | None = strawberry.field(default=None, description="What it is for; at most 10,000 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same create sent twice is done once.")


@strawberry.input(description="What to change of a project; what is not named stays.")
class ProjectUpdateInput:
    """See acts.update."""

    name: str | None = strawberry.field(
        default=UNSET, description="1 to 200 characters, unique; only an admin renames."
    )
    description: str | None = strawberry.field(default=UNSET, description="null takes it away.")


@strawberry.input(description="A role to give, to change or to take away.")
class ProjectGrantInput:
    """See acts.Grant."""

    principal: str = strawberry.field(description="A token's name, or `group:` and a group's name.")
    role: Role | None = strawberry.field(default=None, description="The role that is to be held; null takes it away.")


@strawberry.type
class ProjectQuery:
    """Queries of projects."""

    @strawberry.field(description="Who asks, and which projects they see.")
    def viewer(self, info: Info) -> Viewer:
        viewer = info.context.viewer
        return Viewer(name=viewer.name, admin=viewer.admin, groups=sorted(viewer.groups))

    @strawberry.field(description="A project by its id; null where it is unknown or hidden.")
    async def project(self, info: Info, id: strawberry.ID) -> Project | None:
        return await _project(info, id)

    @strawberry.field(description="The projects in which the caller has a role, by id.")
    async def projects(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Project]:
        return await listing(info, Project, "Project", Project, (), first=first, after=after)


@strawberry.type
class ProjectMutation:
    """Mutations of projects."""

    @strawberry.mutation(
        description="Makes a project, whose first owner is the caller. Only admins may; a single user is one."
    )
    async def project_create(self, info: Info, input: ProjectCreateInput) -> Payload[Project]:
        return await _acted(
            info, lambda: acts.create(info.context, input.name, input.description, input.idempotency_key)
        )

    @strawberry.mutation(description="Describes a project (its owners may) or renames it (admins may).")
    async def project_update(
        self, info: Info, id: strawberry.ID, input: ProjectUpdateInput, expected_revision: int | None = None
    ) -> Payload[Project]:
        named = given(input, {"name": "name", "description": "description"})
        return await _acted(info, lambda: acts.update(info.context, id, named, expected_revision))

    @strawberry.mutation(
        description="Gives, changes and takes away roles in a project, all or nothing. Only its owners may, and the "
        "last one stays. A role can be given before its holder has a token; it counts from their next request on."
    )
    async def project_grant(
        self, info: Info, id: strawberry.ID, grants: list[ProjectGrantInput], expected_revision: int | None = None
    ) -> Payload[Project]:
        wanted = [acts.Grant(one.principal, one.role) for one in grants]
        return await _acted(info, lambda: acts.grant(info.context, id, wanted, expected_revision))


async def _project(info: Info, id: str) -> Project | None:
    return await info.context.batch(projects.load, id) if len(id) <= 200 else None


async def _acted(info: Info, work: Callable[[], Awaitable[str]]) -> Payload[Project]:
    try:
        id = await work()
    except (Problem, Problems) as refused:
        problems = problems_of(refused)
        stale = next((problem.id for problem in problems if problem.code is Code.CONFLICT and problem.id), None)
        node = await _project(info, stale) if stale and asks(info, "node") else None
        return Payload(node=node, errors=[user_error(problem) for problem in problems])
    return Payload(node=await _project(info, id) if asks(info, "node") else None, errors=[])
