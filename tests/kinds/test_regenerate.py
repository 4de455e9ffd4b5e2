"""Single pairs regenerated: in a generation of their own, while others review, with lineage that tells the truth."""

from __future__ import annotations

from typing import Any

import anyio

from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import generated as given

PAIRS = """query($where: QaPairFilter) { qaPairs(where: $where, first: 1000, orderBy: POSITION_ASC) { nodes {
  id position statusName answer source labelVersionId failure { code message }
  generation { id number failure { message } }
  edits { actor generationId before { answer } after { answer } }
} } }"""
REGENERATE = """mutation($ids: [ID!], $where: QaPairFilter, $count: Int) {
  qaPairRegenerate(ids: $ids, where: $where, expectedCount: $count) {
    nodes { statusName } outcomes { id ok error { code } } errors { code }
} }"""
CANCEL = (
    """mutation($ids: [ID!]) { qaPairRegenerateCancel(ids: $ids) { outcomes { ok statusAfter error { code } } } }"""
)
HALF = "id,text,intent\n" + "".join(f"r{n},Question number {n}?,{'' if n <= 3 else 'card'}\n" for n in range(1, 9))
WHOLE = HALF.replace("?,\n", "?,cash\n")


def pairs(api: Client, id: str, **where: Any) -> list[dict[str, Any]]:
    """Its pairs, by position."""
    nodes: list[dict[str, Any]] = api.ask(PAIRS, where={"trainingSheetId": id, **where})["qaPairs"]["nodes"]
    return nodes


def half_made(api: Client) -> tuple[str, str]:
    """A training sheet of 8 pairs whose first three have no answer, and its sheet."""
    sheet = given.sheet(api, [])
    api.table("questions", HALF)
    id = given.create(api, sheet, given.template(api))
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    assert [one["statusName"] for one in pairs(api, id)] == ["FAILED"] * 3 + ["PENDING"] * 5
    return id, sheet


def settled(api: Client, id: str) -> list[dict[str, Any]]:
    """Its pairs, once none is GENERATING."""
    data = api.wait(
        PAIRS,
        lambda data: all(one["statusName"] != "GENERATING" for one in data["qaPairs"]["nodes"]),
        where={"trainingSheetId": id},
    )
    nodes: list[dict[str, Any]] = data["qaPairs"]["nodes"]
    return nodes


def test_who_had_pairs_answered_anew_and_why_is_told_by_the_generation(api: Client) -> None:
    id, _ = half_made(api)
    api.table("questions", WHOLE)
    (first,) = pairs(api, id)[:1]
    api.ask('mutation($ids: [ID!]) { qaPairRegenerate(ids: $ids, reason: "filled in") { changed } }', ids=[first["id"]])
    assert settled(api, id)[0]["answer"] == "cash"
    shown = "query($id: ID!) { trainingSheet(id: $id) { generations { nodes { number askedBy reason } } } }"
    assert api.ask(shown, id=id)["trainingSheet"]["generations"]["nodes"] == [
        {"number": 2, "askedBy": "me", "reason": "filled in"},
        {"number": 1, "askedBy": None, "reason": None},
    ]


def test_failed_and_undecided_pairs_are_answered_anew_and_lineage_knows_by_what(api: Client) -> None:
    id, sheet = half_made(api)
    before = pairs(api, id)
    api.table("questions", WHOLE.replace("r2,Question number 2?,cash\n", ""))
    labels = {"format": "CSV", "text": "itemRef,value\nr3,fee\n", "sheetId": sheet, "labelType": "intent"}
    api.done("LabelImport", input=labels)
    api.done("Approve", ids=[before[3]["id"]])
    chosen = [one["id"] for one in before[:5]]
    answer = api.ask(REGENERATE, ids=chosen)["qaPairRegenerate"]
    assert [one["ok"] for one in answer["outcomes"]] == [True, True, True, False, True], "decided ones stay"
    assert answer["outcomes"][3]["error"]["code"] == "ILLEGAL_MOVE"
    assert {one["statusName"] for one in answer["nodes"]} == {"GENERATING"}
    api.done("Approve", ids=[before[5]["id"]])  # the sheet is not closed meanwhile
    after = settled(api, id)
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert [(one["statusName"], one["answer"], one["source"]) for one in after[:5]] == [
        ("PENDING", "cash", "COLUMN"),
        ("FAILED", None, "COLUMN"),
        ("PENDING", "fee", "LABEL"),
        ("APPROVED", "card", "COLUMN"),
        ("PENDING", "card", "COLUMN"),
    ]
    assert "not in the table" in after[1]["failure"]["message"]
    second = f"{id}:g2"
    assert [one["generation"]["id"] for one in after] == [second] * 3 + [f"{id}:g1", second] + [f"{id}:g1"] * 3
    assert after[0]["edits"] == [
        {"actor": "begat", "generationId": second, "before": {"answer": None}, "after": {"answer": "cash"}}
    ]
    shown = api.run("TrainingSheet", id=id)
    assert [(one["id"], one["rows"]) for one in shown["generations"]["nodes"]] == [(second, 4), (f"{id}:g1", 8)]
    assert shown["statusName"] == "IN_REVIEW"

    api.done("Reject", ids=[after[1]["id"]], reason="gone")
    undecided = [one["id"] for one in pairs(api, id, status="PENDING")]
    api.done("Approve", ids=undecided)
    api.done("TrainingSheetApprove", ids=[id])
    assert (
        api.ask(REGENERATE, ids=[before[0]["id"]])["qaPairRegenerate"]["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    )
    api.done("TrainingSheetFinalize", ids=[id])
    manifest = api.ask("query($id: ID!) { trainingSheet(id: $id) { snapshot { manifest } } }", id=id)["trainingSheet"]
    assert manifest["snapshot"]["manifest"]["generations"] == [f"{id}:g1", second]
    label = api.run("Assets", where={"kinds": ["CANONICAL_LABEL"]})["nodes"][0]["id"]
    assert after[2]["labelVersionId"] == f"{label}:v1"
    job = api.done("Train", input={"name": "x", "trainingSheetId": id, "model": "intents"})["node"]["id"]
    api.wait(
        "query($id: ID!) { trainingJob(id: $id) { statusName } }",
        lambda data: data["trainingJob"]["statusName"] == "SUCCEEDED",
        id=job,
    )
    exposed = "query($id: ID) { exposure(id: $id) { rows modelVersions { id } } }"
    for subject in (label, f"{label}:v1"):
        found = api.ask(exposed, id=subject)["exposure"]
        assert (found["rows"], len(found["modelVersions"])) == (1, 1), "a label that came with a regeneration counts"


def test_a_regeneration_can_be_taken_back_and_one_that_cannot_go_on_leaves_all_as_it_was(
    api: Client, database: Database
) -> None:
    id, _ = half_made(api)
    before = pairs(api, id)
    (api.tables / "test" / "questions.csv").unlink()
    answer = api.ask(REGENERATE, where={"trainingSheetId": id}, count=8)["qaPairRegenerate"]
    assert [one["ok"] for one in answer["outcomes"]] == [True] * 8
    after = settled(api, id)
    assert [(one["statusName"], one["answer"]) for one in after] == [
        (one["statusName"], one["answer"]) for one in before
    ]
    assert after[0]["failure"]["code"] == "NOT_FOUND", "what had failed says why it still has no answer"
    assert all(one["generation"]["number"] == 1 for one in after)
    # As a begat that died leaves it: pairs that wait, and an act that nobody goes on with.
    anyio.run(_stuck, database, before[3]["id"])
    outcome = api.ask(CANCEL, ids=[before[3]["id"]])["qaPairRegenerateCancel"]["outcomes"][0]
    assert (outcome["ok"], outcome["statusAfter"]) == (True, "PENDING")
    outcome = api.ask(CANCEL, ids=[before[3]["id"]])["qaPairRegenerateCancel"]["outcomes"][0]
    assert outcome["error"]["code"] == "ILLEGAL_MOVE"
    assert api.ask(REGENERATE, ids=[])["qaPairRegenerate"]["errors"] == []


async def _stuck(database: Database, id: str) -> None:
    async with database.connect() as graph:
        await graph.execute("MATCH (n:Row {id: $id}) SET n.status = 'GENERATING', n.held = 'PENDING'", id=id)
