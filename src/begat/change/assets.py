"""What creating and editing an asset means, once for all kinds: revision, version, history, natural key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from begat.access.scope import DEFAULT_PROJECT, require
from begat.change.principals import refuse_strangers
from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem, not_found
from begat.core.kind import Kind
from begat.core.roles import Role

Link = tuple[str, str, str]
"""Edge type, target id, target label."""


async def project_of(change: Change, project: str | None, role: Role) -> str:
    """The project that a create names (the default where unsaid); raises NOT_FOUND or FORBIDDEN."""
    id = DEFAULT_PROJECT if project is None else ids.check(project, "input", "projectId")
    if not change.viewer.sees(id) or not await change.read("MATCH (n:Project {id: $id}) RETURN n.id", id=id):
        raise not_found(id, "input", "projectId")
    require(change.viewer, id, role, "input", "projectId")
    return id


async def create(
    change: Change,
    kind: Kind,
    project: str,
    properties: Properties,
    *,
    key: str | None = None,
    links: Sequence[Link] = (),
    action: str = "create",
    id: str | None = None,
    status: str | None = None,
) -> Properties:
    """A new asset with its first revision and, where its kind has versions, its first version.

    ``links`` are the lineage edges of the first immutable node (the version, or the asset itself). ``key`` is the
    natural key, unique in the project; a taken one raises DUPLICATE.
    """
    if key is not None:
        await refuse_duplicate(change, kind, natural_key(kind, project, key))
    node: Properties = {
        "id": id or ids.new(kind.prefix),
        "kind": kind.name,
        "key": None if key is None else natural_key(kind, project, key),
        "project": project,
        "owner": change.viewer.name,
        "tags": [],
        "status": status or kind.lifecycle.initial,
        "retention": "LIVE",
        "revision": 1,
        "createdAt": change.at,
        "createdBy": change.viewer.name,
        "updatedAt": change.at,
        "updatedBy": change.viewer.name,
        "version": 1 if kind.version else None,
        **properties,
    }
    node = {name: value for name, value in node.items() if value is not None}
    change.create(kind.labels(), node)
    change.revise(node, action)
    source = node["id"]
    if kind.version:
        source = _version(change, kind, node, 1)
    for type, target, label in links:
        change.link(type, source, target, label)
    return node


async def edit(
    change: Change,
    kind: Kind,
    node: Properties,
    properties: Properties,
    action: str,
    *,
    reason: str | None = None,
    links: Sequence[Link] | None = None,
    status: str | None = None,
    fresh: bool = False,
) -> Properties:
    """Changes a locked asset: one revision more and, where content changed, one version more.

    While nothing points to the latest version and it was never published, an edit replaces its content in place, so
    that drafts do not pile up versions; edges never change, so other ``links`` make a new version too. ``fresh`` makes
    one in any case. Returns the state after it; nothing is written where nothing changes. Raises BAD_INPUT for an owner
    who does not see the project.
    """
    wanted = {**properties, **({"status": status} if status else {})}
    changes = {name: value for name, value in wanted.items() if node.get(name) != value}
    if not changes and not fresh:
        return node
    if "owner" in changes:
        await refuse_strangers(change, changes["owner"], node["project"], "input", "owner")
    content = {name: value for name, value in changes.items() if name in kind.content}
    after = {
        **node,
        **changes,
        "revision": node["revision"] + 1,
        "updatedAt": change.at,
        "updatedBy": change.viewer.name,
    }
    if kind.version and (content or fresh):
        current = ids.immutable(node["id"], "v", node["version"])
        if fresh or links is not None or await _frozen(change, current):
            after["version"] = node["version"] + 1
            born = _version(change, kind, after, after["version"])
            kept = links if links is not None else await _links(change, current)
            for type, target, label in kept:
                change.link(type, born, target, label)
        else:
            change.set(current, {**content, "updatedAt": change.at})
    write = {name: value for name, value in after.items() if node.get(name) != value}
    change.set(node["id"], write)
    after = {name: value for name, value in after.items() if value is not None}
    change.revise(after, action, reason)
    return after


def natural_key(kind: Kind, project: str, key: str) -> str:
    """How the graph keeps a natural key. Who creates many asks for all of them at once and passes it as a property."""
    return f"{project}|{kind.label}|{key}"


def expect(node: Properties, revision: int | None, *path: str | int) -> None:
    """Raises CONFLICT where the caller expected another revision than the one read under the lock."""
    if revision is not None and node["revision"] != revision:
        raise Problem(
            Code.CONFLICT,
            f"The revision is {node['revision']} by now, not {revision}.",
            path=path or ("expectedRevision",),
            id=node["id"],
            hint="Read it again and decide on what it is now.",
        )


def refuse_retired(node: Properties) -> None:
    """Raises ILLEGAL_MOVE for an edit of something archived or in the trash."""
    if node.get("retention", "LIVE") != "LIVE":
        raise Problem(
            Code.ILLEGAL_MOVE,
            f"It is {node['retention'].lower()} and cannot be changed.",
            id=node["id"],
            hint="Restore it first.",
        )


def _version(change: Change, kind: Kind, node: Properties, number: int) -> str:
    assert kind.version is not None  # noqa: S101 - callers ask, for the type checker
    id = ids.immutable(node["id"], "v", number)
    content = {name: node.get(name) for name in kind.content}
    change.create(
        ("Version", kind.version),
        {
            **content,
            "id": id,
            "asset": node["id"],
            "kind": f"{kind.name}_VERSION",
            "project": node["project"],
            "number": number,
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.join("OF", id, node["id"])
    return id


async def _frozen(change: Change, version: str) -> bool:
    """Whether the version was published or something points to it."""
    return bool(
        await change.read(
            "MATCH (v:Version {id: $id}) RETURN v.publishedAt IS NOT NULL OR EXISTS { (v)<--() }", id=version
        )
    )


async def _links(change: Change, version: str) -> list[Link]:
    found: list[list[Any]] = await change.read(
        "MATCH (v:Version {id: $id}) OPTIONAL MATCH (v)-[e]->(t) WHERE type(e) <> 'OF' "
        "RETURN [x IN collect([type(e), t.id, labels(t)]) WHERE x[0] IS NOT NULL]",
        id=version,
    )
    return [
        (type, target, next(label for label in labels if label not in ("Asset", "Version")))
        for type, target, labels in found
    ]


async def refuse_duplicate(change: Change, kind: Kind, key: str, *path: str) -> None:
    """Raises DUPLICATE at ``path`` where the natural key is taken."""
    first = await change.read("MATCH (n:Asset {key: $key}) RETURN [n.id, n.retention]", key=key)
    if first:
        where = "" if first[1] == "LIVE" else f" ({first[1].lower()})"
        raise Problem(
            Code.DUPLICATE,
            f"There is such {'an' if kind.noun[0] in 'aeiou' else 'a'} {kind.noun} already{where}: {first[0]}.",
            path=path or ("input",),
            id=first[0],
            hint="Use that one, or restore it." if where else "Use that one.",
        )
