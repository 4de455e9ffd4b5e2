"""Finds the closed tasks that have to be taken up again, and does so: by begat, with the figures as the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from begat.change import assets
from begat.change.background import Background
from begat.change.write import Change
from begat.gql.columns import from_json
from begat.graph.driver import Graph
from begat.kinds.improvement_task import acts
from begat.kinds.improvement_task.closing import MEASURE
from begat.kinds.improvement_task.falling_back import Answering, Closed, fallen_back
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK
from begat.kinds.improvement_task.rules import Measure

BATCH = 500
"""Closed tasks that are looked at together."""

_ALARMED = (
    "MATCH (t:ImprovementTask)-[:RAISED_FROM]->(m:Monitor) "
    "WHERE t.status = 'CLOSED' AND t.retention = 'LIVE' "
    "WITH t, m MATCH (r:Revision {asset: m.id}) WHERE r.action = 'breach' AND r.at > t.closedAt "
    "WITH t, m, max(r.at) AS at RETURN collect([t.id, t.closedAt, m.name, m.metric, m.lastValue, at])"
)
_CLOSED = (
    "MATCH (t:ImprovementTask) WHERE t.status = 'CLOSED' AND t.retention = 'LIVE' AND t.after IS NOT NULL "
    "AND t.id > $after WITH t ORDER BY t.id LIMIT $most "
    "RETURN collect([t.id, t.closedAt, t.endpoints, t.before, t.after])"
)
_SERVING = (
    "MATCH (v:EndpointVersion)-[:OF]->(e:Endpoint) WHERE e.id IN $ids AND v.status = 'SERVING' "
    "AND e.retention = 'LIVE' RETURN collect([e.id, e.name, v.number, v.liveFrom, v.traffic])"
)
_CHAMPIONS = (
    "MATCH (v:ModelVersion) WHERE v.id IN $ids WITH v MATCH (a:Alias {model: v.model}) "
    "WHERE a.name = 'champion' AND a.until IS NULL RETURN collect([v.id, a.version, a.since])"
)
_MEASURES = (
    "MATCH (e:Version) WHERE (e.id IN $ids OR e.asset IN $models) AND e:Evaluation WITH e "
    f"MATCH (s:Version {{id: e.snapshot}}) RETURN collect({MEASURE})"
)


async def step(work: Background) -> None:
    """Looks at every closed task once."""
    for id, closed, name, metric, value, at in await work.graph.read(_ALARMED) or ():
        said = "" if value is None else f": {metric} was last {value:.4g}"
        await _reopen(work, id, closed, f"The monitor {name!r} fired again at {at}{said}.")
    after = ""
    while batch := await work.graph.read(_CLOSED, after=after, most=BATCH):
        for id, closed, reason in await _fallen(work.graph, batch):
            await _reopen(work, id, closed, reason)
        after = batch[-1][0]
        if len(batch) < BATCH:
            return


async def _reopen(work: Background, id: str, closed_at: str, reason: str) -> None:
    """Where it is still closed as it was found: somebody may have been quicker."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        if (node["status"], node.get("closedAt"), node["retention"]) != ("CLOSED", closed_at, "LIVE"):
            return
        left = await acts.unclosed(change, node)
        await assets.edit(change, IMPROVEMENT_TASK, node, left, "reopen", reason=reason, status="OPEN")

    await work.write(act)


async def _fallen(graph: Graph, batch: Sequence[Sequence[Any]]) -> list[tuple[str, str, str]]:
    """Those of the batch whose metric fell back: id, when it was closed, and why it is reopened."""
    endpoints = sorted({endpoint for _, _, named, *_ in batch for endpoint in named or ()})
    serving = {
        row[0]: Answering(f"endpoint {row[1]!r}, version {row[2]}", row[3], _shares(row[4]))
        for row in await graph.read(_SERVING, ids=endpoints) or ()
    }
    ends = sorted({id for *_, before, after in batch for id in (before, after)})
    models = sorted({id.partition(":")[0] for id in ends})
    champions = {
        row[0]: Answering("the champion", row[2], {row[1]: 1.0}) for row in await graph.read(_CHAMPIONS, ids=models)
    }
    wanted = {model for one in (*serving.values(), *champions.values()) for model in one.shares}
    measures = [Measure.of(row) for row in await graph.read(_MEASURES, ids=ends, models=sorted(wanted)) or ()]
    by_id = {one.id: one for one in measures}
    by_model: dict[str, list[Measure]] = {}
    for one in by_id.values():
        by_model.setdefault(one.model_version, []).append(one)
    found = []
    for id, at, named, before, after in batch:
        if before not in by_id or after not in by_id:
            continue
        places = _places(named or (), serving, champions.get(by_id[after].model_version))
        reason = fallen_back(Closed(at, by_id[before], by_id[after]), places, by_model)
        if reason is not None:
            found.append((id, at, reason))
    return found


def _places(endpoints: Sequence[str], serving: Mapping[str, Answering], champion: Answering | None) -> list[Answering]:
    here = [serving[endpoint] for endpoint in endpoints if endpoint in serving]
    return here or ([champion] if champion else [])


def _shares(traffic: str) -> dict[str, float]:
    return {share["modelVersion"]: float(share["percent"]) for share in from_json(traffic)}
