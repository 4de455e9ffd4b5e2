"""availableActions: what the lifecycle table lets the caller do now, so that no client copies that table."""

from __future__ import annotations

from typing import Any

import strawberry

from begat.access.scope import Viewer
from begat.change.refusals import refusals
from begat.change.refusals import role as needed
from begat.core import retention
from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, illegal
from begat.core.roles import Role
from begat.gql.columns import COLUMNS
from begat.gql.context import Info, Row
from begat.gql.errors import UserError, user_error


@strawberry.type(description="A move that exists for this kind, and whether the caller can make it now.")
class AvailableAction:
    """One row of the lifecycle table, judged."""

    action: str = strawberry.field(description="The move's name: the verb of its mutation.")
    allowed: bool = strawberry.field(description="Whether it would be done now.")
    role: Role = strawberry.field(description="The role in the project that it needs.")
    blockers: list[UserError] = strawberry.field(description="Why it would not be done; empty where it is allowed.")


def actions(kind: Kind) -> Any:
    """The field `availableActions` of a kind. Its guards are columns, so a list asks for them in its own statement."""
    moves = [move for move in kind.lifecycle.moves if not move.platform]
    facts = {move.name: _fact(kind, move.guard) for move in moves if move.guard}
    guards = {name: guard for name in retention.SOURCES if (guard := kind.guard(name))}
    used = {name: _fact(kind, guard) for name, guard in guards.items()}
    expressions = ("n.project", "n.status", "n.retention", *facts.values(), *used.values())

    def resolve(root: Any, info: Info) -> list[AvailableAction]:
        row, viewer = root.row, info.context.viewer
        found = []
        for move in moves:
            blockers = _role(viewer, row, move.role)
            if row["n.retention"] != "LIVE" and not (move.archived and row["n.retention"] == "ARCHIVED"):
                blockers.append(illegal(move.name, row["n.retention"], {"LIVE"}, row["n.id"], "retention"))
            elif row["n.status"] not in move.sources:
                blockers.append(illegal(move.name, row["n.status"], move.sources, row["n.id"]))
            elif move.guard:
                blockers += [
                    Problem(move.guard.code, reason, id=row["n.id"])
                    for reason in move.guard.judge(row[facts[move.name]], viewer.sees)
                ]
            found.append(_action(move.name, move.role, blockers))
        node = {"id": row["n.id"], "project": row["n.project"], "retention": row["n.retention"]}
        for name in retention.SOURCES if kind.retained else ():
            users = guards[name].judge(row[used[name]], viewer.sees) if name in guards else ()
            found.append(_action(name, needed(kind, name), refusals(kind, name, viewer, node, users)))
        return found

    resolve.__annotations__ = {"root": Any, "info": Info, "return": list[AvailableAction]}
    return strawberry.field(
        resolver=resolve,
        description="The moves of this kind, whether each is possible now for the caller, and if not, why.",
        metadata={COLUMNS: expressions},
    )


def _fact(kind: Kind, guard: Guard) -> str:
    # In a list of mixed kinds, a guard is asked of its own kind only.
    return f"CASE n.kind WHEN '{kind.name}' THEN {guard.fact} END"


def _role(viewer: Viewer, row: Row, role: Role) -> list[Problem]:
    held = viewer.role(row["n.project"])
    if held is not None and held >= role:
        return []
    return [Problem(Code.FORBIDDEN, f"This needs the role {role.name} in the project.", id=row["n.id"])]


def _action(name: str, role: Role, blockers: list[Problem]) -> AvailableAction:
    return AvailableAction(
        action=name, allowed=not blockers, role=role, blockers=[user_error(problem) for problem in blockers]
    )
