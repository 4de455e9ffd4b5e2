"""Endpoints that monitors watch, their records, and background work of a test's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.background import Background, Lease
from begat.change.write import Change, write
from begat.core import ids, times
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.kinds.endpoint.kind import ENDPOINT
from begat.kinds.monitor import acts, rules
from begat.platforms.local.platform import open_platform
from begat.platforms.platform import Platform
from begat.platforms.ports import Inference, Telemetry


@contextlib.asynccontextmanager
async def holding(graph: Graph, name: str, home: Path, *, private: bool = True) -> AsyncIterator[Background]:
    """Background work that holds the lease, so that no other begat on this graph does it."""
    lease = Lease(name, "test", 1_000)
    held = {"name": name, "holder": lease.holder, "epoch": lease.epoch, "until": times.later(3_600)}
    await graph.execute("MERGE (l:Lease {name: $name}) SET l += $held", name=name, held=held)
    platform = open_platform(home, home / "tables", None, None, webhook_private=private)
    try:
        yield Background(graph, platform, lease)
    finally:
        await platform.serving.release()
        platform.close()
        await graph.execute("MATCH (l:Lease {name: $name}) SET l.until = $past", name=name, past=times.later(-1))


async def handed_on(work: Background) -> Background:
    """The same work under the next lease, as whoever has it then; the one before is lost."""
    lease = replace(work.lease, epoch=work.lease.epoch + 1)
    await work.graph.execute("MATCH (l:Lease {name: $name}) SET l.epoch = $epoch", name=lease.name, epoch=lease.epoch)
    return replace(work, lease=lease)


def context(graph: Graph, platform: Platform) -> Context:
    """Of a request's context, acts ask for no more."""
    found = SimpleNamespace(graph=graph, platform=platform, viewer=single_user(), wake=lambda: None)
    return cast(Context, found)


async def endpoint(graph: Graph, name: str = "bank") -> str:
    """An endpoint that nothing serves; its id."""

    async def create(change: Change) -> str:
        node = await assets.create(change, ENDPOINT, DEFAULT_PROJECT, {"name": name}, key=name, status="STOPPED")
        return str(node["id"])

    return await write(graph, single_user(), create)


async def monitor(work: Background, endpoint: str, metric: str = "ERROR_RATE", **settings: Any) -> str:
    """A monitor with 10-second windows, as monitorCreate makes it; its id."""
    held = {"metric": metric, "window": 10, "minSamples": 2, **({"above": 0.5} if "below" not in settings else {})}
    new = acts.NewMonitor("watch", endpoint, {**held, **settings}, None, (), None, None)
    return await acts.create(context(work.graph, work.platform), new)


async def since(graph: Graph, id: str, start: str) -> None:
    """Lets a monitor look from that moment on."""
    set = {"lastAt": start, "dueAt": start}
    await graph.execute("MATCH (n:Monitor {id: $id}) SET n += $set", id=id, set=set)


async def node(graph: Graph, id: str) -> dict[str, Any]:
    """The monitor as it stands in the graph."""
    found: dict[str, Any] = await graph.read("MATCH (n:Monitor {id: $id}) RETURN properties(n)", id=id)
    return found


def past(count: int, seconds: int = 10) -> list[str]:
    """The beginnings of the last so many whole windows, and the end of the last."""
    end = rules.begin(times.later(-60), seconds)
    return [times.later(-seconds * back, end) for back in range(count, -1, -1)]


def records(
    log: Telemetry, endpoint: str, start: str, codes: Sequence[str | None], latency: float = 5.0, **more: Any
) -> None:
    """One record for each code, 10 ms apart."""
    for place, code in enumerate(codes):
        at = times.later(place / 100, start)
        fields: dict[str, Any] = {"input": None, "output": None, "model_version": None, **more}
        log.append(
            Inference(
                ids.new("req"),
                at,
                endpoint,
                f"{endpoint}:v1",
                fields.pop("model_version"),
                code,
                latency,
                latency / 2,
                0.001,
                1,
                fields.pop("input"),
                fields.pop("output"),
                **fields,
            )
        )
