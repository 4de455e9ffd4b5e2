"""The outbox: letters that a real receiver gets, at least once and under one id, whatever happens meanwhile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.kinds.test_training_job_work import Crash
from tests.kinds.watched import context, endpoint, holding, monitor
from tests.receiver import Got, receiving

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import many
from begat.change.background import Background, LeaseLost
from begat.change.many import Target
from begat.change.write import Change, write
from begat.core import ids, times
from begat.core.errors import Code, Problem
from begat.core.webhooks import secret_of
from begat.graph.driver import Graph
from begat.kinds.monitor import acts, deliveries
from begat.service import plan_secret
from begat.work import outbox

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Dying(Background):
    """Background work that is ended before it can record what it sent."""

    async def write(self, *_: Any, **__: Any) -> Any:
        raise Crash


@pytest.fixture
async def loop(graph: Graph, tmp_path: Path) -> AsyncIterator[Background]:
    await plan_secret(graph)
    async with holding(graph, "outbox", tmp_path) as held:
        yield held


async def letter(graph: Graph, url: str, monitor: str = "monitor_1", **more: Any) -> str:
    """A letter that waits; its id."""
    id = ids.new("delivery")
    held: dict[str, Any] = {
        "id": id,
        "key": f"{monitor}|{id}",
        "monitor": monitor,
        "project": DEFAULT_PROJECT,
        "url": url,
    }
    held |= {"event": "monitor.breach", "body": '{"type":"monitor.breach"}', "status": "PENDING", "attempts": 0}
    held |= {"nextAt": times.now(), "createdAt": times.now(), **more}

    async def work(change: Change) -> None:
        change.create(("Delivery",), held)

    await write(graph, single_user(), work)
    return id


async def state(graph: Graph, id: str) -> dict[str, Any]:
    """The letter as it stands in the graph."""
    found: dict[str, Any] = await graph.read("MATCH (d:Delivery {id: $id}) RETURN properties(d)", id=id)
    return found


async def hurry(graph: Graph) -> None:
    """Lets all that waits be due."""
    await graph.execute("MATCH (d:Delivery {status: 'PENDING'}) SET d.nextAt = $now", now=times.now())


def verified(got: Got, secret: str) -> bool:
    """As a receiver checks it, written anew from the Standard Webhooks' text."""
    signed = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    return fresh and f"v1,{expected}" in got.headers["webhook-signature"].split()


async def test_a_letter_is_signed_with_its_monitors_secret_and_sent_once(loop: Background) -> None:
    graph = loop.graph
    with receiving(200) as receiver:
        id = await letter(graph, receiver.url)
        while await outbox.step(loop):
            pass
        assert not await outbox.step(loop)
        (got,) = receiver.got
    secret = secret_of(await plan_secret(graph), "monitor_1")
    assert verified(got, secret)
    assert not verified(replace(got, body=got.body + b" "), secret)
    assert not verified(got, secret_of(await plan_secret(graph), "monitor_2"))
    assert (got.headers["webhook-id"], json.loads(got.body)) == (id, {"type": "monitor.breach"})
    sent = await state(graph, id)
    assert (sent["status"], sent["attempts"], "nextAt" in sent, "lastError" in sent) == ("DELIVERED", 1, False, False)
    # The secret stands nowhere in the graph.
    held = await graph.read("MATCH (n) WHERE NOT n:Schema RETURN collect(properties(n))")
    assert secret not in json.dumps(held)


async def test_a_receiver_that_fails_is_asked_again_later_and_later_under_one_id(loop: Background) -> None:
    graph = loop.graph
    with receiving(500, 302, 200) as receiver:
        id = await letter(graph, receiver.url)
        for attempts, error in ((1, "500"), (2, "302")):
            before = times.now()
            await outbox.step(loop)
            waiting = await state(graph, id)
            assert (waiting["status"], waiting["attempts"]) == ("PENDING", attempts)
            assert error in waiting["lastError"]
            assert 0.9 * 4 ** (attempts - 1) < times.seconds_between(before, waiting["nextAt"])
            assert not await outbox.step(loop)  # not before its time
            assert len(receiver.got) == attempts
            await hurry(graph)
        await outbox.step(loop)
    assert (await state(graph, id))["status"] == "DELIVERED"
    assert {got.headers["webhook-id"] for got in receiver.got} == {id}


async def test_dead_letters_stay_and_are_sent_again_when_somebody_says_so(loop: Background) -> None:
    graph = loop.graph
    with receiving(500, 410, 200) as receiver:
        tired = await letter(graph, receiver.url, attempts=outbox.TRIES - 1)
        await outbox.step(loop)
        unwanted = await letter(graph, receiver.url, monitor="monitor_2")
        await outbox.step(loop)
        for id in (tired, unwanted):
            dead = await state(graph, id)
            assert (dead["status"], "nextAt" in dead) == ("DEAD", False)
        assert not await outbox.step(loop)
        again = await many.act(graph, single_user(), deliveries.retry(), [Target(tired), Target(unwanted)])
        assert again.changed == 2
        while await outbox.step(loop):
            pass
        assert [(await state(graph, id))["status"] for id in (tired, unwanted)] == ["DELIVERED"] * 2
        twice = await many.act(graph, single_user(), deliveries.retry(), [Target(tired)])
        assert twice.outcomes[0].problem is not None
        assert twice.outcomes[0].problem.code is Code.ILLEGAL_MOVE


async def test_killed_between_the_call_and_its_record_it_calls_again_under_the_same_id(loop: Background) -> None:
    with receiving() as receiver:
        id = await letter(loop.graph, receiver.url)
        with pytest.raises(Crash):
            await outbox.step(Dying(loop.graph, loop.platform, loop.lease))
        assert (await state(loop.graph, id))["status"] == "PENDING"
        await outbox.step(loop)
    assert [got.headers["webhook-id"] for got in receiver.got] == [id, id]
    assert (await state(loop.graph, id))["attempts"] == 1


async def test_who_lost_the_lease_records_nothing(loop: Background) -> None:
    with receiving() as receiver:
        id = await letter(loop.graph, receiver.url)
        with pytest.raises(LeaseLost):
            await outbox.step(replace(loop, lease=replace(loop.lease, epoch=1)))
    assert (await state(loop.graph, id))["status"] == "PENDING"


async def test_many_letters_all_arrive_and_those_of_one_monitor_in_order(loop: Background) -> None:
    with receiving() as receiver:
        first = [await letter(loop.graph, receiver.url, createdAt=times.now()) for _ in range(3)]
        others = [await letter(loop.graph, receiver.url, monitor=f"monitor_{n}") for n in range(2, 30)]
        while await outbox.step(loop):
            pass
    ordered = [got.headers["webhook-id"] for got in receiver.got]
    assert sorted(ordered) == sorted([*first, *others])
    assert [id for id in ordered if id in first] == first


async def test_a_receiver_that_fails_all_of_its_many_letters_holds_up_no_other(loop: Background) -> None:
    with receiving(500) as failing, receiving() as receiver:
        for _ in range(outbox.AT_ONCE + 5):
            await letter(loop.graph, failing.url)
        other = await letter(loop.graph, receiver.url, monitor="monitor_2")
        await outbox.step(loop)
    assert [got.headers["webhook-id"] for got in receiver.got] == [other]


async def test_private_addresses_are_refused_unless_they_are_allowed(graph: Graph, tmp_path: Path) -> None:
    await plan_secret(graph)
    async with holding(graph, "outbox", tmp_path, private=False) as loop:
        with receiving() as receiver:
            id = await letter(graph, receiver.url)
            await outbox.step(loop)
            assert receiver.got == []
        dead = await state(graph, id)
        assert dead["status"] == "DEAD"
        assert "private" in dead["lastError"]
        watched = await endpoint(graph)
        with pytest.raises(Problem) as refused:
            await monitor(loop, watched, webhook=receiver.url)
        assert refused.value.path == ("input", "webhook")
        made = await monitor(loop, watched)
        with pytest.raises(Problem):
            await acts.update(context(graph, loop.platform), made, {}, {"webhook": "http://169.254.169.254/"}, None)
        assert await graph.read("MATCH (n:Monitor) WHERE n.webhook IS NOT NULL RETURN count(n)") == 0


def test_the_pauses_grow_and_differ() -> None:
    pauses = [[outbox.delay(attempts) for _ in range(20)] for attempts in range(1, outbox.TRIES)]
    assert all(len(set(tries)) > 1 for tries in pauses)
    assert max(map(max, pauses)) <= outbox.LONGEST_SECONDS
    assert min(pauses[0]) >= 1
    assert min(pauses[4]) > max(pauses[2])
