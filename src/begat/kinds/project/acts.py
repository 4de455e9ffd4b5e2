"""What is done to projects: who may see and do what, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from begat.access.scope import Viewer
from begat.access.tokens import check_principal, group
from begat.change.assets import expect
from begat.change.idempotency import once
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.roles import Role
from begat.core.text import check_name, check_text
from begat.gql.context import Context
from begat.graph.statement import load

MOST_GRANTS = 1_000

Members = dict[str, Role]
"""The role that each principal holds in one project."""


@dataclass(frozen=True)
class Grant:
    """A role for a principal (a token's name, or `group:` and a group's); None takes it away."""

    principal: str
    role: Role | None


async def create(context: Context, name: str, description: str | None, key: str | None) -> str:
    """A new project, owned by who makes it; its id. Only an admin may, who in single-user mode is whoever asks (and
    owns every project without being named in one)."""
    viewer = context.viewer
    owners = {} if context.settings.auth is None else {viewer.name: Role.OWNER}
    _require_admin(viewer, "Only an admin makes projects.")
    name = check_name(name, "input", "name")
    description = _text(description)

    async def work(change: Change) -> str:
        async def act() -> str:
            await _refuse_taken(change, name)
            id = ids.new("project")
            node: Properties = {
                "id": id,
                "project": id,
                "key": name,
                "name": name,
                "description": description,
                "retention": "LIVE",
                "revision": 1,
                "createdAt": change.at,
                "createdBy": viewer.name,
                "updatedAt": change.at,
                "updatedBy": viewer.name,
            }
            change.create(("Project",), node)
            await change.flush()
            await _hold(change, id, owners)
            _revise(change, node, owners, "create")
            return id

        return str(await once(change, key, "projectCreate", [name, description], act))

    return await write(context.graph, viewer, work)


async def update(context: Context, id: str, named: Mapping[str, Any], expected: int | None) -> str:
    """Changes what ``named`` names (name, description). The description is its owners'; the name is an admin's: names
    are unique over all projects, and an owner must not learn from a refusal what other projects there are."""
    if "name" in named:
        _require_admin(context.viewer, "Only an admin renames projects.", "input", "name")
        if named["name"] is None:
            raise bad_input("name cannot be null.", "input", "name", hint="Leave it out to keep it.")
    wanted: Properties = {
        **({"name": check_name(named["name"], "input", "name")} if "name" in named else {}),
        **({"description": _text(named["description"])} if "description" in named else {}),
    }

    async def work(change: Change) -> str:
        node, members = await _owned(change, id, expected)
        changes = {name: value for name, value in wanted.items() if node.get(name) != value}
        if "name" in changes:
            await _refuse_taken(change, changes["name"])
            changes["key"] = changes["name"]
        if changes:
            _edit(change, node, changes, members, "update")
        return id

    return await write(context.graph, context.viewer, work)


async def grant(context: Context, id: str, grants: Sequence[Grant], expected: int | None) -> str:
    """Gives, changes and takes away roles in one step. Only an owner may, who holds every role that there is to give;
    what the caller holds is read again under the lock. The last owner stays."""
    wanted = _checked(grants)

    async def work(change: Change) -> str:
        node, before = await _owned(change, id, expected)
        changed = {name: role for name, role in wanted.items() if before.get(name) != role}
        if not changed:
            return id
        kept = {name: role for name, role in {**before, **changed}.items() if role is not None}
        if Role.OWNER in before.values() and Role.OWNER not in kept.values():
            place = next(place for place, name in enumerate(wanted) if before.get(name) is Role.OWNER)
            raise Problem(
                Code.GUARD_FAILED,
                "This would leave the project without an owner.",
                path=("grants", place),
                id=id,
                hint="Make somebody else OWNER first, or in the same request.",
            )
        await change.read(load(__package__, "drop_roles"), id=id, names=sorted(changed))
        await _hold(change, id, {name: role for name, role in changed.items() if role is not None})
        _edit(change, node, {}, kept, "grant")
        return id

    return await write(context.graph, context.viewer, work)


async def _owned(change: Change, id: str, expected: int | None) -> tuple[Properties, Members]:
    """The project, locked, and the roles in it as they are under the lock, where the caller owns it now."""
    node = await change.lock_one(id, "id", label="Project")
    members = {name: Role[role] for name, role in await change.read(load(__package__, "members"), id=id)}
    viewer = change.viewer
    held = [role for name, role in members.items() if name in {viewer.name, *map(group, viewer.groups)}]
    if not viewer.admin and not held:
        raise not_found(id, "id")  # the right was withdrawn while this request was on its way
    if not viewer.admin and max(held) < Role.OWNER:
        raise Problem(
            Code.FORBIDDEN,
            "This needs the role OWNER in the project.",
            id=id,
            hint=f"Ask an owner of the project for it. You are {max(held).name} there.",
        )
    expect(node, expected)
    return node, members


def _edit(change: Change, node: Properties, changes: Properties, members: Members, action: str) -> None:
    moved = {
        **changes,
        "revision": node["revision"] + 1,
        "updatedAt": change.at,
        "updatedBy": change.viewer.name,
    }
    change.set(node["id"], moved, "Project")
    _revise(change, {**node, **moved}, members, action)


def _revise(change: Change, node: Properties, members: Members, action: str) -> None:
    roles = {name: role.name for name, role in members.items()}
    change.revise({**{name: value for name, value in node.items() if value is not None}, "members": roles}, action)


async def _hold(change: Change, id: str, members: Members) -> None:
    rows = [{"name": name, "role": role.name} for name, role in sorted(members.items())]
    if rows:
        await change.read(load(__package__, "principals"), rows=rows, at=change.at)
        await change.read(load(__package__, "hold_roles"), id=id, rows=rows, at=change.at)


async def _refuse_taken(change: Change, name: str) -> None:
    taken = await change.read("MATCH (n:Project {key: $name}) RETURN n.id", name=name)
    if taken:
        raise Problem(
            Code.DUPLICATE,
            f"There is such a project already: {taken}.",
            path=("input", "name"),
            id=taken,
            hint="Use that one, or choose another name.",
        )


def _checked(grants: Sequence[Grant]) -> dict[str, Role | None]:
    if len(grants) > MOST_GRANTS:
        raise Problem(Code.LIMIT, f"At most {MOST_GRANTS} grants in one request.", path=("grants",))
    wanted: dict[str, Role | None] = {}
    for place, one in enumerate(grants):
        name = check_principal(one.principal, "grants", place, "principal")
        if name in wanted:
            raise bad_input(f"{name!r} is named twice.", "grants", place, "principal", hint="Name each once.")
        wanted[name] = one.role
    return wanted


def _require_admin(viewer: Viewer, message: str, *path: str) -> None:
    if not viewer.admin:
        raise Problem(Code.FORBIDDEN, message, path=path, hint="Ask one: a token of `begat token create --admin`.")


def _text(description: str | None) -> str | None:
    return check_text(description, "input", "description", max_length=10_000) if description else None
