"""Suggestions: found anew each time somebody asks; only what was decided on them is kept, in (:Suggestion) nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import strawberry

from begat.core.canonical import sha256
from begat.core.errors import Problem
from begat.core.ids import check, unknown

MOST_SAMPLES = 10
"""Ids that a suggestion shows as its evidence."""
LEAST = 3
"""How often something was seen before it is suggested, where the caller names no other number."""


@strawberry.enum(description="What a suggestion has noticed.")
class SuggestionKind(Enum):
    """What was noticed."""

    FREQUENT_CORRECTION = "FREQUENT_CORRECTION"
    RECURRING_ISSUE = "RECURRING_ISSUE"
    CONFUSED_ANSWERS = "CONFUSED_ANSWERS"
    DRIFTED_FIELD = "DRIFTED_FIELD"
    FAILED_ROWS = "FAILED_ROWS"
    LABEL_DISAGREES = "LABEL_DISAGREES"


@strawberry.enum(description="What was decided on a suggestion.")
class SuggestionStatus(Enum):
    """What was decided on it."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DISMISSED = "DISMISSED"


@dataclass(frozen=True)
class Found:
    """A suggestion as it is found now.

    ``severity`` is a share from 0 to 1, None where nothing tells. ``count`` of ``total`` (of what, ``title`` says; None
    where there is no whole). ``sources`` are the feedbacks that a task of it is raised from. ``standing`` is (share of
    all requests, severity) where it acts on requests whether anybody complains or not. ``size`` is that of the issue in
    all, in the window or not. ``projects`` are those of the training sheets that it tells of: whoever does not see them
    all is not shown what was decided on it.
    """

    key: str
    kind: SuggestionKind
    title: str
    severity: float | None
    count: int
    total: int | None
    samples: Sequence[str]
    figures: Mapping[str, Any] = field(default_factory=dict)
    sources: Sequence[str] = ()
    standing: tuple[float, float] | None = None
    size: int | None = None
    projects: Sequence[str] = ()


def key_of(endpoint: str, kind: SuggestionKind, *parts: str) -> str:
    """The key of a suggestion about these parts (answers, a field, a sheet): the same one whenever it is found."""
    return named(endpoint, kind, sha256(list(parts))[:24])


def named(endpoint: str, kind: SuggestionKind, name: str) -> str:
    """The key under a name of its own."""
    return f"{endpoint}:{kind.value}:{name}"


def parsed(key: str) -> tuple[str, SuggestionKind]:
    """The endpoint and the kind of a key; NOT_FOUND for one that is none."""
    try:
        endpoint, kind, _ = check(key, "key").split(":")
        return check(endpoint, "key"), SuggestionKind(kind)
    except (ValueError, Problem):
        raise unknown(key, "key") from None
