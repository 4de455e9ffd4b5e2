"""Sheets: made over a real table, edited, versioned, published, kept and taken away."""

from __future__ import annotations

from typing import Any

from tests.api_client import Client

ROWS = 'id,text,intent\n1,"Where is my card?",card_arrival\n2,"Top up, please",top_up\n'


def make(api: Client, name: str = "questions", **more: Any) -> dict[str, Any]:
    table = api.table(name, ROWS)
    made = api.done("SheetCreate", input={"name": name, "table": table, **more})
    node: dict[str, Any] = made["node"]
    return node


def test_a_sheet_over_a_table_shows_its_columns_and_its_first_rows(api: Client) -> None:
    sheet = make(api, itemKey="id", tags=["bank"])
    assert sheet["kind"] == "SHEET"
    assert (sheet["statusName"], sheet["retention"], sheet["revision"]) == ("DRAFT", "LIVE", 1)
    assert sheet["project"]["name"] == "default"
    shown = api.run("SheetPreview", id=sheet["id"], first=1)
    assert shown["version"]["number"] == 1
    assert shown["preview"]["totalRows"] == 2
    assert shown["preview"]["truncated"] is True
    assert shown["preview"]["rows"][0]["text"] == "Where is my card?"


def test_tables_can_be_browsed_and_a_used_one_is_known_by_the_same_id(api: Client) -> None:
    make(api, "browsed")
    before = api.ask("{ sourceTables { nodes { id fullName columns { name type } } } }")["sourceTables"]["nodes"]
    table = next(node for node in before if node["fullName"] == "local.test.browsed")
    assert [column["name"] for column in table["columns"]] == ["id", "text", "intent"]
    assert api.ask("query($id: ID!) { asset(id: $id) { name } }", id=table["id"])["asset"]["name"] == "browsed"


def test_an_update_moves_the_revision_and_leaves_what_it_does_not_name(api: Client) -> None:
    sheet = make(api, description="old", tags=["a"])
    node = api.done("SheetUpdate", id=sheet["id"], input={"name": "new"}, rev=1)["node"]
    assert (node["name"], node["description"], node["tags"], node["revision"]) == ("new", "old", ["a"], 2)
    conflict = api.run("SheetUpdate", id=sheet["id"], input={"name": "late"}, rev=1)
    assert conflict["errors"][0]["code"] == "CONFLICT"
    assert conflict["node"]["name"] == "new"


def test_what_a_sheet_cannot_be_without_is_not_taken_away_in_silence(api: Client) -> None:
    id = make(api)["id"]
    column = api.done("SheetColumns", id=id, add=[], update=[], delete=[])["node"]["columns"][0]["id"]
    for table, code in ((None, "BAD_INPUT"), ("", "NOT_FOUND")):
        error = api.refused("SheetUpdate", id=id, input={"table": table})[0]
        assert (error["code"], error["path"]) == (code, ["input", "table"])
    update = [{"id": column, "name": None, "type": None}, {"id": column, "name": "x"}]
    errors = api.refused("SheetColumns", id=id, add=[{"name": "intent"}], update=update, delete=[])
    fields = [["update", "0", "name"], ["update", "0", "type"], ["update", "1", "id"], ["add", "0", "name"]]
    assert [error["path"] for error in errors] == fields


def test_an_empty_project_is_not_the_default_one(api: Client) -> None:
    wanted = {"name": "s", "table": api.table("s", ROWS), "projectId": ""}
    refused = api.refused("SheetCreate", input=wanted)[0]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "projectId"])


def test_a_move_of_another_kind_says_so_and_nothing_else(api: Client) -> None:
    refused = api.ask(
        "mutation($ids: [ID!]) { templatePublish(ids: $ids) { outcomes { error { code message } } } }",
        ids=[make(api)["id"]],
    )["templatePublish"]["outcomes"][0]["error"]
    assert refused == {"code": "BAD_INPUT", "message": "This is no template."}


def test_columns_keep_their_ids_and_a_published_version_never_changes(api: Client) -> None:
    sheet = make(api)
    node = api.done("SheetColumns", id=sheet["id"], add=[], update=[], delete=[])["node"]
    text = next(column for column in node["columns"] if column["name"] == "text")
    api.done("SheetPublish", ids=[sheet["id"]])
    renamed = [{"id": text["id"], "name": "question", "role": "input"}]
    node = api.done("SheetColumns", id=sheet["id"], add=[{"name": "language"}], update=renamed, delete=[])["node"]
    assert next(column for column in node["columns"] if column["id"] == text["id"])["name"] == "question"
    shown = api.run("SheetPreview", id=sheet["id"])
    assert [version["number"] for version in shown["versions"]["nodes"]] == [2, 1]
    assert shown["preview"]["rows"][1]["question"] == "Top up, please"
    assert shown["preview"]["rows"][1]["language"] is None
    duplicate = api.refused("SheetColumns", id=sheet["id"], add=[{"name": "intent"}], update=[], delete=[])
    assert duplicate[0]["code"] == "BAD_INPUT"


def test_a_missing_table_makes_no_sheet(api: Client) -> None:
    errors = api.refused("SheetCreate", input={"name": "x", "table": "local.test.nowhere"})
    assert (errors[0]["code"], errors[0]["path"]) == ("NOT_FOUND", ["input", "table"])
    assert api.run("Assets")["totalCount"] == 0


def test_the_same_create_twice_with_one_key_makes_one_sheet(api: Client) -> None:
    first, again = make(api, idempotencyKey="k"), make(api, idempotencyKey="k")
    assert first == again
    errors = api.refused("SheetCreate", input={"name": "y", "table": "local.test.questions", "idempotencyKey": "k"})
    assert errors[0]["path"] == ["input", "idempotencyKey"]


def test_archive_trash_and_restore_return_a_sheet_to_where_it_was(api: Client) -> None:
    id = make(api)["id"]
    api.done("Archive", ids=[id])
    assert api.run("Assets", where={"kinds": ["SHEET"]})["totalCount"] == 0
    planned = api.done("Trash", ids=[id], dryRun=True)
    assert planned["token"]
    api.done("Trash", ids=[id], token=planned["token"])
    assert api.refused("SheetUpdate", id=id, input={"name": "z"})[0]["code"] == "ILLEGAL_MOVE"
    api.done("Restore", ids=[id])
    assert api.ask("query($id: ID!) { asset(id: $id) { retention } }", id=id)["asset"]["retention"] == "ARCHIVED"
    api.done("Restore", ids=[id])
    actions = [entry["action"] for entry in api.run("History", id=id)["history"]["nodes"]]
    assert actions == ["restore", "restore", "trash", "archive", "create"]


def test_history_says_what_each_change_changed(api: Client) -> None:
    id = make(api)["id"]
    api.done("Tag", ids=[id], add=["x"], remove=[])
    latest = api.run("History", id=id, first=1)["history"]
    assert latest["totalCount"] == 2
    assert latest["nodes"][0]["changes"] == [{"path": "tags", "before": [], "after": ["x"]}]


def test_available_actions_tell_why_a_move_is_not_possible(api: Client) -> None:
    found = {action["action"]: action for action in api.run("Actions", id=make(api)["id"])["availableActions"]}
    assert found["publish"]["allowed"] is True
    assert found["deprecate"]["blockers"][0]["code"] == "ILLEGAL_MOVE"
    assert found["restore"]["allowed"] is False
