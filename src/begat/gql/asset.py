"""The interface that every kind of asset implements."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, TypeVar

import strawberry

from begat.core.ids import MAX_LENGTH
from begat.core.retention import Retention
from begat.find import lists
from begat.gql import history, projects, walks
from begat.gql.actions import AvailableAction
from begat.gql.columns import column, keyed, needs, rows, selected
from begat.gql.connections import Connection
from begat.gql.context import Context, Info, Row
from begat.gql.history import Revision
from begat.gql.projects import Project
from begat.gql.rows import ByKind, Rows
from begat.gql.scalars import JSON, DateTime

if TYPE_CHECKING:
    from begat.gql.impact import Impact, ImpactAction
    from begat.gql.lineage import LineageFilter, LineageWalk
    from begat.gql.used_by import UsedBy

A = TypeVar("A", bound="Asset")


@strawberry.enum(description="The kinds of assets.")
class AssetKind(Enum):
    """Kinds by the name that their nodes carry."""

    SOURCE_TABLE = "SOURCE_TABLE"
    SHEET = "SHEET"
    TEMPLATE = "TEMPLATE"
    CANONICAL_LABEL = "CANONICAL_LABEL"
    TRAINING_SHEET = "TRAINING_SHEET"
    TRAINING_JOB = "TRAINING_JOB"
    MODEL = "MODEL"
    MODEL_VERSION = "MODEL_VERSION"
    ENDPOINT = "ENDPOINT"
    MONITOR = "MONITOR"
    IMPROVEMENT_TASK = "IMPROVEMENT_TASK"


strawberry.enum(
    Retention, name="Retention", description="LIVE is in daily use, ARCHIVED put aside, TRASHED on its way out."
)


@strawberry.interface(description="What can be read again by its id alone, as Relay wants it.")
class Node:
    """Relay's interface; see https://relay.dev/graphql/objectidentification.htm."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id, as it is (no base64).")


@strawberry.interface(description="What every kind of asset has: a name, an owner, a status, a retention, a revision.")
class Asset(Node):
    """A row of an Asset node; each kind adds its own columns."""

    row: strawberry.Private[Row]

    id: strawberry.ID = column("n.id", "The global id, as it is (no base64): the kind, `_`, and a time-ordered part.")
    kind: AssetKind = column("n.kind", "The kind of asset.", AssetKind)
    name: str = column("n.name", "What people call it, 1 to 200 characters.")
    description: str | None = column("n.description", "What it is for.")
    status_name: str = column("n.status", "The status, as text; each kind also has its typed `status`.")
    retention: Retention = column("n.retention", "LIVE, ARCHIVED or TRASHED.", Retention)
    revision: int = column("n.revision", "Counts every change; pass it as expectedRevision to change only this state.")
    owner: str | None = column("n.owner", "Who answers for it; null for a source table.")
    tags: list[str] = column("coalesce(n.tags, [])", "Free words to find it by.")
    created_at: DateTime | None = column("n.createdAt", "When it was made; null for a table that nothing uses yet.")
    created_by: str | None = column("n.createdBy", "Who made it.")
    updated_at: DateTime | None = column("n.updatedAt", "When it last changed.")
    updated_by: str | None = column("n.updatedBy", "Who changed it last.")
    available_actions: list[AvailableAction] = strawberry.field(
        default_factory=list, description="What the lifecycle table lets the caller do now; each kind resolves it."
    )

    project: Project | None = keyed(
        "n.project",
        Project,
        "The project it is in; null for a source table, which is in none.",
        lambda info, key: info.context.batch(projects.load, key),
    )

    @strawberry.field(description="Every change of it, newest first.", metadata=needs("n.id"))
    async def history(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Revision]:
        return await info.context.batch(history.load, self.row["n.id"], first, after)

    @strawberry.field(
        description="Its full state at that moment, as the history keeps it; null where it did not exist yet.",
        metadata=needs("n.id"),
    )
    async def state(self, info: Info, as_of: DateTime) -> JSON | None:
        return await info.context.batch(history.state_as_of, self.row["n.id"], as_of)

    @strawberry.field(
        description="What was made directly from it, any version of it, in the order of id and relation.",
        metadata=needs("n.id"),
    )
    async def used_by(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Annotated[UsedBy, strawberry.lazy("begat.gql.used_by")]:
        from begat.gql.used_by import used_by  # its edges show assets

        return await used_by(info, self.row["n.id"], first, after)

    upstream = walks.upstream("What it was made from, depth hops up (1 where unsaid).")
    downstream = walks.downstream("What was made from it, depth hops down (1 where unsaid).")

    @strawberry.field(
        description="The tables where it began, however far up; filter.kinds asks for other beginnings, as templates.",
        metadata=needs("n.kind"),
    )
    async def sources(
        self,
        info: Info,
        filter: Annotated[LineageFilter, strawberry.lazy("begat.gql.lineage")] | None = None,
    ) -> Annotated[LineageWalk, strawberry.lazy("begat.gql.lineage")]:
        from begat.gql.lineage import sources  # its hits show assets

        return await sources(info, self.row, filter)

    @strawberry.field(
        description="What depends on it and is live in effect, and whether the act (TRASH where unsaid) would be done.",
        metadata=needs("n.project", "n.retention"),
    )
    async def impact(
        self, info: Info, action: Annotated[ImpactAction, strawberry.lazy("begat.gql.impact")] | None = None
    ) -> Annotated[Impact, strawberry.lazy("begat.gql.impact")]:
        from begat.gql.impact import ImpactAction, impact  # loaded after assets, whose errors it shows

        return await impact(info, self.row, action or ImpactAction.TRASH)


TYPES: dict[str, type[Asset]] = {}
"""The GraphQL type of each kind, by the name that nodes carry; filled where the kinds are listed."""


build: ByKind[Asset] = ByKind("n.kind", TYPES)
"""A row as an object of its kind's type."""


async def fetch(info: Info, wanted: Sequence[str], *path: str, base: type[Asset] = Asset) -> dict[str, Asset]:
    """Assets by id, with the columns that the current field's selection under ``path`` needs; one statement."""
    columns = selected(info, base, *path)
    values = await lists.by_ids(info.context.graph, info.context.viewer, "Asset", wanted, columns)
    return {row["n.id"]: build(row) for row in rows(columns, values)}


async def fetch_one(info: Info, id: str, *path: str, base: type[Asset] = Asset) -> Asset | None:
    """The asset, or None where it is unknown, unseen or of another kind."""
    from begat.gql import ahead  # its walks show assets

    if len(id) > MAX_LENGTH:
        return None
    if not path and (row := await ahead.asset(info, id, selected(info, base))) is not None:
        one = build(row)
        return one if isinstance(one, base) else None
    found = (await fetch(info, [id], *path, base=base)).get(id)
    return found if isinstance(found, base) else None


async def linked(info: Info, id: str | None, base: type[A]) -> A | None:
    """The asset that a node names, with what the current field's selection needs, batched over a level; None where none
    is named, or one that is unknown, unseen or of another kind."""
    found = None if id is None else await info.context.batch(load, id, selected(info, base))
    return found if isinstance(found, base) else None


async def load(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[Asset | None]:
    """Assets by id for all nodes of a level, with these columns."""
    rows = await load_rows(context, list(dict.fromkeys(keys)), columns)
    found = dict(zip(rows.column("n.id"), rows, strict=True))
    return [found.get(key) for key in keys]


async def load_rows(context: Context, wanted: Sequence[str], columns: tuple[str, ...]) -> Rows[Asset]:
    """Those of the assets that are there and in scope, in no order, with these columns."""
    return Rows(build, columns, await lists.by_ids(context.graph, context.viewer, "Asset", wanted, columns))
