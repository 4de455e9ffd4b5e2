"""What is done to models: making one, by its own mutation or by the first job that names it, and editing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from begat.access.scope import require
from begat.change import assets
from begat.change.idempotency import once
from begat.change.write import Change, Properties, write
from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.roles import Role
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.model.kind import MODEL


@dataclass(frozen=True)
class NewModel:
    """What a create names. The name is the model's natural key in its project."""

    name: str
    description: str | None
    tags: Sequence[str]
    project: str | None
    key: str | None


async def create(context: Context, new: NewModel) -> str:
    """A model without versions; its id. Raises DUPLICATE for a name that the project has."""
    common = check_new(new)

    async def work(change: Change) -> str:
        async def act() -> str:
            project = await assets.project_of(change, new.project, Role.EDITOR)
            return str((await assets.create(change, MODEL, project, common, key=common["name"]))["id"])

        return str(await once(change, new.key, "modelCreate", asdict(new), act))

    return await write(context.graph, context.viewer, work)


async def find(change: Change, project: str, name: str) -> str | None:
    """The id of the project's model of that name."""
    found = await change.read("MATCH (n:Asset {key: $key}) RETURN n.id", key=assets.natural_key(MODEL, project, name))
    return None if found is None else str(found)


def refuse_unfit(model: Properties, *path: str) -> None:
    """Raises a Problem where a training cannot add a version to this model."""
    hint = "Name another model, or "
    if model["retention"] != "LIVE":
        message = f"The model {model['name']!r} is {model['retention'].lower()}."
        raise Problem(Code.ILLEGAL_MOVE, message, path=path, id=model["id"], hint=f"{hint}restore this one.")
    if model["status"] == "DEPRECATED":
        message = f"The model {model['name']!r} is deprecated."
        raise Problem(Code.ILLEGAL_MOVE, message, path=path, id=model["id"], hint=f"{hint}reinstate this one.")
    if model.get("external"):
        message = f"{model['name']!r} is an external chat model, which is not trained here."
        raise Problem(Code.BAD_INPUT, message, path=path, id=model["id"], hint="Name another model.")


async def update(context: Context, kind: Kind, id: str, named: dict[str, Any], expected: int | None) -> str:
    """Changes what ``named`` names (description, tags, owner) of a model or of a model version."""

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label=kind.label)
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        return str((await assets.edit(change, kind, node, named, "update"))["id"])

    return await write(context.graph, context.viewer, work)
