"""Comments on pairs and assets."""

from __future__ import annotations

from tests.api_client import Client
from tests.conftest import Database
from tests.review.rows import seeded

LISTED = "query($id: ID!) { comments(subjectId: $id) { nodes { id text author subjectId } totalCount } }"


def test_a_comment_on_a_pair_is_listed_with_it(api: Client, database: Database) -> None:
    made = seeded(database, 2)
    said = api.done("Comment", subject=made.pairs[0], text=" look here ")["node"]
    assert (said["text"], said["author"]) == ("look here", "me")
    api.done("Comment", subject=made.pairs[0], text="and here")
    nodes = api.ask(
        "query($where: QaPairFilter) { qaPairs(where: $where, orderBy: POSITION_ASC) { nodes { "
        "comments(first: 10) { nodes { text } totalCount } } } }",
        where={"trainingSheetId": made.sheet},
    )["qaPairs"]["nodes"]
    assert nodes[0]["comments"] == {"nodes": [{"text": "look here"}, {"text": "and here"}], "totalCount": 2}
    assert nodes[1]["comments"]["totalCount"] == 0
    assert api.ask("query($id: ID!) { qaPair(id: $id) { revision } }", id=made.pairs[0])["qaPair"]["revision"] == 1


def test_a_comment_on_an_asset_is_listed_by_its_id(api: Client, database: Database) -> None:
    made = seeded(database, 1)
    said = api.done("Comment", subject=made.sheet, text="well done")["node"]
    listed = api.ask(LISTED, id=made.sheet)["comments"]
    assert listed == {
        "nodes": [{"id": said["id"], "text": "well done", "author": "me", "subjectId": made.sheet}],
        "totalCount": 1,
    }


def test_what_says_nothing_or_is_about_nothing_is_refused(api: Client, database: Database) -> None:
    made = seeded(database, 1)
    for text in (" ", "a\0b", "x" * 10_001):
        errors = api.refused("Comment", subject=made.sheet, text=text)
        assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", ["text"])
    for subject in ("pair_unknown", "review_1", f"{made.sheet}:v1", "\0"):
        errors = api.refused("Comment", subject=subject, text="hello")
        assert (errors[0]["code"], errors[0]["path"]) == ("NOT_FOUND", ["subjectId"])
