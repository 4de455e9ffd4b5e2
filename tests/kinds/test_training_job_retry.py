"""A job that did not succeed is retried by a new one with the same frozen inputs; versions are compared afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from begat.core.compare import compare
from begat.kinds.model.comparison import Measured, compared, differing
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.frozen import Frozen, freeze, rows
from tests.kinds.test_training_job import ended, train

LINKS = """query($id: ID!) { trainingJob(id: $id) {
  retryOf { id } retries { id statusName } snapshot { id } evaluateOn { split snapshot { id } }
  upstream { nodes { edges { relation } } }
} }"""
COMPARED = """query($ids: [ID!]!) { modelVersionCompare(ids: $ids) {
  comparable evaluations { metric split best withinNoise complete values { id value low high } snapshot { id } }
} }"""


@pytest.fixture
def sheet(api: Client, database: Database) -> Frozen:
    return freeze(database, api.home, "questions", rows())


def put(database: Database, id: str, name: str, value: object) -> None:
    """Writes a property of an asset directly."""

    async def work() -> None:
        async with database.connect() as graph:
            await graph.execute(f"MATCH (n:Asset {{id: $id}}) SET n.{name} = $value", id=id, value=value)

    anyio.run(work)


def failed(database: Database, id: str) -> None:
    """As if the platform had lost the training."""
    put(database, id, "status", "LOST")


def test_a_lost_job_is_retried_once_by_a_linked_one_and_both_versions_compare(
    api: Client, sheet: Frozen, database: Database
) -> None:
    first = train(api, sheet, hyperparameters={"c": 2}, tags=["bank"])["id"]
    one = ended(api, first)["produced"]["id"]
    assert api.refused("JobRetry", ids=[first])[0]["code"] == "ILLEGAL_MOVE"
    failed(database, first)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.done("JobRetry", ids=[first]), range(4)))
    new = {node["id"] for answer in answers for node in answer["nodes"]}
    assert len(new) == 1, "sent four times at once it is retried once"
    retry = new.pop()
    assert [(one["id"], one["statusAfter"]) for one in answers[0]["outcomes"]] == [(first, "LOST")]
    done = ended(api, retry)
    assert (done["statusName"], done["retryOf"]) == ("SUCCEEDED", {"id": first})
    assert (done["hyperparameters"]["c"], done["tags"]) == (2.0, ["bank"])
    assert [node["id"] for node in api.done("JobRetry", ids=[first])["nodes"]] == [retry], "it succeeded: no third one"
    old, shown = (api.ask(LINKS, id=id)["trainingJob"] for id in (first, retry))
    assert old["retries"] == [{"id": retry, "statusName": "SUCCEEDED"}]
    assert (shown["snapshot"], shown["evaluateOn"]) == (old["snapshot"], old["evaluateOn"])
    relations = {edge["relation"] for edge in shown["upstream"]["nodes"]["edges"]}
    assert relations == {"RETRY_OF", "TRAINED_ON"}

    two = done["produced"]["id"]
    answer = api.run("CompareModels", ids=[one, two])
    assert answer["comparable"] is True
    assert answer["hyperparameters"] == []
    assert [(data["id"], data["rows"], data["snapshot"]["id"]) for data in answer["data"]] == [
        (one, 36, sheet.snapshot),
        (two, 36, sheet.snapshot),
    ]
    accuracy = answer["evaluations"][0]
    assert (accuracy["metric"], accuracy["split"], accuracy["best"]) == ("accuracy", "TEST", None), "both are alike"
    third = ended(api, train(api, sheet, name="other", trainer="naive_bayes")["id"])["produced"]["id"]
    better = api.ask(COMPARED, ids=[one, third])["modelVersionCompare"]["evaluations"]
    for entry in better:
        low, high = sorted(entry["values"], key=lambda value: value["value"])
        assert entry["best"] == (high["id"] if high["value"] > low["value"] else None)
        assert entry["complete"] is True
    assert better[1]["withinNoise"] is None, "macro F1 has no interval"
    paths = {entry["path"]: entry["values"] for entry in api.run("CompareModels", ids=[one, third])["hyperparameters"]}
    assert [value["value"] for value in paths["trainer"]] == ["linear_svm", "naive_bayes"]
    for ids, code in (([one], "BAD_INPUT"), ([one, one], "BAD_INPUT"), ([one, "mver_none"], "NOT_FOUND")):
        assert api.send(COMPARED, {"ids": ids})["errors"][0]["extensions"]["code"] == code


def test_a_retry_is_refused_where_its_inputs_are_not_for_new_work(api: Client, database: Database) -> None:
    sheet = freeze(database, api.home, "questions", rows(), prohibits={1: []})
    id = train(api, sheet)["id"]
    ended(api, id)
    failed(database, id)
    archive = "mutation($ids: [ID!]) { assetArchive(ids: $ids) { changed } }"
    api.ask(archive, ids=[sheet.sheet])
    assert api.refused("JobRetry", ids=[id])[0]["code"] == "ILLEGAL_MOVE"
    api.done("Restore", ids=[sheet.sheet])
    label = api.run("Assets", where={"kinds": ["CANONICAL_LABEL"]})["nodes"][0]["id"]
    put(database, label, "prohibitedUses", ["TRAINING"])
    refused = api.refused("JobRetry", ids=[id])[0]
    assert (refused["code"], "TRAINING" in refused["message"]) == ("GUARD_FAILED", True)
    api.ask(archive, ids=[id])
    assert api.refused("JobRetry", ids=[id])[0]["code"] == "ILLEGAL_MOVE"
    assert api.run("Assets", where={"kinds": ["TRAINING_JOB"], "retention": ["LIVE", "ARCHIVED"]})["totalCount"] == 1


def one_of(version: str, value: float, content: str = "x", **more: Any) -> Measured:
    """An evaluation of accuracy on 100 rows."""
    given = {"low": value - 0.05, "high": value + 0.05, **more}
    return Measured(version, "accuracy", "TEST", content, f"{version}:s1", value, 100, **given)


def test_equal_rows_in_two_snapshots_are_the_same_measure_and_the_interval_tells_noise_from_a_gain() -> None:
    close, far = (compared(["a", "b"], [one_of("a", 0.8), one_of("b", value)])[0] for value in (0.84, 0.95))
    assert (close.best, close.within_noise, close.complete) == ("b", True, True)
    assert (far.best, far.within_noise) == ("b", False)
    apart = compared(["a", "b"], [one_of("a", 0.8), one_of("b", 0.95, "y")])
    assert [(one.complete, one.best, one.within_noise) for one in apart] == [(False, None, None)] * 2


def test_settings_that_differ_are_shown_for_each_version() -> None:
    found = differing({"a": {"c": 1, "n": {"x": [1, 2]}}, "b": {"c": 1, "n": {"x": [1, 3]}}, "c": {"n": {}}})
    assert [(one.path, [value.value for value in one.values]) for one in found] == [
        ("c", [1, 1, None]),
        ("n.x", [[1, 2], [1, 3], None]),
        ("n.x.1", [2, 3, None]),
    ]
    assert compare({"c": 1}, {"c": 1}) == []
