"""Why an act on retention, or an edit, would be refused now: the same rules that the act itself asks, as a list.

What a plan says and what the act does then never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable

from begat.access.scope import Viewer, require
from begat.change.assets import refuse_retired
from begat.change.write import Properties
from begat.core import retention
from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.lifecycle import illegal
from begat.core.roles import Role

UPDATE, PURGE = "update", "purge"
OVERCOME = {
    "archive": "Deploy another model version there, or stop it, first.",
    "trash": "Ask with dryRun: true and confirm with the token it returns.",
}
"""What to do where something in use is to be put away."""


def refusals(kind: Kind, act: str, viewer: Viewer, node: Properties, used: Iterable[str] = ()) -> list[Problem]:
    """The reasons against ``act`` (archive, trash, restore, purge or update) on the asset, none where it would be done.

    ``node`` holds its id, project and retention; ``used`` are the reasons of the kind's guard against the act.
    """
    id, problems = node["id"], []
    try:
        require(viewer, node["project"], role(kind, act), id=id)
    except Problem as problem:
        problems.append(problem)
    try:
        _allowed(kind, act, node)
    except Problem as problem:
        problems.append(problem)
    else:
        problems += in_use(act, id, used)
    return problems


def role(kind: Kind, act: str) -> Role:
    """The role in the project that the act needs: also that of the move which it brings along, as who may not stop an
    endpoint may not do so by putting it in the trash."""
    if act == UPDATE:
        return kind.create_role
    needed = retention.ROLES.get(act, Role.OWNER)
    return max(needed, kind.lifecycle.move(kind.retention_moves[act]).role) if act in kind.retention_moves else needed


def in_use(act: str, id: str, reasons: Iterable[str]) -> list[Problem]:
    """The reasons against letting the asset go; of the trash a plan's token overcomes them."""
    return [Problem(Code.IN_USE, reason, id=id, hint=OVERCOME[act]) for reason in reasons]


def unretained(kind: Kind, id: str) -> Problem:
    """The refusal of a retention move, of a kind that has none."""
    return Problem(Code.ILLEGAL_MOVE, f"A {kind.noun} has no retention of its own.", id=id)


def _allowed(kind: Kind, act: str, node: Properties) -> None:
    if act == UPDATE:
        if not kind.retained:
            raise Problem(Code.ILLEGAL_MOVE, f"A {kind.noun} is as its platform describes it.", id=node["id"])
        refuse_retired(node)
    elif not kind.retained:
        raise unretained(kind, node["id"])
    elif act == PURGE:
        if node["retention"] != "TRASHED":
            raise illegal(PURGE, node["retention"], {"TRASHED"}, node["id"], "retention")
        raise Problem(Code.UNAVAILABLE, "begat does not purge yet.", id=node["id"], hint="It stays in the trash.")
    else:
        retention.after(act, node["retention"], None, node["id"])
