"""What uses an asset directly: the answer behind `usedBy`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from begat.access.scope import Viewer
from begat.core.ids import kind_of_asset
from begat.graph.driver import Graph
from begat.lineage.columns import columns_of
from begat.lineage.crowd import Crowd, Sought
from begat.lineage.pages import name_of, veil
from begat.lineage.question import ASSET_KIND, Direction, Level, Question, Versions, kind_name, narrowed
from begat.lineage.shape import Veil
from begat.lineage.starts import MODEL, VERSIONS, start_of
from begat.lineage.statements import lines_text, users_text

USERS = Question(Direction.DOWN, depth=1, level=Level.ASSET, versions=Versions.ALL)
"""The question behind `usedBy`."""


@dataclass(frozen=True, slots=True)
class Use:
    """One asset that uses another by one relation, and the numbers of the versions that it uses."""

    id: str
    key: str
    kind: str
    relation: str
    numbers: tuple[int, ...]
    hidden: bool


Line = tuple[str, str, str | None, str, int | None]
"""A user, its kind as stored, its project, the relation, and the number of the version that it uses."""

_ALL = 2**31 - 1


async def uses(
    graph: Graph, viewer: Viewer, secret: str, wanted: Iterable[str], at: str, sought: Sought | None = None
) -> dict[str, list[Use]]:
    """What uses each of the assets directly, in the order of id and relation; one statement for all. Of a single one
    that has very many users those that are ``sought`` may be all that is found."""
    ids = list(dict.fromkeys(wanted))
    if sought is None or len(ids) > 1:
        found = await _lines(graph, viewer, ids, at, _ALL)
    else:
        found = await _sought(graph, viewer, ids[0], at, sought)
    answers = {}
    for start, _, lines in found:
        name = veil(secret, viewer.name, name_of(start, USERS), at)
        grouped: dict[tuple[str, str], list[tuple[str, str | None, int | None]]] = {}
        for user, stored, project, relation, number in lines:
            grouped.setdefault((user, relation), []).append((stored, project, number))
        answers[start] = [_use(user, by, group, viewer, name) for (user, by), group in sorted(grouped.items())]
    return answers


async def _lines(
    graph: Graph, viewer: Viewer, ids: Sequence[str], at: str, limit: int
) -> list[tuple[str, int, list[Line]]]:
    """For each asset how many relations to users were read, and what they say."""
    statement = users_text(MODEL if any(kind_of_asset(id) == "MODEL" for id in ids) else VERSIONS, USERS.followed)
    found: list[Any] = await graph.read(statement, ids=list(ids), at=at, limit=limit, **viewer.scope)
    return [(id, number, lines) for id, number, lines in found]


async def _sought(graph: Graph, viewer: Viewer, id: str, at: str, sought: Sought) -> list[tuple[str, int, list[Line]]]:
    """As `_lines`; where there are very many, of the users that are sought."""
    question = narrowed(USERS, [id])
    start = start_of(id, kind_of_asset(id), question.versions)
    crowd = Crowd(graph, viewer, start, id, question, columns_of(question, viewer, [id]), at, then=True)
    if not crowd.met:
        found = await _lines(graph, viewer, [id], at, sought.some)
        if not any(number == sought.some for _, number, _ in found):
            return found
    page = await crowd.page(sought)
    if page is None:
        return await _lines(graph, viewer, [id], at, _ALL)
    users, starts = sorted(page.nodes.keys() - page.starts), sorted(page.starts)
    lines = await graph.read(lines_text(question.followed), id=id, ids=users, starts=starts, at=at)
    return [(id, len(lines), lines)]


def _use(user: str, relation: str, group: list[tuple[str, str | None, int | None]], viewer: Viewer, name: Veil) -> Use:
    stored, project, _ = group[0]
    kind = kind_name(stored)
    hidden = not viewer.sees(project)
    numbers = sorted({number for _, _, number in group if number is not None})
    return Use(name(user) if hidden else user, user, ASSET_KIND.get(kind, kind), relation, tuple(numbers), hidden)
