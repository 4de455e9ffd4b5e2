"""Closing a training sheet against those who change its pairs: no approved sheet ever has an undecided pair."""

from __future__ import annotations

import threading
from typing import Any

from tests.api_client import Client
from tests.kinds import generated as given
from tests.kinds.test_races import together

ROUNDS = 50
BACK = "mutation($ids: [ID!]) { trainingSheetReopen(ids: $ids) { outcomes { ok } } }"
STATE = """query($id: ID!) { trainingSheet(id: $id) { statusName
  pairs(where: { status: [PENDING, FLAGGED] }) { totalCount } } }"""


def test_an_approval_against_an_edit_that_reopens_a_pair(api: Client) -> None:
    id = given.generated(api, 6)
    pairs = [one["id"] for one in given.pairs(api, id)]
    api.done("Approve", ids=pairs)
    won = {"approve": 0, "edit": 0}
    for round in range(ROUNDS):
        edited = pairs[round % len(pairs)]
        start = threading.Barrier(2)

        def approve(start: threading.Barrier = start) -> Any:
            start.wait()
            return api.run("TrainingSheetApprove", ids=[id])["outcomes"][0]

        def edit(round: int = round, edited: str = edited, start: threading.Barrier = start) -> Any:
            start.wait()
            return api.run("Edit", id=edited, input={"answer": f"answer {round}"})

        outcome, answer = together([approve, edit])
        state = api.ask(STATE, id=id)["trainingSheet"]
        if outcome["ok"]:
            assert answer["errors"][0]["code"] == "ILLEGAL_MOVE"
            assert state == {"statusName": "APPROVED", "pairs": {"totalCount": 0}}
            won["approve"] += 1
            api.ask(BACK, ids=[id])
        else:
            assert outcome["error"]["code"] == "GUARD_FAILED"
            assert state == {"statusName": "IN_REVIEW", "pairs": {"totalCount": 1}}
            won["edit"] += 1
            api.done("Approve", ids=[edited])
    assert sum(won.values()) == ROUNDS


def test_a_finalization_against_a_reopening_and_an_edit(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(3)), given.template(api)
    for round in range(10):
        id = given.create(api, sheet, template, name=str(round))
        api.done("TrainingSheetGenerate", ids=[id])
        given.finished(api, id)
        pairs = [one["id"] for one in given.pairs(api, id)]
        api.done("Approve", ids=pairs)
        api.done("TrainingSheetApprove", ids=[id])
        start = threading.Barrier(2)

        def finalize(id: str = id, start: threading.Barrier = start) -> Any:
            start.wait()
            return api.run("TrainingSheetFinalize", ids=[id])["outcomes"][0]

        def edit(id: str = id, pair: str = pairs[0], start: threading.Barrier = start) -> Any:
            start.wait()
            api.ask(BACK, ids=[id])
            return api.run("Edit", id=pair, input={"answer": "late"})

        outcome, _ = together([finalize, edit])
        shown = api.ask(
            "query($id: ID!) { trainingSheet(id: $id) { statusName snapshot { rows } pairs { nodes { answer } } } }",
            id=id,
        )["trainingSheet"]
        late = any(one["answer"] == "late" for one in shown["pairs"]["nodes"])
        assert outcome["ok"] == (shown["statusName"] == "FINALIZED") == (shown["snapshot"] is not None)
        assert not (outcome["ok"] and late)


def test_a_split_among_reviewers_loses_no_decision(api: Client) -> None:
    id = given.generated(api, 40)
    pairs = [one["id"] for one in given.pairs(api, id)]

    def review(part: list[str]) -> Any:
        return [api.done("Approve", ids=[pair])["changed"] for pair in part]

    def split() -> Any:
        return api.done("Split", id=id, input={"train": 0.5, "test": 0.5, "seed": 1})

    together([lambda: review(pairs[:20]), lambda: review(pairs[20:]), split])
    after = given.pairs(api, id)
    assert {one["statusName"] for one in after} == {"APPROVED"}
    assert {one["split"] for one in after} == {"TRAIN", "TEST"}
    assert {one["revision"] for one in after} == {3}
