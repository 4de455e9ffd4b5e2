"""Two begats on one database, of which one is killed in the middle: nothing is done twice, and nothing is lost."""

from __future__ import annotations

import contextlib
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from tests.api_client import Client
from tests.begat_process import Begat, serving, until
from tests.conftest import DATABASES, Database, running
from tests.kinds.served import ask, deployed, models, settled, shares
from tests.listening import BRIEF
from tests.receiver import receiving

from begat.core import ids, times
from begat.graph.driver import Graph
from begat.platforms.local.telemetry import LocalTelemetry
from begat.platforms.ports import Inference, Wanted, Window
from begat.work.tasks import LOOPS

pytestmark = pytest.mark.slow

T = TypeVar("T")
TAKEN_OVER_SECONDS = 10.0
SEED = 5
ALL_TIME = Window("2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z")


class Pair:
    """Two instances. The one that holds all leases is the holder; the other waits."""

    def __init__(self, database: Database, held: contextlib.ExitStack) -> None:
        self.database = database
        self._held = held
        self._started = 0
        self.holder = self.start()
        self._name = ""
        self.until_taken_over()
        self.waiting = self.start()

    def start(self) -> Begat:
        """One more instance that serves."""
        self._started += 1
        database = self.database
        one = self._held.enter_context(
            serving(
                database.home,
                f"-{self._started}",
                NEO4J_URI=database.uri,
                NEO4J_USERNAME=database.auth[0],
                NEO4J_PASSWORD=database.auth[1],
                NEO4J_DATABASE=database.database,
                BEGAT_WEBHOOK_PRIVATE="1",
            )
        )
        one.wait_ready()
        return one

    def client(self) -> Client:
        """Of the instance that waits, which is not the next to be killed."""
        http = self._held.enter_context(httpx.Client(base_url=self.waiting.address, timeout=60, limits=BRIEF))
        return Client(http, self.database.home, self.database.home / "tables")

    def kill(self) -> None:
        """kill -9 of the holder; the other one has taken over when this returns, and a third one waits."""
        self.holder.process.send_signal(signal.SIGKILL)
        self.holder.process.wait()
        waited = self.until_taken_over()
        assert waited < TAKEN_OVER_SECONDS, f"taken over after {waited:.1f} s"
        self.holder, self.waiting = self.waiting, self.start()

    def until_taken_over(self) -> float:
        """Waits until the only instance that lives holds every lease; how many seconds it took."""
        names, dead = {loop.name for loop in LOOPS}, self._name

        def taken() -> bool:
            found = self.on_graph(lambda graph: graph.read("MATCH (l:Lease) RETURN collect([l.name, l.holder])"))
            held = dict(found or [])
            self._name = next(iter(held.values()), "")
            return held.keys() >= names and dead not in held.values()

        return until(taken, "another instance holds all leases")

    def on_graph(self, work: Callable[[Graph], Awaitable[T]]) -> T:
        """Runs ``work`` on a connection of its own."""

        async def run() -> T:
            async with self.database.connect() as graph:
                return await work(graph)

        return anyio.run(run)


@pytest.fixture(params=DATABASES, ids="own-{}".format)
def instances(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two begats on a database of their own, as no third one may take their work over."""
    with running(request.param, tmp_path_factory) as database, contextlib.ExitStack() as held:
        yield Pair(database, held)


MONITOR = """query($id: ID!) { monitor(id: $id) {
  statusName alerts { totalCount } deliveries { nodes { id statusName } } } }"""


def test_one_is_killed_in_each_work_of_the_background(instances: Pair) -> None:
    database, chance = instances.database, random.Random(SEED)
    first, second = models(database, database.home, 2)

    # A deployment: begun, and its holder killed before it can have answered.
    made = instances.client().done("Deploy", input={"name": "one", "traffic": shares((first, 100))})["node"]
    instances.kill()
    client = instances.client()
    shown = settled(client, made["id"], "ONLINE")
    assert [one["statusName"] for one in shown["versions"]["nodes"]] == ["SERVING"]
    endpoint = deployed(client, (second, 100), name="two")
    assert ask(client, made["id"])["modelVersion"]["id"] == first, "what was live serves again"

    # An alarm: its window is over while the holder is killed; then its letter, while the receiver has it in hand.
    gate = threading.Event()
    with receiving(gate=gate) as receiver:
        watch = {
            "name": "said",
            "endpointId": endpoint,
            "metric": "NEGATIVE_FEEDBACK",
            "above": 0.5,
            "window": 4,
            "minSamples": 5,
            "webhook": receiver.url,
        }
        monitor = client.done("MonitorCreate", input=watch)["node"]["id"]
        asked = [ask(client, endpoint)["requestId"] for _ in range(6)]
        time.sleep(4.1 - time.time() % 4)  # the beginning of a window, so that all of it is said within one
        for request in asked:
            client.done("Feedback", input={"requestId": request, "rating": "NEGATIVE"})
        time.sleep(chance.uniform(2.5, 5.0))  # somewhere about the moment when the monitor looks
        instances.kill()
        client = instances.client()
        client.wait(MONITOR, lambda data: data["monitor"]["statusName"] == "ALERTING", id=monitor)
        until(lambda: bool(receiver.got), "the receiver has the letter in hand", 30)
        instances.kill()
        client = instances.client()
        gate.set()

        def delivered(data: dict[str, Any]) -> bool:
            return all(one["statusName"] == "DELIVERED" for one in data["monitor"]["deliveries"]["nodes"])

        shown = client.wait(MONITOR, delivered, id=monitor)["monitor"]
        assert shown["alerts"]["totalCount"] == len(shown["deliveries"]["nodes"]) == 1, "one alarm, one letter"
        assert len({one.headers["webhook-id"] for one in receiver.got}) == 1, (
            "whoever gets a letter twice can tell by its id"
        )

    # The log's retention: records of long ago go and today's stay, however often the holder is killed over it.
    log = LocalTelemetry(database.home)
    old, new = [_record(endpoint, days=-400) for _ in range(400)], [_record(endpoint) for _ in range(400)]
    for record in (*old, *new):
        log.append(record)
    log.close()
    time.sleep(chance.uniform(0.0, 1.0))
    instances.kill()
    reading = LocalTelemetry(database.home)
    mine = {record.request_id for record in new}

    def settled_log() -> bool:
        return not reading.find([record.request_id for record in old])

    until(settled_log, "what is too old is gone", 60)
    assert mine == set(reading.find(list(mine)))
    page, more = reading.page(endpoint, Wanted(ALL_TIME), 1_000)
    kept = [record.request_id for record in page if record.request_id in mine]
    assert (sorted(kept), more) == (sorted(mine), False), "each is there once"
    reading.close()


def _record(endpoint: str, days: float = 0) -> Inference:
    at = times.later(days * 86_400)
    return Inference(
        ids.new("req"),
        at,
        endpoint,
        f"{endpoint}:v1",
        None,
        None,
        1.0,
        1.0,
        0.001,
        1,
        [{"text": "x"}],
        [{"answer": "y"}],
    )
