"""Closing: with a measure before and after of the same thing, or with a stated reason."""

from __future__ import annotations

from typing import Any

from begat.access.scope import SCOPE, predicate
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.write import Change, Properties
from begat.core.errors import not_found
from begat.kinds.improvement_task import acts, rules
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK
from begat.kinds.improvement_task.rules import Evidence, Measure

MEASURE = "[e.id, e.metric, e.split, s.sha256, e.value, e.asset, e.createdAt]"
"""What `rules.Measure` is made of: ``e`` is an Evaluation, ``s`` its snapshot."""

_SEEN = (
    f"MATCH (e:Version) WHERE e.id IN $ids AND e:Evaluation AND {predicate('e')} "
    f"WITH e MATCH (s:Version {{id: e.snapshot}}) RETURN collect({MEASURE})"
)


def close(evidence: Evidence | None) -> Act:
    """The act of closing. Raises BAD_INPUT for evidence that is none; each task is refused where the evaluations are
    unknown (NOT_FOUND), do not compare (BAD_INPUT), or show no gain (GUARD_FAILED)."""
    given = rules.check_evidence(evidence)

    async def also(change: Change, node: Properties) -> Properties:
        # Once for all tasks of a batch would be cheaper, but few are closed at once.
        if given.before is not None and given.after is not None:
            found = await _measures(change, given.before, given.after)
            rules.check_gain(found[given.before], found[given.after])
        if given.resolved_by is not None:
            await _refuse_unseen(change, given.resolved_by)
        left: dict[str, Any] = await acts.unclosed(change, node)
        if given.resolved_by is not None:
            change.join("RESOLVED_BY", node["id"], given.resolved_by, at=change.at)
        return {
            **left,
            "resolvedBy": given.resolved_by,
            "before": given.before,
            "after": given.after,
            "closeReason": given.reason,
            "closedAt": change.at,
        }

    return status_move(IMPROVEMENT_TASK, "close", given.reason, also=also)


async def _measures(change: Change, before: str, after: str) -> dict[str, Measure]:
    rows = await change.read(_SEEN, ids=[before, after], **change.viewer.scope)
    found = {row[0]: Measure.of(row) for row in rows or ()}
    for name, id in (("before", before), ("after", after)):
        if id not in found:
            raise not_found(id, "evidence", name)
    return found


async def _refuse_unseen(change: Change, id: str) -> None:
    """An asset that the caller sees, whatever became of it: what is in the trash now may have resolved it."""
    seen = await change.read(f"MATCH (n:Asset {{id: $id}}) WHERE {SCOPE} RETURN n.id", id=id, **change.viewer.scope)
    if seen is None:
        raise not_found(id, "evidence", "resolvedBy")
