"""A template tried on real rows: what it makes of them, or why it makes nothing; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api_client import Client, client, serving
from tests.conftest import Database, settings_for
from tests.platforms.local import chat_server
from tests.platforms.local.chat_server import ChatServer, answer, reply

ROWS = 'id,text,language\n1,"Where is my card?",en\n2,"¿Dónde está?\nMi tarjeta ""negra""",es\n,no key,en\n'
TEST = """query($id: ID!, $sheetId: ID!, $first: Int, $model: String) { template(id: $id) {
  test(sheetId: $sheetId, first: $first, model: $model) {
    row { itemRef values } system prompt response error { code message path hint } } } }"""


@pytest.fixture
def sheet(api: Client) -> str:
    table = api.table("rows", ROWS)
    id: str = api.done("SheetCreate", input={"name": "rows", "table": table, "itemKey": "id"})["node"]["id"]
    return id


def template(api: Client, prompt: str, **more: Any) -> str:
    id: str = api.done("TemplateCreate", input={"name": "t", "prompt": prompt, **more})["node"]["id"]
    return id


def test_each_row_is_rendered_with_its_values(api: Client, sheet: str) -> None:
    id = template(api, "{{ language }}: {{ text }}", system="Answer in {{ language }}.")
    before = api.run("Assets")["totalCount"]
    rows = api.run("TemplateTest", id=id, sheetId=sheet, first=2)["test"]
    assert [row["prompt"] for row in rows] == ["en: Where is my card?", 'es: ¿Dónde está?\nMi tarjeta "negra"']
    assert [row["row"]["itemRef"] for row in rows] == ["1", "2"]
    assert rows[1]["row"]["values"]["language"] == "es"
    assert [(row["response"], row["error"]) for row in rows] == [(None, None)] * 2
    assert api.ask(TEST, id=id, sheetId=sheet)["template"]["test"][0]["system"] == "Answer in en."
    assert api.run("Assets")["totalCount"] == before
    assert api.run("History", id=id)["history"]["totalCount"] == 1


def test_columns_go_by_the_names_that_the_sheet_gives_them(api: Client, sheet: str) -> None:
    columns = api.ask("query($id: ID!) { sheet(id: $id) { columns { id name } } }", id=sheet)["sheet"]["columns"]
    text = next(column["id"] for column in columns if column["name"] == "text")
    api.done("SheetColumns", id=sheet, add=[], update=[{"id": text, "name": "question"}], delete=[])
    rows = api.run("TemplateTest", id=template(api, "{{ question }}"), sheetId=sheet, first=1)["test"]
    assert rows[0]["prompt"] == "Where is my card?"


def test_variables_that_no_column_provides_are_named_once_for_each_row_with_the_closest_name(
    api: Client, sheet: str
) -> None:
    id = template(api, "{{ txt }} {{ langage }} {{ optional | default('-') }}")
    rows = api.run("TemplateTest", id=id, sheetId=sheet, first=2)["test"]
    for row in rows:
        assert row["prompt"] is None
        assert row["row"]["values"]["language"]
        assert (row["error"]["code"], row["error"]["path"]) == ("BAD_INPUT", ["sheetId"])
        assert "'txt', 'langage'" in row["error"]["message"]
        assert "'text'" in row["error"]["hint"]
        assert "'optional'" not in row["error"]["message"]


def test_a_row_whose_key_is_blank_or_whose_value_does_not_fit_says_so_and_the_others_are_rendered(
    api: Client, sheet: str
) -> None:
    id = template(api, "{% if language == 'es' %}{{ text + 1 }}{% else %}{{ text }}{% endif %}")
    first, second, third = api.run("TemplateTest", id=id, sheetId=sheet)["test"]
    assert (first["prompt"], first["error"]) == ("Where is my card?", None)
    assert (second["prompt"], second["row"]["itemRef"], second["error"]["code"]) == (None, "2", "BAD_INPUT")
    assert (third["prompt"], third["row"]["itemRef"], third["error"]["code"]) == (None, None, "BAD_INPUT")
    assert "item key" in third["error"]["message"]


def test_a_row_that_makes_a_template_loop_on_and_on_is_a_limit_of_that_row(api: Client) -> None:
    table = api.table("long", f"text\nshort\n{'x' * 60}\n")
    sheet = api.done("SheetCreate", input={"name": "long", "table": table})["node"]["id"]
    loop = "{% for a in text %}" * 3 + "{{ a }}" + "{% endfor %}" * 3
    short, long = api.run("TemplateTest", id=template(api, loop), sheetId=sheet)["test"]
    assert len(short["prompt"]) == 5**3
    assert (long["prompt"], long["error"]["code"]) == (None, "LIMIT")


def test_without_an_item_key_a_row_is_named_by_its_content_and_its_occurrence(api: Client) -> None:
    table = api.table("twice", "text\nsame\nsame\n")
    sheet = api.done("SheetCreate", input={"name": "twice", "table": table})["node"]["id"]
    rows = api.run("TemplateTest", id=template(api, "{{ text }}"), sheetId=sheet)["test"]
    first, second = (row["row"]["itemRef"] for row in rows)
    assert len(first) == 64
    assert second == f"{first}#2"


@pytest.mark.parametrize(("first", "code"), [(21, "LIMIT"), (-1, "BAD_INPUT")])
def test_at_most_twenty_rows_are_tried(api: Client, sheet: str, first: int, code: str) -> None:
    answer = api.send(TEST, {"id": template(api, "{{ text }}"), "sheetId": sheet, "first": first})
    assert answer["errors"][0]["extensions"]["code"] == code


def test_a_sheet_that_is_not_there_and_a_table_that_went_away_are_typed_errors(api: Client, sheet: str) -> None:
    id = template(api, "{{ text }}")
    for unknown in ("sheet_01j00000000000000000000000", id, "\0", "x" * 300):
        answer = api.send(TEST, {"id": id, "sheetId": unknown})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    (api.tables / "test" / "rows.csv").unlink()
    answer = api.send(TEST, {"id": id, "sheetId": sheet})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_an_empty_draft_and_an_empty_page_can_be_tried(api: Client, sheet: str) -> None:
    rows = api.run("TemplateTest", id=template(api, ""), sheetId=sheet, first=1)["test"]
    assert rows[0]["error"]["message"] == "The prompt is empty."
    assert api.run("TemplateTest", id=template(api, "{{ text }}"), sheetId=sheet, first=0)["test"] == []


def test_a_model_is_unavailable_where_no_chat_service_is_configured(api: Client, sheet: str) -> None:
    rows = api.ask(TEST, id=template(api, "{{ text }}"), sheetId=sheet, first=1, model="m")["template"]["test"]
    assert rows[0]["prompt"] == "Where is my card?"
    assert (rows[0]["error"]["code"], rows[0]["error"]["path"]) == ("UNAVAILABLE", ["model"])


@pytest.fixture
def chatty(database: Database, api: Client) -> Iterator[tuple[Client, ChatServer]]:
    """A begat with a chat service behind it, on an empty graph; the service answers the first question only."""
    with chat_server.serving(answer("card_arrival"), reply(400, {"error": {"message": "too long"}})) as chat:
        settings = settings_for(database, chat_url=chat.url, chat_key="secret-key")
        with serving(settings) as address, client(address, settings) as one:
            yield one, chat


def test_a_model_answers_each_row_or_says_why_not(chatty: tuple[Client, ChatServer]) -> None:
    api, chat = chatty
    table = api.table("chat", "id,text\n1,Where?\n2,When?\n")
    sheet = api.done("SheetCreate", input={"name": "chat", "table": table, "itemKey": "id"})["node"]["id"]
    id = template(api, "{{ text }}", system="Sort {{ id }}.", settings={"temperature": 0.2})
    rows = api.ask(TEST, id=id, sheetId=sheet, model="small")["template"]["test"]
    assert [row["prompt"] for row in rows] == ["Where?", "When?"]
    assert sorted(row["response"] or "" for row in rows) == ["", "card_arrival"]
    refused = next(row for row in rows if row["response"] is None)
    assert refused["error"]["code"] == "PLATFORM"
    assert "secret-key" not in str(rows)
    bodies = sorted((asked.body for asked in chat.asked), key=lambda body: str(body["messages"]))
    assert [body["messages"] for body in bodies] == [
        [{"role": "system", "content": "Sort 1."}, {"role": "user", "content": "Where?"}],
        [{"role": "system", "content": "Sort 2."}, {"role": "user", "content": "When?"}],
    ]
    assert {(body["model"], body["temperature"]) for body in bodies} == {("small", 0.2)}


def test_no_model_is_asked_what_cannot_be_rendered(chatty: tuple[Client, ChatServer]) -> None:
    api, chat = chatty
    table = api.table("chat", "id,text\n1,Where?\n")
    sheet = api.done("SheetCreate", input={"name": "chat", "table": table})["node"]["id"]
    rows = api.ask(TEST, id=template(api, "{{ missing }}"), sheetId=sheet, model="small")["template"]["test"]
    assert rows[0]["error"]["code"] == "BAD_INPUT"
    assert chat.asked == []


def test_a_model_is_asked_once_whatever_else_fails_in_the_query(chatty: tuple[Client, ChatServer]) -> None:
    api, chat = chatty
    table = api.table("chat", "id,text\n1,Where?\n")
    sheet = api.done("SheetCreate", input={"name": "chat", "table": table})["node"]["id"]
    id = template(api, "{{ text }}")
    query = """query($id: ID!, $sheet: ID!) { template(id: $id) { test(sheetId: $sheet, model: "m") { response } }
        other: template(id: $id) { compareVersions(from: 1, to: 9) { path } } }"""
    answer = api.send(query, {"id": id, "sheet": sheet})
    assert [error["path"] for error in answer["errors"]] == [["other", "compareVersions"]]
    assert answer["data"]["template"]["test"] == [{"response": "card_arrival"}]
    assert len(chat.asked) == 1
