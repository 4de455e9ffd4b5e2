"""The JSON Graph Format, version 2 (jsongraphformat.info): nodes by id, edges in a list, the rest as metadata."""

from __future__ import annotations

from collections.abc import Sequence

from begat.lineage.export.document import Document, Item
from begat.lineage.export.pieces import Listed, json
from begat.lineage.shape import Edge


class Writer:
    """See formats.Writer."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes, self._edges = Listed(), Listed()

    def begin(self, starts: Sequence[Item]) -> str:
        """The graph's head."""
        head = json(
            {
                "id": self._document.start,
                "type": "lineage",
                "label": f"Lineage of {starts[0].label}",
                "directed": True,
                "metadata": self._document.about(),
            }
        )
        return f'{{"graph":{head[:-1]},"nodes":{{\n{self.nodes(starts)}'

    def nodes(self, items: Sequence[Item]) -> str:
        """Nodes by id."""
        return self._nodes.more(f"{json(item.id)}:{json(_node(item))}" for item in items)

    def between(self) -> str:
        """The edges begin."""
        return '\n},"edges":[\n'

    def edges(self, edges: Sequence[Edge]) -> str:
        """From what was made to what it was made from."""
        return self._edges.more(json(_edge(edge)) for edge in edges)

    def end(self) -> str:
        """The graph ends."""
        return "\n]}}\n"


def _node(item: Item) -> dict[str, object]:
    told = item.told()
    del told["id"]
    return {"label": item.label, "metadata": told}


def _edge(edge: Edge) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "relation": edge.relation,
        "directed": True,
        "metadata": {"via": edge.via},
    }
