"""Jobs of somebody's scheduler that say, by the official OpenLineage client, what feeds which table."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from openlineage.client import OpenLineageClient
from openlineage.client import event_v2 as events
from openlineage.client.facet_v2 import schema_dataset
from openlineage.client.transport.http import (
    ApiKeyTokenProvider,
    HttpCompression,
    HttpConfig,
    HttpTransport,
    TokenProvider,
)
from tests.access.conftest import People

DB = "postgres://db:5432"


class Job:
    """A job of somebody's scheduler, sending events of its runs."""

    def __init__(
        self, address: str, token: str | None, name: str, namespace: str = "airflow", *, packed: bool = False
    ) -> None:
        auth = ApiKeyTokenProvider({"apiKey": token}) if token else TokenProvider({})
        config = HttpConfig(address, auth=auth, compression=HttpCompression.GZIP if packed else None)
        self.client = OpenLineageClient(transport=HttpTransport(config))
        self.job = events.Job(namespace, name)

    def run(self) -> events.Run:
        """A new run."""
        return events.Run(str(uuid4()))

    def say(
        self,
        run: events.Run,
        state: str,
        inputs: tuple[str, ...] = (),
        outputs: tuple[str, ...] = (),
        at: int = 0,
        year: int = 2025,
    ) -> None:
        """An event of a run: it reads and writes these tables, in the `at`th second."""
        self.client.emit(
            events.RunEvent(
                eventType=events.RunState[state],
                eventTime=f"{year}-11-24T10:00:{at:02d}.123456+01:00",
                run=run,
                job=self.job,
                producer="urn:test",
                inputs=[_dataset(events.InputDataset, name) for name in inputs],
                outputs=[_dataset(events.OutputDataset, name) for name in outputs],
            )
        )

    def describe(self, inputs: tuple[str, ...], outputs: tuple[str, ...], at: int = 0) -> None:
        """What the job says of itself, without a run."""
        self.client.emit(
            events.JobEvent(
                eventTime=f"2025-11-24T10:00:{at:02d}.123456+01:00",
                job=self.job,
                producer="urn:test",
                inputs=[_dataset(events.InputDataset, name) for name in inputs],
                outputs=[_dataset(events.OutputDataset, name) for name in outputs],
            )
        )


def _dataset(kind: Any, name: str) -> Any:
    fields = [schema_dataset.SchemaDatasetFacetFields("id", "INT"), schema_dataset.SchemaDatasetFacetFields("text")]
    facets = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)}
    namespace = "local" if name.startswith("test.") else DB
    return kind(namespace, name, facets=facets)


def fed_by(people: People) -> dict[tuple[str, str], list[str]]:
    """The sources of every edge, by the names of its ends."""

    async def read(graph: Any) -> Any:
        return await graph.read(
            "MATCH (a:SourceTable)-[e:FED_BY]->(b:SourceTable) RETURN collect([a.name, b.name, e.source])"
        )

    found: dict[tuple[str, str], list[str]] = {}
    for output, input, source in people.graph(read):
        found.setdefault((output, input), []).append(source)
    return {pair: sorted(sources) for pair, sources in found.items()}
