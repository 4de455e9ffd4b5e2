"""From review to snapshot: every pair decided, split, approved, frozen, and then never changed again."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import pytest

from begat.access.scope import single_user
from begat.change.write import Change, write
from begat.core.errors import Code, Problem
from begat.kinds.training_sheet import freezing
from begat.kinds.training_sheet.splitting import NewSplit
from begat.platforms.local.artifacts import LocalArtifacts
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import generated as given

REOPEN = "mutation($ids: [ID!]) { trainingSheetReopen(ids: $ids) { outcomes { ok } } }"
SNAPSHOT = """query($id: ID!) { snapshot(id: $id) { number sha256 rows manifest splits { split rows }
  trainingSheet { id } } }"""
SNAPSHOTS = """query($id: ID!) { trainingSheet(id: $id) {
  snapshot { id } snapshots { nodes { id rows splits { rows } } } } }"""
STRATIFIED = {"train": 0.5, "validation": 0.25, "test": 0.25, "seed": 7, "stratifyByAnswer": True}


def test_it_is_approved_when_every_pair_is_decided_and_one_is_approved(api: Client) -> None:
    id = given.generated(api, 3)
    one, two, three = (pair["id"] for pair in given.pairs(api, id))
    errors = api.refused("TrainingSheetApprove", ids=[id])
    assert (errors[0]["code"], errors[0]["message"][:12]) == ("GUARD_FAILED", "3 pairs wait")
    api.done("Reject", ids=[one, two, three], reason="wrong")
    assert "No pair is approved" in api.refused("TrainingSheetApprove", ids=[id])[0]["message"]
    api.done("Edit", id=two, input={"answer": "right"})
    assert api.refused("TrainingSheetApprove", ids=[id])[0]["message"].startswith("1 pair waits")
    api.done("Approve", ids=[two])
    assert api.done("TrainingSheetApprove", ids=[id])["outcomes"][0]["statusAfter"] == "APPROVED"


def test_a_pair_of_an_approved_training_sheet_changes_only_when_that_is_reopened(api: Client) -> None:
    id = given.approved(api, 2)
    pair = given.pairs(api, id)[0]["id"]
    assert api.refused("Edit", id=pair, input={"answer": "other"})[0]["code"] == "ILLEGAL_MOVE"
    api.ask(REOPEN, ids=[id])
    api.done("Edit", id=pair, input={"answer": "other"})
    assert api.refused("TrainingSheetFinalize", ids=[id])[0]["code"] == "ILLEGAL_MOVE"


def test_a_split_reaches_every_pair_and_equal_seeds_give_equal_splits(api: Client) -> None:
    id = given.generated(api, 40)
    node = api.done("Split", id=id, input=STRATIFIED)["node"]
    assert node["splits"] == [
        {"split": "TRAIN", "rows": 20, "answers": 4},
        {"split": "VALIDATION", "rows": 10, "answers": 4},
        {"split": "TEST", "rows": 10, "answers": 4},
    ]
    first = [one["split"] for one in given.pairs(api, id)]
    other = [one["split"] for one in _split(api, id, {**STRATIFIED, "seed": 8})]
    assert other != first
    assert [one["split"] for one in _split(api, id, STRATIFIED)] == first


def test_pairs_with_one_question_are_in_one_split(api: Client) -> None:
    content = [(f"r{n}", f"Question {n % 10}", "card") for n in range(1, 41)]
    id = given.create(api, given.sheet(api, content), given.template(api))
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    splits: dict[str, set[str]] = {}
    for one in _split(api, id, {"train": 0.6, "test": 0.4}):
        splits.setdefault(one["question"], set()).add(one["split"])
    assert {len(found) for found in splits.values()} == {1}
    assert set.union(*splits.values()) == {"TRAIN", "TEST"}
    quality = api.run("TrainingSheet", id=id)["quality"]
    assert quality["duplicateRate"] == 0.75


def test_a_finalized_training_sheet_holds_its_approved_pairs_in_a_file(api: Client) -> None:
    id = given.generated(api, 4)
    pairs = given.pairs(api, id)
    api.done("Reject", ids=[pairs[0]["id"]], reason="wrong")
    api.done("Approve", ids=[one["id"] for one in pairs[1:]])
    api.done("Split", id=id, input={"train": 0.5, "test": 0.5, "seed": 1})
    api.done("TrainingSheetApprove", ids=[id])
    node = api.done("TrainingSheetFinalize", ids=[id])["nodes"][0]
    assert (node["statusName"], node["snapshot"]["id"]) == ("FINALIZED", f"{id}:s1")
    held = given.pairs(api, id)
    rows = LocalArtifacts(api.home).read(node["snapshot"]["sha256"])
    assert rows == [
        {name: one[name] for name in ("id", "question", "answer", "split", "itemRef", "revision")} for one in held[1:]
    ]
    shown = api.ask(SNAPSHOT, id=node["snapshot"]["id"])["snapshot"]
    assert (shown["number"], shown["rows"], shown["trainingSheet"]["id"]) == (1, 3, id)
    manifest = shown["manifest"]
    assert (manifest["approved"], manifest["leftOut"]) == (3, [{"status": "REJECTED", "rows": 1}])
    assert (manifest["withoutSplit"], manifest["generations"]) == (0, [f"{id}:g1"])
    assert manifest["splits"] == shown["splits"]


def test_pairs_without_a_split_are_frozen_for_training_and_the_manifest_says_so(api: Client) -> None:
    id = given.approved(api, 3)
    node = api.done("TrainingSheetFinalize", ids=[id])["nodes"][0]
    assert node["snapshot"]["splits"] == [{"split": "TRAIN", "rows": 3}]
    assert api.ask(SNAPSHOT, id=f"{id}:s1")["snapshot"]["manifest"]["withoutSplit"] == 3


def test_nothing_of_a_finalized_training_sheet_changes(api: Client) -> None:
    id = given.approved(api, 2)
    api.done("TrainingSheetFinalize", ids=[id])
    before = api.run("TrainingSheet", id=id)
    assert api.refused("Split", id=id, input={"train": 1})[0]["code"] == "ILLEGAL_MOVE"
    assert api.refused("TrainingSheetFinalize", ids=[id])[0]["code"] == "ILLEGAL_MOVE"
    assert api.refused("TrainingSheetGenerate", ids=[id])[0]["code"] == "ILLEGAL_MOVE"
    assert api.ask(REOPEN, ids=[id])["trainingSheetReopen"]["outcomes"] == [{"ok": False}]
    assert api.refused("Edit", id=before["pairs"]["nodes"][0]["id"], input={"answer": "x"})[0]["code"] == "ILLEGAL_MOVE"
    assert api.run("TrainingSheet", id=id) == before


def test_a_dry_run_freezes_nothing(api: Client) -> None:
    id = given.approved(api, 2)
    dry = (
        "mutation($ids: [ID!]) { trainingSheetFinalize(ids: $ids, dryRun: true) { changed outcomes { statusAfter } } }"
    )
    answer = api.ask(dry, ids=[id])["trainingSheetFinalize"]
    assert answer == {"changed": 1, "outcomes": [{"statusAfter": "FINALIZED"}]}
    assert given.finished(api, id)["statusName"] == "APPROVED"
    assert api.ask(SNAPSHOT, id=f"{id}:s1")["snapshot"] is None


def test_a_split_that_was_cut_short_is_repeated_before_anything_is_frozen(api: Client, database: Database) -> None:
    id = given.approved(api, 4)

    async def cut() -> None:
        # As a begat leaves it that is killed after the first transaction of a split.
        async with database.connect() as graph:
            await graph.execute("MATCH (n:TrainingSheet {id: $id}) SET n.splitting = '{}'", id=id)

    anyio.run(cut)
    assert "split it again" in api.refused("TrainingSheetFinalize", ids=[id])[0]["message"]
    api.done("Split", id=id, input={"train": 0.5, "test": 0.5})
    assert api.done("TrainingSheetFinalize", ids=[id])["nodes"][0]["statusName"] == "FINALIZED"


def test_a_job_freezes_the_same_rows_with_another_split_and_shares_what_is_equal(
    api: Client, database: Database
) -> None:
    id = given.approved(api, 8)
    plain, again = _freeze(api, database, id), _freeze(api, database, id)
    assert plain == again == f"{id}:s1"
    other = _freeze(api, database, id, NewSplit(0.5, 0.0, 0.5, 3, False, True))
    assert other == f"{id}:s2"
    api.done("TrainingSheetFinalize", ids=[id])
    shown = api.ask(
        SNAPSHOTS,
        id=id,
    )["trainingSheet"]
    assert shown["snapshot"]["id"] == f"{id}:s1"
    assert [one["id"] for one in shown["snapshots"]["nodes"]] == [f"{id}:s2", f"{id}:s1"]
    assert [one["rows"] for one in shown["snapshots"]["nodes"]] == [8, 8]
    assert [one["rows"] for one in shown["snapshots"]["nodes"][0]["splits"]] == [4, 4]
    assert {one["split"] for one in given.pairs(api, id)} == {None}


def test_pairs_that_changed_since_they_were_read_are_not_frozen(api: Client, database: Database) -> None:
    id = given.approved(api, 2)
    pair = given.pairs(api, id)[0]["id"]

    def meanwhile() -> None:
        api.ask(REOPEN, ids=[id])
        api.done("Edit", id=pair, input={"answer": "changed"})
        api.done("Approve", ids=[pair])
        api.done("TrainingSheetApprove", ids=[id])

    with pytest.raises(Problem) as refused:
        _freeze(api, database, id, between=meanwhile)
    assert refused.value.code is Code.CONFLICT
    assert api.ask(SNAPSHOT, id=f"{id}:s1")["snapshot"] is None


def test_rows_whose_label_prohibits_a_use_are_named(api: Client, database: Database) -> None:
    sheet, template = given.sheet(api, given.rows(3)), given.template(api)
    input = {"format": "CSV", "text": "itemRef,value\nr1,fee\nr3,fee\n", "sheetId": sheet, "labelType": "intent"}
    labels = {one["itemRef"]: one["id"] for one in api.done("LabelImport", input=input)["nodes"]}
    id = given.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    pairs = given.pairs(api, id)
    api.done("Approve", ids=[one["id"] for one in pairs])
    govern = """mutation($id: ID!, $input: CanonicalLabelUpdateInput!) {
      canonicalLabelUpdate(id: $id, input: $input) { errors { message } } }"""
    assert not api.ask(govern, id=labels["r3"], input={"prohibitedUses": ["TRAINING"]})["canonicalLabelUpdate"][
        "errors"
    ]

    async def asked(use: str) -> Any:
        async with database.connect() as graph:

            async def work(change: Change) -> list[list[Any]]:
                return await freezing.prohibited(change, await change.lock_one(id), use)

            return await write(graph, single_user(), work)

    assert anyio.run(asked, "TRAINING") == [[pairs[2]["id"], 3, labels["r3"]]]
    assert anyio.run(asked, "VALIDATION") == []


def _split(api: Client, id: str, input: dict[str, Any]) -> list[dict[str, Any]]:
    api.done("Split", id=id, input=input)
    return given.pairs(api, id)


def _freeze(api: Client, database: Database, id: str, split: NewSplit | None = None, between: Any = None) -> str:
    async def work() -> str:
        async with database.connect() as graph:
            frozen = await freezing.freeze(graph, single_user(), LocalArtifacts(api.home), id, split)
            if between is not None:
                await anyio.to_thread.run_sync(between)

            async def born(change: Change) -> str:
                return await freezing.snapshot(change, await change.lock_one(id), frozen)

            return await write(graph, single_user(), born)

    return str(anyio.run(partial(work)))
