"""Template: what a model is asked of each row; training sheets are prompted by its versions."""

from __future__ import annotations

import json
from typing import Any

from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, Lifecycle, Move, Sees, states
from begat.core.text import check_name
from begat.core.usage import user, users
from begat.kinds.training_job.kind import unfinished

UNFINISHED = (
    "[(n)<-[:OF]-(:TemplateVersion)<-[:PROMPTED_BY]-(:TrainingSheetVersion)-[:OF]->(u:TrainingSheet) "
    f"WHERE u.status = 'GENERATING' OR (u.retention = 'LIVE' AND u.status <> 'FINALIZED') | {user('u')}] + "
    + unfinished("(n)<-[:OF]-(:TemplateVersion)<-[:PROMPTED_BY]-(:Snapshot)<-[:TRAINED_ON]")
)
IN_USE = Guard(UNFINISHED, users, Code.IN_USE)


def unpublishable(fact: Any, sees: Sees) -> list[str]:
    """Reasons against publishing the latest version.

    The fact is ``[prompt, variables, status, latest version, published version]``. A prompt that cannot be rendered was
    refused when it was written; a draft may still be empty, or ask for what no column can be called.
    """
    prompt, variables, status, latest, published = fact
    reasons = []
    if not (prompt or "").strip():
        reasons.append("Its prompt is empty: write what the model is to be asked.")
    reasons += [
        f"No column can be called {name[:100]!r}, so this variable never has a value: rename it."
        for name in json.loads(variables or "[]")
        if not _can_name_a_column(name)
    ]
    if status == "PUBLISHED" and latest == published:
        reasons.append(f"Version {latest}, its latest, is published already: change it first.")
    return reasons


def _can_name_a_column(name: str) -> bool:
    try:
        return check_name(name) == name
    except Problem:
        return False


_PUBLISHABLE = Guard("[n.prompt, n.variables, n.status, n.version, n.publishedVersion]", unpublishable)

TEMPLATE = Kind(
    name="TEMPLATE",
    label="Template",
    prefix="template",
    noun="template",
    lifecycle=Lifecycle(
        "DRAFT",
        (
            # An edit of a published template makes a version that is a draft until it is published in its turn.
            Move("publish", states("DRAFT", "PUBLISHED"), "PUBLISHED", guard=_PUBLISHABLE, freezes=True),
            Move("deprecate", states("PUBLISHED"), "DEPRECATED"),
            Move("reinstate", states("DEPRECATED"), "PUBLISHED"),
        ),
    ),
    content=("system", "prompt", "variables", "settings", "labelType"),
    version="TemplateVersion",
    in_use=IN_USE,
)
