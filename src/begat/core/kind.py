"""A value per kind: all that generic code may know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from begat.core.lifecycle import Guard, Lifecycle
from begat.core.roles import Role


@dataclass(frozen=True)
class Kind:
    """One kind of asset.

    ``content`` names the properties that its versions hold: an edit of these makes a version, of any other a revision
    only. They stand on the asset too, as the latest version has them. ``version`` is the label of its version nodes.
    ``in_use`` tells whether something live in effect depends on the asset, which blocks destructive moves without a
    plan's token; ``serving`` whether it answers somewhere now, which blocks the archive. ``retention_moves`` names the
    move of its lifecycle that a retention move brings along, where that is possible: what it does outside.
    """

    name: str
    label: str
    prefix: str
    noun: str
    lifecycle: Lifecycle
    content: tuple[str, ...] = ()
    version: str | None = None
    in_use: Guard | None = None
    serving: Guard | None = None
    create_role: Role = Role.EDITOR
    retained: bool = True
    retention_moves: Mapping[str, str] = field(default_factory=dict)

    def guard(self, act: str) -> Guard | None:
        """What is asked before the asset is put away by archive or trash."""
        return {"archive": self.serving, "trash": self.in_use}.get(act)

    def labels(self) -> tuple[str, ...]:
        """The labels of the asset's node."""
        return ("Asset", self.label)
