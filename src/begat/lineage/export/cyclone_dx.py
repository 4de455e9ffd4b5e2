"""A CycloneDX ML-BOM, version 1.6 (cyclonedx.org): models and data as components, what they were made from as
dependencies.

Written here and not by `cyclonedx-python-lib`, which holds and sorts the whole document in memory and knows no
compositions, where a BOM says whether it is complete; tests hold it to that library's strict schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from begat.lineage.export.document import Document, Item
from begat.lineage.export.pieces import Listed, json
from begat.lineage.shape import Edge

TYPES = {"MODEL": "machine-learning-model", "MODEL_VERSION": "machine-learning-model"}
TYPES |= dict.fromkeys(("TRAINING_JOB", "ENDPOINT", "ENDPOINT_VERSION", "MONITOR", "IMPROVEMENT_TASK"), "application")
"""The type of component of each kind; data where it is not here."""


class Writer:
    """See formats.Writer. A dependency is just two names, so a component's properties tell its relations:
    ``begat:<RELATION>`` with the id of what it was made from, and ``via=n`` behind it where it passes others."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._components, self._dependencies = Listed(), Listed()
        self._ids: list[str] = []

    def begin(self, starts: Sequence[Item]) -> str:
        """The head: what the BOM is of, when, and whether it is complete."""
        facts = self._document.facts()
        metadata = {
            "timestamp": self._document.at,
            "tools": {"components": [{"type": "application", "name": "begat", "version": version("begat")}]},
            "component": self._component(starts[0]),
            "properties": _properties(facts.items()),
        }
        whole = "complete" if self._document.completeness.complete else "incomplete"
        head = json(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.6",
                "serialNumber": f"urn:uuid:{uuid4()}",
                "version": 1,
                "metadata": metadata,
                "compositions": [{"aggregate": whole, "assemblies": [starts[0].id], "dependencies": [starts[0].id]}],
            }
        )
        self._ids.append(starts[0].id)
        return f'{head[:-1]},"components":[\n{self.nodes(starts[1:])}'

    def nodes(self, items: Sequence[Item]) -> str:
        """A component each."""
        self._ids += [item.id for item in items]
        return self._components.more(json(self._component(item)) for item in items)

    def between(self) -> str:
        """The dependencies of every component."""
        return '\n],"dependencies":[\n' + self._dependencies.more(json(self._depends(id)) for id in self._ids)

    def edges(self, edges: Sequence[Edge]) -> str:
        """Nothing: they stand with their component."""
        return ""

    def end(self) -> str:
        """The document ends."""
        return "\n]}\n"

    def _component(self, item: Item) -> dict[str, Any]:
        told = item.told()
        component: dict[str, Any] = {
            "type": TYPES.get(item.kind, "data"),
            "bom-ref": told.pop("id"),
            "name": item.full_name or item.name or item.id,
        }
        if item.number is not None:
            component["version"] = str(item.number)
        if item.kind == "MODEL_VERSION" and (data := self._learned_from(item.id)):
            component["modelCard"] = {"modelParameters": {"datasets": [{"ref": one} for one in data]}}
        said = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in told.items()}
        component["properties"] = _properties([*said.items(), *self._relations(item.id)])
        return component

    def _relations(self, id: str) -> Iterator[tuple[str, str]]:
        for edge in self._document.made_from.get(id, ()):
            yield edge.relation, f"{edge.target} via={edge.via}" if edge.via else edge.target

    def _learned_from(self, version: str) -> list[str]:
        """The data that the jobs which produced a model version were trained on, as far as the walk shows them."""
        made = self._document.made_from
        jobs = [edge.target for edge in made.get(version, ()) if edge.relation == "PRODUCED_BY"]
        data = [edge.target for job in jobs for edge in made.get(job, ()) if edge.relation == "TRAINED_ON"]
        return list(dict.fromkeys(data))

    def _depends(self, id: str) -> dict[str, Any]:
        targets = list(dict.fromkeys(edge.target for edge in self._document.made_from.get(id, ())))
        return {"ref": id, **({"dependsOn": targets} if targets else {})}


def _properties(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": f"begat:{name}", "value": value} for name, value in pairs]
