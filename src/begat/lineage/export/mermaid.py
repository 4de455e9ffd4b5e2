"""A Mermaid flow chart. What a chart has no place for stands in comments: the head, and a line before each node.

Renderers draw 500 edges and 50,000 characters unless they are configured for more: ask for less, or another format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from begat.lineage.export.document import Document, Item
from begat.lineage.shape import Edge

_SPECIAL = re.compile(r"[^\w .,:/()+-]|--+")
_BREAK = re.compile(r"[\s{}%]+")


class Writer:
    """See formats.Writer."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._names: dict[str, str] = {}

    def begin(self, starts: Sequence[Item]) -> str:
        """The chart's head and where the walk began."""
        about = [f"%% {key}: {_plain(value)}" for key, value in self._document.facts().items()]
        classes = [
            "classDef start stroke-width:3px",
            "classDef hidden stroke-dasharray:2 2",
            "classDef trashed stroke-dasharray:6 3,opacity:0.6",
        ]
        return _lines(["flowchart LR", *about, *classes]) + self.nodes(starts)

    def nodes(self, items: Sequence[Item]) -> str:
        """A box for each node: its name and kind."""
        return _lines(line for item in items for line in self._node(item))

    def between(self) -> str:
        """Nothing."""
        return ""

    def edges(self, edges: Sequence[Edge]) -> str:
        """An arrow from what was made to what it was made from; dotted where it passes through what is not shown."""
        return _lines(self._edge(edge) for edge in edges)

    def end(self) -> str:
        """Nothing."""
        return ""

    def _node(self, item: Item) -> list[str]:
        name = self._names.setdefault(item.id, f"n{len(self._names)}")
        told = [f"{key}={value}" for key, value in item.told().items() if key not in ("name", "fullName", "hidden")]
        hidden = " hidden" if item.hidden else ""
        label = item.label if item.hidden else f"{_escaped(item.label)}<br/>{item.kind}"
        return [f"%% {name}: {_plain(' '.join(told))}{hidden}", f'{name}["{label}"]{_class(item)}']

    def _edge(self, edge: Edge) -> str:
        source, target = self._names[edge.source], self._names[edge.target]
        if edge.via:
            return f'{source} -. "{edge.relation} via {edge.via}" .-> {target}'
        return f'{source} -- "{edge.relation}" --> {target}'


def _class(item: Item) -> str:
    if item.depth == 0:
        return ":::start"
    if item.hidden:
        return ":::hidden"
    return ":::trashed" if item.retention in ("TRASHED", "PURGED") else ""


def _escaped(text: str) -> str:
    """The text as Mermaid shows it: whatever could mean something to it, or to HTML, as a character code."""
    return _SPECIAL.sub(lambda found: "".join(f"#{ord(one)};" for one in found[0]), text)


def _plain(text: str) -> str:
    """The text in a comment, which ends with its line and in which braces are read as directives."""
    return _BREAK.sub(" ", text)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
