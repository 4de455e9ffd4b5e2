"""The edge registry: each lineage relation once, with its ends. It is written only at the birth of its source.

All but `FED_BY`: which table feeds which is not begat's own act but what others assert, each with its ``source``, from
``since`` on; ``seen`` is when that source last said so. Only there a cycle can exist. An edge that its source took back
is a `WAS_FED_BY` with the same properties and ``until``, when it did so: walks as of a moment before still follow it,
and those of now do not meet it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    """A lineage relation; it points from what was made to what it was made from.

    ``rows`` marks relations that a walk follows only when it is asked for rows.
    """

    type: str
    sources: frozenset[str]
    targets: frozenset[str]
    rows: bool = False


def _edge(type: str, sources: str, targets: str, *, rows: bool = False) -> Edge:
    return Edge(type, frozenset(sources.split()), frozenset(targets.split()), rows)


FED_BY, WAS_FED_BY = "FED_BY", "WAS_FED_BY"


def first_user(type: str) -> str:
    """The property of a node with an id before which it has no user by this relation, where that is known: pages of
    very many users begin there. It is kept by the writer, from the node's first user on."""
    return f"_first_{type.lower()}"


EDGES = {
    edge.type: edge
    for edge in (
        _edge("READS", "SheetVersion", "SourceTable"),
        _edge(FED_BY, "SourceTable", "SourceTable"),
        _edge("BUILT_FROM", "TrainingSheetVersion Generation Snapshot", "SheetVersion"),
        _edge("PROMPTED_BY", "TrainingSheetVersion Generation Snapshot", "TemplateVersion"),
        _edge("ANSWERED_BY", "TrainingSheetVersion Generation Snapshot", "ModelVersion"),
        _edge("TRAINED_ON", "TrainingJob", "Snapshot"),
        _edge("STARTED_FROM", "TrainingJob", "ModelVersion"),
        _edge("PRODUCED_BY", "ModelVersion", "TrainingJob"),
        _edge("RETRY_OF", "TrainingJob", "TrainingJob"),
        _edge("SERVES", "EndpointVersion", "ModelVersion"),
        _edge("WATCHES", "Monitor", "Endpoint"),
        _edge("RAISED_FROM", "ImprovementTask", "Feedback Monitor"),
        _edge("EVALUATES", "Evaluation", "ModelVersion"),
        _edge("EVALUATED_ON", "Evaluation", "Snapshot"),
        _edge("GENERATED_IN", "QaPair", "Generation", rows=True),
        _edge("ANSWERED_WITH", "QaPair", "LabelVersion", rows=True),
        _edge("CORRECTS", "QaPair", "Feedback", rows=True),
        _edge("ABOUT", "Feedback", "EndpointVersion ModelVersion", rows=True),
        _edge("INCLUDES", "Snapshot", "QaPair", rows=True),
        _edge("USES_LABEL", "Snapshot", "LabelVersion", rows=True),
    )
}

NOTED = frozenset(type for type, edge in EDGES.items() if not edge.rows and type != FED_BY)
"""Relations of which `first_user` is kept: not of rows, which are written by the ten thousand, and not of tables, whose
ids are in no order of time."""
