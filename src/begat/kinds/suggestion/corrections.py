"""What corrections and remarks suggest: answers that are often corrected alike, issues that recur, and answers that are
taken for each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from begat.core.clusters import Said
from begat.kinds.suggestion.faults import Faults, Issue
from begat.kinds.suggestion.kind import MOST_SAMPLES, Found, SuggestionKind, key_of, named

MOST_SOURCES = 1_000
"""Feedbacks that a task is raised from: the newest."""


def issue_key(endpoint: str, issue: Issue) -> str:
    """The key of an issue, as a cluster and as a suggestion: what is decided on the one is decided on the other."""
    return named(endpoint, _kind(issue), issue.whole.key)


def recurring(endpoint: str, faults: Faults, least: int) -> Iterator[Found]:
    """FREQUENT_CORRECTION and RECURRING_ISSUE: issues that were seen so often in the window."""
    for issue in faults.issues:
        if len(issue.members) < least:
            continue
        whole = issue.whole
        if whole.correction is not None:
            title = f"{_short(whole.answer)} is corrected to {_short(whole.correction)}"
        else:
            title = f"People say alike: {_short(whole.label)}"
        figures = {"answer": whole.answer, "correction": whole.correction, "feedback": len(issue.members)}
        found = _found(issue_key(endpoint, issue), _kind(issue), title, issue.members, issue.judged, faults, figures)
        yield replace(found, size=len(whole.members))


def confused(endpoint: str, faults: Faults, least: int) -> Iterator[Found]:
    """CONFUSED_ANSWERS: pairs of answers that are corrected to each other, in both directions."""
    directed = {
        (issue.whole.answer, issue.whole.correction): issue
        for issue in faults.issues
        if issue.whole.correction is not None
    }
    pairs: dict[tuple[str, str], list[Issue]] = defaultdict(list)
    for (answer, correction), issue in directed.items():
        if (correction, answer) in directed:
            first, second = sorted((str(answer), str(correction)))
            pairs[first, second].append(issue)
    for (first, second), both in sorted(pairs.items()):
        members = sorted((one for issue in both for one in issue.members), key=lambda one: (one.at, one.id))
        if len(members) < least:
            continue
        judged = set().union(*(issue.judged for issue in both))
        figures: dict[str, Any] = {
            "answers": [first, second],
            "corrections": [
                {"answer": issue.whole.answer, "correction": issue.whole.correction, "feedback": len(issue.members)}
                for issue in sorted(both, key=lambda issue: str(issue.whole.answer))
            ],
        }
        title = f"{_short(first)} and {_short(second)} are taken for each other"
        key = key_of(endpoint, SuggestionKind.CONFUSED_ANSWERS, first, second)
        yield _found(key, SuggestionKind.CONFUSED_ANSWERS, title, members, judged, faults, figures)


def _found(
    key: str,
    kind: SuggestionKind,
    title: str,
    members: Sequence[Said],
    judged: set[str],
    faults: Faults,
    figures: Mapping[str, Any],
) -> Found:
    newest = [one.id for one in reversed(members)]
    return Found(
        key,
        kind,
        f"{title} ({len(members)} times)",
        min(1.0, len(judged) / faults.judged) if faults.judged else None,
        len(members),
        faults.judged or None,
        newest[:MOST_SAMPLES],
        figures,
        newest[:MOST_SOURCES],
    )


def _kind(issue: Issue) -> SuggestionKind:
    corrected = issue.whole.correction is not None
    return SuggestionKind.FREQUENT_CORRECTION if corrected else SuggestionKind.RECURRING_ISSUE


def _short(text: str | None) -> str:
    line = " ".join(str(text).split())
    return repr(line if len(line) <= 60 else line[:59] + "…")
