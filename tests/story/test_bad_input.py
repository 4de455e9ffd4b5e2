"""Bad input of every sort: a typed error that names the field, nothing changed, no fault in the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from begat.find.lists import MOST
from tests.api_client import Client, operation
from tests.conftest import Database
from tests.kinds.test_sheet import make

ESCAPES = (
    "{{ ''.__class__.__mro__ }}",
    "{{ text|attr('__class__') }}",
    "{{ '{0.__class__}'.format(text) }}",
    "{{ cycler.__init__.__globals__ }}",
    "{% for i in range(1000000000) %}{{ i }}{% endfor %}",
    "{{ 'a' * 1000000000 }}",
    "{% include '/etc/passwd' %}",
)


@pytest.fixture
def unchanged(database: Database, caplog: pytest.LogCaptureFixture) -> Callable[[], Any]:
    """A block in which nothing may change in the graph, and no fault may be logged."""

    async def counted() -> int:
        async with database.connect() as graph:
            return int(
                await graph.read(
                    "MATCH (n) WHERE NOT n:Lease AND NOT n:Schema "
                    "RETURN count(n) * 1000000 + sum(coalesce(n.revision, 0))"
                )
            )

    @contextmanager
    def block() -> Iterator[None]:
        before = anyio.run(counted)
        with caplog.at_level(logging.ERROR, "begat"):
            yield
        assert anyio.run(counted) == before
        assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []

    return block


def codes(errors: list[dict[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(error["code"], tuple(error["path"])) for error in errors]


def test_a_table_that_is_not_there_or_not_in_the_folder(api: Client, unchanged: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("text\nsecret\n")
    folder = api.tables / "links"
    folder.mkdir(exist_ok=True)
    (folder / "link.csv").unlink(missing_ok=True)
    (folder / "link.csv").symlink_to(secret)
    with unchanged():
        for table in (
            "local.test.nowhere",
            "local.links.link",
            "local..secret",
            "local.../secret.csv",
            str(secret),
            "local.test.x' UNION SELECT 1 --",
            "local.test.*",
            "",
        ):
            errors = api.refused("SheetCreate", input={"name": "x", "table": table})
            assert errors[0]["code"] in ("NOT_FOUND", "BAD_INPUT")
            assert errors[0]["path"] == ["input", "table"]
            assert "secret\n" not in json.dumps(errors)


def test_a_template_with_an_unknown_variable_or_an_escape(api: Client, unchanged: Any) -> None:
    sheet = make(api)
    template = api.done("TemplateCreate", input={"name": "t", "prompt": "{{ txet }}", "labelType": "intent"})["node"]
    with unchanged():
        errors = api.refused(
            "TrainingSheetCreate",
            input={
                "name": "p",
                "sheetId": sheet["id"],
                "templateId": template["id"],
                "answer": {"column": "intent"},
            },
        )
        assert errors[0]["code"] == "BAD_INPUT"
        assert "txet" in errors[0]["message"]
        for prompt in ESCAPES:
            answer = api.run("TemplateCreate", input={"name": "e", "prompt": prompt, "labelType": "intent"})
            assert answer["errors"][0]["code"] in ("BAD_INPUT", "LIMIT"), prompt
            assert answer["errors"][0]["path"][:2] == ["input", "prompt"], prompt


def test_a_label_file_with_broken_lines_names_them_and_takes_the_rest(api: Client) -> None:
    sheet = make(api)
    text = '{"itemRef": "1", "value": "card_arrival"}\nnot json\n{"itemRef": "2"}\n{"itemRef": "", "value": "x"}\n'
    answer = api.run(
        "LabelImport", input={"format": "JSONL", "text": text, "sheetId": sheet["id"], "labelType": "intent"}
    )
    assert (answer["created"], answer["rejected"]) == (1, 3)
    assert [bad["row"] for bad in answer["badRows"]] == [2, 3, 4]
    assert {bad["error"]["code"] for bad in answer["badRows"]} == {"BAD_INPUT"}


def test_an_illegal_move_names_the_status_and_what_would_be_legal(api: Client, unchanged: Any) -> None:
    sheet = make(api)
    with unchanged():
        for name in ("Restore", "TrainingSheetApprove"):
            errors = api.refused(name, ids=[sheet["id"]])
            assert errors[0]["code"] in ("ILLEGAL_MOVE", "BAD_INPUT", "NOT_FOUND")
            assert errors[0]["id"] == sheet["id"]


def test_selections_of_nothing_of_too_much_and_of_the_unknown(api: Client, unchanged: Any) -> None:
    with unchanged():
        assert codes(api.refused("Archive", ids=None)) == [("BAD_INPUT", ("ids",))]
        assert api.done("Archive", ids=[])["matched"] == 0
        too_many = [f"sheet_{number}" for number in range(50_001)]
        assert codes(api.refused("Archive", ids=too_many)) == [("LIMIT", ("ids",))]
        unknown = ["sheet_00000000000000000000000000", "", "x" * 10_000, "'; MATCH (n) DETACH DELETE n //", "ü☃"]
        errors = api.refused("Archive", ids=unknown)
        assert [error["code"] for error in errors] == ["NOT_FOUND"] * len(unknown)
        assert api.refused("Archive", where={}, expectedCount=7)[0]["code"] == "CONFLICT"
        for id in unknown:
            assert api.ask("query($id: ID!) { asset(id: $id) { id } sheet(id: $id) { id } }", id=id) == {
                "asset": None,
                "sheet": None,
            }


def test_texts_that_no_store_keeps(api: Client, unchanged: Any) -> None:
    table = api.table("questions", "text\nhello\n")
    with unchanged():
        nul = api.refused("SheetCreate", input={"name": "a\0b", "table": table})
        assert codes(nul) == [("BAD_INPUT", ("input", "name"))]
        long = api.refused("SheetCreate", input={"name": "a" * 201, "table": table})
        assert codes(long) == [("BAD_INPUT", ("input", "name"))]
        # A lone surrogate is no Unicode: the body as a whole is refused.
        body = json.dumps(
            {"query": operation("SheetCreate"), "variables": {"input": {"name": "\ud800", "table": table}}}
        )
        answer = api.http.post("/graphql", content=body.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


def test_a_body_over_the_limit(api: Client, unchanged: Any) -> None:
    with unchanged():
        body = json.dumps({"query": "{ viewer { name } }", "variables": {"x": "a" * 3_000_000}})
        answer = api.http.post("/graphql", content=body.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT"


@pytest.mark.parametrize("first", [-1, MOST + 1])
def test_pages_of_impossible_sizes(api: Client, unchanged: Any, first: int) -> None:
    with unchanged():
        answer = api.send("query($first: Int!) { assets(first: $first) { nodes { id } } }", {"first": first})
        assert answer["errors"][0]["extensions"]["code"] in ("BAD_INPUT", "LIMIT")
        assert answer["errors"][0]["extensions"]["path"] == ["first"]


@pytest.mark.parametrize("cursor", ["", "garbage", "bm90IGpzb24", "W10", "WyJJRF9BU0MiLCB7fSwgIngiXQ", "ü"])
def test_cursors_that_are_none_of_begats(api: Client, unchanged: Any, cursor: str) -> None:
    with unchanged():
        answer = api.send("query($after: String!) { assets(after: $after) { nodes { id } } }", {"after": cursor})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
