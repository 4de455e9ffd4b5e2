"""What a job asks of the platform, read from its node: the same each time, so that a start can be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from begat.change.write import Properties
from begat.gql.columns import from_json
from begat.graph.driver import Graph
from begat.kinds.model.versions import Measured
from begat.kinds.training_job import bases
from begat.platforms.ports import EvaluateOn, EvaluationResult, Registry, SnapshotRef, TrainingSpec

LEARNED = ("TRAIN",)
"""The splits that local trainers learn from. VALIDATION is kept for who tunes by hand and compares."""


@dataclass(frozen=True)
class Evaluate:
    """One planned measurement: a snapshot node of a training sheet, and its split (None: all rows)."""

    training_sheet: str
    snapshot: str
    split: str | None

    def as_json(self) -> dict[str, Any]:
        """As the job's node keeps it."""
        return {"trainingSheet": self.training_sheet, "snapshot": self.snapshot, "split": self.split}


def planned(job: Properties) -> list[Evaluate]:
    """What the finished model is measured on."""
    return [Evaluate(one["trainingSheet"], one["snapshot"], one["split"]) for one in from_json(job["evaluateOn"])]


async def snapshots(graph: Graph, job: Properties) -> dict[str, SnapshotRef]:
    """The files of the job's snapshots, by the id of the snapshot's node."""
    wanted = {job["snapshot"], *(one.snapshot for one in planned(job))}
    found = await graph.read(
        "MATCH (n:Version) WHERE n.id IN $ids RETURN collect([n.id, n.sha256, n.path])", ids=sorted(wanted)
    )
    return {id: SnapshotRef(sha256, path) for id, sha256, path in found}


async def of(graph: Graph, registry: Registry, job: Properties) -> TrainingSpec:
    """The training that the job asks for. NOT_FOUND or PLATFORM where the file that it starts from cannot be used."""
    files = await snapshots(graph, job)
    base = job.get("baseModelVersion")
    return TrainingSpec(
        trainer=job["trainer"],
        hyperparameters=from_json(job["hyperparameters"]),
        snapshot=files[job["snapshot"]],
        train_splits=tuple(from_json(job["splits"])),
        # Two nodes may hold the same rows: they are measured once.
        evaluate=tuple(dict.fromkeys(EvaluateOn(files[one.snapshot], one.split) for one in planned(job))),
        base=None if base is None else await bases.model(graph, registry, base),
    )


def measured(job: Properties, files: dict[str, SnapshotRef], results: Iterable[EvaluationResult]) -> list[Measured]:
    """The results for each planned measurement, in the order planned."""
    by_place: dict[tuple[str, str | None], list[EvaluationResult]] = {}
    for result in results:
        by_place.setdefault((result.snapshot_sha256, result.split), []).append(result)
    return [
        Measured(one.snapshot, result)
        for one in planned(job)
        for result in by_place.get((files[one.snapshot].sha256, one.split), ())
    ]
