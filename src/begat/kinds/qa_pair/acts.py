"""What is done to one pair and to nothing else: its edit."""

from __future__ import annotations

from typing import Any

from begat.access.scope import require
from begat.change.assets import expect
from begat.change.rows import revise
from begat.change.write import Change, write
from begat.core.errors import bad_input
from begat.core.roles import Role
from begat.core.text import check_text
from begat.gql.columns import from_json, to_json
from begat.gql.context import Context
from begat.kinds.qa_pair.kind import QaPairSource
from begat.review.rows import reopened, sheets_of, standing
from begat.review.rules import EDITABLE, OPEN, check_sheet, check_status

TEXTS = ("question", "answer")


async def update(context: Context, id: str, named: dict[str, Any], expected: int | None) -> str:
    """Changes the question or the answer; what was said before stays in the pair's edits. Its id.

    Whatever was decided, or failed, waits for a review again, and reviews of what it said before are void. Where it
    came from stays as it is, but for a pair that had no answer: that is MANUAL from now on. An edit that changes
    nothing writes nothing.
    """
    wanted = {name: _checked(name, named[name]) for name in TEXTS if name in named}

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="QaPair")
        require(change.viewer, node["project"], Role.REVIEWER, id=id)
        expect(node, expected)
        check_sheet(node, await sheets_of(change, [node]), OPEN, "update")
        check_status(node, EDITABLE, "update")
        after = {name: text for name, text in wanted.items() if node.get(name) != text}
        if not after:
            return id
        edit = {
            "at": change.at,
            "actor": change.viewer.name,
            "before": {name: node.get(name) for name in after},
            "after": after,
        }
        reviews = (await standing(change, [node])).get(id, [])
        changes = {**after, "edits": to_json([*from_json(node.get("edits", "[]")), edit]), **reopened(change, reviews)}
        if node.get("answer") is None:
            changes["source"] = QaPairSource.MANUAL.value
            if after.get("answer") is None:  # a new question alone gives a failed pair no answer to review
                changes |= {"source": node["source"], "status": node["status"]}
        if changes["status"] != "FAILED":
            changes["failure"] = None
        revise(change, node, changes)
        return id

    return await write(context.graph, context.viewer, work)


def _checked(name: str, text: str | None) -> str:
    if text is None or not text.strip():
        raise bad_input(f"The {name} cannot be empty.", "input", name, hint="Reject the pair if it is of no use.")
    return check_text(text, "input", name)
