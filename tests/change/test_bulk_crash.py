"""A bulk job survives `kill -9` of begat, with its graph, in the middle: each pair is decided once."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

from begat.config import Settings
from begat.graph.driver import Graph
from begat.service import graph_beside
from tests.api_client import operation
from tests.begat_process import Begat, processes, serving, until
from tests.review.rows import seed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the graph's process in /proc"),
]

T = TypeVar("T")
PAIRS = 10_000
KILLS = 2
SEED = 11
JOB = "query($id: ID!) { bulkJob(id: $id) { statusName changed failed progress { done total } } }"


def beside(home: Path, work: Callable[[Graph], Awaitable[T]]) -> T:
    """Runs ``work`` on the graph of the begat that serves this home."""

    async def run() -> T:
        async with graph_beside(Settings.read({"BEGAT_HOME": str(home)})) as graph:
            return await work(graph)

    return anyio.run(run)


def job_of(one: Begat, id: str) -> dict[str, Any]:
    found = one.ask(JOB, id=id)["bulkJob"]
    assert isinstance(found, dict)
    return found


def test_ten_thousand_pairs_approved_by_one_call_are_each_decided_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chance = random.Random(SEED)
    with serving(home) as one:
        one.wait_ready()
        sheet = beside(home, lambda graph: seed(graph, PAIRS)).sheet
        answer: Any = one.ask(operation("Approve"), where={"trainingSheetId": sheet}, expectedCount=PAIRS)
        answer = answer["qaPairApprove"]
        assert (answer["matched"], answer["errors"]) == (PAIRS, [])
        id = answer["job"]["id"]
        seen = killed_at(one, id, chance.randrange(200, 2_000))
    for _ in range(KILLS - 1):
        with serving(home) as one:
            one.wait_ready()
            assert job_of(one, id)["changed"] >= seen, "what was done before is gone"
            seen = killed_at(one, id, seen + chance.randrange(200, 2_000))
    with serving(home) as one:
        one.wait_ready()
        until(lambda: job_of(one, id)["statusName"] not in ("QUEUED", "RUNNING"), "the job ends", 120)
        assert job_of(one, id) == {
            "statusName": "SUCCEEDED",
            "changed": PAIRS,
            "failed": 0,
            "progress": {"done": PAIRS, "total": PAIRS},
        }
        assert beside(home, decided) == [PAIRS, PAIRS, 2, 2]
        assert beside(home, reviewed) == [PAIRS, PAIRS, PAIRS]


def killed_at(one: Begat, id: str, done: int) -> int:
    """Kills begat once so many pairs are done, in the middle of the job; how many were seen to be done."""
    seen = 0

    def reached() -> bool:
        nonlocal seen
        seen = int(job_of(one, id)["changed"])
        return seen >= done

    until(reached, f"{done} pairs are decided", 60)
    one.end(signal.SIGKILL)
    until(lambda: not processes(one.home), "the graph of a killed begat ends")
    assert seen < PAIRS, "the job had ended before it was killed"
    return seen


async def decided(graph: Graph) -> Any:
    return await graph.read(
        "MATCH (n:QaPair) WHERE n.status = 'APPROVED' AND n.decidedBy = 'me' "
        "RETURN [count(n), count(DISTINCT n.id), min(n.revision), max(n.revision)]"
    )


async def reviewed(graph: Graph) -> Any:
    return await graph.read(
        "MATCH (r:Review)-[:REVIEWS]->(n:QaPair) WHERE r.pair = n.id RETURN [count(r), count(DISTINCT n.id), "
        "count(DISTINCT r.id)]"
    )
