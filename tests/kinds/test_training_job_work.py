"""The loop that runs training jobs: crashes at every write, restarts of begat, platforms that are away or forget."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import assets, many
from begat.change.background import Background, Lease
from begat.change.many import Target
from begat.change.write import Change, Properties, write
from begat.core import times
from begat.gql.columns import from_json, to_json
from begat.graph.driver import Graph
from begat.kinds.model.kind import MODEL
from begat.kinds.training_job import acts, spec, work
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.platforms.local.platform import open_platform
from begat.platforms.local.training import MAX_ATTEMPTS, LocalTraining
from begat.platforms.platform import Platform
from begat.platforms.ports import TrainingSpec, TrainingState
from tests.kinds.frozen import ENDLESS, Frozen, endless_rows, frozen, rows

pytestmark = pytest.mark.anyio
T = TypeVar("T")


class Crash(BaseException):
    """begat was ended here: nothing in it may catch this."""


@dataclass(frozen=True)
class Dying(Background):
    """Background work that is ended at its n-th write: before it, or when it was just done."""

    at: int = 0
    after: bool = False
    writes: list[int] = field(default_factory=list)

    async def write(self, work: Callable[[Change], Awaitable[T]], viewer: Viewer | None = None) -> T:
        self.writes.append(1)
        if len(self.writes) == self.at and not self.after:
            raise Crash
        value = await super().write(work, viewer)
        if len(self.writes) == self.at:
            raise Crash
        return value


class Forgetful(LocalTraining):
    """A platform on which nothing that is started stays."""

    def start(self, token: str, spec: TrainingSpec) -> None:
        """Takes it, and forgets it."""


@pytest.fixture
async def loop(graph: Graph, tmp_path: Path) -> AsyncIterator[Background]:
    """Background work of the test's own: it holds the lease, so that no other begat on this graph works."""
    lease = Lease("training", "test", 1_000)
    held = {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch, "until": times.later(3_600)}
    await graph.execute("MERGE (l:Lease {name: $name}) SET l += $held", name=lease.name, held=held)
    platform = open_platform(tmp_path, tmp_path / "tables", None, None)
    yield Background(graph, platform, lease)
    platform.close()
    await graph.execute("MATCH (l:Lease {name: $name}) SET l.until = $past", name=lease.name, past=times.later(-1))


async def queue(graph: Graph, sheet: Frozen, model: str, **more: Any) -> str:
    """A QUEUED job as trainingJobCreate makes it."""
    properties: Properties = {
        "name": "job",
        "trainingSheet": sheet.sheet,
        "snapshot": sheet.snapshot,
        "model": model,
        "trainer": "naive_bayes",
        "hyperparameters": "{}",
        "splits": '["TRAIN"]',
        "evaluateOn": to_json([spec.Evaluate(sheet.sheet, sheet.snapshot, "TEST").as_json()]),
        **more,
    }

    async def create(change: Change) -> str:
        node = await assets.create(change, TRAINING_JOB, DEFAULT_PROJECT, properties)
        change.link("TRAINED_ON", node["id"], sheet.snapshot, "Snapshot", split="TRAIN")
        return str(node["id"])

    return await write(graph, single_user(), create)


async def model_of(graph: Graph) -> str:
    """A model without versions."""

    async def create(change: Change) -> str:
        return str((await assets.create(change, MODEL, DEFAULT_PROJECT, {"name": "intents"}, key="intents"))["id"])

    return await write(graph, single_user(), create)


async def job_of(graph: Graph, id: str) -> dict[str, Any]:
    """The job's node."""
    found: dict[str, Any] = await graph.read("MATCH (n:TrainingJob {id: $id}) RETURN properties(n)", id=id)
    return found


async def follow(loop: Background, id: str, seconds: float = 60) -> dict[str, Any]:
    """Looks until the job has ended."""
    with anyio.fail_after(seconds):
        while (job := await job_of(loop.graph, id))["status"] in ("QUEUED", "RUNNING", "CANCELING"):
            await work.step(loop)
            await anyio.sleep(0.02)
    return job


def reborn(loop: Background, home: Path) -> Background:
    """The same work in a begat that was started anew."""
    loop.platform.close()
    return replace(loop, platform=open_platform(home, home / "tables", None, None))


async def trained(loop: Background, home: Path, sheet: Frozen, model: str) -> str:
    """The id of a job that succeeded, for whose run others can be taken."""
    id = await queue(loop.graph, sheet, model)
    assert (await follow(loop, id))["status"] == "SUCCEEDED"
    return id


async def like(loop: Background, home: Path, done: str, sheet: Frozen, model: str) -> str:
    """A QUEUED job that the platform has run already: the run of another job with the same inputs, under its id."""
    id = await queue(loop.graph, sheet, model)
    await anyio.to_thread.run_sync(shutil.copytree, home / "runs" / done, home / "runs" / id)
    return id


async def test_a_crash_at_any_write_registers_nothing_twice_and_loses_nothing(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    done = await trained(loop, tmp_path, sheet, model)
    crashes = 0
    for at in range(1, 10):
        for after in (False, True):
            id = await like(loop, tmp_path, done, sheet, model)
            dying = Dying(graph, loop.platform, loop.lease, at, after)
            try:
                await work.step(dying)
            except Crash:
                crashes += 1
            assert (await follow(loop, id))["status"] == "SUCCEEDED"
        if len(dying.writes) < at:
            break
    assert crashes == 8, "start, the version's intent, its evaluations and the end: before and after each"
    jobs = 1 + crashes + 2
    numbers = await graph.read(
        "MATCH (n:ModelVersion {model: $model})-[:PRODUCED_BY]->(j:TrainingJob) WITH n, j ORDER BY n.number "
        "RETURN collect([n.number, n.status, j.id])",
        model=model,
    )
    assert [number for number, *_ in numbers] == list(range(1, jobs + 1))
    assert {status for _, status, _ in numbers} == {"READY"}
    assert len({job for *_, job in numbers}) == jobs
    evaluations = await graph.read(
        "MATCH (v:ModelVersion)<-[:EVALUATES]-(e:Evaluation)-[:EVALUATED_ON {split: 'TEST'}]->(:Snapshot) "
        "WITH v.id AS id, count(e) AS size RETURN collect(size)"
    )
    assert evaluations == [2] * jobs
    assert len(list((tmp_path / "models" / "names").glob("*/*.json"))) == jobs


async def test_version_and_job_have_succeeded_in_a_change_after_that_of_the_evaluations(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    """Neo4j shows a new status before its indexes know what was created by the same commit."""
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    id = await trained(loop, tmp_path, sheet, model)
    measured, ready, succeeded = await graph.read(
        "MATCH (j:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion)<-[:EVALUATES]-(e:Evaluation) "
        "WITH j, v, max(e.createdAt) AS measured RETURN [measured, v.updatedAt, j.updatedAt]",
        id=id,
    )
    assert measured < ready == succeeded


async def test_a_begat_that_is_started_anew_goes_on_with_what_ran(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    id = await queue(graph, sheet, model)
    await work.step(loop)
    await work.step(loop)
    assert (await job_of(graph, id))["status"] == "RUNNING"
    after = reborn(loop, tmp_path)
    try:
        assert after.platform.training.status(id).state is TrainingState.LOST
        await work.step(after)
        assert (await job_of(graph, id))["status"] == "RUNNING"
        assert (await follow(after, id))["status"] == "SUCCEEDED"
    finally:
        after.platform.close()


async def test_a_run_that_the_platform_gives_up_fails_with_its_reason(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "noise", endless_rows()), await model_of(graph)
    settings = {"trainer": ENDLESS["trainer"], "hyperparameters": to_json(ENDLESS["hyperparameters"])}
    id = await queue(graph, sheet, model, evaluateOn="[]", **settings)
    await work.step(loop)
    await work.step(loop)
    after = reborn(loop, tmp_path)
    # As if begat had not ended in order this time, but had been killed again and again.
    (tmp_path / "runs" / id / "attempts.json").write_text(str(MAX_ATTEMPTS))
    try:
        job = await follow(after, id)
        assert job["status"] == "FAILED"
        assert f"{MAX_ATTEMPTS} times" in from_json(job["failure"])["message"]
    finally:
        after.platform.close()


async def test_a_platform_that_forgets_what_was_started_loses_the_job(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    id = await queue(graph, sheet, model)
    forgetful = replace(loop, platform=_with(loop.platform, Forgetful(tmp_path)))
    job = await follow(forgetful, id)
    assert job["status"] == "LOST"
    assert from_json(job["failure"])["code"] == "PLATFORM"
    assert job["finishedAt"]


async def test_a_platform_that_is_away_is_asked_again_for_a_while_and_then_the_job_fails(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    id = await queue(graph, sheet, model)
    loop.platform.training.close()
    for _ in range(3):
        await work.step(loop)
    job = await job_of(graph, id)
    assert (job["status"], job["revision"]) == ("QUEUED", 1)
    since = job["unreachableSince"]
    back = reborn(loop, tmp_path)
    try:
        await work.step(back)
        assert "unreachableSince" not in await job_of(graph, id)
        assert (await follow(back, id))["status"] == "SUCCEEDED"
    finally:
        back.platform.close()
    long_away = times.later(-work.GIVE_UP_SECONDS - 1, since)
    other = await queue(graph, sheet, model, unreachableSince=long_away)
    await work.step(back)
    job = await job_of(graph, other)
    assert job["status"] == "FAILED"
    assert from_json(job["failure"])["code"] == "UNAVAILABLE"


async def test_a_job_that_begat_itself_cannot_follow_holds_up_no_other_and_fails_in_the_end(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    broken = await queue(graph, sheet, model, evaluateOn="{")
    sound = await queue(graph, sheet, model)
    assert (await follow(loop, sound))["status"] == "SUCCEEDED"
    job = await job_of(graph, broken)
    assert (job["status"], "unreachableSince" in job) == ("QUEUED", True)
    long_ago = times.later(-work.GIVE_UP_SECONDS - 1)
    await graph.execute("MATCH (n:TrainingJob {id: $id}) SET n.unreachableSince = $at", id=broken, at=long_ago)
    await work.step(loop)
    job = await job_of(graph, broken)
    assert job["status"] == "FAILED"
    assert "inside begat" in from_json(job["failure"])["message"]


async def test_a_run_that_was_canceled_on_the_platform_fails_and_says_so(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    id = await queue(graph, sheet, model)
    await work.step(loop)
    loop.platform.training.cancel(id)
    job = await follow(loop, id)
    assert job["status"] == "FAILED"
    assert "on the platform" in from_json(job["failure"])["message"]


async def test_what_the_registry_refuses_fails_the_version_and_the_job(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    done = await trained(loop, tmp_path, sheet, model)
    id = await like(loop, tmp_path, done, sheet, model)
    # The registry holds another file under the number that comes next.
    other = tmp_path / "other.joblib"
    other.write_bytes(b"other")
    loop.platform.registry.register(model, 2, other, hashlib.sha256(b"other").hexdigest(), {})
    job = await follow(loop, id)
    assert job["status"] == "FAILED"
    assert from_json(job["failure"])["code"] == "CONFLICT"
    version = await graph.read(
        "MATCH (j:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion) RETURN [v.status, v.number, v.failure]", id=id
    )
    assert version[:2] == ["FAILED", 2]
    assert from_json(version[2])["code"] == "CONFLICT"
    third = await like(loop, tmp_path, done, sheet, model)
    assert (await follow(loop, third))["status"] == "SUCCEEDED"


async def test_a_job_that_fails_in_the_end_leaves_no_version_that_waits_for_ever(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    done = await trained(loop, tmp_path, sheet, model)
    id = await like(loop, tmp_path, done, sheet, model)
    with pytest.raises(Crash):  # when the version was begun
        await work.step(Dying(graph, loop.platform, loop.lease, 2, True))
    shutil.rmtree(tmp_path / "runs" / id)  # the run is gone, and the platform away
    loop.platform.training.close()
    long_ago = times.later(-work.GIVE_UP_SECONDS - 1)
    await graph.execute("MATCH (n:TrainingJob {id: $id}) SET n.unreachableSince = $at", id=id, at=long_ago)
    await work.step(loop)
    assert (await job_of(graph, id))["status"] == "FAILED"
    status, failure = await graph.read(
        "MATCH (:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion) RETURN [v.status, v.failure]", id=id
    )
    assert status == "FAILED"
    assert from_json(failure)["code"] == "UNAVAILABLE"


async def test_of_a_cancel_and_a_success_at_once_one_comes_first_and_the_graph_agrees_with_itself(
    loop: Background, graph: Graph, tmp_path: Path
) -> None:
    sheet, model = await frozen(graph, tmp_path, "sheet", rows()), await model_of(graph)
    done = await trained(loop, tmp_path, sheet, model)
    for _ in range(20):
        id = await like(loop, tmp_path, done, sheet, model)
        async with anyio.create_task_group() as group:
            group.start_soon(work.step, loop)
            group.start_soon(_cancel, graph, id)
        job = await follow(loop, id)
        # The run had ended well before anybody canceled: so it came first, whatever the order of the writes.
        assert job["status"] == "SUCCEEDED"
        moves = await graph.read(
            "MATCH (r:Revision {asset: $id}) WITH r ORDER BY r.number RETURN collect([r.number, r.action])", id=id
        )
        assert [number for number, _ in moves] == list(range(1, job["revision"] + 1))
        assert [action for _, action in moves][-1] == "succeed"
        assert await graph.read(
            "MATCH (:TrainingJob {id: $id})<-[:PRODUCED_BY]-(v:ModelVersion) RETURN collect(v.status)", id=id
        ) == ["READY"]


async def _cancel(graph: Graph, id: str) -> None:
    await many.act(graph, single_user(), acts.cancel(), [Target(id)])


def _with(platform: Platform, training: LocalTraining) -> Platform:
    return replace(platform, training=training)
