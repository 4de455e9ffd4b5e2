"""Deciding on suggestions: each is accepted once, which makes its task, or dismissed, and stays so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from begat.access.scope import SCOPE, require
from begat.change.write import Change, Properties, write
from begat.core import ids
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.gql.columns import to_json
from begat.gql.context import Context
from begat.kinds.improvement_task import acts as tasks
from begat.kinds.improvement_task.acts import NewTask, Origin, Source
from begat.kinds.suggestion.finding import find, period, project_of
from begat.kinds.suggestion.kind import Found, SuggestionStatus, parsed


@dataclass(frozen=True)
class Accepted:
    """What the task of a suggestion is to be; the name is the suggestion's title where unsaid."""

    name: str | None
    priority: str
    assignee: str | None


async def accept(context: Context, key: str, wanted: Accepted, since: str | None, until: str | None) -> str:
    """Makes the suggestion's task; its id. Accepted before, the task that it made: sent twice it is done once.

    Raises NOT_FOUND where the suggestion is not found now, ILLEGAL_MOVE where it was dismissed.
    """
    project = await _may_decide(context, key)
    held = await _held(context.graph.read, key)
    if held is not None and held["status"] == SuggestionStatus.ACCEPTED.value:
        return str(held["task"])
    endpoint, _ = parsed(key)
    found = await _found(context, key, since, until)
    name = found.title if len(found.title) <= 200 else found.title[:199] + "…"
    new = tasks.checked(NewTask(wanted.name or name, (), wanted.priority, wanted.assignee))

    async def work(change: Change) -> str:
        held = await _held(change.read, key, lock=change.at)
        if held is not None and held["status"] == SuggestionStatus.ACCEPTED.value:
            return str(held["task"])
        if held is not None and held["status"] == SuggestionStatus.DISMISSED.value:
            message = f"It was dismissed: {held['reason']}"
            raise Problem(Code.ILLEGAL_MOVE, message, path=("key",), hint="Take that back first.")
        origin = Origin(project, [endpoint], await _sources(change, found.sources), _says(found))
        task = await tasks.make(change, new, origin)
        await _decide(change, key, project, held, found, status=SuggestionStatus.ACCEPTED.value, task=task)
        return task

    task = await write(context.graph, context.viewer, work)
    await tasks.refresh(context, [task])
    return task


async def dismiss(context: Context, key: str, reason: str, since: str | None, until: str | None) -> None:
    """Says that nothing is to be done, and why. Dismissed before, it is dismissed with this reason, as it is now."""
    project = await _may_decide(context, key)
    said = check_reason(reason)
    if said is None:
        raise bad_input("Dismissing needs a reason.", "reason", hint="Say why; it is kept.")
    found = await _found(context, key, since, until)

    async def work(change: Change) -> None:
        held = await _held(change.read, key, lock=change.at)
        if held is not None and held["status"] == SuggestionStatus.ACCEPTED.value:
            message = f"It was accepted: {held['task']} is its task."
            raise Problem(Code.ILLEGAL_MOVE, message, path=("key",), hint="Dismiss the task.")
        status = SuggestionStatus.DISMISSED.value
        await _decide(change, key, project, held, found, status=status, reason=said)

    await write(context.graph, context.viewer, work)


async def reopen(context: Context, key: str) -> None:
    """Takes a dismissal back. Raises ILLEGAL_MOVE for what is not dismissed."""
    await _may_decide(context, key)

    async def work(change: Change) -> None:
        held = await _held(change.read, key, lock=change.at)
        if held is None or held["status"] != SuggestionStatus.DISMISSED.value:
            raise Problem(
                Code.ILLEGAL_MOVE, "It is not dismissed.", path=("key",), hint="Only dismissals are taken back."
            )
        await change.read("MATCH (n:Suggestion {key: $key}) DELETE n RETURN 1", key=key)

    await write(context.graph, context.viewer, work)


async def _may_decide(context: Context, key: str) -> str:
    """The project of the endpoint that the key names. Raises NOT_FOUND or FORBIDDEN."""
    endpoint, _ = parsed(key)
    try:
        project = await project_of(context.graph, context.viewer, endpoint, "key")
    except Problem:
        raise not_found(key, "key") from None
    require(context.viewer, project, Role.EDITOR, "key")
    return project


async def _found(context: Context, key: str, since: str | None, until: str | None) -> Found:
    """The suggestion as it is now, however often it was seen. Raises NOT_FOUND, or what keeps it from being asked."""
    endpoint, kind = parsed(key)
    window = period(since, until)
    all = await find(context.graph, context.viewer, context.platform, endpoint, window, {kind}, 1)
    if kind in all.skipped:
        raise all.skipped[kind]
    found = next((one for one in all.found if one.key == key), None)
    if found is None:
        raise not_found(key, "key")
    return found


_HELD = "MATCH (n:Suggestion {key: $key}) RETURN properties(n)"
_LOCKED = "MATCH (n:Suggestion {key: $key}) SET n._lock = $lock WITH n RETURN properties(n)"


async def _held(read: Any, key: str, lock: str | None = None) -> Properties | None:
    """What was decided of it; with ``lock``, as it is once nobody else can change it."""
    held: Properties | None = await (read(_LOCKED, key=key, lock=lock) if lock else read(_HELD, key=key))
    return held


async def _sources(change: Change, feedback: Sequence[str]) -> list[Source]:
    if not feedback:
        return []
    rows = await change.read(tasks.FEEDBACK, ids=list(feedback), **change.viewer.scope)
    found = [Source(id, "Feedback", project, endpoint) for id, project, endpoint in rows or ()]
    return sorted(found, key=lambda source: source.id)


def _says(found: Found) -> Properties:
    share, severity = found.standing or (None, None)
    return {"suggestion": found.key, "standingShare": share, "standingSeverity": severity}


async def _decide(
    change: Change, key: str, project: str, held: Properties | None, found: Found, **decision: Any
) -> None:
    """Keeps the decision with the evidence that it was made on. Of two that decide at once the second one reads anew:
    the key is unique."""
    properties = {
        "key": key,
        "project": project,
        "endpoint": ids.asset_of(key),
        "kind": found.kind.value,
        "title": found.title,
        "severity": found.severity,
        "count": found.count,
        "total": found.total,
        "size": found.size,
        "projects": list(found.projects),
        "samples": list(found.samples),
        "figures": to_json(dict(found.figures)),
        "at": change.at,
        "by": change.viewer.name,
        "reason": None,
        **decision,
    }
    if held is None:
        change.create(("Suggestion",), properties)
    else:
        await change.read("MATCH (n:Suggestion {key: $key}) SET n += $set RETURN 1", key=key, set=properties)


async def decided(context: Context, endpoint: str) -> dict[str, Properties]:
    """What was decided on suggestions for this endpoint, by key; without what tells of hidden training sheets."""
    found = await context.graph.read(
        f"MATCH (n:Suggestion) WHERE n.endpoint = $endpoint AND {SCOPE} "
        "AND ($scope_all OR all(project IN coalesce(n.projects, []) WHERE project IN $scope_projects)) "
        "RETURN collect(properties(n))",
        endpoint=endpoint,
        **context.viewer.scope,
    )
    return {one["key"]: one for one in found or ()}
