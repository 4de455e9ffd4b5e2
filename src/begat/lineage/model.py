"""What a model version was made from: exactly its job, snapshots, versions and tables; later edits change nothing.

Of a base model that the job started from only the version is told: what that was made from is its own affair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from begat.access.scope import Viewer
from begat.graph.driver import Graph
from begat.graph.statement import load
from begat.lineage.answers import Completeness, completeness
from begat.lineage.question import Direction, Level, Question
from begat.lineage.reach import reach
from begat.lineage.reached import Cut, Reached

MADE = Question(
    Direction.UP,
    depth=4,
    level=Level.VERSION,
    relations=frozenset(
        {"PRODUCED_BY", "TRAINED_ON", "STARTED_FROM", "BUILT_FROM", "PROMPTED_BY", "ANSWERED_BY", "READS"}
    ),
)
"""The walk from a model version over its job (1), snapshots and base (2) to versions (3) and tables (4)."""

_HERE = "begat.lineage"


@dataclass(frozen=True)
class Made:
    """Ids of what a model version was made from, as far as the caller may see them, by what they are to it; the rest is
    counted in ``hidden``. ``all_jobs`` and ``all_snapshots`` are for counting only and never shown."""

    jobs: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    training_sheets: tuple[str, ...] = ()
    template_versions: tuple[str, ...] = ()
    sheet_versions: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    answering_models: tuple[str, ...] = ()
    hidden: tuple[tuple[str, int], ...] = ()
    cut: Cut | None = None
    all_jobs: tuple[str, ...] = ()
    all_snapshots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Used:
    """Ids of what rows of snapshots came of: those in scope in id order, and how many are not."""

    seen: tuple[str, ...] = ()
    hidden: int = 0


async def made(graph: Graph, viewer: Viewer, versions: Iterable[str], at: str) -> dict[str, Made]:
    """What each of the model versions was made from; one statement for all."""
    starts = dict.fromkeys(versions, "MODEL_VERSION")
    return {id: of_model(id, one, viewer) for id, one in (await reach(graph, viewer, starts, MADE, at)).items()}


def of_model(version: str, reached: Reached, viewer: Viewer) -> Made:
    """Sorts what was reached by what it is to the model version; pure."""
    hidden: Counter[str] = Counter()

    def behind(sources: Iterable[str], relation: str) -> tuple[str, ...]:
        near = set(sources)
        far = {target for source, type, target in reached.links if source in near and type == relation}
        return tuple(sorted(far & reached.nodes.keys()))

    def seen(found: Sequence[str]) -> tuple[str, ...]:
        kept = tuple(id for id in found if viewer.sees(reached.nodes[id].project))
        for id in set(found) - set(kept):
            hidden[reached.nodes[id].kind] += 1
        return kept

    jobs = behind([version], "PRODUCED_BY")
    snapshots = behind(jobs, "TRAINED_ON")
    sheets = behind(snapshots, "BUILT_FROM")
    projects = {reached.nodes[id].asset: reached.nodes[id].project for id in snapshots}
    training_sheets = tuple(sorted(id for id, project in projects.items() if viewer.sees(project)))
    hidden["TRAINING_SHEET"] += len(projects) - len(training_sheets)
    return Made(
        seen(jobs),
        seen(snapshots),
        training_sheets,
        seen(behind(snapshots, "PROMPTED_BY")),
        seen(sheets),
        seen(behind(sheets, "READS")),
        seen(behind(jobs, "STARTED_FROM")),
        seen(behind(snapshots, "ANSWERED_BY")),
        tuple(sorted((kind, count) for kind, count in hidden.items() if count)),
        reached.cut,
        jobs,
        snapshots,
    )


async def labels(graph: Graph, viewer: Viewer, wanted: Sequence[tuple[str, ...]]) -> list[Used]:
    """The label versions that answered rows of each of these groups of snapshots; one statement for all."""
    return await _used(graph, viewer, "labels_of", wanted)


async def generations(graph: Graph, viewer: Viewer, wanted: Sequence[tuple[str, ...]]) -> list[Used]:
    """The generations that made rows of each of these groups of snapshots; one statement for all."""
    return await _used(graph, viewer, "generations_of", wanted)


async def _used(graph: Graph, viewer: Viewer, statement: str, wanted: Sequence[tuple[str, ...]]) -> list[Used]:
    used = dict(await graph.read(load(_HERE, statement), ids=_flat(wanted)))
    answers = []
    for group in wanted:
        projects = {id: project for snapshot in group for id, project in used.get(snapshot, ())}
        seen = tuple(sorted(id for id, project in projects.items() if viewer.sees(project)))
        answers.append(Used(seen, len(projects) - len(seen)))
    return answers


async def splits(graph: Graph, wanted: Sequence[tuple[str, ...]]) -> list[list[tuple[str, int]]]:
    """The splits that each of these groups of jobs was trained on, with the number of their rows."""
    found = await graph.read(load(_HERE, "splits_of"), ids=_flat(wanted))
    answers = []
    for group in wanted:
        rows: dict[str, int] = {}
        for job, split, count in found:
            if job in group:
                rows[split] = rows.get(split, 0) + count
        answers.append(sorted(rows.items()))
    return answers


def answered(found: Made, labels: Used, generations: Used) -> Completeness:
    """What the answer says of itself, labels and generations included."""
    more = (("LABEL_VERSION", labels.hidden), ("GENERATION", generations.hidden))
    return completeness(cut=found.cut, hidden=[*found.hidden, *(one for one in more if one[1])])


def _flat(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return sorted({id for group in groups for id in group})
