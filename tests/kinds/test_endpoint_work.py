"""The loop that serves: crashes at every write, restarts, models that fall silent, and what changes meanwhile."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
import pytest

from begat.access.scope import Viewer, single_user
from begat.change import many
from begat.change.background import Background, Lease, LeaseLost
from begat.change.many import Target
from begat.change.write import Change
from begat.core import times
from begat.core.errors import Code, Problem
from begat.gql.context import Context
from begat.graph.driver import Graph
from begat.kinds.endpoint import acts
from begat.kinds.endpoint import work as endpoint_work
from begat.kinds.endpoint.config import Share
from begat.kinds.endpoint.query import Answer, query
from begat.kinds.endpoint.work import Serving
from begat.platforms.local.platform import open_platform
from begat.platforms.local.serving import LocalServing
from begat.platforms.platform import Platform
from begat.platforms.ports import ModelRef, Prediction, Wanted, Window
from begat.platforms.ports import Serving as Port
from tests.kinds.served import LOST, versions_of
from tests.kinds.test_training_job_work import Crash

pytestmark = pytest.mark.anyio
T = TypeVar("T")


@dataclass(frozen=True)
class Dying(Background):
    """Background work that is ended at the change that ``at`` of `outcome` makes: before it, or when it is just
    done."""

    at: str = ""
    after: bool = False

    async def write(self, work: Callable[[Change], Awaitable[T]], viewer: Viewer | None = None) -> T:
        meant = work.__qualname__.startswith(f"{self.at}.")
        if meant and not self.after:
            raise Crash
        value = await super().write(work, viewer)
        if meant:
            raise Crash
        return value


@dataclass
class Silent:
    """The platform's serving, but for models that do not answer, and for a gate that loading waits at."""

    port: Port
    silent: set[str] = field(default_factory=set)
    gate: asyncio.Event | None = None
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self) -> None:
        await self.port.hold()

    async def release(self) -> None:
        await self.port.release()

    async def load(self, model: ModelRef) -> None:
        self.waiting.set()
        if self.gate is not None:
            await self.gate.wait()
        await self.predict(model, [LOST], 30)

    async def keep(self, ids: Collection[str]) -> None:
        await self.port.keep(ids)

    async def predict(self, model: ModelRef, texts: Sequence[str], seconds: float) -> Prediction:
        if model.id in self.silent:
            raise Problem(Code.PLATFORM, "It does not answer.")
        return await self.port.predict(model, texts, seconds)

    def close(self) -> None:
        self.port.close()


@pytest.fixture(scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models are registered."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
async def platform(home: Path) -> AsyncIterator[Platform]:
    """One platform for all tests here: starting its worker takes longer than most of them."""
    opened = open_platform(home, home / "tables", None, None)
    yield opened
    opened.close()


@pytest.fixture
async def loop(graph: Graph, platform: Platform) -> AsyncIterator[Background]:
    """Background work of the test's own: it holds the lease, so that no other begat on this graph serves."""
    lease = Lease("serving", "test", 1_000)
    held = {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch, "until": times.later(3_600)}
    await graph.execute("MERGE (l:Lease {name: $name}) SET l += $held", name=lease.name, held=held)
    yield Background(graph, platform, lease)
    await graph.execute("MATCH (l:Lease {name: $name}) SET l.until = $past", name=lease.name, past=times.later(-1))


def context(graph: Graph) -> Context:
    """Of a request's context, acts ask for no more."""
    return cast(Context, SimpleNamespace(graph=graph, viewer=single_user(), wake=lambda: None))


async def deploy(graph: Graph, *parts: tuple[str, int], name: str = "bank", key: str | None = None) -> str:
    """An endpoint that waits for the loop; its id."""
    settings = {"traffic": [Share(*part) for part in parts]}
    return await acts.deploy(context(graph), acts.NewEndpoint(name, settings, None, (), None, key))


async def update(graph: Graph, id: str, *parts: tuple[str, int]) -> None:
    """Another traffic."""
    await acts.update(context(graph), id, {}, {"traffic": [Share(*part) for part in parts]}, None)


async def stop(graph: Graph, id: str) -> None:
    """Asks it to stop."""
    assert (await many.act(graph, single_user(), acts.stop(), [Target(id)])).changed == 1


async def asked(work: Background, id: str, *texts: str) -> Answer:
    """The endpoint's answer."""
    return await query(work.graph, single_user(), work.platform, id, list(texts) or [LOST])


async def endpoint(graph: Graph, id: str) -> dict[str, Any]:
    """The endpoint's node."""
    found: dict[str, Any] = await graph.read("MATCH (n:Endpoint {id: $id}) RETURN properties(n)", id=id)
    return found


async def statuses(graph: Graph, id: str) -> list[str]:
    """Of its versions, in the order of their numbers."""
    found = await graph.read("MATCH (n:EndpointVersion {asset: $id}) RETURN collect([n.number, n.status])", id=id)
    return [status for _, status in sorted(found)]


def on(work: Background, **more: Any) -> Background:
    """The same with another serving."""
    return replace(work, platform=replace(work.platform, serving=Silent(work.platform.serving, **more)))


async def test_a_crash_at_any_write_leaves_what_the_next_look_ends(loop: Background, home: Path) -> None:
    graph = loop.graph
    good, broken = await versions_of(graph, home, 2)
    await graph.execute("MATCH (n:ModelVersion {id: $id}) SET n.uri = 'local:models/none/1'", id=broken)

    async def crashed(at: str) -> None:
        with pytest.raises(Crash):
            await Serving().step(Dying(graph, loop.platform, loop.lease, at=at, after=after))
        await Serving().step(loop)

    for after in (False, True):
        id = await deploy(graph, (good, 100), name=f"after: {after}")
        await crashed("ready")
        assert (await endpoint(graph, id))["status"] == "ONLINE"
        await update(graph, id, (broken, 100))
        await crashed("failed")
        assert ((await endpoint(graph, id))["status"], await statuses(graph, id)) == ("ONLINE", ["SERVING", "FAILED"])
        await stop(graph, id)
        await crashed("stopped")
        assert (await endpoint(graph, id))["status"] == "STOPPED"
        assert await statuses(graph, id) == ["STOPPED", "FAILED"]
        history = await graph.read("MATCH (r:Revision {asset: $id}) RETURN collect([r.number, r.action])", id=id)
        assert [action for _, action in sorted(history)] == ["deploy", "ready", "redeploy", "fail", "stop", "stopped"]


async def test_after_a_restart_all_that_was_live_answers_again(loop: Background, home: Path) -> None:
    graph = loop.graph
    first, second, third = await versions_of(graph, home, 3)
    live = [await deploy(graph, (first, 50), (second, 50), name="a"), await deploy(graph, (third, 100), name="b")]
    await Serving().step(loop)
    await loop.platform.serving.release()
    assert [(await asked(loop, id)).problem is not None for id in live] == [True, True], "nothing serves"
    platform = open_platform(home, home / "tables", None, None)
    again = replace(loop, platform=platform)
    serving = Serving()
    try:
        await serving.step(again)
        for id in live:
            answer = await asked(again, id)
            assert answer.problem is None
            assert answer.outputs is not None
            assert answer.outputs[0]["answer"] == "lost_card"
            assert (await endpoint(graph, id))["healthStatus"] == "HEALTHY"
        records, _ = platform.telemetry.page(live[1], Wanted(Window(times.later(-600), times.later(1))), 10)
        assert [record.code for record in records] == [None, "UNAVAILABLE"]
    finally:
        await serving.leave(again)
        platform.close()


async def test_a_model_that_falls_silent_degrades_its_endpoint_until_it_answers(loop: Background, home: Path) -> None:
    graph = loop.graph
    first, second = await versions_of(graph, home, 2)
    both = await deploy(graph, (first, 50), (second, 50), name="both")
    other = await deploy(graph, (first, 100), name="other")
    await Serving().step(loop)
    await Serving().step(on(loop, silent={second}))
    ill = await endpoint(graph, both)
    assert (ill["status"], ill["healthStatus"]) == ("DEGRADED", "DEGRADED")
    assert ill["healthReason"] == "A model with 50 % of the traffic: It does not answer."
    well = await endpoint(graph, other)
    assert (well["status"], well["healthStatus"]) == ("ONLINE", "HEALTHY")
    await Serving().step(on(loop, silent={first, second}))
    ill = await endpoint(graph, both)
    assert (ill["status"], ill["healthStatus"], (await endpoint(graph, other))["status"]) == (
        "DEGRADED",
        "FAILED",
        "DEGRADED",
    )
    await update(graph, both, (first, 100))
    await Serving().step(on(loop, silent={first, second}))
    assert ((await endpoint(graph, both))["status"], await statuses(graph, both)) == ("DEGRADED", ["SERVING", "FAILED"])
    await Serving().step(loop)
    assert [(await endpoint(graph, id))["status"] for id in (both, other)] == ["ONLINE", "ONLINE"]
    before = await endpoint(graph, other)
    await Serving().step(loop)
    after = await endpoint(graph, other)
    assert (after["revision"], after["healthAt"] > before["healthAt"]) == (before["revision"], True)


async def test_where_no_worker_starts_health_says_so_and_what_waits_is_given_up(
    loop: Background, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = loop.graph
    (model,) = await versions_of(graph, home, 1)
    live, ending = [await deploy(graph, (model, 100), name=name) for name in ("live", "ending")]
    await Serving().step(loop)
    await loop.platform.serving.release()
    await stop(graph, ending)
    waiting = await deploy(graph, (model, 100), name="waiting")
    port = LocalServing(home, str(home / "no python"))
    broken, serving = replace(loop, platform=replace(loop.platform, serving=port)), Serving()
    await serving.step(broken)
    ill = await endpoint(graph, live)
    assert (ill["status"], ill["healthStatus"]) == ("DEGRADED", "FAILED")
    assert "Nothing serves models" in ill["healthReason"]
    assert [(await endpoint(graph, id))["status"] for id in (ending, waiting)] == ["STOPPED", "DEPLOYING"]
    monkeypatch.setattr(endpoint_work, "GIVE_UP_SECONDS", 0.0)
    await serving.step(broken)
    assert (await endpoint(graph, waiting))["status"] == "FAILED"
    port.close()
    await Serving().step(loop)
    assert (await endpoint(graph, live))["status"] == "ONLINE"


async def test_who_changes_his_mind_during_a_deployment_is_heard(loop: Background, home: Path) -> None:
    graph = loop.graph
    first, second = await versions_of(graph, home, 2)
    stopped, replaced = [await deploy(graph, (first, 100), name=name) for name in ("stopped", "replaced")]
    gated = on(loop, gate=asyncio.Event())
    port = cast(Silent, gated.platform.serving)
    async with anyio.create_task_group() as group:
        group.start_soon(Serving().step, gated)
        await port.waiting.wait()
        await stop(graph, stopped)
        await update(graph, replaced, (second, 100))
        assert port.gate is not None
        port.gate.set()
    assert (await endpoint(graph, stopped))["status"] == "STOPPING"
    await Serving().step(loop)
    assert ((await endpoint(graph, stopped))["status"], await statuses(graph, stopped)) == ("STOPPED", ["STOPPED"])
    assert ((await endpoint(graph, replaced))["version"], await statuses(graph, replaced)) == (2, ["FAILED", "SERVING"])
    why = await graph.read("MATCH (n:Version {id: $id}) RETURN n.failure", id=f"{replaced}:v1")
    assert "Version 2 was deployed before it was live" in why
    started = await many.act(graph, single_user(), acts.again("start", None), [Target(stopped)])
    assert started.changed == 1
    await Serving().step(loop)
    assert await statuses(graph, stopped) == ["STOPPED", "SERVING"]


async def test_of_racing_deployments_one_is_live_and_each_says_what_became_of_it(loop: Background, home: Path) -> None:
    graph = loop.graph
    first, second = await versions_of(graph, home, 2)
    made = await asyncio.gather(*(deploy(graph, (first, 100)) for _ in range(6)), return_exceptions=True)
    refused = [one for one in made if isinstance(one, Problem)]
    assert [problem.code for problem in refused] == [Code.DUPLICATE] * 5
    (id,) = {one for one in made if isinstance(one, str)}
    parts = [((first, percent), (second, 100 - percent)) for percent in range(10, 20)]
    await asyncio.gather(*(update(graph, id, *part) for part in parts), Serving().step(loop))
    await Serving().step(loop)
    node = await endpoint(graph, id)
    assert (node["status"], node["version"], node["lastVersion"]) == ("ONLINE", 11, 11)
    met = Counter(await statuses(graph, id))
    assert (met["SERVING"], met["DEPLOYING"], sum(met.values())) == (1, 0, 11)
    edges = await graph.read(
        "MATCH (v:EndpointVersion {asset: $id})-[s:SERVES]->(:ModelVersion) RETURN collect([v.number, s.percent])",
        id=id,
    )
    totals = Counter[int]()
    for number, percent in edges:
        totals[number] += percent
    assert set(totals.values()) == {100}
    live = await graph.read(
        "MATCH (v:EndpointVersion {asset: $id}) WHERE v.liveFrom IS NOT NULL RETURN collect([v.liveFrom, v.liveUntil])",
        id=id,
    )
    ordered = sorted(live)
    assert all(until == start for (_, until), (start, _) in itertools.pairwise(ordered))


async def test_whose_lease_is_lost_changes_nothing_and_serves_no_more(loop: Background, home: Path) -> None:
    graph = loop.graph
    (model,) = await versions_of(graph, home, 1)
    id = await deploy(graph, (model, 100))
    late = replace(loop, lease=Lease("serving", "test", 999))
    serving = Serving()
    with pytest.raises(LeaseLost):
        await serving.step(late)
    assert (await endpoint(graph, id))["status"] == "DEPLOYING"
    await serving.leave(late)
    await Serving().step(loop)
    assert (await asked(loop, id)).problem is None


async def test_two_thousand_queries_share_a_traffic_of_90_to_10(loop: Background, home: Path) -> None:
    graph, telemetry = loop.graph, loop.platform.telemetry
    champion, challenger = await versions_of(graph, home, 2)
    id = await deploy(graph, (champion, 90), (challenger, 10))
    await Serving().step(loop)
    met = Counter[str]()
    limit = asyncio.Semaphore(32)

    async def one() -> None:
        async with limit:
            answer = await asked(loop, id)
        assert answer.problem is None
        assert answer.served is not None
        met[answer.served.ref.id] += 1

    await asyncio.gather(*(one() for _ in range(2_000)))
    # Five standard deviations of the binomial distribution: one run in a million falls out of them.
    assert abs(met[challenger] - 200) < 5 * (2_000 * 0.9 * 0.1) ** 0.5, met
    window = Window(times.later(-600), times.later(1))
    parts = await anyio.to_thread.run_sync(lambda: telemetry.measures(id, window, by_model_version=True))
    assert {part.model_version: part.requests for part in parts} == met
    assert [part.errors for part in parts] == [0, 0]
