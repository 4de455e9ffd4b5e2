"""The rights that somebody holds now, of those that he held when he asked for work that goes on after the answer."""

from __future__ import annotations

from dataclasses import replace

from begat.access.scope import Viewer
from begat.access.tokens import HOLDER, group, highest
from begat.core.roles import Role
from begat.graph.driver import Graph


async def still(graph: Graph, viewer: Viewer) -> Viewer:
    """The caller of back then with what is left of his rights: a role that was lowered or taken since, by himself or
    with a group that no token of his has any more, is lowered or taken here; one that was granted since is not added.
    One statement.

    Who has no Principal node is the single user of a begat without an access provider, who keeps everything.
    """
    found = await graph.read(
        f"{HOLDER}MATCH (:Principal {{name: $name}}) WITH admin, [one IN names WHERE one IN $names] AS names "
        "OPTIONAL MATCH (q:Principal)-[r:HAS_ROLE]->(j:Project) WHERE q.name IN names "
        "WITH admin, names, collect([j.id, r.role]) AS held RETURN [admin, names, held]",
        name=viewer.name,
        names=[viewer.name, *(group(one) for one in sorted(viewer.groups))],
    )
    if found is None:
        return viewer
    admin, names, held = found
    now = highest(one for one in held if one[0] is not None)
    # An admin of back then had every role: what he holds now by himself is what is left.
    then = viewer.roles if not viewer.admin else dict.fromkeys(now, Role.OWNER)
    roles = {project: min(role, now[project]) for project, role in then.items() if project in now}
    groups = frozenset(one for one in viewer.groups if group(one) in names)
    return replace(viewer, admin=viewer.admin and bool(admin), groups=groups, roles=roles)
