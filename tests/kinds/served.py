"""Endpoints that tests begin with: real model files, registered as a training leaves them, and what answers by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import anyio

from begat.graph.driver import Graph
from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.local.fitting import train
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.ports import TrainingSpec
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.test_model import model_with, version_of
from tests.platforms.local.training_samples import small_rows

LOST, CARD = "Somebody stole my card!", "Where is my new card?"


@cache
def registered(home: Path, number: int) -> tuple[str, str]:
    """The URI and sha256 of a model file; other numbers are other files. Made once for a home."""
    snapshot = LocalArtifacts(home).write(small_rows())
    spec = TrainingSpec("naive_bayes", {"alpha": number}, snapshot.ref, ("TRAIN",))
    made = train(spec, home / f"model-{number}.joblib", lambda done, total, stage: None)
    uri = LocalRegistry(home).register("tests", number, made.model_file, made.model_sha256, {})
    return uri, made.model_sha256


async def versions_of(graph: Graph, home: Path, count: int) -> list[str]:
    """So many READY model versions with files, of one model."""
    model, _ = await model_with(graph, 0)
    found = []
    for number in range(1, count + 1):
        uri, sha256 = await anyio.to_thread.run_sync(registered, home, number)
        found.append(await version_of(graph, model, number, uri=uri, sha256=sha256))
    return found


def models(database: Database, home: Path, count: int) -> list[str]:
    """`versions_of` on a connection of its own, for tests that talk HTTP."""

    async def work() -> list[str]:
        async with database.connect() as graph:
            return await versions_of(graph, home, count)

    return anyio.run(work)


def altered(database: Database, id: str, **properties: Any) -> None:
    """Sets properties of a node, as nothing in begat would."""

    async def work() -> None:
        async with database.connect() as graph:
            await graph.execute("MATCH (n:Asset {id: $id}) SET n += $set", id=id, set=properties)

    anyio.run(work)


def shares(*parts: tuple[str, int]) -> list[dict[str, Any]]:
    """Traffic as inputs name it."""
    return [{"modelVersionId": model, "percent": percent} for model, percent in parts]


def deployed(api: Client, *parts: tuple[str, int], name: str = "bank", **more: Any) -> str:
    """An endpoint that is ONLINE with this traffic; its id."""
    made = api.done("Deploy", input={"name": name, "traffic": shares(*parts), **more})["node"]
    # By the time that it is read back, the loop may have been here.
    assert made["statusName"] in ("DEPLOYING", "ONLINE")
    assert settled(api, made["id"])["statusName"] == "ONLINE"
    return str(made["id"])


def settled(api: Client, id: str, *statuses: str) -> dict[str, Any]:
    """The endpoint once nothing is being deployed or stopped."""
    wanted = statuses or ("ONLINE", "DEGRADED", "FAILED", "STOPPED")
    data = api.wait(SHOWN, lambda data: data["endpoint"]["statusName"] in wanted, id=id)
    found: dict[str, Any] = data["endpoint"]
    return found


def ask(api: Client, id: str, *inputs: Any) -> dict[str, Any]:
    """The answer of an endpoint that must answer."""
    found: dict[str, Any] = api.run("Ask", id=id, inputs=list(inputs) or [LOST])
    assert not found["errors"], found
    return found


def refused(api: Client, id: str, inputs: Any) -> dict[str, Any]:
    """The only reason why an endpoint does not answer."""
    found = api.run("Ask", id=id, inputs=inputs)
    assert found["outputs"] is None
    (error,) = found["errors"]
    assert isinstance(error, dict)
    return error


SHOWN = """query($id: ID!) { endpoint(id: $id) { id statusName revision retention name tags
  version { number } pending { number } health { statusName reason checkedAt }
  versions { nodes { id number statusName liveFrom liveUntil configuredFrom failure { code message }
    traffic { percent modelVersion { id } } logging { inputs redact keepDays keepBytes } } }
} }"""
