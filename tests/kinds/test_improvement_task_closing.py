"""A task closes with a measure before and after, or a reason; begat opens it again when that falls back."""

from __future__ import annotations

from typing import Any

import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change.write import Change, write
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.answered import Answered, endpoint
from tests.kinds.test_improvement_task import MOVE, ONE, fires, monitor, read, task, wrong

NEVER = "mver_01jzzzzzzzzzzzzzzzzzzzzzzz"


@pytest.fixture
def live(database: Database, api: Client) -> Answered:
    """An endpoint at which the first of two model versions answers."""
    one = endpoint(database)
    one.deployed(100)
    return one


def snapshots(live: Answered, *contents: str) -> list[str]:
    """Frozen rows with these hashes."""
    ids = [f"tsheet_{place}:s1" for place, _ in enumerate(contents)]

    async def work(change: Change) -> None:
        for id, sha256 in zip(ids, contents, strict=True):
            change.create(("Version", "Snapshot"), {"id": id, "sha256": sha256, "project": DEFAULT_PROJECT})

    live.graph(lambda graph: write(graph, single_user(), work))
    return ids


def measure(
    live: Answered, model: int, number: int, snapshot: str, value: float, split: str = "TEST", metric: str = "accuracy"
) -> str:
    """An evaluation of one of the endpoint's model versions, as a training leaves it; its id."""
    version = live.models[model]
    id = f"{version}:e{number}"

    async def work(change: Change) -> None:
        properties = {"id": id, "asset": version, "kind": "EVALUATION", "project": DEFAULT_PROJECT, "number": number}
        properties |= {"metric": metric, "split": split, "value": value, "sampleSize": 100, "snapshot": snapshot}
        change.create(("Version", "Evaluation"), {**properties, "createdAt": change.at, "createdBy": "me"})
        change.link("EVALUATES", id, version, "ModelVersion")
        change.link("EVALUATED_ON", id, snapshot, "Snapshot", split=split)
        change.join("OF", id, version)

    live.graph(lambda graph: write(graph, single_user(), work))
    return id


def refused(api: Client, id: str, **evidence: Any) -> tuple[str, list[str], str]:
    (error,) = api.refused("TaskClose", ids=[id], evidence=evidence)
    assert read(api, id)["statusName"] == "OPEN"
    return error["code"], error["path"], error["message"]


def reopened(api: Client, id: str) -> dict[str, Any]:
    """The task once begat has opened it again."""
    data = api.wait(ONE, lambda data: data["improvementTask"]["statusName"] == "OPEN", seconds=30, id=id)
    found: dict[str, Any] = data["improvementTask"]
    return found


def test_evidence_is_two_measures_of_the_same_thing_of_which_the_second_is_better(api: Client, live: Answered) -> None:
    rows, same, others = snapshots(live, "aaa", "aaa", "bbb")
    before, after = measure(live, 0, 1, rows, 0.8), measure(live, 1, 1, same, 0.9)
    worse, equal = measure(live, 1, 2, rows, 0.7), measure(live, 1, 3, rows, 0.8)
    f1, split, foreign = (
        measure(live, 1, 4, rows, 0.9, metric="macro_f1"),
        measure(live, 1, 5, rows, 0.9, split="VALIDATION"),
        measure(live, 1, 6, others, 0.9),
    )
    one = task(api, wrong(api, live, "card", "lost"))
    wanted = ["evidence", "after"]
    for evidence, code, path, said in (
        ({}, "BAD_INPUT", ["evidence"], "measure before and after"),
        ({"reason": "  "}, "BAD_INPUT", ["evidence"], "reason"),
        ({"before": before}, "BAD_INPUT", wanted, "after is missing"),
        ({"after": after}, "BAD_INPUT", ["evidence", "before"], "before is missing"),
        ({"before": before, "after": f"{NEVER}:e1"}, "NOT_FOUND", wanted, NEVER),
        ({"before": live.models[0], "after": after}, "NOT_FOUND", ["evidence", "before"], live.models[0]),
        ({"before": before, "after": f1}, "BAD_INPUT", wanted, "macro_f1"),
        ({"before": before, "after": split}, "BAD_INPUT", wanted, "VALIDATION"),
        ({"before": before, "after": foreign}, "BAD_INPUT", wanted, "different frozen rows"),
        ({"before": before, "after": worse}, "GUARD_FAILED", wanted, "0.8000 before and is 0.7000 after"),
        ({"before": before, "after": equal}, "GUARD_FAILED", wanted, "no better"),
        ({"reason": "x", "resolvedBy": NEVER}, "NOT_FOUND", ["evidence", "resolvedBy"], NEVER),
    ):
        found = refused(api, one, **evidence)
        assert found[:2] == (code, path), evidence
        assert said in found[2], found
    nothing = api.ask("mutation($ids: [ID!]) { improvementTaskClose(ids: $ids) { errors { code path } } }", ids=[one])
    assert nothing["improvementTaskClose"]["errors"] == [{"code": "BAD_INPUT", "path": ["evidence"]}]
    # Equal rows in another snapshot are the same rows.
    api.done("TaskClose", ids=[one], evidence={"before": before, "after": after, "resolvedBy": live.models[1]})
    shown = read(api, one)
    assert (shown["statusName"], shown["resolvedBy"]) == ("CLOSED", {"id": live.models[1]})
    assert (shown["before"], shown["after"]) == ({"id": before, "value": 0.8}, {"id": after, "value": 0.9})
    assert shown["closedAt"] is not None
    assert api.run("Backlog", first=5)["nodes"][0]["resolvedBy"] == {"id": live.models[1]}
    # Whoever opens it again takes that away; the history keeps it. Then a reason is enough.
    api.ask(MOVE % "Reopen", ids=[one], reason="not really")
    shown = read(api, one)
    assert (shown["resolvedBy"], shown["before"], shown["closedAt"]) == (None, None, None)
    api.done("TaskClose", ids=[one], evidence={"reason": "Nobody asks this any more."})
    assert read(api, one)["closeReason"] == "Nobody asks this any more."


def test_it_reopens_when_what_serves_now_is_no_better_than_before(api: Client, live: Answered) -> None:
    (rows,) = snapshots(live, "aaa")
    before, after = measure(live, 0, 1, rows, 0.8), measure(live, 1, 1, rows, 0.9)
    one, other = task(api, wrong(api, live, "card", "lost")), task(api, monitor(live))
    evidence = {"before": before, "after": after}
    # Closed before the remedy is deployed, it stays closed; so it does with a tenth of the traffic at the worse one.
    api.done("TaskClose", ids=[one, other], evidence=evidence)
    live.deployed(10, 90)
    marker = task(api, monitor(live))
    api.done("TaskClose", ids=[marker], evidence=evidence)
    api.ask(MOVE % "Reopen", ids=[other])
    # A rollback: the first one answers again.
    live.deployed(100)
    for id in (one, marker):
        found = reopened(api, id)
        assert (found["before"], found["closedAt"]) == (None, None)
        entry = found["history"]["nodes"][0]
        assert (entry["action"], entry["actor"]) == ("reopen", "begat")
        assert "accuracy on TEST" in entry["reason"]
        assert "0.8000 at endpoint 'intents', version 3" in entry["reason"]
        assert "closed with 0.9000" in entry["reason"]
        # Once: between the closing and the rollback nothing had opened it.
        assert [entry["action"] for entry in found["history"]["nodes"]].count("reopen") == 1
    # Closed again as things stand, it waits for the next change: a new measure of what serves.
    api.done("TaskClose", ids=[one], evidence=evidence)
    assert read(api, one)["statusName"] == "CLOSED"
    measure(live, 0, 2, rows, 0.6)
    assert "is 0.6000 at" in reopened(api, one)["history"]["nodes"][0]["reason"]


def test_it_reopens_when_its_monitor_fires_again(api: Client, live: Answered) -> None:
    watch, quiet = monitor(live), monitor(live, name="quiet")
    fires(live, watch)
    one, other = task(api, watch), task(api, quiet)
    api.done("TaskClose", ids=[one, other], evidence={"reason": "done"})
    assert read(api, one)["statusName"] == "CLOSED"
    fires(live, watch)
    reason = reopened(api, one)["history"]["nodes"][0]["reason"]
    assert "The monitor 'watch' fired again" in reason
    assert read(api, other)["statusName"] == "CLOSED"
