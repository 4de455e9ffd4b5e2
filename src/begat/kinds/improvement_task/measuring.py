"""The impact of tasks as it is now: read from the graph and the inference log, and kept with them without a Revision.

It is kept so that the backlog can be ordered by it in the database; the history keeps what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from begat.change.write import Change, Properties
from begat.core import times
from begat.core.expected_impact import Alarm, Evidence, Impact, Seen, Standing, assess, window
from begat.gql.columns import to_json
from begat.gql.impact import requests_per_day
from begat.graph.driver import Graph
from begat.kinds.endpoint.kind import ANSWERING
from begat.kinds.feedback.judged import answer_of, judged_answers
from begat.platforms.ports import Telemetry

MOST_ALIKE = 10_000
"""Feedbacks of the window, newest first, that are looked through for what says the same as a task's."""

_FACTS = (
    "MATCH (t:ImprovementTask) WHERE t.id IN $ids "
    "CALL (t) { OPTIONAL MATCH (t)-[:RAISED_FROM]->(f:Feedback) "
    "RETURN collect([f.id, f.createdAt, f.requestId, f.position, f.isRight, f.answer, f.correction]) AS feedback } "
    "CALL (t) { OPTIONAL MATCH (t)-[:RAISED_FROM]->(m:Monitor) "
    "RETURN collect([m.id, m.name, m.metric, m.lastValue, m.status]) AS monitors } "
    "RETURN collect([t.id, t.endpoints, t.standingShare, t.standingSeverity, feedback, monitors])"
)
_ALIKE = (
    "UNWIND $tasks AS task CALL (task) { UNWIND task.endpoints AS endpoint "
    "MATCH (n:Feedback) WHERE n.endpoint = endpoint AND n.createdAt >= $since "
    "AND n.createdAt < $until AND n.status <> 'DISMISSED' "
    "AND (n.id IN task.own OR (n.answer IN task.answers AND n.correction IN task.corrections)) "
    "WITH n ORDER BY n.createdAt DESC, n.id LIMIT $most "
    "RETURN collect([n.id, n.createdAt, n.requestId, n.position, n.isRight, n.answer, n.correction]) AS alike } "
    "RETURN collect([task.id, alike])"
)
_LIVE = (
    "MATCH (e:Endpoint) WHERE e.id IN $endpoints AND e.retention = 'LIVE' AND e.status IN $answering "
    "AND e.version IS NOT NULL RETURN collect(e.id)"
)
_FIRED = (
    "UNWIND $monitors AS monitor MATCH (r:Revision {asset: monitor}) WHERE r.action = 'breach' AND r.at >= $since "
    "RETURN collect([r.asset, r.at])"
)


async def measured(graph: Graph, telemetry: Telemetry, ids: Sequence[str], now: str) -> dict[str, Impact]:
    """The impact of each task over the seven days before ``now``; raises what the log says where it is away."""
    since, until = window(now)
    facts = await graph.read(_FACTS, ids=list(ids)) or []
    endpoints = sorted({endpoint for _, named, *_ in facts for endpoint in named or ()})
    monitors = sorted({monitor[0] for *_, held in facts for monitor in held if monitor[0] is not None})
    live = set(await graph.read(_LIVE, endpoints=endpoints, answering=list(ANSWERING)) or ())
    traffic = await requests_per_day(telemetry, live, now)
    judged = await judged_answers(graph, endpoints, since, until)
    fired: dict[str, list[str]] = {}
    for monitor, at in await graph.read(_FIRED, monitors=monitors, since=since) or ():
        fired.setdefault(monitor, []).append(at)
    raised = {id: [row for row in feedback if row[0] is not None] for id, *_, feedback, _ in facts}
    alike = await _alike(graph, raised, {id: named or [] for id, named, *_ in facts}, since, until)
    found = {}
    for id, named, share, severity, _, watched in facts:
        about = [endpoint for endpoint in named or () if endpoint in live]
        found[id] = assess(
            Evidence(
                since,
                until,
                raised=[_seen(row) for row in raised[id]],
                seen=[_seen(row) for row in alike.get(id, ())],
                judged=sum(judged.get(endpoint, 0) for endpoint in named or ()),
                alarms=[_alarm(row, fired.get(row[0], []), now) for row in watched if row[0] is not None],
                standing=None if share is None else Standing(share, severity),
                traffic={endpoint: traffic[endpoint] for endpoint in about if endpoint in traffic},
                live=len(about),
            )
        )
    return found


async def keep(change: Change, impacts: dict[str, Impact]) -> None:
    """Sets what was measured on tasks that are still there; an override goes on deciding the order."""
    for id, node in (await change.lock(impacts, "ImprovementTask")).items():
        change.set(id, kept(node, impacts[id], change.at))


def kept(node: Properties, impact: Impact, at: str) -> Properties:
    """An impact as the task keeps it."""
    override = node.get("impactOverride")
    return {
        "impact": impact.score if override is None else override,
        "impactParts": to_json(asdict(impact)),
        "impactAt": at,
    }


async def _alike(
    graph: Graph, raised: Mapping[str, list[list[Any]]], endpoints: Mapping[str, list[str]], since: str, until: str
) -> dict[str, list[list[Any]]]:
    """The feedback of the window that each task was raised from, or that corrects the same answer alike. One statement;
    without the tasks that were raised from no feedback."""
    known = {id: {row[0] for row in own} for id, own in raised.items() if own}
    said = {
        id: {(row[5], row[6]) for row in raised[id] if row[5] is not None and row[6] is not None and row[4] is False}
        for id in known
    }
    tasks = [
        {
            "id": id,
            "endpoints": endpoints[id],
            "own": sorted(known[id]),
            "answers": sorted({answer for answer, _ in said[id]}),
            "corrections": sorted({correction for _, correction in said[id]}),
        }
        for id in known
    ]
    if not tasks:
        return {}
    found = await graph.read(_ALIKE, tasks=tasks, since=since, until=until, most=MOST_ALIKE)
    # The database compares answers and corrections apart, not in pairs.
    return {
        id: [row for row in rows if row[0] in known[id] or (row[5], row[6]) in said[id]] for id, rows in found or ()
    }


def _seen(row: Sequence[Any]) -> Seen:
    id, at, request, position, right, *_ = row
    return Seen(at, answer_of(id, request, position), right)


def _alarm(row: Sequence[Any], fired: list[str], now: str) -> Alarm:
    _, name, metric, value, status = row
    # It may have fired long ago, and still does.
    return Alarm(name, metric, value, [*fired, now] if status in ("ALERTING", "ACKNOWLEDGED") else fired)


async def of_tasks(graph: Graph, telemetry: Telemetry, ids: Sequence[str]) -> dict[str, Impact]:
    """`measured`, now."""
    return await measured(graph, telemetry, ids, times.now())
