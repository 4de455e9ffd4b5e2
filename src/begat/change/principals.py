"""Who may be given work in a project: asked of the roles that principals hold, themselves or by their groups."""

from __future__ import annotations

from collections.abc import Sequence

from begat.access.tokens import HOLDER
from begat.change.write import Change
from begat.core.roles import Role


async def holding(change: Change, name: str, projects: Sequence[str], role: Role) -> set[str]:
    """In which of the projects the principal holds at least this role, by himself or by a group of a token of his."""
    found: list[str] = await change.read(
        f"{HOLDER}MATCH (j:Project) WHERE j.id IN $projects "
        "AND (admin OR EXISTS { MATCH (p:Principal)-[r:HAS_ROLE]->(j) WHERE p.name IN names AND r.role IN $roles }) "
        "RETURN collect(j.id)",
        name=name,
        projects=list(projects),
        roles=[one.name for one in Role if one >= role],
    )
    return set(found or ())
