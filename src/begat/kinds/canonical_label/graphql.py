"""CanonicalLabel in GraphQL: what it is and how it is read."""

from __future__ import annotations

from enum import Enum

import strawberry

from begat.core.label_files import LabelUse
from begat.gql import asset, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, needs, selected
from begat.gql.connections import Connection
from begat.gql.context import Info
from begat.gql.lists import listed
from begat.gql.scalars import BigInt
from begat.kinds.canonical_label.filters import CanonicalLabelFilter, conditions
from begat.kinds.canonical_label.kind import CANONICAL_LABEL
from begat.kinds.canonical_label.lookup import lookup
from begat.kinds.sheet.graphql import Sheet

REUSED = "COUNT { (n)<-[:OF]-(:LabelVersion)<-[:ANSWERED_WITH]-(:QaPair) }"


@strawberry.enum(description="Whether somebody looked at a label, and what came of it.")
class CanonicalLabelStatus(Enum):
    """States of a CanonicalLabel."""

    UNVERIFIED = "UNVERIFIED"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


@strawberry.type(description="A label's value and confidence, as they were.")
class LabelVersion(versions.Version):
    """A row of a LabelVersion node."""

    value: str = column("n.value", "The right answer.")
    confidence: float | None = column("n.confidence", "How sure its author was, 0 to 1; null where nobody said.")

    @strawberry.field(description="The label it is a version of.", metadata=needs("n.asset"))
    async def label(self, info: Info) -> CanonicalLabel | None:
        return await asset.linked(info, self.row["n.asset"], CanonicalLabel)


def _uses(values: list[str]) -> list[LabelUse]:
    return [LabelUse(value) for value in values]


@strawberry.type(description="The right answer for one item of a sheet; there is one per sheet, item and label type.")
class CanonicalLabel(Asset):
    """A row of a CanonicalLabel node; its content is the latest version's."""

    status: CanonicalLabelStatus = column(
        "n.status", "UNVERIFIED, NEEDS_REVIEW, VERIFIED or REJECTED.", CanonicalLabelStatus
    )
    item_ref: str = column("n.itemRef", "The item: its key's value, or the hash of its content.")
    label_type: str = column("n.labelType", "What is labelled, such as intent; a template asks for one type.")
    value: str = column("n.value", "The right answer, in the latest version.")
    confidence: float | None = column("n.confidence", "How sure its author was, 0 to 1; null where nobody said.")
    allowed_uses: list[LabelUse] = column(
        "coalesce(n.allowedUses, [])",
        "What it was explicitly allowed for; where this is empty, nothing was said.",
        _uses,
    )
    prohibited_uses: list[LabelUse] = column(
        "coalesce(n.prohibitedUses, [])", "What it must not be used for: a training job refuses TRAINING.", _uses
    )
    notes: str | None = column("n.notes", "What its author remarked.")
    reuse_count: BigInt = column(REUSED, "How many pairs of training sheets were answered with any version of it.")
    available_actions: list[AvailableAction] = actions(CANONICAL_LABEL)

    @strawberry.field(description="The sheet whose item it labels.", metadata=needs("n.sheet"))
    async def sheet(self, info: Info) -> Sheet | None:
        return await asset.linked(info, self.row["n.sheet"], Sheet)

    @strawberry.field(description="The version of this number; the latest where no number is given.")
    async def version(self, info: Info, number: int | None = None) -> LabelVersion | None:
        if number is None:
            return await versions.latest(info, LabelVersion, "LabelVersion", self.row["n.id"])
        return await versions.numbered(info, LabelVersion, "LabelVersion", self.row["n.id"], number)

    @strawberry.field(description="Every value it had, newest first.")
    async def versions(self, info: Info, first: int = 50, after: str | None = None) -> Connection[LabelVersion]:
        return await versions.history(info, LabelVersion, "LabelVersion", self.row["n.id"], first, after)


@strawberry.type(description="One item of a lookup and its label.")
class LabelLookup:
    """A miss is no error."""

    item_ref: str = strawberry.field(description="The item, as it was asked for.")
    label: CanonicalLabel | None = strawberry.field(description="Its label; null where it has none to be used.")


@strawberry.type
class CanonicalLabelQuery:
    """Queries of this kind."""

    @strawberry.field(description="A canonical label by its id; null where it is unknown or hidden.")
    async def canonical_label(self, info: Info, id: strawberry.ID) -> CanonicalLabel | None:
        found = await fetch_one(info, id, base=CanonicalLabel)
        return found if isinstance(found, CanonicalLabel) else None

    canonical_labels: Connection[CanonicalLabel] = listed(
        CanonicalLabel, "Canonical labels, LIVE ones unless asked.", filter=CanonicalLabelFilter, conditions=conditions
    )

    @strawberry.field(
        description="The labels of at most 1,000 items of a sheet, in the order asked, misses in place. Labels in the "
        "trash and rejected ones are not found."
    )
    async def canonical_label_lookup(
        self, info: Info, sheet_id: strawberry.ID, label_type: str, item_refs: list[str]
    ) -> list[LabelLookup]:
        columns = selected(info, CanonicalLabel, "label")
        found = await lookup(info.context.graph, info.context.viewer, sheet_id, label_type, item_refs, columns)
        labels = {ref: CanonicalLabel(row=row) for ref, row in found.items()}
        return [LabelLookup(item_ref=ref, label=labels.get(ref)) for ref in item_refs]
