"""Who asks and what they may see: decided here, and a predicate in every statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from begat.core.errors import Code, Problem
from begat.core.roles import Role

DEFAULT_PROJECT = "project_default"
ALONE = "me"
"""What the single user is called of a begat that asks nobody who he is; no principal is called so."""


def predicate(variable: str = "n", *, everything: bool = False) -> str:
    """The scope predicate on a node that carries its project. A SourceTable is in none and is seen by everybody. A
    statement of callers alone who see ``everything`` may leave it out: of a thousand nodes it costs a twentieth of the
    walk that reaches them."""
    return (
        "true" if everything else f"($scope_all OR {variable}.project IS NULL OR {variable}.project IN $scope_projects)"
    )


SCOPE = predicate()


@dataclass(frozen=True)
class Viewer:
    """The caller of one request. ``roles`` maps project ids to the highest role held there; an admin holds OWNER
    everywhere."""

    name: str
    admin: bool = False
    groups: frozenset[str] = frozenset()
    roles: Mapping[str, Role] = field(default_factory=dict)
    request_id: str = ""

    def role(self, project: str | None) -> Role | None:
        """The role in the project; None where the caller has none."""
        if self.admin:
            return Role.OWNER
        return Role.VIEWER if project is None else self.roles.get(project)

    @property
    def alone(self) -> bool:
        """Whether this is the single user: there are no principals beside him, and any name may stand for anybody."""
        return self.name == ALONE

    @property
    def scope(self) -> dict[str, Any]:
        """The parameters of the scope predicate."""
        return {"scope_all": self.admin, "scope_projects": [] if self.admin else sorted(self.roles)}

    def sees(self, project: str | None) -> bool:
        """Whether what is in this project is in scope."""
        return self.admin or project is None or project in self.roles


def require(viewer: Viewer, project: str | None, role: Role, *path: str | int, id: str | None = None) -> None:
    """Raises FORBIDDEN where the caller's role in the project is less than ``role``."""
    held = viewer.role(project)
    if held is None or held < role:
        raise Problem(
            Code.FORBIDDEN,
            f"This needs the role {role.name} in the project.",
            path=path,
            id=id,
            hint="Ask an owner of the project for it." + (f" You are {held.name} there." if held else ""),
        )


def single_user(request_id: str = "") -> Viewer:
    """Who asks when begat is single-user: whoever reaches the loopback address."""
    return Viewer(ALONE, admin=True, request_id=request_id)


def background(request_id: str = "") -> Viewer:
    """Who acts when begat itself does, in background work."""
    return Viewer("begat", admin=True, request_id=request_id)
