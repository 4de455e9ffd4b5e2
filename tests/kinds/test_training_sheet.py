"""Training sheets: made over pinned versions, generated, split, approved and finalized."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.api_client import Client
from tests.kinds import generated as given

EDIT_TEMPLATE = """mutation($id: ID!, $input: TemplateUpdateInput!) {
  templateUpdate(id: $id, input: $input) { errors { message } } }"""
UPDATE = """mutation($id: ID!, $input: TrainingSheetUpdateInput!, $rev: Int) {
  trainingSheetUpdate(id: $id, input: $input, expectedRevision: $rev) {
    node { name tags revision } errors { code } } }"""


def test_a_generated_training_sheet_shows_its_pairs_its_versions_and_what_was_read(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(6)), given.template(api, "Classify: {{ text }}")
    id = given.create(api, sheet, template)
    node = api.done("TrainingSheetGenerate", ids=[id])["nodes"][0]
    assert node["statusName"] in ("GENERATING", "IN_REVIEW")
    assert given.finished(api, id)["progress"] == {"done": 6, "total": 6}
    shown = api.run("TrainingSheet", id=id, first=2)
    assert [one["id"] for one in shown["sheets"]] == [sheet]
    assert [one["id"] for one in shown["templates"]] == [template]
    generation = shown["generations"]["nodes"][0]
    assert generation["id"] == f"{id}:g1"
    assert (generation["method"], generation["rows"], generation["tokens"]) == ("COLUMN", 6, None)
    assert (generation["sheetVersion"]["number"], generation["templateVersion"]["number"]) == (1, 1)
    assert shown["pairs"]["totalCount"] == 6
    assert shown["pairs"]["pageInfo"]["hasNextPage"] is True
    first = shown["pairs"]["nodes"][0]
    assert (first["position"], first["question"], first["answer"]) == (1, "Classify: Question number 1?", "cash")
    assert (first["source"], first["statusName"], first["itemRef"]) == ("COLUMN", "PENDING", "r1")
    of = "query($id: ID!) { qaPair(id: $id) { trainingSheet { id } generation { id method } } }"
    assert api.ask(of, id=first["id"])["qaPair"] == {
        "trainingSheet": {"id": id},
        "generation": {"id": f"{id}:g1", "method": "COLUMN"},
    }
    content = (api.tables / "test" / "questions.csv").read_bytes()
    read = api.ask("query($id: ID!) { generation(id: $id) { sha256 } }", id=f"{id}:g1")["generation"]
    assert read["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_training_sheet_is_in_review_in_a_change_after_that_of_its_last_pairs(api: Client) -> None:
    """Neo4j shows a new status before its indexes know what was created by the same commit."""
    id = given.generated(api, 8)
    times = "query($id: ID!) { trainingSheet(id: $id) { updatedAt pairs(first: 8) { nodes { createdAt } } } }"
    found = api.ask(times, id=id)["trainingSheet"]
    assert len(found["pairs"]["nodes"]) == 8
    assert all(one["createdAt"] < found["updatedAt"] for one in found["pairs"]["nodes"])


def test_canonical_labels_answer_first_and_a_rejected_one_does_not(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(4)), given.template(api)
    labels = "itemRef,value\nr1,fee\nr2,fee\nr3,fee\n"
    made = api.done(
        "LabelImport", input={"format": "CSV", "text": labels, "sheetId": sheet, "labelType": "intent"}, dryRun=False
    )
    label = {one["itemRef"]: one["id"] for one in made["nodes"]}
    reject = 'mutation($ids: [ID!]) { canonicalLabelReject(ids: $ids, reason: "no") { changed } }'
    assert api.ask(reject, ids=[label["r2"]])["canonicalLabelReject"]["changed"] == 1
    id = given.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    nodes = given.pairs(api, id)
    assert [(one["answer"], one["source"]) for one in nodes] == [
        ("fee", "LABEL"),
        ("top_up", "COLUMN"),
        ("fee", "LABEL"),
        ("card", "COLUMN"),
    ]
    used = api.ask("query($id: ID!) { qaPair(id: $id) { labelVersionId } }", id=nodes[0]["id"])["qaPair"]
    assert used["labelVersionId"] == f"{label['r1']}:v1"


def test_an_edited_label_leaves_the_answers_that_it_gave_as_they_were(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api)
    input = {"format": "CSV", "text": "itemRef,value\nr1,fee\n", "sheetId": sheet, "labelType": "intent"}
    label = api.done("LabelImport", input=input)["nodes"][0]["id"]
    id = given.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    api.done("LabelImport", input={**input, "text": "itemRef,value\nr1,cash\n"})
    shown = api.ask("query($id: ID!) { canonicalLabel(id: $id) { value version { number } } }", id=label)
    assert shown["canonicalLabel"] == {"value": "cash", "version": {"number": 2}}
    assert given.pairs(api, id)[0]["answer"] == "fee"


def test_with_labels_only_just_the_labelled_rows_become_pairs(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(6)), given.template(api)
    input = {"format": "CSV", "text": "itemRef,value\nr2,fee\nr5,cash\n", "sheetId": sheet, "labelType": "intent"}
    api.done("LabelImport", input=input)
    id = given.create(api, sheet, template, answer={"labelsOnly": True})
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    nodes = given.pairs(api, id)
    assert [(one["position"], one["itemRef"], one["answer"]) for one in nodes] == [(1, "r2", "fee"), (2, "r5", "cash")]


def test_with_labels_only_and_no_label_the_generation_fails_readably(api: Client) -> None:
    id = given.create(api, given.sheet(api, given.rows(2)), given.template(api), answer={"labelsOnly": True})
    api.done("TrainingSheetGenerate", ids=[id])
    found = given.finished(api, id)
    assert found["statusName"] == "FAILED"
    assert (found["failure"]["code"], "label" in found["failure"]["message"]) == ("BAD_INPUT", True)


def test_only_the_rows_that_pass_the_filter_become_pairs(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(12)), given.template(api)
    where = [{"column": "intent", "in": ["card", "fee"]}, {"column": "text", "contains": "NUMBER 1"}]
    id = given.create(api, sheet, template, rows={"first": 1, "where": where})
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    assert [one["itemRef"] for one in given.pairs(api, id)] == ["r11"]
    equal = given.create(api, sheet, template, rows={"where": [{"column": "id", "equals": "r7"}]}, name="one")
    api.done("TrainingSheetGenerate", ids=[equal])
    given.finished(api, equal)
    assert [one["itemRef"] for one in given.pairs(api, equal)] == ["r7"]


def test_what_it_was_made_of_stays_whatever_becomes_of_sheet_and_template(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(2)), given.template(api)
    id = given.create(api, sheet, template)
    columns = api.done("SheetColumns", id=sheet, add=[], update=[], delete=[])["node"]["columns"]
    text = next(column["id"] for column in columns if column["name"] == "text")
    api.done("SheetColumns", id=sheet, add=[], update=[{"id": text, "name": "renamed"}], delete=[])
    assert not api.ask(EDIT_TEMPLATE, id=template, input={"prompt": "New: {{ renamed }}"})["templateUpdate"]["errors"]
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    assert given.pairs(api, id)[0]["question"] == "Question number 1?"
    generation = api.run("TrainingSheet", id=id)["generations"]["nodes"][0]
    assert (generation["sheetVersion"]["number"], generation["templateVersion"]["number"]) == (1, 1)


def test_a_published_template_is_taken_as_it_was_published(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api, "Old: {{ text }}")
    assert not api.ask(EDIT_TEMPLATE, id=template, input={"prompt": "Draft: {{ text }}"})["templateUpdate"]["errors"]
    id = given.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    given.finished(api, id)
    assert given.pairs(api, id)[0]["question"] == "Old: Question number 1?"


def test_rows_that_cannot_be_asked_or_answered_fail_alone(api: Client) -> None:
    content = [("a", "one", "card"), ("b", "two", ""), ("c", "three", "fee")]
    sheet, template = given.sheet(api, content), given.template(api, "{{ text }} {{ 1 / (text | length - 5) }}")
    id = given.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id)["statusName"] == "IN_REVIEW"
    nodes = given.pairs(api, id)
    assert [one["statusName"] for one in nodes] == ["PENDING", "FAILED", "FAILED"]
    assert (nodes[1]["question"][:3], nodes[1]["answer"], nodes[2]["question"]) == ("two", None, "")
    assert [one["failure"]["code"] for one in given.failed(api, id)] == ["BAD_INPUT", "BAD_INPUT"]
    checks = {one["name"]: one["passed"] for one in api.run("TrainingSheet", id=id)["quality"]["checks"]}
    assert (checks["FAILED"], checks["EMPTY"], checks["HAS_ROWS"]) == (False, False, True)


def test_a_table_that_vanished_fails_the_generation_which_can_be_repeated(api: Client) -> None:
    id = given.create(api, given.sheet(api, given.rows(3)), given.template(api))
    path = api.tables / "test" / "questions.csv"
    text = path.read_text("utf-8")
    path.unlink()
    api.done("TrainingSheetGenerate", ids=[id])
    found = given.finished(api, id)
    assert (found["statusName"], found["failure"]["code"]) == ("FAILED", "NOT_FOUND")
    assert api.run("TrainingSheet", id=id)["generations"]["nodes"] == []
    path.write_text(text, "utf-8")
    api.done("TrainingSheetGenerate", ids=[id])
    assert given.finished(api, id) == {"statusName": "IN_REVIEW", "progress": {"done": 3, "total": 3}, "failure": None}


def test_a_column_that_vanished_and_a_key_that_repeats_fail_the_generation(api: Client) -> None:
    gone = given.create(api, given.sheet(api, given.rows(1), "gone"), given.template(api))
    api.table("gone", "id,intent\nr1,card\n")
    twice = given.create(api, given.sheet(api, [("a", "x", "card"), ("a", "y", "fee")], "twice"), given.template(api))
    api.done("TrainingSheetGenerate", ids=[gone, twice])
    found = given.finished(api, gone)
    assert (found["failure"]["code"], "'text'" in found["failure"]["message"]) == ("PLATFORM", True)
    assert given.finished(api, twice)["failure"]["code"] == "DUPLICATE"


def test_more_pairs_than_one_batch_are_all_there_once_and_in_order(api: Client) -> None:
    id = given.generated(api, 1_203)
    shown = api.run("TrainingSheet", id=id, first=1000)
    rest = given.pairs(api, id, after=shown["pairs"]["pageInfo"]["endCursor"])
    nodes = [*shown["pairs"]["nodes"], *rest]
    assert [one["position"] for one in nodes] == list(range(1, 1_204))
    assert [one["itemRef"] for one in nodes] == [f"r{n}" for n in range(1, 1_204)]
    assert shown["generations"]["nodes"][0]["rows"] == 1_203
    actions = [one["action"] for one in api.run("History", id=id)["history"]["nodes"]]
    assert actions == ["generated", "generate", "create"]


def test_name_and_tags_change_while_others_review_and_content_does_not(api: Client) -> None:
    id = given.generated(api, 2)
    api.done("Approve", ids=[given.pairs(api, id)[0]["id"]])
    answer = api.ask(UPDATE, id=id, input={"name": "renamed", "tags": ["b", "a"]}, rev=3)["trainingSheetUpdate"]
    assert answer == {"node": {"name": "renamed", "tags": ["a", "b"], "revision": 4}, "errors": []}
    late = api.ask(UPDATE, id=id, input={"name": "late"}, rev=3)["trainingSheetUpdate"]
    assert (late["errors"][0]["code"], late["node"]["name"]) == ("CONFLICT", "renamed")


def test_training_sheets_are_listed_by_what_they_are_made_of(api: Client) -> None:
    sheet, other, template = given.sheet(api, given.rows(1)), given.sheet(api, given.rows(1), "b"), given.template(api)
    ids = [given.create(api, one, template, name=name) for one, name in ((sheet, "a"), (other, "b"), (other, "c"))]
    query = """query($where: TrainingSheetFilter) {
      trainingSheets(where: $where, orderBy: NAME_ASC) { nodes { id } totalCount } }"""

    def listed(**where: Any) -> list[str]:
        return [one["id"] for one in api.ask(query, where=where)["trainingSheets"]["nodes"]]

    assert listed(sheetId=other) == ids[1:]
    assert listed(sheetId=[sheet], templateId=[template], status=["DRAFT"]) == ids[:1]
    assert listed(status=["IN_REVIEW"]) == []


def test_a_page_of_training_sheets_with_all_that_is_counted_costs_no_statement_for_each(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(3)), given.template(api)
    for name in "abc":
        id = given.create(api, sheet, template, name=name)
        api.done("TrainingSheetGenerate", ids=[id])
        given.finished(api, id)
    nodes = api.ask(
        """{ trainingSheets { nodes { name sheets { name } templates { name } progress { done total } splits { rows }
        quality { score } generations(first: 1) { nodes { number sheetVersion { number } } totalCount }
        pairs(first: 2, orderBy: POSITION_DESC) { nodes { position } totalCount } snapshot { id } } } }"""
    )["trainingSheets"]["nodes"]
    assert [one["name"] for one in nodes] == ["a", "b", "c"]
    for one in nodes:
        assert one["pairs"] == {"nodes": [{"position": 3}, {"position": 2}], "totalCount": 3}
        assert one["generations"] == {"nodes": [{"number": 1, "sheetVersion": {"number": 1}}], "totalCount": 1}


def test_the_same_create_twice_with_one_key_makes_one_training_sheet(api: Client) -> None:
    sheet, template = given.sheet(api, given.rows(1)), given.template(api)
    first = given.create(api, sheet, template, idempotencyKey="k")
    assert given.create(api, sheet, template, idempotencyKey="k") == first


def test_its_actions_say_what_stands_against_them(api: Client) -> None:
    draft = given.create(api, given.sheet(api, given.rows(2)), given.template(api))

    def actions(id: str) -> dict[str, Any]:
        return {one["action"]: one for one in api.run("Actions", id=id)["availableActions"]}

    assert actions(draft)["generate"]["allowed"] is True
    assert actions(draft)["submit"]["blockers"][0]["code"] == "GUARD_FAILED"
    assert "generated" not in actions(draft)
    reviewed = given.generated(api, 2)
    blocked = actions(reviewed)["approve"]
    assert (blocked["allowed"], blocked["role"]) == (False, "REVIEWER")
    assert blocked["blockers"][0]["message"].startswith("2 pairs wait")
