"""What a walk shows, in GraphQL: hits, the edges between them, and their pages."""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.gql.asset import Asset
from begat.gql.completeness import HitKind
from begat.gql.connections import PageInfo
from begat.gql.scalars import BigInt, DateTime
from begat.lineage.shape import Hit


@strawberry.enum(description="How something was made from something else.")
class LineageRelation(Enum):
    """The relations of core.edges; a test holds them equal."""

    READS = "READS"
    BUILT_FROM = "BUILT_FROM"
    PROMPTED_BY = "PROMPTED_BY"
    ANSWERED_BY = "ANSWERED_BY"
    TRAINED_ON = "TRAINED_ON"
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

    id: strawberry.ID = strawberry.field(description="The asset's id, a colon, a letter and the number.")
    kind: HitKind = strawberry.field(description="What sort of immutable node it is.")
    number: int | None = strawberry.field(description="Counts those of its sort in its asset, from 1.")
    created_at: DateTime = strawberry.field(description="When it was made.")


@strawberry.type(description="Something that a walk found.")
class LineageHit:
    """See lineage.shape.Hit."""

    id: strawberry.ID = strawberry.field(
        description="What edges name. Of a hidden hit it stands for it in this answer and its pages only."
    )
    kind: HitKind = strawberry.field(description="What it is.")
    depth: int = strawberry.field(description="How many hops from the start, by the shortest way.")
    asset: Asset | None = strawberry.field(
        description="The asset; of a row, its training sheet or endpoint. Null where hidden."
    )
    version: LineageVersion | None = strawberry.field(
        description="The immutable node at level VERSION; null where the asset or row is its own, or hidden."
    )
    hidden: bool = strawberry.field(description="Whether the caller may not see it; it is counted all the same.")


@strawberry.type(description="A relation between two hits, or between a hit and the start.")
class LineageEdge:
    """It points from what was made to what it was made from, whichever way the walk goes."""

    from_: strawberry.ID = strawberry.field(name="from", description="What was made: the id of a hit or of the start.")
    to: strawberry.ID = strawberry.field(description="What it was made from.")
    relation: LineageRelation = strawberry.field(description="How; of a joined edge, how `from` was made.")
    via: int = strawberry.field(description="How many nodes that are not shown it passes through; 0 for a plain edge.")


@strawberry.type(description="How many hits of one kind are how many hops away.")
class LineageCount:
    """Hidden hits are counted too."""

    depth: int = strawberry.field(description="Hops from the start.")
    kind: HitKind = strawberry.field(description="The kind of the hits.")
    count: BigInt = strawberry.field(description="How many.")


@strawberry.type(description="A page of hits, in the order of depth and id.")
class LineagePage:
    """Its edges join a hit of this page to the start or to hits of this and earlier pages: the pages together show
    every edge once, and none to what was not shown yet."""

    nodes: list[LineageHit] = strawberry.field(description="The hits of this page.")
    edges: list[LineageEdge] = strawberry.field(
        description="Edges between a hit of this page and the start, or hits of this and earlier pages; each once."
    )
    total_count: BigInt = strawberry.field(description="How many hits paging through the whole walk yields.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")


def shown(hit: Hit, found: dict[str, Asset]) -> LineageHit:
    """The hit as clients see it, with its asset of those ``found``."""
    node = None if hit.hidden else hit.node
    version = None
    if node is not None and node.is_version:
        version = LineageVersion(
            id=strawberry.ID(node.id), kind=HitKind(node.kind), number=node.number, created_at=DateTime(node.born)
        )
    return LineageHit(
        id=strawberry.ID(hit.id),
        kind=HitKind(hit.kind),
        depth=hit.depth,
        asset=None if hit.hidden else found.get(hit.asset),
        version=version,
        hidden=hit.hidden,
    )
