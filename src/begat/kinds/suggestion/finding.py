"""All that is found for an endpoint now, each kind of suggestion by itself: what cannot be asked hides no other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from begat.access.scope import SCOPE, Viewer
from begat.core import ids
from begat.core.errors import Problem, bad_input, not_found
from begat.gql.windows import window
from begat.graph.driver import Graph
from begat.kinds.suggestion import corrections, drifted, rows
from begat.kinds.suggestion.faults import faults_of
from begat.kinds.suggestion.kind import Found, SuggestionKind
from begat.platforms.platform import Platform
from begat.platforms.ports import Window

DAYS = 30.0
"""The window where none is said."""

OF_FEEDBACK = {SuggestionKind.FREQUENT_CORRECTION, SuggestionKind.RECURRING_ISSUE, SuggestionKind.CONFUSED_ANSWERS}
OF_ROWS = {SuggestionKind.FAILED_ROWS, SuggestionKind.LABEL_DISAGREES}


@dataclass(frozen=True)
class All:
    """The suggestions, most severe first, then by key; and why kinds could not be asked."""

    found: list[Found]
    skipped: dict[SuggestionKind, Problem]


def period(since: str | None, until: str | None) -> Window:
    """The window that is meant: the 30 days before ``until``, which is now, where unsaid."""
    return window(since, until, days=DAYS)


def check_least(least: int, name: str) -> int:
    """Raises BAD_INPUT for a number below 1 or above 1,000,000."""
    if not 1 <= least <= 1_000_000:
        raise bad_input(f"{name} is from 1 to 1,000,000.", name)
    return least


async def project_of(graph: Graph, viewer: Viewer, endpoint: str, *path: str) -> str:
    """The endpoint's project; NOT_FOUND where the viewer does not see it."""
    project: str | None = await graph.read(
        f"MATCH (n:Endpoint {{id: $id}}) WHERE {SCOPE} RETURN n.project", id=ids.check(endpoint, *path), **viewer.scope
    )
    if project is None:
        raise not_found(endpoint, *path)
    return project


async def find(
    graph: Graph,
    viewer: Viewer,
    platform: Platform,
    endpoint: str,
    asked: Window,
    kinds: Collection[SuggestionKind],
    least: int,
) -> All:
    """The suggestions of these kinds for an endpoint that the viewer sees."""
    found: list[Found] = []
    skipped: dict[SuggestionKind, Problem] = {}
    if OF_FEEDBACK & set(kinds):
        faults = await faults_of(graph, endpoint, asked)
        found += [*corrections.recurring(endpoint, faults, least), *corrections.confused(endpoint, faults, least)]
    if OF_ROWS & set(kinds):
        behind = await rows.behind(graph, viewer, endpoint)
        found += await rows.failed(graph, endpoint, behind)
        if SuggestionKind.LABEL_DISAGREES in kinds:
            try:
                found += await rows.disagreeing(graph, platform, endpoint, behind, least)
            except Problem as problem:
                skipped[SuggestionKind.LABEL_DISAGREES] = problem
    if SuggestionKind.DRIFTED_FIELD in kinds:
        try:
            found += await drifted.drifted(graph, platform, endpoint, asked)
        except Problem as problem:
            skipped[SuggestionKind.DRIFTED_FIELD] = problem
    wanted = [one for one in found if one.kind in kinds]
    return All(sorted(wanted, key=lambda one: (-(one.severity or 0.0), one.key)), skipped)
