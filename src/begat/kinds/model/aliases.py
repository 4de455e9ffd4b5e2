"""Aliases: dated names of versions, such as champion. A model's lock orders them, so that each names one version."""

from __future__ import annotations

import re

from begat.access.scope import require
from begat.change import assets
from begat.change.write import Change, Properties, write
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.ids import check
from begat.core.roles import Role
from begat.core.text import check_reason, check_text
from begat.gql.columns import from_json, to_json
from begat.gql.context import Context
from begat.kinds.model.kind import MODEL

CHAMPION = "champion"
"""The alias of the version that is in use by default."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_RESERVED = re.compile(r"latest|v[0-9]+")  # MLflow and Unity Catalog give these a meaning of their own


def check_alias(name: str, *path: str) -> str:
    """The alias's name, or BAD_INPUT: 1 to 63 lower-case letters, digits, _ and -, a letter first; no latest, no v7."""
    if _NAME.fullmatch(name) is None:
        raise bad_input(
            "An alias is 1 to 63 lower-case letters, digits, _ and -, and begins with a letter.",
            *path,
            hint="Choose one such as champion or challenger.",
        )
    if _RESERVED.fullmatch(name) is not None:
        raise bad_input(f"{name} reads as a version and cannot be an alias.", *path, hint="Choose another word.")
    return name


async def promote(context: Context, id: str, alias: str, reason: str | None) -> str:
    """Makes the alias name this version from now on, and no other of its model; the version's id.

    Of two at once both are done, one after the other. A version that the alias names already stays as it is.
    """
    alias = check_alias(alias, "alias")
    reason = check_reason(reason)

    async def work(change: Change) -> str:
        model_id = await change.read("MATCH (n:ModelVersion {id: $id}) RETURN n.model", id=check(id, "id"))
        nodes = await change.lock([id, *([model_id] if model_id else [])])
        version, model = nodes.get(id), nodes.get(model_id or "")
        if version is None or model is None:
            raise not_found(id, "id")
        require(change.viewer, version["project"], Role.EDITOR, id=id)
        _refuse_unfit(version)
        assets.refuse_retired(model)
        if _named(model).get(alias) != id:
            await _end(change, model["id"], alias)
            await _begin(change, model, alias, id, reason)
            named = {**_named(model), alias: id}
            await assets.edit(change, MODEL, model, {"aliases": to_json(named)}, "promote", reason=reason)
        return id

    return await write(context.graph, context.viewer, work)


async def remove(context: Context, model_id: str, alias: str, reason: str | None) -> str:
    """Takes the alias from the version that it names; the model's id. Raises ILLEGAL_MOVE where it names none."""
    check_text(alias, "alias", max_length=200)
    reason = check_reason(reason)

    async def work(change: Change) -> str:
        model = await change.lock_one(model_id, "id", label="Model")
        require(change.viewer, model["project"], Role.EDITOR, id=model_id)
        assets.refuse_retired(model)
        named = _named(model)
        if alias not in named:
            known = ", ".join(sorted(named)) or "none"
            message = f"No version of this model has the alias {alias!r} now."
            raise Problem(Code.ILLEGAL_MOVE, message, path=("alias",), id=model_id, hint=f"Its aliases are: {known}.")
        await _end(change, model_id, alias)
        del named[alias]
        kept = to_json(named) if named else None
        await assets.edit(change, MODEL, model, {"aliases": kept}, "removeAlias", reason=reason)
        return model_id

    return await write(context.graph, context.viewer, work)


def _named(model: Properties) -> dict[str, str]:
    """The version ids by alias, as the model's node keeps them: so its history shows every promotion."""
    return dict(from_json(model["aliases"])) if model.get("aliases") else {}


def _refuse_unfit(version: Properties) -> None:
    if version["retention"] != "LIVE":
        message = f"It is {version['retention'].lower()} and cannot be promoted."
        raise Problem(Code.ILLEGAL_MOVE, message, path=("id",), id=version["id"], hint="Restore it first.")
    if version["status"] != "READY":
        message = f"A version that is {version['status']} cannot be promoted."
        raise Problem(Code.ILLEGAL_MOVE, message, path=("id",), id=version["id"], hint="Promote one that is READY.")


async def _end(change: Change, model: str, alias: str) -> None:
    await change.read(
        "MATCH (a:Alias {model: $model}) WHERE a.name = $name AND a.until IS NULL SET a.until = $at RETURN count(a)",
        model=model,
        name=alias,
        at=change.at,
    )


async def _begin(change: Change, model: Properties, alias: str, version: str, reason: str | None) -> None:
    id = model["id"]
    before = await change.read(
        "MATCH (a:Alias {model: $model}) WHERE a.name = $name RETURN count(a)", model=id, name=alias
    )
    change.create(
        ("Alias",),
        {
            "key": f"{id}|{alias}|{before + 1}",
            "model": id,
            "project": model["project"],
            "name": alias,
            "version": version,
            "since": change.at,
            "actor": change.viewer.name,
            "reason": reason,
        },
    )
