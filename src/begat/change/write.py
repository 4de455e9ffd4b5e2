"""The one writer: everything that changes the graph goes through a Change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from operator import itemgetter
from typing import Any, TypeVar

import orjson

from begat.access.scope import SCOPE, Viewer
from begat.change.announce import announce
from begat.core import ids, times
from begat.core.edges import EDGES, NOTED, first_user
from begat.core.errors import not_found
from begat.core.event_ids import revision_key
from begat.graph.driver import Graph, Transaction

T = TypeVar("T")
Properties = dict[str, Any]

LOCK = "_lock"


class Change:
    """One attempt at one change, inside one transaction: lock, decide on what was read after the lock, write.

    Writes are collected and sent as one statement per sort by ``flush``, which ``write`` calls before it commits.
    """

    def __init__(self, transaction: Transaction, viewer: Viewer) -> None:
        self._transaction = transaction
        self.viewer = viewer
        self.at = times.now()
        self._creates: dict[tuple[str, ...], list[Properties]] = defaultdict(list)
        self._sets: dict[str, list[Properties]] = defaultdict(list)
        self._links: dict[tuple[str, str, str], list[Properties]] = defaultdict(list)
        self._labels: dict[str, str] = {}
        self.revised: set[str] = set()
        """The assets that have a new revision by this change."""

    async def read(self, statement: str, /, **parameters: Any) -> Any:
        """The one value that the statement returns. It does not see what is collected but not yet flushed."""
        return await self._transaction.read(statement, **parameters)

    async def lock(self, wanted: Iterable[str], label: str = "Asset") -> dict[str, Properties]:
        """Locks the nodes in id order and returns their properties as read after the lock; unseen ids are missing.

        In id order, because sixteen bulk writers in random order met 138 deadlocks, and none so.
        """
        ordered = sorted(set(wanted))
        if not ordered:
            return {}
        found = await self.read(
            f"UNWIND $ids AS id MATCH (n:{label} {{id: id}}) WHERE {SCOPE} SET n.{LOCK} = $tx "
            "WITH n RETURN collect(properties(n))",
            ids=ordered,
            tx=self.at,
            **self.viewer.scope,
        )
        return {node["id"]: clean(node) for node in found or []}

    async def lock_one(self, id: str, *path: str | int, label: str = "Asset") -> Properties:
        """Locks one node; raises NOT_FOUND."""
        node = (await self.lock([ids.check(id, *path)], label)).get(id)
        if node is None:
            raise not_found(id, *path)
        return node

    def create(self, labels: Iterable[str], properties: Properties) -> None:
        """A new node. None values are left out, as the graph keeps none."""
        labels = tuple(labels)
        self._creates[labels].append({key: value for key, value in properties.items() if value is not None})
        if "id" in properties:
            self._labels[properties["id"]] = labels[-1]

    def set(self, id: str, properties: Properties, label: str | None = None) -> None:
        """Sets properties of an existing node; None removes one."""
        self._sets[label or ids.label_of(id)].append({"id": id, "set": properties})

    def link(self, type: str, source: str, target: str, target_label: str, **properties: Any) -> None:
        """A lineage edge, at the birth of its source. A KeyError or ValueError is a mistake in begat."""
        edge, source_label = EDGES[type], self._labels.get(source)
        if source_label not in edge.sources or target_label not in edge.targets:
            raise ValueError(f"{type} cannot be written from {source_label} (new) to {target_label}")
        self.join(type, source, target, **properties)

    def join(self, type: str, source: str, target: str, /, **properties: Any) -> None:
        """An edge that is bookkeeping or OF, and not lineage; or one that others assert after both were born."""
        kept = {key: value for key, value in properties.items() if value is not None}
        key = (type, ids.label_of(source), ids.label_of(target))
        self._links[key].append({"source": source, "target": target, "set": kept})

    def revise(self, node: Properties, action: str, reason: str | None = None) -> None:
        """The history entry of one change: the full state after it, under a key that only one writer can take."""
        self.revised.add(node["id"])
        self.create(
            ("Revision",),
            {
                "key": revision_key(node["id"], node["revision"]),
                "asset": node["id"],
                "project": node.get("project"),
                "number": node["revision"],
                "at": self.at,
                "actor": self.viewer.name,
                "action": action,
                "reason": reason,
                "request": self.viewer.request_id,
                "state": orjson.dumps(node, option=orjson.OPT_SORT_KEYS).decode(),
            },
        )

    async def flush(self) -> None:
        """Sends what was collected: nodes, then properties, then edges."""
        creates, sets, links = self._creates, self._sets, self._links
        self._creates, self._sets, self._links = defaultdict(list), defaultdict(list), defaultdict(list)
        for labels, nodes in creates.items():
            await self.read(
                f"UNWIND $rows AS row CREATE (n:{':'.join(labels)}) SET n = row RETURN count(n)", rows=nodes
            )
        for label, changes in sets.items():
            await self.read(
                f"UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) SET n += row.set RETURN count(n)", rows=changes
            )
        for (type, source, target), edges in links.items():
            noted = _noting(type, target) if type in NOTED else ""
            await self.read(
                f"UNWIND $rows AS row MATCH (a:{source} {{id: row.source}}) MATCH (b:{target} {{id: row.target}}) "
                f"{noted} CREATE (a)-[e:{type}]->(b) SET e = row.set RETURN count(e)",
                rows=sorted(edges, key=itemgetter("target")),  # as `lock` does
            )


async def write(graph: Graph, viewer: Viewer, work: Callable[[Change], Awaitable[T]]) -> T:
    """Runs ``work`` as one change: all of it or nothing. It may run again from its first read after a lost race, so it
    keeps its effects inside the change. A Problem that it raises rolls everything back."""

    async def attempt(transaction: Transaction) -> tuple[T, set[str]]:
        change = Change(transaction, viewer)
        value = await work(change)
        await change.flush()
        return value, change.revised

    value, revised = await graph.write(attempt)
    announce(graph, revised)
    return value


def _noting(type: str, target: str) -> str:
    """Keeps `first_user` of ``b``, and only of nodes that it is known of: not where there were users before there was
    such a property. Users are looked for before the property is read: who became one meanwhile has noted himself. It is
    decided again under the lock, as another may be the first by then; and of the node as it is found again, as Neo4j
    remembers what it read of a node before."""
    first = first_user(type)
    return (
        f"CALL (b, row) {{ WITH b, row, EXISTS {{ (b)<-[:{type}]-() }} AS used "
        f"WHERE row.source < b.{first} OR b.{first} IS NULL AND NOT used "
        f"SET b.{LOCK} = row.source WITH row MATCH (x:{target} {{id: row.target}}) "
        f"SET x.{first} = CASE WHEN x.{first} < row.source THEN x.{first} ELSE row.source END "
        "RETURN count(*) AS noted }"
    )


def clean(node: Properties) -> Properties:
    """Without what the graph keeps for itself."""
    return {name: value for name, value in node.items() if not name.startswith("_")}
