"""Sheet: a platform's table with typed, described columns; training sheets are built from its versions."""

from __future__ import annotations

import json
from typing import Any

from begat.core.errors import Code
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.usage import user, users
from begat.kinds.training_job.kind import unfinished

UNFINISHED = (
    "[(n)<-[:OF]-(:SheetVersion)<-[:BUILT_FROM]-(:TrainingSheetVersion)-[:OF]->(u:TrainingSheet) "
    f"WHERE u.retention = 'LIVE' AND u.status <> 'FINALIZED' | {user('u')}] + "
    + unfinished("(n)<-[:OF]-(:SheetVersion)<-[:BUILT_FROM]-(:Snapshot)<-[:TRAINED_ON]")
)
IN_USE = Guard(UNFINISHED, users, Code.IN_USE)


def _has_columns(columns: Any, sees: Sees) -> list[str]:
    return [] if columns and json.loads(columns) else ["It has no columns: add at least one."]


SHEET = Kind(
    name="SHEET",
    label="Sheet",
    prefix="sheet",
    noun="sheet",
    lifecycle=Lifecycle(
        "DRAFT",
        (
            Move("publish", states("DRAFT"), "PUBLISHED", guard=Guard("n.columns", _has_columns), freezes=True),
            Move("unpublish", states("PUBLISHED"), "DRAFT", guard=IN_USE),
            Move("deprecate", states("PUBLISHED"), "DEPRECATED"),
            Move("reinstate", states("DEPRECATED"), "PUBLISHED"),
        ),
    ),
    content=("table", "columns", "itemKey"),
    version="SheetVersion",
    in_use=IN_USE,
)
