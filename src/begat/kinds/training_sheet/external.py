"""External chat models as lineage knows them: a Model of kind EXTERNAL with one ModelVersion per address and name."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from begat.change import assets
from begat.change.write import Change, Properties
from begat.core.errors import Code, Problem
from begat.kinds.model.kind import MODEL, MODEL_VERSION


def address_of(url: str) -> str:
    """The address without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"


def _keys(url: str, name: str) -> tuple[str, str]:
    """The natural keys of the model and of its version. Their digest may hold any text; a trained model of the same
    name is another model."""
    return f"external|{name}", f"external|{address_of(url)}|{name}"


async def known(change: Change, project: str, url: str, name: str) -> list[str]:
    """The ids of the model and of its version for this address, as far as they are there: who means to use them locks
    them with all else, in id order."""
    model, version = _keys(url, name)
    keys = [assets.natural_key(MODEL, project, model), assets.natural_key(MODEL_VERSION, project, version)]
    found: list[str] = await change.read("MATCH (n:Asset) WHERE n.key IN $keys RETURN collect(n.id)", keys=keys)
    return found


async def ensure(change: Change, project: str, url: str, name: str, locked: Mapping[str, Properties]) -> str:
    """The id of the ModelVersion for this address and name in the project, made where it is not there yet.

    ``locked`` holds what `known` named. Of two racing makers one is tried again. Raises GUARD_FAILED for a version or a
    model that is not for new work.
    """
    model_key, version_key = _keys(url, name)
    by_key = {node["key"]: node for node in locked.values() if "key" in node}
    version = by_key.get(assets.natural_key(MODEL_VERSION, project, version_key))
    model = by_key.get(assets.natural_key(MODEL, project, model_key))
    if model is not None and (model["status"] != "ACTIVE" or model["retention"] != "LIVE"):
        raise _unfit(f"The model {name!r}", model["id"], "Reinstate or restore the model.")
    if version is not None:
        if version["status"] != "READY" or version["retention"] != "LIVE":
            raise _unfit(f"The model {name!r} at this address", version["id"], "Reinstate or restore its version.")
        return str(version["id"])
    # The keys as properties and not asked for first: what a racing maker took meanwhile, the commit tells.
    if model is None:
        properties: Properties = {"name": name, "external": True}
        properties["key"] = assets.natural_key(MODEL, project, model_key)
        model = await assets.create(change, MODEL, project, properties)
    id = model["id"]
    number = 1 + int(
        await change.read("MATCH (n:ModelVersion) WHERE n.model = $id RETURN coalesce(max(n.number), 0)", id=id) or 0
    )
    made = await assets.create(
        change,
        MODEL_VERSION,
        project,
        {
            "name": f"{name} v{number}",
            "model": id,
            "number": number,
            "uri": address_of(url),
            "external": True,
            "key": assets.natural_key(MODEL_VERSION, project, version_key),
        },
        status="READY",
    )
    change.join("OF", made["id"], id)
    return str(made["id"])


def _unfit(what: str, id: str, hint: str) -> Problem:
    path = ("input", "answer", "chat", "model")
    return Problem(Code.GUARD_FAILED, f"{what} is not for new work.", path=path, id=id, hint=hint)
