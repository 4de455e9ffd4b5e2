"""One pair: its edit, what that does to what was decided, and its history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import on, seeded

PAIR = """query($id: ID!) { qaPair(id: $id) { question answer source statusName revision decidedBy reason
  failure { code } edits { actor before { question answer } after { question answer } } reviews { void } } }"""


def pair(api: Client, id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.ask(PAIR, id=id)["qaPair"]
    return found


def test_an_edit_reads_back_and_keeps_what_was_said_before(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    node = api.done("Edit", id=id, input={"answer": "better"}, rev=1)["node"]
    assert (node["question"], node["answer"], node["revision"]) == ("question 1?", "better", 2)
    api.done("Edit", id=id, input={"question": "really?"})
    found = pair(api, id)
    assert found["source"] == "COLUMN"
    assert found["edits"] == [
        {
            "actor": "me",
            "before": {"question": None, "answer": "answer 1"},
            "after": {"question": None, "answer": "better"},
        },
        {
            "actor": "me",
            "before": {"question": "question 1?", "answer": None},
            "after": {"question": "really?", "answer": None},
        },
    ]


def test_an_edit_that_changes_nothing_writes_nothing(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    api.done("Approve", ids=[id])
    node = api.done("Edit", id=id, input={"answer": "answer 1"})["node"]
    assert (node["revision"], node["statusName"]) == (2, "APPROVED")


def test_an_edit_of_a_decided_pair_reopens_it_and_voids_its_reviews(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    api.done("Reject", ids=[id], reason="wrong")
    assert api.done("Edit", id=id, input={"answer": "right"})["node"]["statusName"] == "PENDING"
    found = pair(api, id)
    assert (found["decidedBy"], found["reason"], found["reviews"]) == (None, None, [{"void": True}])
    api.done("Approve", ids=[id])
    assert [review["void"] for review in pair(api, id)["reviews"]] == [False, True]


def test_a_stale_edit_is_a_conflict_that_shows_what_is_there_now(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    api.done("Edit", id=id, input={"answer": "first"}, rev=1)
    late = api.run("Edit", id=id, input={"answer": "late"}, rev=1)
    assert late["errors"][0]["code"] == "CONFLICT"
    assert (late["node"]["answer"], late["node"]["revision"]) == ("first", 2)


@pytest.mark.parametrize("status", ["GENERATING", "APPROVED", "FINALIZED"])
def test_a_closed_sheet_takes_no_edit(api: Client, database: Database, status: str) -> None:
    id = seeded(database, 1, status=status).pairs[0]
    errors = api.refused("Edit", id=id, input={"answer": "x"})
    assert (errors[0]["code"], bool(errors[0]["hint"])) == ("ILLEGAL_MOVE", True)
    assert pair(api, id)["revision"] == 1


def test_an_answer_mends_a_failed_pair_and_a_question_alone_does_not(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    failed = """MATCH (n:QaPair) SET n.status = 'FAILED', n.failure = '{"code": "PLATFORM", "message": "m"}',
      n.source = 'GENERATED' REMOVE n.answer"""
    on(database, lambda graph: graph.execute(failed))
    assert api.done("Edit", id=id, input={"question": "asked better?"})["node"]["statusName"] == "FAILED"
    assert pair(api, id)["failure"] == {"code": "PLATFORM"}
    assert api.done("Edit", id=id, input={"answer": "by hand"})["node"]["statusName"] == "PENDING"
    found = pair(api, id)
    assert (found["source"], found["failure"]) == ("MANUAL", None)


def test_an_edit_of_nothing_or_no_text_is_refused(api: Client, database: Database) -> None:
    id = seeded(database, 1).pairs[0]
    for value in ("", "  ", "a\0b", None, "x" * 100_001):
        errors = api.refused("Edit", id=id, input={"answer": value})
        assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", ["input", "answer"])
    assert api.refused("Edit", id="pair_unknown", input={"answer": "x"})[0]["code"] == "NOT_FOUND"
    assert pair(api, id)["revision"] == 1
