"""Files of labels: what is good goes in, what is broken is named, and importing again changes nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from tests.api_client import Client
from tests.conftest import Database

COUNTS = ("created", "updated", "unchanged", "rejected")
GOOD = 'itemRef,value,confidence,allowedUses,notes\n1,card_arrival,0.9,TRAINING;EVALUATION,"a, b"\n2,top_up,,,\n'
LIST = "query($where: CanonicalLabelFilter) { canonicalLabels(where: $where) { totalCount } }"
READ = """query($where: CanonicalLabelFilter) { canonicalLabels(where: $where) { nodes {
  id itemRef labelType value confidence allowedUses prohibitedUses notes statusName revision version { number } } } }"""


@pytest.fixture
def sheet(api: Client) -> str:
    table = api.table("questions", "id,text\n1,one\n2,two\n")
    id: str = api.done("SheetCreate", input={"name": "questions", "table": table, "itemKey": "id"})["node"]["id"]
    return id


def load(api: Client, sheet: str, text: str, format: str = "CSV", *, dry: bool = False, **more: Any) -> dict[str, Any]:
    given = {"format": format, "text": text, "sheetId": sheet, "labelType": "intent", **more}
    answer: dict[str, Any] = api.run("LabelImport", input=given, dryRun=dry)
    return answer


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    assert not answer["errors"], answer["errors"]
    return tuple(answer[name] for name in COUNTS)


def total(api: Client) -> int:
    found: int = api.ask(LIST)["canonicalLabels"]["totalCount"]
    return found


def labels(api: Client, sheet: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ask(READ, where={"sheetId": sheet})["canonicalLabels"]["nodes"]
    return sorted(found, key=lambda label: (label["itemRef"], label["labelType"]))


def test_a_file_goes_in_and_going_in_again_changes_nothing(api: Client, sheet: str) -> None:
    first = load(api, sheet, GOOD)
    assert counts(first) == (2, 0, 0, 0)
    assert [(node["itemRef"], node["labelType"], node["value"]) for node in first["nodes"]] == [
        ("1", "intent", "card_arrival"),
        ("2", "intent", "top_up"),
    ]
    assert first["nodes"][0]["name"] == "intent: 1"
    assert first["job"] is None
    one, two = before = labels(api, sheet)
    assert (one["confidence"], one["allowedUses"], one["notes"]) == (0.9, ["TRAINING", "EVALUATION"], "a, b")
    assert (two["confidence"], two["allowedUses"], two["notes"], two["revision"]) == (None, [], None, 1)
    again = load(api, sheet, GOOD)
    assert counts(again) == (0, 0, 2, 0)
    assert [node["id"] for node in again["nodes"]] == [node["id"] for node in first["nodes"]]
    assert labels(api, sheet) == before


def test_a_changed_line_changes_its_label_and_what_a_line_does_not_say_stays(api: Client, sheet: str) -> None:
    load(api, sheet, GOOD)
    ids = [label["id"] for label in labels(api, sheet)]
    api.ask("mutation($ids: [ID!]) { canonicalLabelVerify(ids: $ids) { changed } }", ids=ids)
    changed = load(api, sheet, '{"itemRef": "1", "value": "top_up"}\n{"itemRef": 3, "value": "new"}\n', "JSONL")
    assert counts(changed) == (1, 1, 0, 0)
    one, two, three = labels(api, sheet)
    assert (one["value"], one["confidence"], one["notes"], one["version"]["number"]) == ("top_up", 0.9, "a, b", 2)
    assert [one["statusName"], two["statusName"], three["statusName"]] == ["UNVERIFIED", "VERIFIED", "UNVERIFIED"]
    # Uses and notes are no content: they make a revision, but no version, and keep VERIFIED.
    assert counts(load(api, sheet, '{"itemRef": "2", "value": "top_up", "prohibitedUses": ["TRAINING"]}', "JSONL")) == (
        0,
        1,
        0,
        0,
    )
    two = labels(api, sheet)[1]
    assert (two["statusName"], two["version"]["number"], two["prohibitedUses"]) == ("VERIFIED", 1, ["TRAINING"])


def test_broken_lines_are_named_and_the_rest_goes_in(api: Client, sheet: str) -> None:
    text = (
        "itemRef,value,confidence,labelType\n"
        "1,good,0.5,\n"
        ",no item,,\n"
        "2,,,\n"
        "3,too sure,1.5,\n"
        "1,again,,\n"
        "1,fine,,mood\n"
        "4,odd type,,a|b\n"
        "5,too,many,fields,here\n"
        '6,"never closed\n'
    )
    answer = load(api, sheet, text)
    assert counts(answer) == (2, 0, 0, 7)
    assert [bad["row"] for bad in answer["badRows"]] == [3, 4, 5, 6, 8, 9, 10]
    codes = {bad["row"]: bad["error"]["code"] for bad in answer["badRows"]}
    assert codes == {3: "BAD_INPUT", 4: "BAD_INPUT", 5: "BAD_INPUT", 6: "DUPLICATE", 8: "BAD_INPUT"} | {
        9: "BAD_INPUT",
        10: "BAD_INPUT",
    }
    assert answer["badRows"][2]["error"]["path"] == ["input", "text", "5", "confidence"]
    assert [(label["itemRef"], label["labelType"]) for label in labels(api, sheet)] == [("1", "intent"), ("1", "mood")]


def test_a_file_that_is_no_file_of_labels_is_refused_whole(api: Client, sheet: str) -> None:
    for text, format in (
        ("", "CSV"),
        ("item,label\n1,x\n", "CSV"),
        ("\n\n", "JSONL"),
        ("itemRef,value,value\n", "CSV"),
    ):
        answer = load(api, sheet, text, format)
        assert answer["errors"][0]["code"] == "BAD_INPUT"
        assert answer["errors"][0]["path"][:2] == ["input", "text"]
        assert [answer[name] for name in COUNTS] == [0, 0, 0, 0]
    answer = load(api, sheet, GOOD, labelType="a|b")
    assert answer["errors"][0]["path"] == ["input", "labelType"]
    answer = load(api, "sheet_01j00000000000000000000000", GOOD)
    assert (answer["errors"][0]["code"], answer["errors"][0]["path"]) == ("NOT_FOUND", ["input", "sheetId"])
    nothing_good = load(api, "sheet_01j00000000000000000000000", "itemRef,value\n,\n")
    assert nothing_good["errors"][0]["code"] == "NOT_FOUND"
    assert total(api) == 0


def test_a_dry_run_counts_the_same_and_stores_nothing(api: Client, sheet: str) -> None:
    load(api, sheet, GOOD)
    before = labels(api, sheet)
    text = "itemRef,value\n1,card_arrival\n2,changed\n3,new\n4,\n"
    dry = load(api, sheet, text, dry=True)
    assert counts(dry) == (1, 1, 1, 1)
    assert [node["itemRef"] for node in dry["nodes"]] == ["1", "2"]
    assert labels(api, sheet) == before
    assert counts(load(api, sheet, text)) == counts(dry)


def test_what_was_put_away_is_not_changed_and_its_line_says_so(api: Client, sheet: str) -> None:
    load(api, sheet, GOOD)
    api.done("Trash", ids=[labels(api, sheet)[0]["id"]])
    answer = load(api, sheet, GOOD)
    assert counts(answer) == (0, 0, 1, 1)
    bad = answer["badRows"][0]
    assert (bad["row"], bad["error"]["code"], bad["error"]["path"]) == (2, "ILLEGAL_MOVE", ["input", "text", "2"])
    assert "Restore" in bad["error"]["hint"]


def test_a_line_that_would_allow_what_is_prohibited_is_refused(api: Client, sheet: str) -> None:
    load(api, sheet, '{"itemRef": "1", "value": "x", "prohibitedUses": ["TRAINING"]}', "JSONL")
    answer = load(api, sheet, '{"itemRef": "1", "value": "x", "allowedUses": ["TRAINING"]}', "JSONL")
    assert counts(answer) == (0, 0, 0, 1)
    assert labels(api, sheet)[0]["allowedUses"] == []


def test_a_thousand_lines_and_more_go_in_with_few_statements(api: Client, sheet: str, database: Database) -> None:
    text = "itemRef,value\n" + "".join(f"{number},value {number % 77}\n" for number in range(1_001))
    answer = load(api, sheet, text)
    assert counts(answer) == (1_001, 0, 0, 0)
    assert len(answer["nodes"]) == 100
    assert total(api) == 1_001
    changed = text.replace("value 5\n", "value five\n")
    assert counts(load(api, sheet, changed)) == (0, changed.count("five"), 1_001 - changed.count("five"), 0)
    assert anyio.run(_orphans, database) == 0


async def _orphans(database: Database) -> int:
    async with database.connect() as graph:
        return int(
            await graph.read(
                "MATCH (n:CanonicalLabel) WHERE n.version <> COUNT { (n)<-[:OF]-(:LabelVersion) } "
                "OR n.revision <> COUNT { MATCH (r:Revision) WHERE r.asset = n.id } RETURN count(n)"
            )
        )


def test_the_same_file_sent_by_four_at_once_makes_each_label_once(api: Client, sheet: str, database: Database) -> None:
    text = "\n".join(json.dumps({"itemRef": str(number), "value": f"v{number}"}) for number in range(450))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: load(api, sheet, text, "JSONL"), range(4)))
    assert sum(answer["created"] for answer in answers) == 450
    assert sum(answer["unchanged"] for answer in answers) == 3 * 450
    assert total(api) == 450
    assert anyio.run(_orphans, database) == 0
