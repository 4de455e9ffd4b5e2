"""Who is to review a pair: its assignees' queues serve it, and no other does."""

from __future__ import annotations

from typing import Any

from begat.access.tokens import GROUP
from begat.change.many import Act
from begat.change.principals import holding
from begat.change.rows import revise
from begat.change.write import Change, Properties
from begat.core.errors import Code, Problem, bad_input
from begat.core.roles import Role
from begat.core.text import check_name
from begat.review.rows import FREED, sheets_of
from begat.review.rules import ASSIGNABLE, OPEN, check_sheet, check_status


def assign(reviewer: str | None) -> Act:
    """Assigns pairs to a reviewer, who may review in the pair's project, or with None to nobody."""
    if reviewer is not None:
        reviewer = check_name(reviewer, "reviewer")
        if reviewer.startswith(GROUP):
            raise bad_input("Pairs are assigned to a person, not to a group.", "reviewer")
    names = [] if reviewer is None else [reviewer]

    async def prepare(change: Change, nodes: list[Properties]) -> Any:
        projects = sorted({node["project"] for node in nodes})
        able = set(projects)
        if reviewer is not None and reviewer != change.viewer.name:
            able = await holding(change, reviewer, projects, Role.REVIEWER)
        return await sheets_of(change, nodes), able

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        sheets, able = prepared
        check_sheet(node, sheets, OPEN, "assign")
        check_status(node, ASSIGNABLE, "assign")
        if node["project"] not in able:
            raise Problem(
                Code.BAD_INPUT,
                f"{reviewer!r} is nobody who may review in this project.",
                path=("reviewer",),
                id=node["id"],
                hint="Grant them the role REVIEWER in the project first.",
            )
        if (node.get("assignees") or []) == names:
            return node
        freed = {} if node.get("leasedBy") in names else FREED
        return revise(change, node, {"assignees": names or None, **freed})

    return Act(
        "assign",
        Role.EDITOR,
        apply,
        prepare=prepare,
        label="QaPair",
        job="QA_PAIR.assign",
        arguments={"reviewer": reviewer},
    )
