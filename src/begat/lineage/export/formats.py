"""The formats by name, and how a document becomes text piece by piece."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import anyio.to_thread

from begat.access.scope import Viewer
from begat.graph.driver import Graph
from begat.lineage.export.document import BATCH, Document, Item
from begat.lineage.shape import Edge


class Format(Enum):
    """The formats of exports."""

    JSON = "JSON"
    CSV = "CSV"
    MERMAID = "MERMAID"
    GRAPHML = "GRAPHML"
    OPENLINEAGE = "OPENLINEAGE"
    PROV = "PROV"
    CYCLONEDX = "CYCLONEDX"


class Writer(Protocol):
    """Writes one document: `begin` once, `nodes` for each batch, `between` once, `edges` for each batch, `end` once.
    The texts one after the other are the document. It is asked from a thread, so that it holds up nobody."""

    def __init__(self, document: Document) -> None: ...

    def begin(self, starts: Sequence[Item]) -> str:
        """The head, with where the walk began."""

    def nodes(self, items: Sequence[Item]) -> str:
        """Some nodes more."""

    def between(self) -> str:
        """What stands between nodes and edges."""

    def edges(self, edges: Sequence[Edge]) -> str:
        """Some edges more."""

    def end(self) -> str:
        """The rest."""


@dataclass(frozen=True)
class Form:
    """What a format is called elsewhere: its media type, and how its files' names end. ``module`` beside this one holds
    its `Writer`; it is loaded when somebody asks for the format, as some need libraries that take long to load."""

    media: str
    ending: str
    module: str


FORMS = {
    Format.JSON: Form("application/vnd.jgf+json", "json", "json_graph"),
    Format.CSV: Form("text/csv; charset=utf-8; header=present", "csv", "csv_table"),
    Format.MERMAID: Form("application/vnd.mermaid; charset=utf-8", "mmd", "mermaid"),
    Format.GRAPHML: Form("application/graphml+xml; charset=utf-8", "graphml", "graphml"),
    Format.OPENLINEAGE: Form("application/x-ndjson", "openlineage.ndjson", "open_lineage"),
    Format.PROV: Form("application/json", "prov.json", "prov_json"),
    Format.CYCLONEDX: Form("application/vnd.cyclonedx+json; version=1.6", "cdx.json", "cyclone_dx"),
}


async def pieces(graph: Graph, viewer: Viewer, document: Document, format: Format) -> AsyncIterator[str]:
    """The text of the document, piece by piece: at no time is all of it in memory."""
    run = anyio.to_thread.run_sync
    writer = await run(_writer, document, format)
    yield await run(writer.begin, await document.starts(graph, viewer))
    async for items in document.nodes(graph, viewer):
        yield await run(writer.nodes, items)
    yield await run(writer.between)
    for place in range(0, len(document.edges), BATCH):
        yield await run(writer.edges, document.edges[place : place + BATCH])
    yield await run(writer.end)


def _writer(document: Document, format: Format) -> Writer:
    module = importlib.import_module(f"begat.lineage.export.{FORMS[format].module}")
    writer: Writer = module.Writer(document)
    return writer
