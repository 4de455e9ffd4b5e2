"""A deployment's birth and the model versions that it may serve: inside an open change, with the endpoint locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from begat.change.write import Change, Properties
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.gql.running import failure_json
from begat.kinds.endpoint.config import Config, of_version
from begat.kinds.endpoint.kind import VERSION
from begat.kinds.model.fitness import fit
from begat.kinds.model.versions import LEARNED_BY

TRAFFIC = ("input", "traffic")


def version_id(endpoint: Mapping[str, Any], number: int) -> str:
    """The id of the endpoint's deployment of that number."""
    return ids.immutable(endpoint["id"], "v", number)


async def begin(change: Change, node: Properties, config: Config, *, source: int | None = None) -> Properties:
    """The next deployment, DEPLOYING, and what the endpoint is to be set to; the loop tries it.

    One that waits already is given up for it. ``source`` is the number of the deployment whose configuration is
    taken up again: what is wrong with its model versions is then no fault of the input's.
    """
    path = TRAFFIC if source is None else ()
    await _check_models(change, config, *path)
    number = node.get("lastVersion", 0) + 1
    id = version_id(node, number)
    change.create(
        ("Version", VERSION),
        {
            **config.properties(),
            "id": id,
            "asset": node["id"],
            "kind": "ENDPOINT_VERSION",
            "project": node["project"],
            "number": number,
            "status": "DEPLOYING",
            "templateVersion": await _template(change, config),
            "configuredFrom": source,
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.join("OF", id, node["id"])
    for share in config.traffic:
        change.link("SERVES", id, share.model, "ModelVersion", percent=share.percent)
    if (pending := node.get("pendingVersion")) is not None:
        end_pending(change, node, pending, f"Version {number} was deployed before it was live.")
    return {"pendingVersion": number, "lastVersion": number}


def end_pending(change: Change, node: Properties, number: int, why: str, status: str = "FAILED") -> None:
    """A deployment that never was live ends for another reason than its own."""
    failure = failure_json(Problem(Code.CONFLICT, why))
    change.set(version_id(node, number), {"status": status, "failure": failure})


async def base(change: Change, node: Properties) -> tuple[int, Config]:
    """What a partial update changes and a redeploy or start repeats: the deployment that waits, else the one that
    serves, else, of a stopped endpoint, the last that was live, else the latest."""
    number = node.get("pendingVersion", node.get("version"))
    if number is None and node["status"] == "STOPPED":
        number = await last_live(change, node)
    number = number or node["lastVersion"]
    found = await numbered(change, node, number)
    assert found is not None  # noqa: S101 - the endpoint names it, said to the type checker
    return number, found


async def last_live(change: Change, node: Properties, before: int = 2**31) -> int | None:
    """The number of the last deployment below ``before`` that was live."""
    found: int | None = await change.read(
        "MATCH (v:Version {asset: $id}) WHERE v.liveFrom IS NOT NULL AND v.number < $before RETURN max(v.number)",
        id=node["id"],
        before=before,
    )
    return found


async def numbered(change: Change, node: Properties, number: int) -> Config | None:
    """The configuration of the deployment of that number."""
    found = await change.read("MATCH (v:Version {id: $id}) RETURN properties(v)", id=version_id(node, number))
    return None if found is None else of_version(found)


async def _check_models(change: Change, config: Config, *path: str | int) -> None:
    """Locks the model versions, so that none is retired meanwhile; raises what is wrong with the first that is unfit.

    ``path`` leads to the traffic, where the input names it.
    """
    wanted = [ids.check(share.model, *_at(path, place)) for place, share in enumerate(config.traffic)]
    models = await change.lock(wanted)
    for place, id in enumerate(wanted):
        fit(models.get(id), id, "which begat does not serve", *_at(path, place))


def _at(path: Sequence[str | int], place: int) -> tuple[str | int, ...]:
    return (*path, place, "modelVersionId") if path else ()


async def _template(change: Change, config: Config) -> str | None:
    """The template version that worded all that these models learned, and what they were started from, where it is one
    and the same."""
    models = [share.model for share in config.traffic]
    found = await change.read(
        f"{LEARNED_BY}MATCH (j)-[:TRAINED_ON]->(:Snapshot)-[:PROMPTED_BY]->(t) RETURN collect(DISTINCT [m.id, t.id])",
        ids=models,
    )
    templates = {template for _, template in found or []}
    return templates.pop() if len(templates) == 1 and {model for model, _ in found} == set(models) else None
