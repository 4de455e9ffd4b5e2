"""Canonical labels: one per sheet, item and label type; reviewed, versioned, looked up, and counted where reused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change.write import Change, write
from tests.api_client import Client
from tests.conftest import Database

FIELDS = """id name kind statusName status revision retention itemRef labelType value confidence allowedUses
  prohibitedUses notes tags reuseCount sheet { id name } version { id number value confidence } project { name }"""
CREATE = f"""mutation($input: CanonicalLabelCreateInput!) {{ canonicalLabelCreate(input: $input) {{
  node {{ {FIELDS} }} errors {{ code message path id hint }} }} }}"""
UPDATE = f"""mutation($id: ID!, $input: CanonicalLabelUpdateInput!, $rev: Int, $reason: String) {{
  canonicalLabelUpdate(id: $id, input: $input, expectedRevision: $rev, reason: $reason) {{
    node {{ {FIELDS} }} errors {{ code message path id hint }} }} }}"""
LIST = "query($where: CanonicalLabelFilter) { canonicalLabels(where: $where) { nodes { id itemRef } totalCount } }"
ODD = [
    "1",
    "a|b",
    "|",
    "$x",
    "'; MATCH (n) DETACH DELETE n //",
    "größe 🦊",
    "line\nbreak",
    " space ",
    "{}",
    "x" * 1_000,
]


@pytest.fixture
def sheet(api: Client) -> str:
    return make_sheet(api, "questions")


def make_sheet(api: Client, name: str) -> str:
    table = api.table(name, 'id,text\n1,"Where is my card?"\n2,"Top up, please"\n')
    id: str = api.done("SheetCreate", input={"name": name, "table": table, "itemKey": "id"})["node"]["id"]
    return id


def create(api: Client, sheet: str, item: str = "1", **more: Any) -> dict[str, Any]:
    given = {"sheetId": sheet, "itemRef": item, "labelType": "intent", "value": "card_arrival", **more}
    answer: dict[str, Any] = api.ask(CREATE, input=given)["canonicalLabelCreate"]
    return answer


def made(api: Client, sheet: str, item: str = "1", **more: Any) -> dict[str, Any]:
    answer = create(api, sheet, item, **more)
    assert not answer["errors"], answer["errors"]
    node: dict[str, Any] = answer["node"]
    return node


def update(api: Client, id: str, rev: int | None = None, reason: str | None = None, **input: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.ask(UPDATE, id=id, input=input, rev=rev, reason=reason)["canonicalLabelUpdate"]
    return answer


def move(api: Client, verb: str, id: str, reason: str | None = None) -> dict[str, Any]:
    document = f"""mutation($ids: [ID!], $reason: String) {{ moved: canonicalLabel{verb}(ids: $ids, reason: $reason) {{
      nodes {{ id }} outcomes {{ ok statusAfter error {{ code }} }} errors {{ code path }} }} }}"""
    answer: dict[str, Any] = api.ask(document, ids=[id], reason=reason)["moved"]
    return answer


def lookup(api: Client, sheet: str, items: list[str], label_type: str = "intent") -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = api.run("LabelLookup", sheetId=sheet, labelType=label_type, itemRefs=items)
    return answer


def test_a_label_is_what_it_was_made_as_and_is_in_its_sheets_project(api: Client, sheet: str) -> None:
    node = made(
        api,
        sheet,
        confidence=0.9,
        allowedUses=["EVALUATION", "TRAINING", "TRAINING"],
        prohibitedUses=["FEW_SHOT"],
        notes="seen twice",
        tags=["b", "a"],
    )
    assert (node["name"], node["kind"], node["status"], node["revision"]) == (
        "intent: 1",
        "CANONICAL_LABEL",
        "UNVERIFIED",
        1,
    )
    assert (node["value"], node["confidence"], node["notes"]) == ("card_arrival", 0.9, "seen twice")
    assert (node["allowedUses"], node["prohibitedUses"]) == (["TRAINING", "EVALUATION"], ["FEW_SHOT"])
    assert node["version"] == {"id": f"{node['id']}:v1", "number": 1, "value": "card_arrival", "confidence": 0.9}
    assert (node["sheet"]["id"], node["project"]["name"], node["tags"]) == (sheet, "default", ["a", "b"])
    assert node["reuseCount"] == 0


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"itemRef": " "}, "BAD_INPUT", ["input", "itemRef"]),
        ({"itemRef": "x" * 1_001}, "BAD_INPUT", ["input", "itemRef"]),
        ({"itemRef": "a\0"}, "BAD_INPUT", ["input", "itemRef"]),
        ({"labelType": "a|b"}, "BAD_INPUT", ["input", "labelType"]),
        ({"labelType": ""}, "BAD_INPUT", ["input", "labelType"]),
        ({"value": "\n"}, "BAD_INPUT", ["input", "value"]),
        ({"value": "x" * 100_001}, "BAD_INPUT", ["input", "value"]),
        ({"confidence": 1.01}, "BAD_INPUT", ["input", "confidence"]),
        ({"confidence": -0.1}, "BAD_INPUT", ["input", "confidence"]),
        ({"allowedUses": ["TRAINING"], "prohibitedUses": ["TRAINING"]}, "BAD_INPUT", ["input", "prohibitedUses"]),
        ({"projectId": "project_other"}, "BAD_INPUT", ["input", "projectId"]),
        ({"sheetId": "sheet_01j00000000000000000000000"}, "NOT_FOUND", ["input", "sheetId"]),
        ({"sheetId": ""}, "NOT_FOUND", ["input", "sheetId"]),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_made(
    api: Client, sheet: str, input: dict[str, Any], code: str, path: list[str]
) -> None:
    given = {"sheetId": sheet, "itemRef": "1", "labelType": "intent", "value": "v", **input}
    errors = api.ask(CREATE, input=given)["canonicalLabelCreate"]["errors"]
    assert (errors[0]["code"], errors[0]["path"]) == (code, path)
    assert api.ask(LIST)["canonicalLabels"]["totalCount"] == 0


def test_what_is_in_the_trash_gets_no_labels(api: Client, sheet: str) -> None:
    api.done("Trash", ids=[sheet])
    errors = create(api, sheet)["errors"]
    assert (errors[0]["code"], errors[0]["path"]) == ("ILLEGAL_MOVE", ["input", "sheetId"])


def test_a_second_label_of_one_type_is_refused_and_names_the_first(api: Client, sheet: str) -> None:
    first = made(api, sheet)
    second = create(api, sheet, value="other")
    assert second["node"] is None
    assert (second["errors"][0]["code"], second["errors"][0]["id"]) == ("DUPLICATE", first["id"])
    assert made(api, sheet, labelType="mood")["id"] != first["id"]
    assert made(api, make_sheet(api, "others"))["id"] != first["id"]


def test_a_bar_in_an_item_is_no_border_of_the_key(api: Client, sheet: str) -> None:
    assert made(api, sheet, "a|b")["id"] != made(api, sheet, "a", labelType="b")["id"]


def test_of_eight_that_label_one_item_at_once_one_does_and_seven_are_told_of_it(api: Client, sheet: str) -> None:
    for item in ("1", "2", "3"):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda place, item=item: create(api, sheet, item, value=f"v{place}"), range(8)))
        done = [answer["node"]["id"] for answer in answers if answer["node"]]
        assert len(done) == 1
        refused = [answer["errors"][0] for answer in answers if not answer["node"]]
        assert {(error["code"], error["id"]) for error in refused} == {("DUPLICATE", done[0])}
    assert api.ask(LIST)["canonicalLabels"]["totalCount"] == 3


def test_the_same_create_twice_with_one_key_makes_one_label(api: Client, sheet: str) -> None:
    assert made(api, sheet, idempotencyKey="k") == made(api, sheet, idempotencyKey="k")
    assert create(api, sheet, value="other", idempotencyKey="k")["errors"][0]["path"] == ["input", "idempotencyKey"]


def test_another_value_is_a_version_and_loses_verified_and_anything_else_does_not(api: Client, sheet: str) -> None:
    id = made(api, sheet, confidence=0.5)["id"]
    assert move(api, "Verify", id)["outcomes"][0]["statusAfter"] == "VERIFIED"
    node = update(api, id, allowedUses=["TRAINING"], prohibitedUses=["FEW_SHOT"], notes="n", tags=["t"])["node"]
    assert (node["statusName"], node["version"]["number"], node["allowedUses"]) == ("VERIFIED", 1, ["TRAINING"])
    node = update(api, id, confidence=1)["node"]
    assert (node["statusName"], node["version"]["number"], node["confidence"]) == ("VERIFIED", 2, 1.0)
    node = update(api, id, value="top_up", reason="wrong column")["node"]
    assert (node["statusName"], node["version"]["number"], node["value"]) == ("UNVERIFIED", 3, "top_up")
    shown = api.ask(
        """query($id: ID!) { canonicalLabel(id: $id) { versions { nodes { number value confidence label { id } } }
          version(number: 1) { value confidence } history(first: 1) { nodes { reason changes { path } } } } }""",
        id=id,
    )["canonicalLabel"]
    assert [(one["number"], one["value"]) for one in shown["versions"]["nodes"]] == [
        (3, "top_up"),
        (2, "card_arrival"),
        (1, "card_arrival"),
    ]
    assert {one["label"]["id"] for one in shown["versions"]["nodes"]} == {id}
    assert shown["version"] == {"value": "card_arrival", "confidence": 0.5}
    assert shown["history"]["nodes"][0]["reason"] == "wrong column"
    assert {change["path"] for change in shown["history"]["nodes"][0]["changes"]} == {"status", "value", "version"}


def test_an_update_that_changes_nothing_writes_nothing(api: Client, sheet: str) -> None:
    node = made(api, sheet, confidence=0.5, allowedUses=["TRAINING", "VALIDATION"])
    same = update(api, node["id"], value="card_arrival", confidence=0.5, allowedUses=["VALIDATION", "TRAINING"])
    assert same["node"]["revision"] == 1


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({"value": None}, ["input", "value"]),
        ({"confidence": 2}, ["input", "confidence"]),
        ({"allowedUses": None}, ["input", "allowedUses"]),
        ({"allowedUses": ["FEW_SHOT"]}, ["input", "prohibitedUses"]),
        ({"tags": None}, ["input", "tags"]),
    ],
)
def test_a_bad_update_changes_nothing(api: Client, sheet: str, input: dict[str, Any], path: list[str]) -> None:
    node = made(api, sheet, prohibitedUses=["FEW_SHOT"])
    errors = update(api, node["id"], **input)["errors"]
    assert (errors[0]["code"], errors[0]["path"]) == ("BAD_INPUT", path)
    assert update(api, node["id"])["node"] == node


def test_a_stale_revision_is_a_conflict_with_the_present_state(api: Client, sheet: str) -> None:
    id = made(api, sheet)["id"]
    update(api, id, rev=1, value="new")
    late = update(api, id, rev=1, value="late")
    assert (late["errors"][0]["code"], late["node"]["value"]) == ("CONFLICT", "new")


def test_flag_and_reject_need_a_reason_and_a_rejected_label_is_reopened(api: Client, sheet: str) -> None:
    id = made(api, sheet)["id"]
    for verb in ("Flag", "Reject"):
        for reason in (None, "  "):
            assert move(api, verb, id, reason)["errors"][0]["path"] == ["reason"]
    assert move(api, "Reopen", id)["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    assert move(api, "Flag", id, "odd")["outcomes"][0]["statusAfter"] == "NEEDS_REVIEW"
    assert move(api, "Flag", id, "odd")["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    assert move(api, "Reject", id, "wrong")["outcomes"][0]["statusAfter"] == "REJECTED"
    assert move(api, "Verify", id)["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    assert move(api, "Reopen", id)["outcomes"][0]["statusAfter"] == "NEEDS_REVIEW"
    assert move(api, "Verify", id)["outcomes"][0]["statusAfter"] == "VERIFIED"
    assert move(api, "Reject", id, "wrong")["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    assert [entry["reason"] for entry in api.run("History", id=id)["history"]["nodes"]][2:4] == ["wrong", "odd"]


def test_many_are_verified_by_a_filter_of_labels(api: Client, sheet: str) -> None:
    for item in ("1", "2"):
        made(api, sheet, item, confidence=0.9)
    made(api, sheet, "3", confidence=0.2)
    document = """mutation($where: CanonicalLabelFilter, $count: Int) {
      canonicalLabelVerify(where: $where, expectedCount: $count) { matched changed errors { code } } }"""
    where = {"sheetId": sheet, "confidence": {"from": 0.9}}
    assert api.ask(document, where=where, count=3)["canonicalLabelVerify"]["errors"] == [{"code": "CONFLICT"}]
    done = api.ask(document, where=where, count=2)["canonicalLabelVerify"]
    assert (done["matched"], done["changed"]) == (2, 2)


def test_labels_are_found_by_each_filter(api: Client, sheet: str) -> None:
    made(api, sheet, "1", confidence=0.5, allowedUses=["TRAINING"], tags=["t"])
    made(api, sheet, "2", value="top_up", confidence=1, prohibitedUses=["TRAINING"])
    made(api, sheet, "1", labelType="mood", value="calm")
    made(api, make_sheet(api, "others"), "1", value="elsewhere")

    def items(**where: Any) -> list[str]:
        return [node["itemRef"] for node in api.ask(LIST, where=where)["canonicalLabels"]["nodes"]]

    assert items(sheetId=sheet) == ["1", "2", "1"]
    assert items(sheetId=sheet, itemRef="2") == ["2"]
    assert items(labelType=["mood"]) == ["1"]
    assert items(value=["top_up", "calm"]) == ["2", "1"]
    assert items(allowedUse="TRAINING") == ["1"]
    assert items(prohibitedUse=["TRAINING"]) == ["2"]
    assert items(confidence={"from": 0.5, "to": 0.9}) == ["1"]
    assert items(confidence={"from": 1}) == ["2"]
    assert items(sheetId=sheet, tags=["t"]) == ["1"]
    assert items(status=["VERIFIED"]) == []
    answer = api.send(LIST, {"where": {"confidence": {"from": 1, "to": 0}}})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"


def test_a_lookup_answers_in_the_order_asked_whatever_characters_an_item_has(api: Client, sheet: str) -> None:
    for place, item in enumerate(ODD):
        made(api, sheet, item, value=f"v{place}")
    made(api, sheet, "1", labelType="mood", value="calm")
    asked = [*reversed(ODD), "nowhere", "1"]
    found = lookup(api, sheet, asked)
    assert [one["itemRef"] for one in found] == asked
    values = [one["label"] and one["label"]["value"] for one in found]
    assert values == [*reversed([f"v{place}" for place in range(len(ODD))]), None, "v0"]
    assert lookup(api, sheet, []) == []


def test_a_lookup_finds_neither_the_trashed_nor_the_rejected(api: Client, sheet: str) -> None:
    trashed, rejected = made(api, sheet, "1")["id"], made(api, sheet, "2")["id"]
    made(api, sheet, "3")
    api.done("Trash", ids=[trashed])
    move(api, "Reject", rejected, "wrong")
    assert [one["label"] is None for one in lookup(api, sheet, ["1", "2", "3"])] == [True, True, False]
    api.done("Restore", ids=[trashed])
    move(api, "Reopen", rejected)
    assert [one["label"] is None for one in lookup(api, sheet, ["1", "2", "3"])] == [False] * 3


def test_a_lookup_of_too_many_or_of_nothing_known_is_a_typed_error(api: Client, sheet: str) -> None:
    document = """query($sheetId: ID!, $items: [String!]!, $type: String!) {
      canonicalLabelLookup(sheetId: $sheetId, labelType: $type, itemRefs: $items) { itemRef } }"""

    def code(items: list[str], type: str = "intent", sheet: str = sheet) -> str:
        answer = api.send(document, {"sheetId": sheet, "items": items, "type": type})
        found: str = answer["errors"][0]["extensions"]["code"]
        return found

    assert len(lookup(api, sheet, [str(number) for number in range(1_000)])) == 1_000
    assert code([str(number) for number in range(1_001)]) == "LIMIT"
    assert code(["a", "\0"]) == "BAD_INPUT"
    assert code(["a"], type="") == "BAD_INPUT"
    assert code(["a"], sheet="sheet_01j00000000000000000000000") == "NOT_FOUND"


def test_reuse_is_counted_where_pairs_were_answered_with_any_version(
    api: Client, sheet: str, database: Database
) -> None:
    id, other = made(api, sheet, "1")["id"], made(api, sheet, "2")["id"]
    update(api, id, value="top_up")
    anyio.run(_answer, database, [(f"{id}:v1", 2), (f"{id}:v2", 1)])
    assert [one["label"]["reuseCount"] for one in lookup(api, sheet, ["1", "2"])] == [3, 0]
    api.done("Trash", ids=[id])
    kept = api.ask("query($id: ID!) { canonicalLabel(id: $id) { reuseCount retention } }", id=id)["canonicalLabel"]
    assert kept == {"reuseCount": 3, "retention": "TRASHED"}
    assert update(api, id, value="x")["errors"][0]["code"] == "ILLEGAL_MOVE"
    assert other


async def _answer(database: Database, used: list[tuple[str, int]]) -> None:
    async def work(change: Change) -> None:
        for version, pairs in used:
            for number in range(pairs):
                pair = f"pair_{version[-2:]}_{number}"
                change.create(("Row", "QaPair"), {"id": pair, "kind": "QA_PAIR", "project": DEFAULT_PROJECT})
                change.link("ANSWERED_WITH", pair, version, "LabelVersion")

    async with database.connect() as graph:
        await write(graph, single_user(), work)
