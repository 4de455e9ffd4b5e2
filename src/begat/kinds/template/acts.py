"""What is done to templates and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import once
from begat.change.write import Change, write
from begat.core.roles import Role
from begat.gql.columns import from_json
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.template import rules
from begat.kinds.template.kind import TEMPLATE


@dataclass(frozen=True)
class NewTemplate:
    """What a create names."""

    name: str
    system: str | None
    prompt: str
    label_type: str | None
    settings: Any
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewTemplate) -> str:
    """A draft template; its id. Raises BAD_INPUT, with line and column, for a prompt that cannot be rendered."""
    common = check_new(new)
    content = rules.content(
        {"system": new.system, "prompt": new.prompt, "settings": new.settings, "labelType": new.label_type}
    )

    async def work(change: Change) -> str:
        async def act() -> str:
            project = await assets.project_of(change, new.project, Role.EDITOR)
            properties = {**common, **content}
            return str((await assets.create(change, TEMPLATE, project, properties))["id"])

        return str(await once(change, new.key, "templateCreate", asdict(new), act))

    return await write(context.graph, context.viewer, work)


async def update(
    context: Context,
    id: str,
    named: dict[str, Any],
    expected: int | None,
    *,
    fresh: bool = False,
    key: str | None = None,
) -> str:
    """Changes what ``named`` names: name, description, tags, owner, and the content's fields.

    A draft's content changes in place; a published or used version stays, and the next one is made, which is a draft
    until it is published. ``fresh`` makes the next version in any case (templateVersionCreate), once per ``key``.
    """

    async def work(change: Change) -> str:
        async def act() -> str:
            node = await change.lock_one(id, "id", label="Template")
            require(change.viewer, node["project"], Role.EDITOR, id=id)
            assets.expect(node, expected)
            assets.refuse_retired(node)
            wanted = {name: value for name, value in named.items() if name not in rules.FIELDS}
            if any(name in named for name in rules.FIELDS):
                wanted |= rules.content({**_content(node), **named})
            action = "createVersion" if fresh else "update"
            return str((await assets.edit(change, TEMPLATE, node, wanted, action, fresh=fresh))["id"])

        asked = [id, named, expected]
        return str(await once(change, key, "templateVersionCreate", asked, act, ("idempotencyKey",)))

    return await write(context.graph, context.viewer, work)


def _content(node: dict[str, Any]) -> dict[str, Any]:
    """The content's fields as a caller names them."""
    settings = node.get("settings")
    return {
        "system": node.get("system"),
        "prompt": node.get("prompt", ""),
        "settings": None if settings is None else from_json(settings),
        "labelType": node.get("labelType"),
    }
