"""What fields cost beyond their values, in values of an answer: about 3 us of begat's own work each."""

from __future__ import annotations

from collections.abc import Mapping

PAGE = 50
"""Items of a page whose ``first`` nobody says: where its default is larger, it is because there are mostly few."""
LARGEST_PAGE = 1_000
"""No page is larger: what asks for more is refused by its field."""
LARGEST: Mapping[str, int] = {"Query.lineagePaths": 100}
"""Nor are these fields' pages, by their coordinates in the schema."""
LIST = 10
"""Items of a list that has no ``first``: columns, evaluations, blockers."""
STATEMENT = 10
"""A page of its own: a statement more, for all that stand beside each other."""
HOP = 100
"""One hop of a walk."""
UNBOUNDED = 25
"""Hops of a walk that goes as far as there is anything."""

HOPS: Mapping[str, int] = {
    "Exposure": UNBOUNDED,
    "Impact": UNBOUNDED,
    "LineageExport": UNBOUNDED,
    "LineagePaths": UNBOUNDED,
    "LineageWalk": UNBOUNDED,
    "ModelLineage": UNBOUNDED,
    "UsedBy": 1,
}
"""Fields of these types walk so many hops, or as many as their ``depth`` says (see DEPTHLESS)."""
DEPTHLESS: Mapping[str, int] = {"upstream": 1, "downstream": 1, "lineageExport": UNBOUNDED}
"""The hops of fields with a ``depth`` that nobody says."""

PLATFORM: Mapping[str, int] = {
    "Endpoint.accuracy": 1_000,
    "Endpoint.drift": 5_000,
    "Endpoint.feedbackSummary": 200,
    "Endpoint.feedbackTrend": 200,
    "Endpoint.health": 200,
    "Endpoint.metrics": 1_000,
    "Endpoint.requests": 500,
    "Monitor.dryRun": 5_000,
    "Mutation.endpointQuery": 500,
    "Query.feedbackClusters": 5_000,
    "Query.improvementSuggestions": 5_000,
    "Query.sourceTables": 500,
    "Sheet.preview": 500,
    "SourceTable.columns": 100,
    "TrainingSheet.quality": 1_000,
}
"""Reads of tables, logs and models, and questions to them, by their coordinates in the schema."""
PER_ROW: Mapping[str, int] = {"Template.test": 100}
"""What is asked of a model once for each row."""
INTROSPECTION = 1_000
"""``__schema`` or ``__type`` in an operation that asks for nothing else: it is answered in a thread of its own."""
