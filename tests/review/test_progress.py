"""How far a review is, as clients see it."""

from __future__ import annotations

from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import on, seeded


def test_progress_counts_pairs_verdicts_and_reviewers(api: Client, database: Database) -> None:
    made = seeded(database, 8)
    on(
        database,
        lambda graph: graph.execute("MATCH (n:QaPair) WHERE n.position <= 3 SET n.source = 'LABEL'"),
    )
    api.done("Approve", ids=made.pairs[:3])
    api.done("Reject", ids=made.pairs[3:4], reason="no")
    api.done("Flag", ids=made.pairs[4:5], reason="hm")
    found = api.run("Review", id=made.sheet)["review"]
    assert (found["total"], found["decided"], found["percent"], found["approvalRate"]) == (8, 4, 50.0, 0.75)
    assert found["byStatus"] == [
        {"status": "PENDING", "count": 3},
        {"status": "APPROVED", "count": 3},
        {"status": "REJECTED", "count": 1},
        {"status": "FLAGGED", "count": 1},
    ]
    assert found["bySource"] == [{"source": "LABEL", "count": 3}, {"source": "COLUMN", "count": 5}]
    assert found["byReviewer"] == [{"reviewer": "me", "decided": 4, "approvalRate": 0.75}]
    assert (found["meanSecondsPerReview"], found["secondsLeft"]) == (None, None)


def test_what_the_queue_served_is_timed_and_foretells_the_end(api: Client, database: Database) -> None:
    made = seeded(database, 8)
    for id in made.pairs[:6]:
        api.done("ReviewNext", trainingSheetId=made.sheet, first=1)
        api.done("Approve", ids=[id])
    found = api.run("Review", id=made.sheet)["review"]
    assert 0 < found["meanSecondsPerReview"] < 60
    assert found["secondsLeft"] == 2 * found["meanSecondsPerReview"]
    api.done("Edit", id=made.pairs[0], input={"answer": "new"})
    assert api.run("Review", id=made.sheet)["review"]["byReviewer"][0]["decided"] == 5


def test_an_empty_sheet_says_nothing(api: Client, database: Database) -> None:
    found = api.run("Review", id=seeded(database, 0).sheet)["review"]
    assert (found["total"], found["percent"], found["approvalRate"], found["byStatus"]) == (0, None, None, [])
