"""The feed: every change once and in order, whoever made it, whenever it was committed, however often one resumes."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, aclosing

import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import assets, log
from begat.change import feed as feed_module
from begat.change.feed import feeding
from begat.change.log import Event
from begat.change.watcher import Ended, Limits, Watcher
from begat.change.write import Change, write
from begat.core.errors import Code, Problem
from begat.core.kind import Kind
from begat.core.lifecycle import Lifecycle
from begat.core.roles import Role
from begat.graph.driver import Graph
from tests.conftest import Database

pytestmark = pytest.mark.anyio
THING = Kind("SHEET", "Sheet", "sheet", "sheet", Lifecycle("DRAFT"), content=("table",), version="SheetVersion")
ME = single_user()
SECONDS = 15.0


async def things(graph: Graph, count: int, project: str = DEFAULT_PROJECT) -> list[str]:
    async def work(change: Change) -> list[str]:
        made = [await assets.create(change, THING, project, {"name": "a", "table": "t"}) for _ in range(count)]
        return [node["id"] for node in made]

    return await write(graph, ME, work)


async def rename(graph: Graph, *ids: str, at: str | None = None, held: asyncio.Event | None = None) -> None:
    """One change of these assets; ``at`` is the time it takes, ``held`` what it waits for before it commits."""

    async def work(change: Change) -> None:
        change.at = at or change.at
        for id, node in (await change.lock(ids)).items():
            await assets.edit(change, THING, node, {"name": f"{id} {node['revision']}"}, "update")
        if held is not None:
            await change.flush()
            await held.wait()

    await write(graph, ME, work)


async def rekey(graph: Graph, key: str, other: str) -> None:
    """Gives a revision another key, by which it is not found."""
    await graph.execute("MATCH (r:Revision {key: $key}) SET r.key = $other", key=key, other=other)


async def take(watcher: Watcher, count: int) -> list[tuple[str, Event]]:
    """The next events, each with the id to resume by."""
    found: list[tuple[str, Event]] = []
    async with asyncio.timeout(SECONDS), aclosing(watcher.events()) as events:
        async for event in events:
            found.append((watcher.place, event))
            if len(found) == count:
                break
    return found


async def silent(watcher: Watcher, graph: Graph, marker: str) -> None:
    """Nothing comes but the change that is made now: everything earlier would have come before it."""
    await rename(graph, marker)
    ((_, event),) = await take(watcher, 1)
    assert event.asset == marker


async def test_resuming_at_any_event_with_any_instance_loses_and_repeats_nothing(
    graph: Graph, database: Database
) -> None:
    """Writers race on the same assets meanwhile, and one breaks off after a few events again and again."""
    ids = await things(graph, 6)
    rounds, writers = 12, 3
    chance = random.Random(7)

    async def writing() -> None:
        for _ in range(rounds):
            await rename(graph, *chance.sample(ids, 2))
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(database.connect())
        feeds = [await stack.enter_async_context(feeding(one)) for one in (graph, other)]
        async with feeds[0].watching(ids, None, ME, None) as watcher:
            after = watcher.place
        tasks = [asyncio.create_task(writing()) for _ in range(writers)]
        got: list[Event] = []
        while len(got) < rounds * writers * 2:
            async with chance.choice(feeds).watching(ids, after, ME, None) as watcher:
                wanted = min(chance.randint(1, 9), rounds * writers * 2 - len(got))
                told = await take(watcher, wanted)
                after = told[-1][0]
                got += [event for _, event in told]
        await asyncio.gather(*tasks)
        by_asset = {id: [event.number for event in got if event.asset == id] for id in ids}
        assert by_asset == {id: list(range(2, len(numbers) + 2)) for id, numbers in by_asset.items()}
        log = await graph.read("MATCH (r:Revision) WHERE r.number > 1 RETURN count(r)")
        assert len(got) == log


async def test_a_change_that_is_committed_late_under_an_early_or_equal_time_is_told_too(
    graph: Graph, database: Database
) -> None:
    one, two, three = await things(graph, 3)
    held = asyncio.Event()
    async with database.connect() as other, feeding(graph) as feed:
        async with feed.watching([one, two, three], None, ME, None) as watcher:
            late = asyncio.create_task(rename(other, one, at="2026-01-01T00:00:00.000Z", held=held))
            await rename(graph, two, at="2026-01-02T00:00:00.000Z")
            await rename(graph, three, at="2026-01-02T00:00:00.000Z")
            first, second = await take(watcher, 2)
            assert {first[1].asset, second[1].asset} == {two, three}
        held.set()
        await late
        async with feed.watching([three, two, one], second[0], ME, None) as resumed:
            ((_, event),) = await take(resumed, 1)
            assert (event.asset, event.number, event.at) == (one, 2, "2026-01-01T00:00:00.000Z")
            await silent(resumed, graph, two)


async def test_a_long_absence_is_made_up_page_by_page(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = await things(graph, 1)
    monkeypatch.setattr(log, "PAGE", 4)
    async with feeding(graph) as feed:
        async with feed.watching([id], None, ME, None) as watcher:
            after = watcher.place
        for _ in range(13):
            await rename(graph, id)
        async with feed.watching([id], after, ME, None) as watcher:
            assert [event.number for _, event in await take(watcher, 13)] == list(range(2, 15))
            await silent(watcher, graph, id)


async def test_own_changes_are_told_at_once_and_others_within_a_second(graph: Graph, database: Database) -> None:
    (id,) = await things(graph, 1)
    loop = asyncio.get_running_loop()
    async with database.connect() as other, feeding(graph) as feed, feed.watching([id], None, ME, None) as watcher:
        for writer, least in ((graph, 2), (other, 2)):
            quick = 0
            for _ in range(3):
                await rename(writer, id)
                start = loop.time()
                await take(watcher, 1)
                quick += loop.time() - start < (0.25 if writer is graph else 1.0)
            assert quick >= least, writer is graph  # the machine may be busy once


async def test_one_look_serves_all_and_nobody_looks_when_nobody_watches(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.1)
    ids = await things(graph, 3)
    async with feeding(graph) as feed:
        async with AsyncExitStack() as stack:
            watchers = [await stack.enter_async_context(feed.watching(ids, None, ME, None)) for _ in range(50)]
            before = graph.statements
            await asyncio.sleep(feed_module.LOOK_SECONDS * 3)
            assert 1 <= graph.statements - before <= 5
            await rename(graph, *ids)
            for watcher in watchers:
                assert {event.asset for _, event in await take(watcher, 3)} == set(ids)
            assert feed.watchers == 50
        assert feed.watchers == 0
        await asyncio.sleep(0.05)
        assert not feed.reading
        before = graph.statements
        await asyncio.sleep(feed_module.LOOK_SECONDS * 3)
        assert graph.statements == before
    assert "begat-feed" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_who_reads_too_slowly_is_told_where_to_resume_and_nothing_grows(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LIMITS", Limits(waiting=2, behind=5))
    ids = await things(graph, 3)
    async with feeding(graph) as feed:
        async with feed.watching(ids, None, ME, None) as slow, feed.watching(ids, None, ME, None) as quick:
            for _ in range(4):
                await rename(graph, *ids)
                assert len(await take(quick, 3)) == 3  # a burst is not slowness: what is not kept is in the log
            with pytest.raises(Problem) as raised:
                await take(slow, 1)
            assert raised.value.code is Code.LIMIT
            assert len(slow._waiting) == 0
        after = (raised.value.hint or "").rpartition(" ")[2]
        async with feed.watching(ids, after, ME, None) as resumed:
            assert len(await take(resumed, 12)) == 12
            await silent(resumed, graph, ids[0])


async def test_a_revision_that_is_not_to_be_found_yet_is_told_when_it_is(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Neo4j for a moment: the asset is of its new revision, and the index of revisions knows nothing of it."""
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.1)
    (id,) = await things(graph, 1)
    async with feeding(graph) as feed:
        async with feed.watching([id], None, ME, None) as watcher:
            after = watcher.place
        await rename(graph, id)
        await rekey(graph, f"{id}:r2", "hidden")
        async with feed.watching([id], after, ME, None) as resumed:
            taking = asyncio.create_task(take(resumed, 1))
            await asyncio.sleep(feed_module.LOOK_SECONDS * 3)  # it has read the log, and found nothing
            await rekey(graph, "hidden", f"{id}:r2")
            told = await taking
            await rename(graph, id)
            told += await take(resumed, 1)
            assert [event.number for _, event in told] == [2, 3]


async def test_what_a_stream_has_told_already_does_not_wait_for_it(graph: Graph) -> None:
    ids = await things(graph, 3)
    async with AsyncExitStack() as stack:
        feed = await stack.enter_async_context(feeding(graph))
        watcher, other = [await stack.enter_async_context(feed.watching(ids, None, ME, None)) for _ in range(2)]
        await rename(graph, ids[0])
        await take(other, 1)
        assert [event.number for event in watcher._waiting] == [2]


async def test_only_what_one_sees_is_told_and_what_is_granted_later_goes_on_without_its_past(graph: Graph) -> None:
    mine, theirs = (await things(graph, 1, "project_a"))[0], (await things(graph, 1, "project_b"))[0]
    everybody = "sheet_01jzzzzzzzzzzzzzzzzzzzzzzz"
    ann = Viewer("ann", roles={"project_a": Role.VIEWER})
    both = Viewer("ann", roles={"project_a": Role.VIEWER, "project_b": Role.VIEWER})
    async with feeding(graph) as feed:
        async with feed.watching([mine, theirs, everybody], None, ann, None) as watcher:
            hidden = watcher.place
            await rename(graph, theirs)
            await silent(watcher, graph, mine)
            watcher.viewer = both
            await rename(graph, theirs)
            ((_, event),) = await take(watcher, 1)
            assert (event.asset, event.number) == (theirs, 3)
            watcher.viewer = ann
            await rename(graph, theirs)
            await silent(watcher, graph, mine)
            watcher.viewer = both
            await rename(graph, theirs)
            assert [event.number for _, event in await take(watcher, 2)] == [4, 5]  # what was hidden meanwhile, too
        async with feed.watching([mine, theirs, everybody], hidden, both, None) as resumed:
            told = [(event.asset, event.number) for _, event in await take(resumed, 7)]
            # Of what could not be seen then, what was done since a minute before the place: here all of it.
            assert sorted(told) == sorted([(mine, 2), (mine, 3), *((theirs, number) for number in range(1, 6))])
            await silent(resumed, graph, mine)
        with_hidden = Watcher(graph, [mine, theirs], ann, None, Limits())
        await with_hidden.begin(None, {mine: (3, "project_a"), theirs: (5, "project_b")})
        without = Watcher(graph, [mine, theirs], ann, None, Limits())
        await without.begin(None, {mine: (3, "project_a")})
        without._at = with_hidden._at
        assert with_hidden.place == without.place  # no id tells that something hidden exists


async def test_limits_are_refused_and_the_end_of_begat_ends_all(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = await things(graph, 1)
    async with feeding(graph) as feed:
        for ids, code in (([], Code.BAD_INPUT), (["x" * 201], Code.BAD_INPUT), ([id] * 1001, Code.LIMIT)):
            with pytest.raises(Problem) as raised:
                async with feed.watching(ids, None, ME, None):
                    pass
            assert (raised.value.code, raised.value.path) == (code, ("ids",))
        with monkeypatch.context() as less:
            less.setattr(feed_module, "MOST_WATCHED", 1)
            with pytest.raises(Problem, match="At most 1 "):
                async with feed.watching([id, "other"], None, ME, None):
                    pass
            async with feed.watching([id], None, ME, None), feed.watching([id], None, ME, None):
                assert feed.watchers == 2  # of what is watched already there may be any number
        async with feed.watching([id, id], None, ME, None) as watcher:
            waiting = asyncio.create_task(take(watcher, 1))
            await asyncio.sleep(0)
            feed.end()
            with pytest.raises(Ended):
                await waiting
        with pytest.raises(Ended):
            async with feed.watching([id], None, ME, None):
                pass
