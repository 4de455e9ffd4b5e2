"""Retention: orthogonal to status and the same for all kinds."""

from __future__ import annotations

from enum import Enum

from begat.core.lifecycle import illegal
from begat.core.roles import Role


class Retention(Enum):
    """Whether an asset is in daily use, put aside, or on its way out. Rows and immutable nodes inherit it."""

    LIVE = "LIVE"
    ARCHIVED = "ARCHIVED"
    TRASHED = "TRASHED"
    PURGED = "PURGED"


SOURCES: dict[str, frozenset[str]] = {
    "archive": frozenset({"LIVE"}),
    "trash": frozenset({"LIVE", "ARCHIVED"}),
    "restore": frozenset({"ARCHIVED", "TRASHED"}),
}
ROLES = {"archive": Role.EDITOR, "trash": Role.EDITOR, "restore": Role.EDITOR}


def after(move: str, retention: str, before: str | None, id: str) -> tuple[str, str | None]:
    """Retention and remembered retention after the move; raises ILLEGAL_MOVE.

    ``before`` is where a trashed asset was, so that restore returns it there.
    """
    if retention not in SOURCES[move]:
        raise illegal(move, retention, SOURCES[move], id, "retention")
    if move == "archive":
        return "ARCHIVED", None
    if move == "trash":
        return "TRASHED", retention
    return (before or "LIVE", None) if retention == "TRASHED" else ("LIVE", None)
