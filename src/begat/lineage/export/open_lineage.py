"""OpenLineage events (openlineage.io, 2-0-2), one a line, by the official client's own event classes.

A training job is a job with a run; everything else is a dataset. A node that was made from something is the output of
an event whose inputs are what it was made from; one that was not, or only by a training job, whose own event names it
as an output, is an event of a dataset. So there is one event for each node. Its facet `begat` tells what begat knows of
it, and its edges: each stands at its source. The first event, the start's, has the head in this facet too. Datasets are
named by their ids; a table's facet `symlinks` tells what it is called where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import attr
import orjson
from openlineage.client import event_v2 as events
from openlineage.client.generated.base import BaseEvent, DatasetFacet, InputDatasetFacet, JobFacet
from openlineage.client.generated.symlinks_dataset import Identifier, SymlinksDatasetFacet

from begat.core.dataset_names import OWN, dataset
from begat.lineage.export.document import Document, Item
from begat.lineage.shape import Edge

PRODUCER = "urn:begat"
JOB = "TRAINING_JOB"
STATES = {
    "SUCCEEDED": events.RunState.COMPLETE,
    "FAILED": events.RunState.FAIL,
    "LOST": events.RunState.FAIL,
    "CANCELED": events.RunState.ABORT,
    "RUNNING": events.RunState.RUNNING,
}
"""The state of a run by the status of its training job; OTHER where it is not here."""


@attr.define
class NodeFacet(DatasetFacet):
    """What begat knows of a dataset, and the edges from it."""

    node: dict[str, Any] = attr.field(factory=dict)
    walk: dict[str, Any] | None = None

    @staticmethod
    def _get_schema() -> str:
        return "urn:begat:openlineage:1-0-0#/$defs/NodeFacet"


@attr.define
class JobNodeFacet(JobFacet):
    """What begat knows of a training job, and the edges from it."""

    node: dict[str, Any] = attr.field(factory=dict)
    walk: dict[str, Any] | None = None

    @staticmethod
    def _get_schema() -> str:
        return "urn:begat:openlineage:1-0-0#/$defs/NodeFacet"


@attr.define
class EdgeFacet(InputDatasetFacet):
    """How the output was made from an input."""

    relation: str = ""
    via: int = 0

    @staticmethod
    def _get_schema() -> str:
        return "urn:begat:openlineage:1-0-0#/$defs/EdgeFacet"


class Writer:
    """See formats.Writer."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def begin(self, starts: Sequence[Item]) -> str:
        """The events of where the walk began, the head on the first."""
        first = _line(self._event(starts[0], self._document.about()))
        return first + self.nodes(starts[1:])

    def nodes(self, items: Sequence[Item]) -> str:
        """An event each."""
        return "".join(_line(self._event(item)) for item in items)

    def between(self) -> str:
        """Nothing."""
        return ""

    def edges(self, edges: Sequence[Edge]) -> str:
        """Nothing: they stand at their sources."""
        return ""

    def end(self) -> str:
        """Nothing."""
        return ""

    def _event(self, item: Item, walk: dict[str, Any] | None = None) -> BaseEvent:
        edges = self._document.made_from.get(item.id, [])
        said = {"eventTime": item.created_at or self._document.at, "producer": PRODUCER}
        node = {**item.told(), "edges": [{"to": e.target, "relation": e.relation, "via": e.via} for e in edges]}
        inputs = list(self._inputs(edges))
        if item.kind == JOB:
            facet = JobNodeFacet(node=node, walk=walk, producer=PRODUCER)
            return events.RunEvent(
                **said,
                eventType=STATES.get(item.status or "", events.RunState.OTHER),
                run=events.Run(str(uuid5(NAMESPACE_URL, f"urn:begat:{item.id}"))),
                job=events.Job(OWN, item.id, {"begat": facet}),
                inputs=inputs,
                outputs=list(self._outputs(item.id)),
            )
        facets: dict[str, DatasetFacet] = {"begat": NodeFacet(node=node, walk=walk, producer=PRODUCER)}
        if item.full_name and item.kind == "SOURCE_TABLE":
            facets["symlinks"] = SymlinksDatasetFacet(
                [Identifier(*dataset(item.full_name), "TABLE")], producer=PRODUCER
            )
        if not inputs:
            return events.DatasetEvent(**said, dataset=events.StaticDataset(OWN, item.id, facets=facets))
        return events.JobEvent(
            **said,
            job=events.Job(OWN, f"make {item.id}"),
            inputs=inputs,
            outputs=[events.OutputDataset(OWN, item.id, facets=facets)],
        )

    def _inputs(self, edges: Sequence[Edge]) -> Iterator[events.InputDataset]:
        """What a node was made from, each once, with the first of its relations; a training job is no dataset."""
        first = {edge.target: edge for edge in reversed(edges) if self._document.kinds[edge.target] != JOB}
        for target, edge in reversed(first.items()):
            facet = EdgeFacet(relation=edge.relation, via=edge.via, producer=PRODUCER)
            yield events.InputDataset(OWN, target, inputFacets={"begat": facet})

    def _outputs(self, job: str) -> Iterator[events.OutputDataset]:
        for edge in self._document.made_into.get(job, []):
            if edge.relation == "PRODUCED_BY":
                yield events.OutputDataset(OWN, edge.source)


def _line(event: BaseEvent) -> str:
    """The event as the client's own `Serde` writes it, in a tenth of the time."""
    return orjson.dumps(event, default=_fields).decode() + "\n"


def _fields(one: Any) -> dict[str, Any]:
    names = [field.name for field in attr.fields(type(one))]
    return {name: value for name in names if (value := getattr(one, name)) not in (None, {})}
