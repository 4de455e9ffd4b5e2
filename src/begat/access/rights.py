"""The rights that somebody holds now, of those that he held when he asked for work that goes on after the answer."""

from __future__ import annotations

from dataclasses import replace

from begat.access.scope import Viewer
from begat.access.tokens import group
from begat.core.roles import Role
from begat.graph.driver import Graph


async def still(graph: Graph, viewer: Viewer) -> Viewer:
    """The caller of back then with what is left of his rights: a role that was lowered or taken since is lowered or
    taken here; one that was granted since is not added. One statement.

    Who has no Principal node is the single user of a begat without an access provider, who keeps everything.
    """
    found = await graph.read(
        "MATCH (p:Principal {name: $name}) "
        "OPTIONAL MATCH (t:Token {principal: $name}) WHERE t.admin = true WITH p, count(t) > 0 AS admin "
        "OPTIONAL MATCH (q:Principal)-[r:HAS_ROLE]->(j:Project) WHERE q.name IN $names "
        "WITH admin, collect([j.id, r.role]) AS held RETURN [admin, held]",
        name=viewer.name,
        names=[viewer.name, *(group(one) for one in sorted(viewer.groups))],
    )
    if found is None or found[0] is None:
        return viewer
    admin, held = found
    now: dict[str, Role] = {}
    for project, role in held:
        if project is not None:
            now[project] = max(Role[role], now.get(project, Role.VIEWER))
    # An admin of back then had every role: what he holds now by himself is what is left.
    then = viewer.roles if not viewer.admin else dict.fromkeys(now, Role.OWNER)
    roles = {project: min(role, now[project]) for project, role in then.items() if project in now}
    return replace(viewer, admin=viewer.admin and bool(admin), roles=roles)
