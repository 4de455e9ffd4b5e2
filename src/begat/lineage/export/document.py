"""What an export says, before any format: the walk of an answer, with what people know its nodes by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from begat.access.scope import Viewer
from begat.core import ids
from begat.find import lists
from begat.graph.driver import Graph
from begat.lineage.answers import Answer, Completeness
from begat.lineage.question import Question
from begat.lineage.shape import Edge, Hit

BATCH = 1_000
"""How many nodes, or edges, are looked up and written at a time."""

COLUMNS = ("n.id", "n.name", "n.fullName", "n.status", "n.retention", "n.createdAt")
"""What is told of each asset."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node as every format shows it. ``id`` is what edges name; of a hidden one it stands for it in this document
    only, and nothing but ``kind`` and ``depth`` is told. ``asset`` is the asset that an immutable node or a row belongs
    to, whose name and retention it has; a status is the asset's alone. ``depth`` 0 is where the walk began."""

    id: str
    kind: str
    depth: int
    hidden: bool = False
    asset: str | None = None
    number: int | None = None
    name: str | None = None
    full_name: str | None = None
    status: str | None = None
    retention: str | None = None
    created_at: str | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        if self.hidden:
            return f"hidden {self.kind}"
        name = self.full_name or self.name or self.id
        return name if self.number is None or self.kind == "MODEL_VERSION" else f"{name} {self.number}"

    def told(self) -> dict[str, Any]:
        """All that is known of it, by the names that the API uses; without what is unknown."""
        known = {
            "id": self.id,
            "kind": self.kind,
            "depth": self.depth,
            "hidden": self.hidden,
            "asset": self.asset,
            "number": self.number,
            "name": self.name,
            "fullName": self.full_name,
            "status": self.status,
            "retention": self.retention,
            "createdAt": self.created_at,
        }
        return {name: value for name, value in known.items() if value is not None}


class Document:
    """An answer to be written down: its head, its nodes in batches, and its edges."""

    def __init__(self, answer: Answer, kind: str) -> None:
        """``kind`` is that of the start."""
        self.answer = answer
        self._kind = kind

    @property
    def start(self) -> str:
        """The id of what was asked about."""
        return self.answer.walk.start

    @property
    def at(self) -> str:
        """The moment of the answer."""
        return self.answer.walk.at

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.answer.walk.question

    @property
    def node_count(self) -> int:
        """How many nodes were found; where the walk began is not counted."""
        return len(self.answer.walk.members)

    @cached_property
    def edges(self) -> list[Edge]:
        """All edges, in the order in which pages show them."""
        return list(self.answer.walk.edges)

    @cached_property
    def made_from(self) -> Mapping[str, list[Edge]]:
        """The edges from each node to what it was made from."""
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    @cached_property
    def made_into(self) -> Mapping[str, list[Edge]]:
        """The edges to each node from what was made of it."""
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.target].append(edge)
        return found

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """The kind of every node, the start's too, by its id as shown."""
        return {**{item.id: item.kind for item in self._starts}, **{hit.id: hit.kind for hit in self.answer.walk.hits}}

    @property
    def completeness(self) -> Completeness:
        """Whether it is all there is."""
        return self.answer.completeness

    def about(self) -> dict[str, Any]:
        """What every format says of the document, by the names that the API uses."""
        asked, whole = self.question, self.completeness
        return {
            "at": self.at,
            "start": self.start,
            "question": {
                "direction": asked.direction.value,
                "depth": asked.depth,
                "level": asked.level.value,
                "versions": asked.versions.value,
                "kinds": None if asked.kinds is None else sorted(asked.kinds),
                "relations": None if asked.relations is None else sorted(asked.relations),
                "stopAt": sorted(asked.stop_at),
                "deleted": asked.deleted.value,
                "rows": asked.rows,
            },
            "completeness": {
                "complete": whole.complete,
                "reason": whole.reason,
                "omitted": [{"kind": kind, "count": count} for kind, count in whole.omitted],
            },
            "nodeCount": self.node_count,
            "edgeCount": len(self.edges),
        }

    def facts(self) -> dict[str, str]:
        """The same, flat and as text, for formats that nest nothing; a list's items stand beside each other."""
        about = self.about()
        asked, whole = about.pop("question"), about.pop("completeness")
        omitted = [f"{one['kind']}={one['count']}" for one in whole.pop("omitted")]
        flat = {**about, **asked, "depth": asked["depth"] or "all", **whole, "omitted": omitted}
        return {name: _text(value) for name, value in flat.items() if value not in (None, [])}

    @cached_property
    def _starts(self) -> list[Item]:
        """The start, and those of its immutable nodes that edges lead to."""
        walk = self.answer.walk
        level = walk.question.level
        first = walk.reached.nodes.get(walk.start)
        found = {walk.start: Item(walk.start, self._kind, 0, asset=_other(first.asset if first else None, walk.start))}
        ends = {end for edge in self.edges for end in (edge.source, edge.target)}
        for id in sorted(walk.reached.starts):
            node = walk.reached.nodes[id]
            key = node.key(level)
            if key in ends and key not in found:
                kind, number = (node.asset_kind, None) if key == node.asset else (node.kind, node.number)
                found[key] = Item(key, kind, 0, asset=_other(node.asset, key), number=number)
        return list(found.values())

    async def starts(self, graph: Graph, viewer: Viewer) -> list[Item]:
        """Where the walk began: what was asked about, then those of its immutable nodes that edges lead to."""
        return await _named(graph, viewer, self._starts)

    async def nodes(self, graph: Graph, viewer: Viewer) -> AsyncIterator[list[Item]]:
        """Everything that was found, in the order of depth and id, in batches; one statement for each."""
        hits = self.answer.walk.hits
        for place in range(0, len(hits), BATCH):
            yield await _named(graph, viewer, [_item(hit) for hit in hits[place : place + BATCH]])


def _item(hit: Hit) -> Item:
    if hit.hidden:
        return Item(hit.id, hit.kind, hit.depth, hidden=True)
    node = hit.node
    number, born = (None, None) if node is None else (node.number, node.born)
    return Item(hit.id, hit.kind, hit.depth, asset=_other(hit.asset, hit.id), number=number, created_at=born)


def _other(asset: str | None, id: str) -> str | None:
    """The asset of a node, where that is not the node itself."""
    return None if asset == id else asset or (ids.asset_of(id) if ":" in id else None)


async def _named(graph: Graph, viewer: Viewer, items: Iterable[Item]) -> list[Item]:
    """The items with what their assets say."""
    items = list(items)
    wanted = dict.fromkeys(item.asset or item.id for item in items if not item.hidden)
    rows = await lists.by_ids(graph, viewer, "Asset", list(wanted), COLUMNS)
    found = {row[0]: row[1:] for row in rows}
    return [_with(item, found.get(item.asset or item.id)) for item in items]


def _with(item: Item, said: list[Any] | None) -> Item:
    if item.hidden or said is None:
        return item
    name, full_name, status, retention, born = said
    return Item(
        item.id,
        item.kind,
        item.depth,
        asset=item.asset,
        number=item.number,
        name=name,
        full_name=full_name,
        status=status if item.asset is None else None,  # a version that was superseded is not online
        retention=retention,
        created_at=item.created_at or (born if item.asset is None else None),
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
