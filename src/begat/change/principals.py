"""Who may be given work, or answer for something, in a project: asked of the roles that principals hold, themselves or
by their groups."""

from __future__ import annotations

from collections.abc import Sequence

from begat.access.tokens import HOLDER
from begat.change.write import Change
from begat.core.errors import Problem, bad_input
from begat.core.roles import Role


async def holding(change: Change, name: str, projects: Sequence[str], role: Role) -> set[str]:
    """In which of the projects the principal holds at least this role, by himself or by a group of a token of his.
    Where the caller is alone that is everywhere."""
    if change.viewer.alone:
        return set(projects)
    found: list[str] = await change.read(
        f"{HOLDER}MATCH (j:Project) WHERE j.id IN $projects "
        "AND (admin OR EXISTS { MATCH (p:Principal)-[r:HAS_ROLE]->(j) WHERE p.name IN names AND r.role IN $roles }) "
        "RETURN collect(j.id)",
        name=name,
        projects=list(projects),
        roles=[one.name for one in Role if one >= role],
    )
    return set(found or ())


async def refuse_strangers(change: Change, name: str, project: str, *path: str) -> None:
    """Raises BAD_INPUT at ``path`` for somebody who does not see the project."""
    if project not in await holding(change, name, [project], Role.VIEWER):
        raise stranger(name, *path)


def stranger(name: str, *path: str) -> Problem:
    """The refusal of somebody who does not see the project."""
    hint = "Grant them a role in the project first."
    return bad_input(f"{name!r} is nobody who sees this project.", *path, hint=hint)
