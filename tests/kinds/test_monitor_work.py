"""The loop that looks: what a dry run says is what it does, crashes at each write, and how the past is made up for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import many
from begat.change.background import Background, LeaseLost
from begat.change.many import Act, Target
from begat.change.write import Change, write
from begat.core import ids, times
from begat.core.errors import Code, Problem
from begat.gql.columns import from_json
from begat.graph.driver import Graph
from begat.kinds.monitor import acts, rules, work
from begat.kinds.monitor.alarm import GRACE_SECONDS
from begat.kinds.monitor.dry_run import MOST, dry_run
from begat.platforms.ports import Measures, Origin, Window
from tests.kinds.test_training_job_work import Crash
from tests.kinds.watched import context, endpoint, holding, monitor, node, past, records, since

pytestmark = pytest.mark.anyio
T = TypeVar("T")
HOOK = "https://192.0.2.1/hook"  # never called: no loop of the outbox runs on what these tests write

BAD: Sequence[str | None] = ["UNAVAILABLE"] * 4
GOOD: Sequence[str | None] = [None] * 4


@dataclass(frozen=True)
class Dying(Background):
    """Background work that is ended at its next write: before it, or when it was just done."""

    after: bool = False

    async def write(self, work: Callable[[Change], Awaitable[T]], viewer: Viewer | None = None) -> T:
        if self.after:
            await super().write(work, viewer)
        raise Crash


class Away:
    """A log that does not answer."""

    def measures(self, endpoint: str, window: Window, **more: Any) -> list[Measures]:
        raise Problem(Code.UNAVAILABLE, "The log does not answer.")


@pytest.fixture
async def loop(graph: Graph, tmp_path: Path) -> AsyncIterator[Background]:
    async with holding(graph, "outbox", tmp_path), holding(graph, "monitors", tmp_path) as held:
        yield held


async def watched(loop: Background, *windows: Sequence[str | None], **settings: Any) -> tuple[str, str, list[str]]:
    """A monitor over records of past windows, one list of codes for each: the endpoint, the monitor, and the times."""
    id = await endpoint(loop.graph)
    made = await monitor(loop, id, webhook=HOOK, **settings)
    starts = past(len(windows), settings.get("window", 10))
    for start, codes in zip(starts, windows, strict=False):
        await anyio.to_thread.run_sync(records, loop.platform.telemetry, id, start, codes)
    await since(loop.graph, made, starts[0])
    return id, made, starts


async def moves_of(graph: Graph, id: str) -> list[tuple[str, str, float]]:
    """The moves in its history, with the window's end and value."""
    states: list[list[str]] = await graph.read(
        "MATCH (r:Revision {asset: $id}) WHERE r.action IN ['breach', 'recover'] WITH r ORDER BY r.number "
        "RETURN collect([r.action, r.state])",
        id=id,
    )
    return [(action, from_json(state)["lastAt"], from_json(state)["lastValue"]) for action, state in states]


async def letters(graph: Graph, id: str) -> list[dict[str, Any]]:
    """Its deliveries, oldest first."""
    found: list[dict[str, Any]] = await graph.read(
        "MATCH (d:Delivery {monitor: $id}) WITH d ORDER BY d.id RETURN collect(properties(d))", id=id
    )
    return found


async def done(graph: Graph, act: Act, id: str) -> None:
    """An act that must be done."""
    assert (await many.act(graph, single_user(), act, [Target(id)])).changed == 1


async def look(loop: Background) -> None:
    """Until nothing is due."""
    while await work.step(loop):
        pass


async def test_it_does_what_a_dry_run_over_the_same_time_says(loop: Background) -> None:
    plan = [GOOD, BAD, BAD, [None], GOOD, BAD, [*BAD, *GOOD[:2]], GOOD]
    id, made, starts = await watched(loop, *plan, forWindows=2, recoverBelow=0.2)
    platform = loop.platform
    await anyio.to_thread.run_sync(
        lambda: records(
            platform.telemetry, id, starts[0], [*BAD, *BAD], origin=Origin.TEST
        )  # asked by a template's test
    )
    said = await dry_run(context(loop.graph, platform), await node(loop.graph, made), starts[0], starts[-1])
    assert [(one.verdict.value, one.event, one.value) for one in said.windows] == [
        ("OK", None, 0.0),
        ("BREACH", None, 1.0),
        ("BREACH", "breach", 1.0),
        ("INSUFFICIENT_DATA", None, 0.0),
        ("OK", "recover", 0.0),
        ("BREACH", None, 1.0),
        ("BREACH", "breach", pytest.approx(4 / 6)),
        ("OK", "recover", 0.0),
    ]
    await look(loop)
    events = [(one.event, one.until, one.value) for one in said.windows if one.event]
    assert await moves_of(loop.graph, made) == events

    now = await node(loop.graph, made)
    assert (now["status"], now["lastVerdict"], "breachedAt" in now) == ("ACTIVE", "INSUFFICIENT_DATA", False)
    assert now["lastAt"] > starts[-1]  # the minute after the records, too
    sent = await letters(loop.graph, made)
    assert [letter["event"] for letter in sent] == ["monitor.breach", "monitor.recover"] * 2
    data = from_json(sent[0]["body"])["data"]
    assert (data["value"], data["samples"], data["until"], data["status"]) == (1.0, 4, starts[3], "ALERTING")
    assert data["endpoint"] == {"id": id, "name": "bank"}


@pytest.mark.parametrize("after", [False, True])
async def test_killed_at_the_write_of_an_alarm_it_is_raised_once_with_one_letter(loop: Background, after: bool) -> None:
    _, made, starts = await watched(loop, BAD)
    with pytest.raises(Crash):
        await work.step(Dying(loop.graph, loop.platform, loop.lease, after=after))
    assert len(await letters(loop.graph, made)) == int(after)
    await look(loop)
    assert await moves_of(loop.graph, made) == [("breach", starts[1], 1.0)]
    (letter,) = await letters(loop.graph, made)
    assert letter["key"] == f"{made}|r2"


async def test_two_that_look_at_once_raise_one_alarm_and_who_lost_the_lease_none(loop: Background) -> None:
    _, made, _ = await watched(loop, BAD)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work.step, loop)
        tasks.start_soon(work.step, loop)
    assert len(await moves_of(loop.graph, made)) == len(await letters(loop.graph, made)) == 1
    await since(loop.graph, made, past(1)[0])
    with pytest.raises(LeaseLost):
        await work.step(replace(loop, lease=replace(loop.lease, epoch=7)))


async def test_who_pauses_acknowledges_and_silences_is_obeyed(loop: Background) -> None:
    id, made, starts = await watched(loop, BAD)
    graph = loop.graph
    await done(graph, acts.silence(times.later(3_600), "We know."), made)
    await look(loop)
    assert (await node(graph, made))["status"] == "ALERTING"
    assert await letters(graph, made) == []  # silence sends nothing and hides nothing
    await done(graph, acts.silence(None, None), made)

    # Other bounds begin the watch anew; the alarm lasts, and says since when.
    await acts.update(context(graph, loop.platform), made, {}, {"above": 0.4}, None)
    changed = await node(graph, made)
    assert (changed["status"], changed["breachedAt"], changed["breaches"]) == ("ALERTING", starts[1], 0)

    again = times.later(10, starts[1])
    await anyio.to_thread.run_sync(records, loop.platform.telemetry, id, again, GOOD)
    await done(graph, acts.pause("Maintenance."), made)
    await since(graph, made, again)
    await look(loop)
    assert (await node(graph, made))["status"] == "PAUSED"
    await done(graph, acts.resume(None), made)
    resumed = await node(graph, made)
    assert resumed["status"] == "ACTIVE"
    assert resumed["lastAt"] > starts[1]  # what happened meanwhile was not to be watched
    assert len(await moves_of(graph, made)) == 1


async def test_a_log_that_is_away_costs_no_window(loop: Background) -> None:
    _, made, starts = await watched(loop, BAD)
    away = replace(loop, platform=replace(loop.platform, telemetry=Away()))  # type: ignore[arg-type] # it asks no more
    await look(away)
    waiting = await node(loop.graph, made)
    assert (waiting["lastAt"], waiting["status"]) == (starts[0], "ACTIVE")
    assert waiting["dueAt"] > times.now()
    await since(loop.graph, made, starts[0])
    await look(loop)
    assert [move for move, *_ in await moves_of(loop.graph, made)] == ["breach"]


async def test_a_long_sleep_is_made_up_for_window_by_window_up_to_a_bound(loop: Background) -> None:
    _, made, starts = await watched(loop, BAD)
    await since(loop.graph, made, times.later(-10 * (work.MOST_BEHIND + 500), starts[0]))
    await look(loop)
    now = await node(loop.graph, made)
    assert [move for move, *_ in await moves_of(loop.graph, made)] == ["breach"]
    assert times.seconds_between(now["lastAt"], times.now()) < 10 + GRACE_SECONDS + 5


async def test_feedback_latency_and_rates_are_read_as_they_are(loop: Background) -> None:
    id, made, starts = await watched(loop, GOOD)
    graph, platform = loop.graph, loop.platform

    async def feedback(change: Change) -> None:
        for place, (rating, right) in enumerate([("NEGATIVE", False), ("POSITIVE", True), ("NEGATIVE", None)]):
            kept = {"id": ids.new("feedback"), "key": f"{id}{place}", "project": DEFAULT_PROJECT, "endpoint": id}
            kept |= {"rating": rating, "createdAt": times.later(place, starts[0])}
            change.create(("Row", "Feedback"), {**kept, "isRight": right})

    await write(graph, single_user(), feedback)
    base = await node(graph, made)

    async def value(metric: str, **more: Any) -> tuple[float | None, int]:
        settings = {**base, "metric": metric, **more}
        one = (await dry_run(context(graph, platform), settings, starts[0], starts[1])).windows[0]
        return one.value, one.samples

    assert await value("NEGATIVE_FEEDBACK") == (2 / 3, 3)
    assert await value("ACCURACY", above=None, below=0.1) == (0.5, 2)
    assert await value("P95_LATENCY") == (5.0, 4)
    assert await value("REQUEST_RATE") == (0.4, 4)
    # However many windows there are, the feedback in them is asked for once.
    before = graph.statements
    hours = {**base, "metric": "NEGATIVE_FEEDBACK", "window": 3_600}
    for settings, count in (({**hours, "window": 10}, 360), ({**hours, "window": 120}, 30), (hours, 3)):
        end = rules.begin(times.later(2 * settings["window"], starts[0]), settings["window"])
        begin = times.later(-count * settings["window"], end)
        seen = (await dry_run(context(graph, platform), settings, begin, end)).windows
        assert len(seen) == count
        assert [one.since <= starts[0] < one.until for one in seen] == [one.samples == 3 for one in seen]
    assert graph.statements == before + 3
    # Where no time is asked for, it goes as far back as it may.
    short = await dry_run(context(graph, platform), {**base, "metric": "NEGATIVE_FEEDBACK", "window": 10}, None, None)
    assert len(short.windows) in (MOST - 1, MOST)
    # Seven seconds are no part of a day.
    around = times.later(-7, starts[0]), times.later(7, starts[1])
    seven = await dry_run(context(graph, platform), {**base, "window": 7}, *around)
    assert sum(one.samples for one in seven.windows) == 4
    assert await value("DRIFT") == (None, 0)  # nothing is served, so there is nothing to compare with
