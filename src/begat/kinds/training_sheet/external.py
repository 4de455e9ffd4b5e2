"""External chat models as lineage knows them: a Model of kind EXTERNAL with one ModelVersion per address and name."""

from __future__ import annotations

from urllib.parse import urlsplit

from begat.change import assets
from begat.change.write import Change
from begat.core.errors import Code, Problem
from begat.kinds.model.kind import MODEL, MODEL_VERSION


def address_of(url: str) -> str:
    """The address without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"


async def ensure(change: Change, project: str, url: str, name: str) -> str:
    """The id of the ModelVersion for this address and name in the project, made where it is not there yet.

    Of two racing makers one is tried again. Raises GUARD_FAILED for a version that was retired.
    """
    address = address_of(url)
    # The digest of a natural key may hold any text; a trained model of the same name is another model.
    version_key = f"external|{address}|{name}"
    found = await change.read(
        "MATCH (n:Asset {key: $key}) RETURN n.id", key=f"{project}|{MODEL_VERSION.label}|{version_key}"
    )
    if found:
        node = (await change.lock([found]))[found]
        if node["status"] != "READY" or node["retention"] != "LIVE":
            raise Problem(
                Code.GUARD_FAILED,
                f"The model {name!r} at this address is not for new work.",
                path=("input", "answer", "chat", "model"),
                id=found,
                hint="Reinstate or restore its model version.",
            )
        return str(found)
    model_key = f"external|{name}"
    model = await change.read("MATCH (n:Asset {key: $key}) RETURN n.id", key=f"{project}|{MODEL.label}|{model_key}")
    if model is None:
        made = await assets.create(change, MODEL, project, {"name": name, "external": True}, key=model_key)
        model = made["id"]
        number = 1
    else:
        await change.lock([model])
        number = 1 + int(
            await change.read(
                "MATCH (n:ModelVersion) WHERE n.model = $model RETURN coalesce(max(n.number), 0)", model=model
            )
        )
    version = await assets.create(
        change,
        MODEL_VERSION,
        project,
        {"name": f"{name} v{number}", "model": model, "number": number, "uri": address, "external": True},
        key=version_key,
        status="READY",
    )
    change.join("OF", version["id"], model)
    return str(version["id"])
