"""The birth of a model version: the intent first, then, once its file is registered, what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from begat.change import assets
from begat.change.write import Change, Properties
from begat.core import ids
from begat.kinds.model.kind import MODEL_VERSION
from begat.platforms.ports import EvaluationResult


@dataclass(frozen=True)
class Measured:
    """A result and the snapshot node that it was measured on (several nodes may hold the same rows)."""

    snapshot: str
    result: EvaluationResult


LEARNED_BY = (
    "MATCH (m:ModelVersion) WHERE m.id IN $ids "
    "CALL (m) { MATCH (m)-[:PRODUCED_BY|STARTED_FROM*1..]->(j) RETURN DISTINCT j } WITH m, j "
)
"""The beginning of a statement: model versions ``m``, and the jobs ``j`` that each learned by, its own and those of
what it was started from; among these stand the versions on the way."""


async def begin(change: Change, job: Properties, properties: Properties) -> tuple[str, int]:
    """The id and number of the job's version: a new one, REGISTERING, with the next number of its model, or the one
    that was begun before.

    The job is locked by the caller, so it gets one version; the model is locked here, so numbers are given once.
    """
    begun = await change.read(
        "MATCH (j:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion) RETURN [v.id, v.number]", id=job["id"]
    )
    if begun is not None:
        return begun[0], begun[1]
    model = await change.lock_one(job["model"])
    last = await change.read("MATCH (n:ModelVersion {model: $id}) RETURN max(n.number)", id=model["id"])
    number = (last or 0) + 1
    version = await assets.create(
        change,
        MODEL_VERSION,
        model["project"],
        {
            **properties,
            "name": f"{model['name']} v{number}",
            "model": model["id"],
            "number": number,
            "job": job["id"],
            "owner": job["owner"],
            # As a property and not asked for first: on the embedded graph the number may be taken by now, which the
            # key tells at the commit, and then all is read again.
            "key": assets.natural_key(MODEL_VERSION, model["project"], f"{model['id']}|{number}"),
        },
        links=[("PRODUCED_BY", job["id"], "TrainingJob")],
    )
    change.join("OF", version["id"], model["id"])
    return version["id"], number


async def measure(change: Change, id: str, evaluations: Sequence[Measured]) -> None:
    """What a version that waits to be registered is worth. Done before, it is left as it is."""
    version = await change.lock_one(id)
    first = await change.read("MATCH (e:Version {id: $id}) RETURN e.id", id=ids.immutable(id, "e", 1))
    if version["status"] == "REGISTERING" and first is None:
        for number, measured in enumerate(evaluations, 1):
            _evaluation(change, version, number, measured)


async def ready(change: Change, id: str, uri: str) -> None:
    """The version is registered: READY. Done before, it is left as it is."""
    version = await change.lock_one(id)
    if version["status"] == "REGISTERING":
        await assets.edit(change, MODEL_VERSION, version, {"uri": uri}, "ready", status="READY")


async def begun_by(change: Change, job: str) -> str | None:
    """The id of the job's version while that is REGISTERING."""
    found: str | None = await change.read(
        "MATCH (:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion) WHERE v.status = 'REGISTERING' RETURN v.id",
        id=job,
    )
    return found


async def failed(change: Change, id: str, failure: str) -> None:
    """The platform refused to register it. Done before, it is left as it is."""
    version = await change.lock_one(id)
    if version["status"] == "REGISTERING":
        await assets.edit(change, MODEL_VERSION, version, {"failure": failure}, "fail", status="FAILED")


def _evaluation(change: Change, version: Properties, number: int, measured: Measured) -> None:
    id, result = ids.immutable(version["id"], "e", number), measured.result
    change.create(
        ("Version", "Evaluation"),
        {
            "id": id,
            "asset": version["id"],
            "kind": "EVALUATION",
            "project": version["project"],
            "number": number,
            "metric": result.metric,
            "split": result.split,
            "value": result.value,
            "sampleSize": result.sample_size,
            "low": result.low,
            "high": result.high,
            "snapshot": measured.snapshot,
            "createdAt": change.at,
            "createdBy": change.viewer.name,
        },
    )
    change.link("EVALUATES", id, version["id"], "ModelVersion")
    change.link("EVALUATED_ON", id, measured.snapshot, "Snapshot", split=result.split)
    change.join("OF", id, version["id"])
