"""Bearer tokens: stored hashed, shown once; and the roles that their principal holds."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from begat.access.scope import ALONE, Viewer
from begat.core import times
from begat.core.errors import bad_input
from begat.core.roles import Role
from begat.core.text import check_name
from begat.graph.driver import Graph

PREFIX = "begat_"
GROUP = "group:"
RESERVED = {
    "begat": "begat itself",
    ALONE: "whoever asks a begat that is single-user",
    "anonymous": "whoever gives feedback without a token",
}
"""What history calls those who have no token; nobody else may be called so."""

GROUPS = f"[g IN coalesce(t.groups, []) | '{GROUP}' + g]"
"""The principals that stand for the groups of a token ``t``."""
HOLDER = (
    "OPTIONAL MATCH (t:Token {principal: $name}) WITH collect(t) AS tokens "
    "WITH any(t IN tokens WHERE t.admin) AS admin, "
    f"reduce(names = [$name], t IN tokens | names + {GROUPS}) AS names "
)
"""Begins a statement with what the tokens of the principal ``$name`` give now: whether he is an admin, and the
``names`` by which he holds roles, his own and his groups'."""


def group(name: str) -> str:
    """The principal that stands for a group."""
    return GROUP + name


def check_principal(name: str, *path: str | int) -> str:
    """The name of a token's holder or, after `group:`, of a group, without space around it; raises BAD_INPUT."""
    name = check_name(name, *path)
    if name in RESERVED:
        raise bad_input(f"{name!r} is {RESERVED[name]}.", *path, hint="Choose another name.")
    return group(check_name(name[len(GROUP) :], *path)) if name.startswith(GROUP) else name


def check(name: str, groups: Sequence[str] = ()) -> tuple[str, list[str]]:
    """The name and the groups as a token holds them; raises BAD_INPUT."""
    name = check_principal(name, "name")
    if name.startswith(GROUP):
        raise bad_input("A token is for a person or a service, not for a group.", "name", hint="Pass --group NAME.")
    return name, [check_name(one, "group") for one in groups]


async def create(graph: Graph, name: str, *, admin: bool = False, groups: Sequence[str] = ()) -> str:
    """A new token for a principal; only its hash is kept. Until a project grants a role, the principal
    sees source tables only, which are in no project.

    Making another token for the same name adds one; its admin right and groups are the token's own. Raises what
    `check` does.
    """
    name, groups = check(name, groups)
    token = PREFIX + secrets.token_urlsafe(32)
    await graph.execute(
        "MERGE (p:Principal {name: $name}) ON CREATE SET p.createdAt = $at",
        name=name,
        at=times.now(),
    )
    await graph.execute(
        "CREATE (t:Token) SET t = $row",
        row={
            "hash": fingerprint(token),
            "principal": name,
            "admin": admin,
            "groups": groups,
            "createdAt": times.now(),
        },
    )
    return token


async def revoke(graph: Graph, name: str) -> int:
    """Takes all tokens of a principal away, from the next request on; how many there were. Its roles stay."""
    return int(
        await graph.read(
            "MATCH (t:Token {principal: $name}) DELETE t RETURN count(t)", name=check_principal(name, "name")
        )
    )


async def authenticate(graph: Graph, token: str, request_id: str) -> Viewer | None:
    """Who holds the token, with the roles held at this moment; None where nobody does. One statement for all who ask
    meanwhile."""
    known = fingerprint(token)
    found = None if known is None else await graph.gathering.ask("token", known, partial(holders, graph))
    return None if found is None else replace(found, request_id=request_id)


def fingerprint(token: str) -> str | None:
    """Under what the graph keeps the token; None where it can be none. It says nothing of the token itself."""
    # A random token of 256 bits needs no slow hash: there is nothing to guess.
    if not token.startswith(PREFIX) or len(token) > 100:
        return None
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def holders(graph: Graph, fingerprints: Collection[str]) -> dict[str, Viewer]:
    """Who holds each of these tokens, with the roles held at this moment; without those that nobody holds any more.
    One statement."""
    found = await graph.read(
        "UNWIND $hashes AS hash MATCH (t:Token {hash: hash}) CALL (t) { "
        f"UNWIND [t.principal] + {GROUPS} AS name "
        "MATCH (:Principal {name: name})-[r:HAS_ROLE]->(j:Project) RETURN collect([j.id, r.role]) AS held } "
        "RETURN collect([t.hash, t.principal, t.admin, t.groups, held])",
        hashes=list(fingerprints),
    )
    viewers = {}
    for known, name, admin, groups, held in found or []:
        if known is None or name is None:  # no row here must never mean a caller without a name
            continue
        viewers[known] = Viewer(name, bool(admin), frozenset(groups or ()), highest(held))
    return viewers


def highest(held: Iterable[Sequence[str]]) -> dict[str, Role]:
    """The highest role in each project, of pairs of both."""
    roles: dict[str, Role] = {}
    for project, role in held:
        roles[project] = max(Role[role], roles.get(project, Role.VIEWER))
    return roles
