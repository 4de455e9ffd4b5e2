"""What training sheets suggest: rows that failed, and approved answers that the served model does not give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from begat.access.scope import SCOPE, Viewer
from begat.graph.driver import Graph
from begat.kinds.suggestion.kind import MOST_SAMPLES, Found, SuggestionKind, key_of
from begat.platforms.platform import Platform
from begat.platforms.ports import ModelRef

MOST_SHEETS = 50
"""Training sheets that are looked at, newest first."""
MOST_ROWS = 500
"""Approved rows that the model is asked; of more, those at even distances."""
SECONDS = 60.0

_BEHIND = (
    "MATCH (v:EndpointVersion)-[s:SERVES]->(m:ModelVersion) WHERE v.asset = $endpoint AND v.status = 'SERVING' "
    "OPTIONAL MATCH (m)-[:PRODUCED_BY]->(j:TrainingJob) OPTIONAL MATCH (t:TrainingSheet {id: j.trainingSheet}) "
    "RETURN collect([m.id, m.uri, m.sha256, s.percent, t.id, t.sheet])"
)
_SHEETS = (
    f"MATCH (n:TrainingSheet) WHERE (n.id IN $ids OR n.sheet IN $sheets) AND n.retention = 'LIVE' AND {SCOPE} "
    "WITH n ORDER BY n.id DESC LIMIT $most RETURN collect([n.id, n.name, n.project])"
)
_COUNTS = (
    "UNWIND $ids AS id MATCH (p:QaPair {trainingSheet: id}) "
    "WITH id, count(p) AS total, sum(CASE p.status WHEN 'FAILED' THEN 1 ELSE 0 END) AS failed, "
    "sum(CASE p.status WHEN 'APPROVED' THEN 1 ELSE 0 END) AS approved RETURN collect([id, total, failed, approved])"
)
_FAILED = (
    "UNWIND $ids AS id MATCH (p:QaPair {trainingSheet: id}) WHERE p.status = 'FAILED' "
    "WITH p ORDER BY p.id LIMIT $most RETURN collect([p.trainingSheet, p.id])"
)
_APPROVED = (
    "UNWIND $ids AS id MATCH (p:QaPair {trainingSheet: id}) WHERE p.status = 'APPROVED' AND p.answer IS NOT NULL "
    "AND p.position % $step = 0 WITH p ORDER BY p.id LIMIT $most RETURN collect([p.id, p.question, p.answer, p.source])"
)


@dataclass(frozen=True)
class Behind:
    """What an endpoint answers with: the model version with the most traffic, and the training sheets that its models
    learned from or that are of the same sheets, by name and project, with how many rows each has: all, failed,
    approved."""

    model: ModelRef | None
    sheets: dict[str, tuple[str, str]]
    counts: dict[str, tuple[int, int, int]]


async def behind(graph: Graph, viewer: Viewer, endpoint: str) -> Behind:
    """As far as the viewer sees it."""
    served: list[list[Any]] = await graph.read(_BEHIND, endpoint=endpoint) or []
    models = sorted(served, key=lambda row: (-row[3], row[0]))
    model = next((ModelRef(row[0], row[1], row[2]) for row in models if row[1] and row[2]), None)
    found: list[list[str]] | None = await graph.read(
        _SHEETS,
        ids=sorted({row[4] for row in served if row[4]}),
        sheets=sorted({row[5] for row in served if row[5]}),
        most=MOST_SHEETS,
        **viewer.scope,
    )
    sheets = {id: (name, project) for id, name, project in found or ()}
    counted = await graph.read(_COUNTS, ids=sorted(sheets)) or ()
    return Behind(model, sheets, {id: (total, failed, approved) for id, total, failed, approved in counted})


async def failed(graph: Graph, endpoint: str, found: Behind) -> list[Found]:
    """FAILED_ROWS, one for each training sheet."""
    bad = sorted(id for id, (_, failed, _) in found.counts.items() if failed)
    samples: dict[str, list[str]] = defaultdict(list)
    for id in bad:
        for sheet, pair in await graph.read(_FAILED, ids=[id], most=MOST_SAMPLES) or ():
            samples[sheet].append(pair)
    suggestions = []
    for id in bad:
        total, count, _ = found.counts[id]
        name, project = found.sheets[id]
        title = f"{count} of {total} rows of the training sheet {name!r} failed"
        figures = {"trainingSheet": id, "failed": count, "rows": total}
        key = key_of(endpoint, SuggestionKind.FAILED_ROWS, id)
        kind, share = SuggestionKind.FAILED_ROWS, count / total
        suggestions.append(Found(key, kind, title, share, count, total, samples[id], figures, projects=[project]))
    return suggestions


async def disagreeing(graph: Graph, platform: Platform, endpoint: str, found: Behind, least: int) -> list[Found]:
    """LABEL_DISAGREES, one for each pair of an approved answer and what the model says in its place. Raises what
    serving says where it is away."""
    approved = sum(count for _, _, count in found.counts.values())
    if found.model is None or not approved:
        return []
    rows: list[list[Any]] = await graph.read(
        _APPROVED, ids=sorted(found.sheets), step=max(1, approved // MOST_ROWS), most=2 * MOST_ROWS
    )
    # Sheets that share rows ask for each once.
    distinct = list({(question, answer): (id, source) for id, question, answer, source in reversed(rows or [])}.items())
    distinct = sorted(distinct, key=lambda item: item[1])[:MOST_ROWS]
    if not distinct:
        return []
    questions = [question for (question, _), _ in distinct]
    said = await platform.serving.predict(found.model, questions, SECONDS)
    projects = sorted({project for _, project in found.sheets.values()})
    disagreements = _disagreements(endpoint, found.model.id, distinct, said.outputs, least)
    return [replace(one, projects=projects) for one in disagreements]


def _disagreements(
    endpoint: str,
    model: str,
    rows: Sequence[tuple[tuple[str, str], tuple[str, str]]],
    outputs: Sequence[dict[str, Any]],
    least: int,
) -> list[Found]:
    groups: dict[tuple[str, str], list[tuple[str, str, float]]] = defaultdict(list)
    for ((_, answer), (id, source)), output in zip(rows, outputs, strict=True):
        if output["answer"] != answer:
            groups[answer, str(output["answer"])].append((id, source, float(output["score"])))
    found = []
    for (answer, given), members in sorted(groups.items()):
        if len(members) < least:
            continue
        share = len(members) / len(rows)
        figures = {
            "approved": answer,
            "modelSays": given,
            "modelVersion": model,
            "meanScore": sum(score for *_, score in members) / len(members),
            "byCanonicalLabel": sum(source == "LABEL" for _, source, _ in members),
            "rowsAsked": len(rows),
        }
        # The surest of the model's answers first: there the approved one is most likely wrong.
        surest = [id for id, _, score in sorted(members, key=lambda one: (-one[2], one[0]))]
        found.append(
            Found(
                key_of(endpoint, SuggestionKind.LABEL_DISAGREES, answer, given),
                SuggestionKind.LABEL_DISAGREES,
                f"{len(members)} rows approved as {answer[:60]!r} are answered {given[:60]!r}",
                share,
                len(members),
                len(rows),
                surest[:MOST_SAMPLES],
                figures,
                standing=(share, 1.0),
            )
        )
    return found
