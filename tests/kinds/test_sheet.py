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


SHOWN = "query($id: ID!) { sheet(id: $id) { itemKey columns { id name role } } }"


def _columns(api: Client, id: str) -> tuple[str | None, dict[str, dict[str, Any]]]:
    sheet = api.ask(SHOWN, id=id)["sheet"]
    return sheet["itemKey"], {column["name"]: column for column in sheet["columns"]}


def _change(api: Client, id: str, **what: Any) -> None:
    api.done("SheetColumns", id=id, **{"add": [], "update": [], "delete": [], **what})


def test_the_item_key_is_the_same_column_whatever_its_name(api: Client) -> None:
    sheet = make(api, itemKey="id")["id"]
    ids = {name: column["id"] for name, column in _columns(api, sheet)[1].items()}
    _change(api, sheet, update=[{"id": ids["id"], "name": "number"}])
    assert _columns(api, sheet)[0] == "number"
    _change(api, sheet, update=[{"id": ids["id"], "name": "text"}, {"id": ids["text"], "name": "number"}])
    key, columns = _columns(api, sheet)
    assert key == "text"
    assert columns["text"]["id"] == ids["id"]
    delete = [ids["intent"], ids["id"]]
    error = api.refused("SheetColumns", id=sheet, add=[], update=[], delete=delete)[0]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["delete", "1"])
    assert error["message"] == "The column 'text' is the item key."
    _change(api, sheet, delete=[ids["intent"]])


def test_the_role_that_begat_gave_the_item_key_goes_along_with_it(api: Client) -> None:
    sheet = make(api, itemKey="id")["id"]
    for key, roles in (("text", [None, "key", None]), (None, [None, None, None])):
        api.done("SheetUpdate", id=sheet, input={"itemKey": key})
        assert [column["role"] for column in _columns(api, sheet)[1].values()] == roles
    intent = _columns(api, sheet)[1]["intent"]["id"]
    _change(api, sheet, update=[{"id": intent, "role": "answer"}])
    api.done("SheetUpdate", id=sheet, input={"itemKey": "intent"})
    assert _columns(api, sheet)[1]["intent"]["role"] == "answer"


def test_another_table_loses_no_column_that_it_can_give(api: Client) -> None:
    sheet = make(api)["id"]
    before = _columns(api, sheet)[1]
    update = [{"id": before["text"]["id"], "name": "question"}]
    _change(api, sheet, add=[{"name": "again", "source": "text"}, {"name": "mine"}], update=update)
    before = _columns(api, sheet)[1]
    taken = api.table("taken", "id,text,question\n1,a,b\n")
    error = api.refused("SheetUpdate", id=sheet, input={"table": taken})[0]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "table"])
    assert error["message"] == "Its column 'question' has the name of one of the sheet's."
    api.done("SheetUpdate", id=sheet, input={"table": api.table("other", "text,id,language\na,1,en\n")})
    after = _columns(api, sheet)[1]
    assert list(after) == ["id", "question", "again", "mine", "language"]
    assert all(after[name] == before[name] for name in ("id", "question", "again", "mine"))


def test_a_missing_table_makes_no_sheet(api: Client) -> None:
    errors = api.refused("SheetCreate", input={"name": "x", "table": "local.test.nowhere"})
    assert (errors[0]["code"], errors[0]["path"]) == ("NOT_FOUND", ["input", "table"])
    assert api.run("Assets")["totalCount"] == 0


def test_the_same_create_twice_with_one_key_makes_one_sheet(api: Client) -> None:
    first, again = make(api, idempotencyKey="k"), make(api, idempotencyKey="k")
    assert first == again
    errors = api.refused("SheetCreate", input={"name": "y", "table": "local.test.questions", "idempotencyKey": "k"})
    assert errors[0]["path"] == ["input", "idempotencyKey"]


def test_a_create_that_is_repeated_is_answered_also_when_its_table_is_gone(api: Client) -> None:
    sheet = make(api, "gone", idempotencyKey="k")
    (api.tables / "test" / "gone.csv").unlink()
    input = {"name": "gone", "table": sheet["table"]["fullName"]}
    assert api.done("SheetCreate", input={**input, "idempotencyKey": "k"})["node"]["id"] == sheet["id"]
    assert api.refused("SheetCreate", input={**input, "idempotencyKey": "new"})[0]["code"] == "NOT_FOUND"


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
    message = found["restore"]["blockers"][0]["message"]
    assert message == "restore is not possible while the retention is LIVE."
