"""Verdicts: each is the caller's review, the first decides, and what is decided already is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import on, seeded

PAIR = """query($id: ID!) { qaPair(id: $id) {
  statusName reason revision decidedBy decidedAt reviews { reviewer verdict reason at seconds void } } }"""


def pair(api: Client, id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.ask(PAIR, id=id)["qaPair"]
    return found


def codes(outcomes: list[dict[str, Any]]) -> list[str | None]:
    return [outcome["error"] and outcome["error"]["code"] for outcome in outcomes]


def test_an_approval_is_the_callers_review_and_decides_the_pair(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    done = api.done("Approve", ids=pairs[:2])
    assert (done["matched"], done["changed"], done["job"]) == (2, 2, None)
    assert done["outcomes"][0] == {
        "id": pairs[0],
        "ok": True,
        "action": "approve",
        "statusBefore": "PENDING",
        "statusAfter": "APPROVED",
        "revision": 2,
        "error": None,
    }
    found = pair(api, pairs[0])
    assert (found["statusName"], found["decidedBy"], found["revision"]) == ("APPROVED", "me", 2)
    assert found["decidedAt"] == found["reviews"][0]["at"]
    assert [(review["reviewer"], review["verdict"], review["void"]) for review in found["reviews"]] == [
        ("me", "APPROVE", False)
    ]


def test_a_rejection_needs_a_reason_which_reads_back(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    refused = api.run("Reject", ids=pairs[:1], reason="  ")
    assert (refused["errors"][0]["code"], refused["errors"][0]["path"]) == ("BAD_INPUT", ["reason"])
    assert pair(api, pairs[0])["statusName"] == "PENDING"
    api.done("Reject", ids=pairs[:1], reason="not a question")
    found = pair(api, pairs[0])
    assert (found["statusName"], found["reason"], found["reviews"][0]["reason"]) == (
        "REJECTED",
        "not a question",
        "not a question",
    )


def test_what_is_decided_already_is_named_and_the_rest_is_done(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    api.done("Approve", ids=pairs[:1])
    api.done("Reject", ids=pairs[1:2], reason="no")
    answer = api.run("Approve", ids=pairs[:3])
    assert (answer["matched"], answer["changed"]) == (3, 1)
    assert codes(answer["outcomes"]) == ["ILLEGAL_MOVE", "ILLEGAL_MOVE", None]
    assert "rejected by me" in answer["outcomes"][1]["error"]["message"]
    assert pair(api, pairs[1])["statusName"] == "REJECTED"


def test_all_or_nothing_keeps_nothing_where_one_fails(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    api.done("Approve", ids=pairs[:1])
    answer = api.run("Approve", ids=pairs[:3], onError="ALL_OR_NOTHING")
    assert answer["changed"] == 0
    assert codes(answer["outcomes"]) == ["ILLEGAL_MOVE", "GUARD_FAILED", "GUARD_FAILED"]
    assert pair(api, pairs[1])["reviews"] == []


def test_a_dry_run_tells_and_keeps_nothing(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    answer = api.done("Approve", ids=pairs, dryRun=True)
    assert (answer["changed"], answer["outcomes"][0]["statusAfter"]) == (6, "APPROVED")
    assert pair(api, pairs[0])["revision"] == 1


def test_a_filter_selects_what_it_counts(api: Client, database: Database) -> None:
    made = seeded(database)
    api.done("Approve", ids=made.pairs[:2])
    where = {"trainingSheetId": made.sheet, "status": ["PENDING"]}
    assert api.run("Approve", where=where, dryRun=True)["matched"] == 4
    late = api.run("Approve", where=where, expectedCount=5)
    assert (late["errors"][0]["code"], late["errors"][0]["path"]) == ("CONFLICT", ["expectedCount"])
    assert api.done("Approve", where=where, expectedCount=4)["changed"] == 4
    unsaid = api.run("Approve", where=where)
    assert (unsaid["errors"][0]["code"], unsaid["errors"][0]["path"]) == ("BAD_INPUT", ["expectedCount"])


def test_a_flagged_pair_is_undecided_until_somebody_decides(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    api.done("Flag", ids=pairs[:1], reason="ask a lawyer")
    found = pair(api, pairs[0])
    assert (found["statusName"], found["reason"], found["decidedBy"]) == ("FLAGGED", "ask a lawyer", None)
    assert codes(api.run("Flag", ids=pairs[:1], reason="again")["outcomes"]) == ["ILLEGAL_MOVE"]
    api.done("Approve", ids=pairs[:1])
    found = pair(api, pairs[0])
    assert (found["statusName"], found["reason"]) == ("APPROVED", None)
    assert [review["verdict"] for review in found["reviews"]] == ["APPROVE", "FLAG"]


def test_a_decision_can_be_taken_back_and_its_review_no_longer_counts(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    api.done("Approve", ids=pairs[:1])
    reopen = "mutation($ids: [ID!]) { qaPairReopen(ids: $ids) { changed outcomes { error { code } } } }"
    assert api.ask(reopen, ids=pairs[:2])["qaPairReopen"] == {
        "changed": 1,
        "outcomes": [{"error": None}, {"error": {"code": "ILLEGAL_MOVE"}}],
    }
    found = pair(api, pairs[0])
    assert (found["statusName"], found["decidedBy"], found["reviews"][0]["void"]) == ("PENDING", None, True)
    api.done("Reject", ids=pairs[:1], reason="on second thoughts")
    assert [review["void"] for review in pair(api, pairs[0])["reviews"]] == [False, True]


def test_a_failed_pair_can_be_rejected_and_not_approved(api: Client, database: Database) -> None:
    pairs = seeded(database, status="IN_REVIEW").pairs
    on(database, lambda graph: graph.execute("MATCH (n:QaPair) SET n.status = 'FAILED'"))
    assert codes(api.run("Approve", ids=pairs[:1])["outcomes"]) == ["ILLEGAL_MOVE"]
    api.done("Reject", ids=pairs[:1], reason="no answer")


@pytest.mark.parametrize("status", ["DRAFT", "GENERATING", "FAILED", "APPROVED", "FINALIZED"])
def test_a_sheet_that_is_not_in_review_takes_no_verdict(api: Client, database: Database, status: str) -> None:
    made = seeded(database, 1, status=status)
    answer = api.run("Approve", ids=made.pairs)
    assert codes(answer["outcomes"]) == ["ILLEGAL_MOVE"]
    assert answer["outcomes"][0]["error"]["hint"]
    assert pair(api, made.pairs[0])["revision"] == 1


@pytest.mark.parametrize("retention", ["ARCHIVED", "TRASHED"])
def test_rows_inherit_their_sheets_retention(api: Client, database: Database, retention: str) -> None:
    made = seeded(database, 1)
    on(
        database,
        lambda graph: graph.execute("MATCH (n:TrainingSheet) SET n.retention = $retention", retention=retention),
    )
    assert codes(api.run("Approve", ids=made.pairs)["outcomes"]) == ["ILLEGAL_MOVE"]
    assert api.run("Approve", where={}, dryRun=True)["matched"] == 0


def test_a_stale_item_is_a_conflict_and_the_others_are_done(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    answer = api.ask(
        "mutation($items: [ItemInput!]) { qaPairApprove(items: $items) { nodes { id statusName } "
        "outcomes { id revision error { code } } } }",
        items=[{"id": pairs[0], "revision": 7}, {"id": pairs[1], "revision": 1}],
    )["qaPairApprove"]
    assert answer["nodes"] == [{"id": pairs[1], "statusName": "APPROVED"}]
    assert answer["outcomes"][0] == {"id": pairs[0], "revision": 1, "error": {"code": "CONFLICT"}}


def test_bad_selections_are_typed_errors_and_change_nothing(api: Client, database: Database) -> None:
    pairs = seeded(database).pairs
    nothing = api.run("Approve", ids=None)
    assert (nothing["errors"][0]["code"], nothing["errors"][0]["path"]) == ("BAD_INPUT", ["ids"])
    assert api.done("Approve", ids=[])["matched"] == 0
    many = api.run("Approve", ids=[f"pair_{number}" for number in range(50_001)])
    assert (many["errors"][0]["code"], many["errors"][0]["path"]) == ("LIMIT", ["ids"])
    unknown = api.run("Approve", ids=["pair_unknown", "sheet_1", "\0", "", pairs[0]])
    assert codes(unknown["outcomes"]) == [*["NOT_FOUND"] * 4, None]
    both = api.run("Approve", ids=pairs, where={})
    assert both["errors"][0]["code"] == "BAD_INPUT"
    assert pair(api, pairs[1])["revision"] == 1


def test_a_reason_that_is_no_text_is_refused(api: Client, database: Database) -> None:
    pairs = seeded(database, 1).pairs
    for reason in ("a\0b", "x" * 2_001):
        refused = api.run("Reject", ids=pairs, reason=reason)
        assert (refused["errors"][0]["code"], refused["errors"][0]["path"]) == ("BAD_INPUT", ["reason"])
    assert pair(api, pairs[0])["statusName"] == "PENDING"
