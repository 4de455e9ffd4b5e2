"""What a walk shows, in GraphQL: hits, the edges between them, and their pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any

import strawberry

from begat.core.table import Table
from begat.gql.asset import Asset
from begat.gql.columns import column
from begat.gql.completeness import HitKind
from begat.gql.connections import PageInfo
from begat.gql.context import Row
from begat.gql.rows import Picked, Rows
from begat.gql.scalars import BigInt, DateTime
from begat.lineage.reached import Node
from begat.lineage.shape import Edge, Hit


@strawberry.enum(description="How something was made from something else.")
class LineageRelation(Enum):
    """The relations of core.edges; a test holds them equal."""

    READS = "READS"
    FED_BY = "FED_BY"
    BUILT_FROM = "BUILT_FROM"
    PROMPTED_BY = "PROMPTED_BY"
    ANSWERED_BY = "ANSWERED_BY"
    TRAINED_ON = "TRAINED_ON"
    STARTED_FROM = "STARTED_FROM"
    PRODUCED_BY = "PRODUCED_BY"
    RETRY_OF = "RETRY_OF"
    SERVES = "SERVES"
    WATCHES = "WATCHES"
    RAISED_FROM = "RAISED_FROM"
    EVALUATES = "EVALUATES"
    EVALUATED_ON = "EVALUATED_ON"
    GENERATED_IN = "GENERATED_IN"
    ANSWERED_WITH = "ANSWERED_WITH"
    CORRECTS = "CORRECTS"
    ABOUT = "ABOUT"
    INCLUDES = "INCLUDES"
    USES_LABEL = "USES_LABEL"


@strawberry.type(description="An immutable node: what an asset contained at a moment.")
class LineageVersion:
    """A version, a snapshot, a generation or an evaluation."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("id", "The asset's id, a colon, a letter and the number.")
    kind: HitKind = column("kind", "What sort of immutable node it is.", HitKind)
    number: int | None = column("number", "Counts those of its sort in its asset, from 1.")
    created_at: DateTime = column("born", "When it was made.")


@strawberry.type(description="Something that a walk found.")
class LineageHit:
    """See lineage.shape.Hit; the columns are those of `rows`."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column(
        "id", "What edges name. Of a hidden hit it stands for it in this answer and its pages only."
    )
    kind: HitKind = column("kind", "What it is.", HitKind)
    depth: int = column("depth", "How many hops from the start, by the shortest way.")
    asset: Asset | None = column("asset", "The asset; of a row, its training sheet or endpoint. Null where hidden.")
    version: LineageVersion | None = column(
        "version", "The immutable node at level VERSION; null where the asset or row is its own, or hidden."
    )
    hidden: bool = column("hidden", "Whether the caller may not see it; it is counted all the same.")


@strawberry.type(description="A relation between two hits, or between a hit and the start.")
class LineageEdge:
    """It points from what was made to what it was made from, whichever way the walk goes."""

    row: strawberry.Private[Row]

    from_: strawberry.ID = column(
        "source",
        "What was made: the id of a hit, of the start, or of one of its nodes (a model's versions).",
        name="from",
    )
    to: strawberry.ID = column("target", "What it was made from, as in `from`.")
    relation: LineageRelation = column("relation", "How; of a joined edge, how `from` was made.", LineageRelation)
    via: int = column("via", "How many nodes that are not shown it passes through; 0 for a plain edge.")


@strawberry.type(description="How many hits of one kind are how many hops away.")
class LineageCount:
    """Hidden hits are counted too; the columns are those of `counts`."""

    row: strawberry.Private[Row]

    depth: int = column("depth", "Hops from the start.")
    kind: HitKind = column("kind", "The kind of the hits.", HitKind)
    count: BigInt = column("count", "How many.")


@strawberry.type(description="A page of hits, in the order of depth and id.")
class LineagePage:
    """Its edges join a hit of this page to the start or to hits of this and earlier pages: the pages together show
    every edge once, and none to what was not shown yet."""

    nodes: Sequence[LineageHit] = strawberry.field(description="The hits of this page.")
    edges: Sequence[LineageEdge] = strawberry.field(
        description="Edges between a hit of this page and the start, or hits of this and earlier pages; each once."
    )
    total_count: BigInt = strawberry.field(description="How many hits paging through the whole walk yields.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")


@dataclass(frozen=True)
class Assets:
    """Assets that hits show, and the place of each by its id."""

    rows: Rows[Asset]
    places: Mapping[str, int]

    @staticmethod
    def of(rows: Rows[Asset]) -> Assets:
        """These assets by their ids."""
        return Assets(rows, {id: place for place, id in enumerate(rows.column("n.id"))} if len(rows) else {})


NONE = Assets(Rows(Asset, (), ()), {})


def rows(found: Sequence[Hit], assets: Assets = NONE) -> Rows[LineageHit]:
    """Hits as clients see them, with their assets of those."""
    columns = _columns(Hit, found)
    hidden, nodes = columns["hidden"], columns["node"]
    shown = list(map(assets.places.get, columns["asset"]))
    if any(hidden):
        shown = [None if one else place for place, one in zip(shown, hidden, strict=True)]
    if any(nodes):
        nodes = [
            node if node is not None and node.is_version and not one else None
            for node, one in zip(nodes, hidden, strict=True)
        ]
    versions = Table.of(Node, [node for node in nodes if node is not None])
    counted = count()
    kept = Picked(
        Rows.of(LineageVersion, versions.columns), [None if node is None else next(counted) for node in nodes]
    )
    return Rows.of(LineageHit, {**columns, "asset": Picked(assets.rows, shown), "version": kept})


def edges(found: Sequence[Edge]) -> Rows[LineageEdge]:
    """Edges as clients see them."""
    return Rows.of(LineageEdge, _columns(Edge, found))


def counts(found: Sequence[tuple[int, str, int]]) -> Rows[LineageCount]:
    """Counts by depth and kind as clients see them."""
    columns = zip(*found, strict=True) if found else ((), (), ())
    return Rows.of(LineageCount, dict(zip(("depth", "kind", "count"), columns, strict=True)))


def _columns(kind: type[Any], found: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    """Named tuples of this kind by the names of their fields."""
    return (found if isinstance(found, Table) else Table.of(kind, found)).columns
