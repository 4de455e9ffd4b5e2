"""What became of a deployment, a stop or a probe: each one change, where it is still so that it may be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from begat.change import assets
from begat.change.background import Background
from begat.change.write import Change, Properties
from begat.core.errors import Problem
from begat.gql.running import failure_json
from begat.kinds.endpoint.deployments import end_pending, version_id
from begat.kinds.endpoint.kind import ANSWERING, ENDPOINT, LIVE


@dataclass(frozen=True)
class Health:
    """What a probe of the serving version ``number`` has shown: which of its models do not answer, and why."""

    endpoint: str
    number: int
    wrong: tuple[str, ...]
    models: int

    @property
    def properties(self) -> Properties:
        """As the endpoint keeps it."""
        status = "HEALTHY" if not self.wrong else "FAILED" if len(self.wrong) == self.models else "DEGRADED"
        return {"healthStatus": status, "healthReason": " ".join(self.wrong)[:2_000] or None}


async def ready(work: Background, id: str, number: int) -> None:
    """The version answers: it takes over in the moment in which the one before it ceases."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        if not _waits(node, number):
            return
        change.set(version_id(node, number), {"status": "SERVING", "liveFrom": change.at})
        if (before := node.get("version")) is not None:
            change.set(version_id(node, before), {"status": "SUPERSEDED", "liveUntil": change.at})
        healthy = {"healthStatus": "HEALTHY", "healthReason": None, "healthAt": change.at}
        await _edit(change, node, "ready", "ONLINE", version=number, pendingVersion=None, **healthy)

    await work.write(act)


async def failed(work: Background, id: str, number: int, problem: Problem) -> None:
    """The version does not answer: the one before goes on, where there is one."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        if not _waits(node, number):
            return
        change.set(version_id(node, number), {"status": "FAILED", "failure": failure_json(problem)})
        ended: dict[str, Any] = {"pendingVersion": None}
        if node.get("version") is None:
            status = "FAILED"
            ended |= {"healthStatus": "FAILED", "healthReason": problem.message, "healthAt": change.at}
        else:
            status = "ONLINE" if node.get("healthStatus") == "HEALTHY" else "DEGRADED"
        await _edit(change, node, "fail", status, **ended)

    await work.write(act)


async def stopped(work: Background, id: str) -> None:
    """Nothing serves any more, and what waited to be live never is."""

    async def act(change: Change) -> None:
        node = await change.lock_one(id)
        if node["status"] != "STOPPING":
            return
        if (serving := node.get("version")) is not None:
            change.set(version_id(node, serving), {"status": "STOPPED", "liveUntil": change.at})
        if (pending := node.get("pendingVersion")) is not None:
            end_pending(change, node, pending, "The endpoint was stopped before it was live.", "STOPPED")
        unknown = {"healthStatus": "UNKNOWN", "healthReason": None, "healthAt": None}
        ended = {"version": None, "pendingVersion": None}
        await _edit(change, node, "stopped", "STOPPED", **unknown, **ended)

    await work.write(act)


async def healths(work: Background, found: Sequence[Health]) -> None:
    """Keeps how endpoints do. A Revision is written where that changes: the history keeps what happened, not what was
    watched."""

    async def act(change: Change) -> None:
        nodes = await change.lock([one.endpoint for one in found])
        for one in found:
            node = nodes.get(one.endpoint)
            if node is None or node.get("version") != one.number or node["status"] not in ANSWERING:
                continue
            seen = {**one.properties, "healthAt": change.at}
            status = ("DEGRADED" if one.wrong else "ONLINE") if node["status"] in LIVE else node["status"]
            if status != node["status"]:
                await _edit(change, node, "degrade" if one.wrong else "recover", status, **seen)
            else:
                change.set(one.endpoint, seen)

    await work.write(act)


def _waits(node: Properties, number: int) -> bool:
    """Whether the version is still the one that is to be live: nobody has stopped the endpoint or deployed another."""
    return node["status"] == "DEPLOYING" and node.get("pendingVersion") == number


async def _edit(change: Change, node: Properties, action: str, status: str, **properties: Any) -> None:
    await assets.edit(change, ENDPOINT, node, properties, action, status=status)
