"""Endpoints that have answered, as deploying and asking leave them, made directly: their versions and their log."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core import times
from begat.core.ids import immutable, new
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.endpoint.kind import ENDPOINT
from begat.kinds.model.kind import MODEL, MODEL_VERSION
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Origin
from tests.conftest import Database

T = TypeVar("T")


@dataclass
class Answered:
    """An endpoint with two model versions; its versions are made by `deployed`, its requests by `asked`."""

    database: Database
    id: str
    models: tuple[str, str]
    versions: list[str] = field(default_factory=list)

    def graph(self, work: Callable[[Graph], Coroutine[Any, Any, T]]) -> T:
        """Does something on a connection of its own."""

        async def run() -> T:
            async with self.database.connect() as graph:
                return await work(graph)

        return anyio.run(run)

    def deployed(self, *percents: int, template: str | None = None, **more: Any) -> str:
        """The next version, which serves at once with these shares of the traffic; its id."""
        number = len(self.versions) + 1
        id = immutable(self.id, "v", number)
        shares = list(zip(self.models, percents, strict=False))

        async def work(change: Change) -> None:
            for before in self.versions[-1:]:
                change.set(before, {"status": "SUPERSEDED", "liveUntil": change.at})
            change.create(
                ("Version", "EndpointVersion"),
                {
                    "id": id,
                    "asset": self.id,
                    "kind": "ENDPOINT_VERSION",
                    "project": DEFAULT_PROJECT,
                    "number": number,
                    "status": "SERVING",
                    "traffic": to_json([{"modelVersion": model, "percent": percent} for model, percent in shares]),
                    "size": "SMALL",
                    "scaleToZero": False,
                    "logInputs": "ALL",
                    "redact": "[]",
                    "anonymousFeedback": False,
                    "templateVersion": template,
                    "liveFrom": change.at,
                    "createdAt": change.at,
                    "createdBy": "me",
                    **more,
                },
            )
            change.join("OF", id, self.id)
            for model, percent in shares:
                change.link("SERVES", id, model, "ModelVersion", percent=percent)
            change.set(self.id, {"version": number, "lastVersion": number})

        self.graph(lambda graph: write(graph, single_user(), work))
        self.versions.append(id)
        return id

    def asked(
        self,
        inputs: Sequence[str | Mapping[str, Any]],
        answers: Sequence[str] | None,
        *,
        model: int = 0,
        at: str | None = None,
        origin: Origin = Origin.QUERY,
        kept: bool = True,
    ) -> str:
        """A request that the version which serves answered; its id."""
        request = new("req")
        record = Inference(
            request_id=request,
            at=at or times.now(),
            endpoint=self.id,
            endpoint_version=self.versions[-1],
            model_version=self.models[model],
            code=None,
            latency_ms=3.0,
            model_ms=1.0,
            cpu_seconds=0.001,
            inputs=len(inputs),
            input=[{"question": one} if isinstance(one, str) else dict(one) for one in inputs] if kept else None,
            output=None if answers is None else [{"answer": answer, "score": 0.9} for answer in answers],
            origin=origin,
        )
        telemetry = LocalTelemetry(self.database.home)
        try:
            telemetry.append(record)
        finally:
            telemetry.close()
        return request


def endpoint(database: Database, name: str = "intents") -> Answered:
    """An ONLINE endpoint without a version yet, in the default project."""

    async def work(change: Change) -> tuple[str, str, str]:
        model = await assets.create(change, MODEL, DEFAULT_PROJECT, {"name": f"{name} model"}, key=name)
        versions = []
        for number in (1, 2):
            properties = {"name": f"{name} {number}", "model": model["id"], "number": number}
            made = await assets.create(change, MODEL_VERSION, DEFAULT_PROJECT, properties, status="READY")
            change.join("OF", made["id"], model["id"])
            versions.append(made["id"])
        node = await assets.create(change, ENDPOINT, DEFAULT_PROJECT, {"name": name}, key=name, status="ONLINE")
        return node["id"], versions[0], versions[1]

    async def run() -> tuple[str, str, str]:
        async with database.connect() as graph:
            return await write(graph, single_user(), work)

    id, first, second = anyio.run(run)
    return Answered(database, id, (first, second))
