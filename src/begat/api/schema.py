"""The schema: every kind's queries and mutations side by side."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from begat.gql.asset import TYPES, Asset
from begat.gql.jobs import BulkJobMutation, BulkJobQuery
from begat.gql.scalars import SCALARS
from begat.kinds.asset.graphql import AssetMutation, AssetQuery
from begat.kinds.project.graphql import ProjectMutation, ProjectQuery
from begat.kinds.qa_pair.graphql import QaPairQuery
from begat.kinds.sheet.graphql import Sheet, SheetMutation, SheetQuery
from begat.kinds.source_table.graphql import SourceTable, SourceTableQuery

ASSET_TYPES: dict[str, type[Asset]] = {"SOURCE_TABLE": SourceTable, "SHEET": Sheet}
TYPES.update(ASSET_TYPES)

QUERIES = (AssetQuery, ProjectQuery, SourceTableQuery, SheetQuery, QaPairQuery, BulkJobQuery)
MUTATIONS = (AssetMutation, ProjectMutation, SheetMutation, BulkJobMutation)


def build() -> strawberry.Schema:
    """The executable schema. Building it twice gives equal ones."""
    return strawberry.Schema(
        query=merge_types("Query", QUERIES),
        mutation=merge_types("Mutation", MUTATIONS),
        types=list(ASSET_TYPES.values()),
        config=StrawberryConfig(scalar_map=SCALARS),
    )
