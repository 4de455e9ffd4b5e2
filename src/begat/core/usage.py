"""Reasons that name what depends on an asset, as far as the caller may see it."""

from __future__ import annotations

from typing import Any

from begat.core.lifecycle import Sees

SHOWN = 5


def users(fact: Any, sees: Sees) -> list[str]:
    """One reason that names up to five users; none where there are none.

    The fact is a list of ``[id, kind, name, status, project]``; several facts may be joined, and one user stand twice.
    """
    found = {user[0]: user for user in fact or []}
    if not found:
        return []
    seen = [f"{user[1]} {user[2]!r} ({user[3]}, {user[0]})" for _, user in sorted(found.items()) if sees(user[4])]
    names = seen[:SHOWN]
    if rest := len(seen) - len(names):
        names.append(f"{rest} more")
    if hidden := len(found) - len(seen):
        names.append(f"{hidden} that you may not see")
    return [f"It is in use by {', '.join(names)}."]


def user(variable: str) -> str:
    """The Cypher list that `users` reads, of a node."""
    return "[" + ", ".join(f"{variable}.{name}" for name in ("id", "kind", "name", "status", "project")) + "]"
