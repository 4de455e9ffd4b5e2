"""Lineage of single rows: which models learned from this pair, feedback, label, source row or asset.

A model learned from a row where a snapshot includes it in a split that the model's job was trained on; what a model was
only tested on it did not learn from. What one model learned is not passed on to others by its answers, but it is by
itself: who starts from it has learned all that it had. From a feedback learned who learned from the pairs that it was
turned into.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from begat.access.scope import SCOPE, Viewer
from begat.core import ids
from begat.core.errors import bad_input, not_found
from begat.core.text import check_text
from begat.graph.driver import Graph
from begat.graph.statement import fill, load
from begat.lineage.answers import Completeness, completeness
from begat.lineage.question import Direction, Level, Question, Versions, kind_name
from begat.lineage.reach import reach
from begat.lineage.reached import Cut
from begat.lineage.shares import Share, serving

LEARNING = Question(
    Direction.DOWN,
    depth=None,
    level=Level.VERSION,
    versions=Versions.ALL,
    relations=frozenset({"FED_BY", "READS", "BUILT_FROM", "PROMPTED_BY", "ANSWERED_BY"}),
    # No TRAINED_ON: which splits count is asked of the rows.
)
"""The walk from an asset to the generations and snapshots that its rows came through."""

PRODUCING = replace(LEARNING, depth=1, relations=frozenset({"PRODUCED_BY"}))
"""The walk from a training job, whose rows are upstream, to what it produced."""

_HERE = "begat.lineage"
_ROWS_OF = {
    "CANONICAL_LABEL": "rows_of_label",
    "LABEL_VERSION": "rows_of_label_version",
    "FEEDBACK": "rows_of_feedback",
}


@dataclass(frozen=True)
class Exposure:
    """How many rows were learned, through which snapshots and into which model versions; only what the caller may see
    is named, the rest is counted in ``hidden``, of which ``all_versions`` knows the model versions: for finding what is
    live, and never shown."""

    rows: int = 0
    snapshots: tuple[str, ...] = ()
    model_versions: tuple[str, ...] = ()
    hidden: tuple[tuple[str, int], ...] = ()
    cut: Cut | None = None
    all_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """The live endpoints that answer by what learned: those in scope by id, and how many are not."""

    shares: tuple[Share, ...] = ()
    hidden: int = 0


async def exposure(
    graph: Graph, viewer: Viewer, *, id: str | None, sheet: str | None, item_ref: str | None
) -> Exposure:
    """What learned from the node ``id``, or from a source row (sheet and itemRef). Raises NOT_FOUND for an unknown id,
    BAD_INPUT where neither or both are given."""
    if (id is None) == (sheet is None) or (sheet is None) != (item_ref is None):
        raise bad_input("Give id, or sheetId and itemRef.", "id")
    if sheet is not None and item_ref is not None:
        check_text(item_ref, "itemRef", max_length=10_000)
        if await _kind(graph, viewer, sheet, "sheetId") != "SHEET":
            raise not_found(sheet, "sheetId")
        return await _of_rows(graph, viewer, await graph.read(load(_HERE, "rows_of_item"), id=f"{sheet}|{item_ref}"))
    assert id is not None  # noqa: S101 - checked above, for the type checker
    kind = await _kind(graph, viewer, id, "id")
    if kind == "QA_PAIR":
        return await _of_rows(graph, viewer, [id])
    if kind in _ROWS_OF:
        return await _of_rows(graph, viewer, await graph.read(load(_HERE, _ROWS_OF[kind]), id=id))
    return await _of_asset(graph, viewer, id, kind)


async def live(graph: Graph, viewer: Viewer, found: Exposure) -> Live:
    """The endpoints whose serving version serves what learned. A hidden model version counts in an endpoint's percent
    and is not named."""
    every = await serving(graph, found.all_versions)
    seen = frozenset(found.model_versions)
    shown = [share for share in every if viewer.sees(share.project)]
    named = (replace(share, model_versions=tuple(id for id in share.model_versions if id in seen)) for share in shown)
    return Live(tuple(named), len(every) - len(shown))


def told(found: Exposure, now: Live) -> Completeness:
    """What the answer says of itself, endpoints included."""
    return completeness(cut=found.cut, hidden=[*found.hidden, *([("ENDPOINT", now.hidden)] if now.hidden else [])])


async def _kind(graph: Graph, viewer: Viewer, id: str, *path: str) -> str:
    found = await graph.read(fill(_HERE, "subject", scope=SCOPE), id=ids.check(id, *path), **viewer.scope)
    if found is None:
        raise not_found(id, *path)
    return kind_name(found)


async def _of_rows(graph: Graph, viewer: Viewer, rows: Sequence[str]) -> Exposure:
    if not rows:
        return Exposure()
    count, snapshots, versions = await graph.read(load(_HERE, "learned_rows"), ids=list(rows))
    return _exposure(viewer, count, snapshots, await _with_started(graph, versions))


async def _of_asset(graph: Graph, viewer: Viewer, id: str, kind: str) -> Exposure:
    walk = PRODUCING if kind == "TRAINING_JOB" else LEARNING
    reached = (await reach(graph, viewer, {id: kind}, walk, None)).get(id)  # as it stands now
    if reached is None:
        raise not_found(id, "id")
    nodes = reached.nodes.values()
    snapshots = [node.id for node in nodes if node.kind == "SNAPSHOT"]
    if kind == "GENERATION":  # which only rows lead to
        snapshots = await graph.read(load(_HERE, "frozen_from"), id=id)
    # Of a snapshot that the walk began at all rows count, of others those that came from what was asked about.
    count, through, versions = await graph.read(
        load(_HERE, "learned_snapshots"),
        snapshots=snapshots,
        whole=[snapshot for snapshot in snapshots if snapshot in reached.starts],
        generations=[node.id for node in nodes if node.kind == "GENERATION"],
    )
    made = {
        source for source, relation, target in reached.links if relation == "PRODUCED_BY" and target in reached.starts
    }
    versions += [[node.id, node.project] for node in nodes if node.id in made]
    own = [id for id in reached.starts if reached.nodes[id].kind == "MODEL_VERSION"]
    return _exposure(viewer, count, through, await _with_started(graph, versions, own), cut=reached.cut)


async def _with_started(
    graph: Graph, versions: Sequence[Sequence[str | None]], own: Sequence[str] = ()
) -> list[Sequence[str | None]]:
    """These model versions (id and project), and those that were started from any of them, or of its ``own`` that it is
    itself."""
    bases = sorted({*own, *(str(id) for id, _ in versions)})
    return [*versions, *(await graph.read(load(_HERE, "started_from"), ids=bases) if bases else ())]


def _exposure(
    viewer: Viewer,
    rows: int,
    snapshots: Iterable[Sequence[str | None]],
    versions: Iterable[Sequence[str | None]],
    *,
    cut: Cut | None = None,
) -> Exposure:
    hidden: list[tuple[str, int]] = []
    seen: list[tuple[str, ...]] = []
    every: list[tuple[str, ...]] = []
    for kind, found in (("SNAPSHOT", snapshots), ("MODEL_VERSION", versions)):
        projects = {str(id): project for id, project in found}
        every.append(tuple(sorted(projects)))
        seen.append(tuple(id for id in every[-1] if viewer.sees(projects[id])))
        if left_out := len(every[-1]) - len(seen[-1]):
            hidden.append((kind, left_out))
    return Exposure(rows, seen[0], seen[1], tuple(hidden), cut, every[1])
