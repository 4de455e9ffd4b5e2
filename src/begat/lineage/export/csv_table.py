"""CSV (RFC 4180): one table whose column `record` says what a row is: about (the head), start, node or edge."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from begat.lineage.export.document import Document, Item
from begat.lineage.shape import Edge

NODE = ("id", "kind", "depth", "hidden", "asset", "number", "name", "fullName", "status", "retention", "createdAt")
COLUMNS = ("record", *NODE, "from", "to", "relation", "via", "key", "value")

_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[=+\-@\t\r])")
"""Where a cell that spreadsheets would run as a formula begins: with the text, or within it where one cuts it at a
semicolon, a tab or a line's end, as those of many countries do whatever is quoted."""


class Writer:
    """See formats.Writer. A text that a spreadsheet would run as a formula gets an apostrophe before it."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def begin(self, starts: Sequence[Item]) -> str:
        """The columns' names, the head, and where the walk began."""
        about = ({"record": "about", "key": key, "value": value} for key, value in self._document.facts().items())
        names = {name: name for name in COLUMNS}
        return _rows([names, *about, *({"record": "start", **_cells(item)} for item in starts)])

    def nodes(self, items: Sequence[Item]) -> str:
        """A row for each node."""
        return _rows({"record": "node", **_cells(item)} for item in items)

    def between(self) -> str:
        """Nothing."""
        return ""

    def edges(self, edges: Sequence[Edge]) -> str:
        """A row for each edge, from what was made to what it was made from."""
        return _rows(
            {"record": "edge", "from": edge.source, "to": edge.target, "relation": edge.relation, "via": edge.via}
            for edge in edges
        )

    def end(self) -> str:
        """Nothing."""
        return ""


def _cells(item: Item) -> dict[str, object]:
    return {**item.told(), "hidden": str(item.hidden).lower()}


def _rows(rows: Iterable[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _safe(value: object) -> object:
    return _FORMULA.sub("'", value) if isinstance(value, str) else value
