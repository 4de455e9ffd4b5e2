"""Training sheets refuse what cannot be made, and say which field and what to do; nothing is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import Client
from tests.kinds import generated as given


def refused(api: Client, sheet: str, template: str, **more: Any) -> tuple[str, list[str]]:
    input = {"name": "pairs", "sheetId": sheet, "templateId": template, "answer": {"column": "intent"}, **more}
    errors = api.refused("TrainingSheetCreate", input=input)
    assert api.run("Assets", where={"kinds": ["TRAINING_SHEET"]})["totalCount"] == 0
    assert errors[0]["message"]
    return errors[0]["code"], errors[0]["path"]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"answer": {}}, ["input", "answer"]),
        ({"answer": {"column": "intent", "labelsOnly": True}}, ["input", "answer"]),
        ({"answer": {"labelsOnly": False}}, ["input", "answer"]),
        ({"answer": {"column": "nowhere"}}, ["input", "answer", "column"]),
        ({"answer": {"column": "a\0b"}}, ["input", "answer", "column"]),
        ({"answer": {"chat": {"model": " "}}}, ["input", "answer", "chat", "model"]),
        ({"answer": {"chat": {"model": "m", "parameters": [1]}}}, ["input", "answer", "chat", "parameters"]),
        ({"answer": {"chat": {"model": "m", "parameters": {"n": 2}}}}, ["input", "answer", "chat", "parameters", "n"]),
        ({"rows": {"first": 0}}, ["input", "rows", "first"]),
        ({"rows": {"where": [{"column": "nowhere", "equals": "x"}]}}, ["input", "rows", "where", "0", "column"]),
        ({"rows": {"where": [{"column": "id"}]}}, ["input", "rows", "where", "0"]),
        ({"rows": {"where": [{"column": "id", "equals": "\0"}]}}, ["input", "rows", "where", "0"]),
        ({"name": " "}, ["input", "name"]),
        ({"name": "a\0b"}, ["input", "name"]),
        ({"tags": ["x" * 101]}, ["input", "tags", "0"]),
        ({"description": "a\0b"}, ["input", "description"]),
    ],
)
def test_what_is_no_definition_names_its_field(api: Client, more: dict[str, Any], path: list[str]) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api)
    assert refused(api, sheet, template, **more) == ("BAD_INPUT", path)


def test_every_variable_that_no_column_provides_is_named(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api, "{{ txt }} {{ mood }} {{ text }}")
    errors = api.refused(
        "TrainingSheetCreate",
        input={"name": "p", "sheetId": sheet, "templateId": template, "answer": {"column": "category"}},
    )
    assert [error["path"][1] for error in errors] == ["templateId", "templateId", "answer"]
    assert "'txt'" in errors[0]["message"]
    assert "'text'" in errors[0]["hint"]
    assert "'mood'" in errors[1]["message"]


def test_a_chat_needs_a_chat_service(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api)
    assert refused(api, sheet, template, answer={"chat": {"model": "m"}}) == (
        "UNAVAILABLE",
        ["input", "answer", "chat"],
    )


def test_labels_only_needs_a_label_type(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api, labelType=None)
    assert refused(api, sheet, template, answer={"labelsOnly": True}) == (
        "BAD_INPUT",
        ["input", "answer", "labelsOnly"],
    )


def test_unknown_foreign_and_retired_ids_are_refused(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api)
    assert refused(api, "sheet_nowhere", template) == ("NOT_FOUND", ["input", "sheetId"])
    assert refused(api, sheet, "template_\x7f") == ("NOT_FOUND", ["input", "templateId"])
    assert refused(api, template, template) == ("BAD_INPUT", ["input", "sheetId"])
    assert refused(api, sheet, template, projectId="project_nowhere") == ("NOT_FOUND", ["input", "projectId"])
    api.done("Archive", ids=[sheet])
    assert refused(api, sheet, template) == ("ILLEGAL_MOVE", ["input", "sheetId"])
    api.done("Restore", ids=[sheet])
    api.ask("mutation($ids: [ID!]) { templateDeprecate(ids: $ids) { changed } }", ids=[template])
    assert refused(api, sheet, template) == ("ILLEGAL_MOVE", ["input", "templateId"])


def test_moves_that_the_status_does_not_allow_change_nothing(api: Client) -> None:
    id = given.create(api, given.sheet(api, given.rows(1)), given.template(api))
    for operation in ("TrainingSheetApprove", "TrainingSheetFinalize"):
        errors = api.refused(operation, ids=[id])
        assert (errors[0]["code"], errors[0]["id"]) == ("ILLEGAL_MOVE", id)
    assert api.refused("TrainingSheetApprove", ids=None)[0]["path"] == ["ids"]
    assert api.refused("TrainingSheetGenerate", ids=["tsheet_nowhere"])[0]["code"] == "NOT_FOUND"
    assert api.refused("TrainingSheetFinalize", ids=["x"] * 50_001)[0]["code"] == "LIMIT"
    api.done("Trash", ids=[id])
    assert api.refused("TrainingSheetGenerate", ids=[id])[0]["code"] == "ILLEGAL_MOVE"
    history = api.run("History", id=id)["history"]["nodes"]
    assert [one["action"] for one in history] == ["trash", "create"]


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({"train": 0.8, "validation": 0.1}, ["input"]),
        ({"train": 1.5, "test": -0.5}, ["input", "train"]),
        ({}, ["input"]),
    ],
)
def test_shares_that_are_none_are_refused(api: Client, input: dict[str, Any], path: list[str]) -> None:
    id = given.generated(api, 4)
    errors = api.refused("Split", id=id, input=input)
    assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", path)
    assert {one["split"] for one in given.pairs(api, id)} == {None}


def test_unknown_ids_read_as_null(api: Client) -> None:
    found = api.ask('{ trainingSheet(id: "x") { id } generation(id: "x:g1") { id } snapshot(id: "x:s1") { id } }')
    assert found == {"trainingSheet": None, "generation": None, "snapshot": None}
