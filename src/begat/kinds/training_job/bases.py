"""The model version that a job starts from: which can be one, and what the platform is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import anyio.to_thread

from begat.access.scope import SCOPE
from begat.change.assets import Link
from begat.change.write import Properties
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input
from begat.gql.columns import from_json
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.kinds.model.fitness import fit
from begat.platforms.ports import BaseModel, Json, Registry

OWN = ("input", "baseModelVersionId")


@dataclass(frozen=True)
class Base:
    """How the model version was trained, which never changes: what a job that starts from it must agree with."""

    trainer: str
    hyperparameters: Mapping[str, Json]


async def read(context: Context, id: str) -> Base:
    """How it was trained; raises what speaks against it now, as ``refuse_unfit`` does again under its lock."""
    found = await context.graph.read(
        f"MATCH (n:Asset {{id: $id}}) WHERE {SCOPE} RETURN properties(n)",
        id=ids.check(id, *OWN),
        **context.viewer.scope,
    )
    refuse_unfit(found, id, *OWN)
    return Base(found["trainer"], from_json(found["hyperparameters"]))


def refuse_unfit(version: Properties | None, id: str, *path: str) -> None:
    """Raises a Problem at ``path`` where no job can start from it."""
    known = fit(version, id, "which no training starts from", *path)
    if not (known.get("trainer") and known.get("hyperparameters")):
        message = f"The model version {known['name']!r} does not say how it was trained."
        raise bad_input(message, *path, hint="Name one that a training made.")


def links(id: str | None) -> list[Link]:
    """The edge to it, at the birth of a job; none where it starts anew."""
    return [] if id is None else [("STARTED_FROM", id, "ModelVersion")]


async def model(graph: Graph, registry: Registry, id: str) -> BaseModel:
    """Its file, for the platform. NOT_FOUND or PLATFORM where that is gone or altered."""
    uri, sha256 = await graph.read("MATCH (n:ModelVersion {id: $id}) RETURN [n.uri, n.sha256]", id=id)
    try:
        path = await anyio.to_thread.run_sync(registry.open, uri)
    except Problem as problem:
        if problem.code is Code.NOT_FOUND:
            message = f"The file of the model version to start from does not exist any more: {uri}."
            raise Problem(problem.code, message, hint="Restore it from a backup, or start anew.") from problem
        raise
    return BaseModel(sha256, str(path))
