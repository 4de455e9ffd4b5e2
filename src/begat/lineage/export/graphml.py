"""GraphML (graphml.graphdrawing.org): a directed graph whose nodes and edges carry typed data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from begat.lineage.export.document import Document, Item
from begat.lineage.shape import Edge

NODE = {"label": "string", "kind": "string", "depth": "int", "hidden": "boolean", "asset": "string", "number": "int"}
NODE |= dict.fromkeys(("name", "fullName", "status", "retention", "createdAt"), "string")
EDGE = {"relation": "string", "via": "int"}

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any form."""


class Writer:
    """See formats.Writer. Characters that no XML can hold are shown as U+FFFD."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._edges = 0

    def begin(self, starts: Sequence[Item]) -> str:
        """The keys, the head as the graph's data, and where the walk began."""
        facts = self._document.facts()
        keys = [*_keys("graph", dict.fromkeys(facts, "string")), *_keys("node", NODE), *_keys("edge", EDGE)]
        return _lines(
            [
                '<?xml version="1.0" encoding="UTF-8"?>',
                '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
                *keys,
                '<graph id="lineage" edgedefault="directed">',
                *_data("graph", facts),
            ]
        ) + self.nodes(starts)

    def nodes(self, items: Sequence[Item]) -> str:
        """A node each."""
        return _lines(line for item in items for line in _node(item))

    def between(self) -> str:
        """Nothing."""
        return ""

    def edges(self, edges: Sequence[Edge]) -> str:
        """An edge each, from what was made to what it was made from; several may join the same two nodes."""
        return _lines(line for edge in edges for line in self._edge(edge))

    def end(self) -> str:
        """The graph ends."""
        return "</graph>\n</graphml>\n"

    def _edge(self, edge: Edge) -> Iterator[str]:
        self._edges += 1
        yield f'<edge id="e{self._edges}" source={quoteattr(edge.source)} target={quoteattr(edge.target)}>'
        yield from _data("edge", {"relation": edge.relation, "via": edge.via})
        yield "</edge>"


def _node(item: Item) -> Iterator[str]:
    told = item.told()
    yield f"<node id={quoteattr(told.pop('id'))}>"
    yield from _data("node", {"label": item.label, **told})
    yield "</node>"


def _keys(where: str, types: Mapping[str, str]) -> Iterator[str]:
    for name, type in types.items():
        yield f'<key id="{where}.{name}" for="{where}" attr.name="{name}" attr.type="{type}"/>'


def _data(where: str, values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield f'<data key="{where}.{name}">{escape(_NO_XML.sub(chr(0xFFFD), text))}</data>'


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
