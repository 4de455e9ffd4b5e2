"""Corrections become pairs: made once, decided as all others, learned from, and traced back to what was answered."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import generated
from tests.kinds.answered import Answered, endpoint

ADD = """mutation($id: ID!, $ids: [ID!], $where: FeedbackFilter, $count: Int, $template: ID, $rev: Int) {
  trainingSheetAddFromFeedback(
    id: $id, feedbackIds: $ids, where: $where, expectedCount: $count, templateId: $template, expectedRevision: $rev
  ) {
    node { id statusName revision } added skipped
    generations { id number method rows sha256 sheetVersion { id } templateVersion { id } definition }
    outcomes { id ok action error { code message hint path } } errors { code path hint }
  }
}"""
PAIRS = """query($id: ID!) { trainingSheet(id: $id) { pairs(first: 100, orderBy: POSITION_ASC) { nodes {
  id position question answer source statusName itemRef split generation { id method } corrects { id }
} } generations { nodes { number method rows } } } }"""
WALK = """query($id: ID!) { qaPair(id: $id) { upstream(depth: 4, filter: { rows: true, level: VERSION }) {
  nodes(first: 100) { nodes { kind depth version { id } asset { id } } edges { relation } } completeness { complete }
} } }"""
EDIT = """mutation($id: ID!) {
  templateUpdate(id: $id, input: { prompt: "{{ text }}!" }) { node { version { number } } }
}"""
LEARNED = """query($id: ID!) { trainingJob(id: $id) { statusName failure { message } produced { id
  lineage { generations { id method } templateVersions { id } sheetVersions { id } completeness { complete } } } } }"""


def add(api: Client, id: str, *ids: str, **more: Any) -> dict[str, Any]:
    """The answer to adding these feedbacks, or those of a filter."""
    named = {} if "where" in more else {"ids": list(ids)}
    found: dict[str, Any] = api.ask(ADD, id=id, **named, **more)["trainingSheetAddFromFeedback"]
    return found


def corrected(api: Client, request: str, correction: str | None, **more: Any) -> str:
    """Feedback with this correction; its id."""
    input = {"requestId": request, "rating": "NEGATIVE", "correction": correction, **more}
    return str(api.done("Feedback", input=input)["node"]["id"])


def pairs(api: Client, id: str) -> list[dict[str, Any]]:
    """The training sheet's pairs by position."""
    nodes: list[dict[str, Any]] = api.ask(PAIRS, id=id)["trainingSheet"]["pairs"]["nodes"]
    return nodes


@pytest.fixture
def sheet(api: Client) -> str:
    """A sheet of 20 questions."""
    return generated.sheet(api, generated.rows(20))


@pytest.fixture
def template(api: Client) -> str:
    """A published template that words a text."""
    return generated.template(api, "Intent of: {{ text }}")


@pytest.fixture
def live(database: Database, api: Client, template: str) -> Answered:
    """An endpoint whose questions this template words."""
    one = endpoint(database)
    one.deployed(100, template=f"{template}:v1")
    return one


def decide(api: Client, id: str) -> None:
    """Approves every pair of the training sheet, and then it."""
    count = len(pairs(api, id))
    assert not api.ask(generated.DECIDE, sheet=id, count=count)["qaPairApprove"]["errors"]
    api.done("TrainingSheetApprove", ids=[id])


def test_old_rows_and_corrections_are_learned_together_and_traced_back(
    api: Client, live: Answered, sheet: str, template: str
) -> None:
    asked = live.asked([{"text": f"lost card {n}"} for n in range(4)], ["fee"] * 4)
    feedbacks = [corrected(api, asked, "card", position=n) for n in range(4)]
    id = generated.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[id])
    assert generated.finished(api, id)["statusName"] == "IN_REVIEW"
    answer = add(api, id, *feedbacks)
    assert (answer["errors"], answer["added"], answer["skipped"]) == ([], 4, 0)
    (generation,) = answer["generations"]
    assert (generation["number"], generation["method"], generation["rows"]) == (2, "FEEDBACK", 4)
    assert (generation["sheetVersion"], generation["templateVersion"]["id"]) == (None, f"{template}:v1")
    assert generation["definition"] == {"endpoints": [live.id]}
    made = pairs(api, id)[20:]
    assert [(one["position"], one["question"], one["answer"]) for one in made] == [
        (21 + n, f"Intent of: lost card {n}", "card") for n in range(4)
    ]
    assert {(one["source"], one["statusName"], one["split"]) for one in made} == {("FEEDBACK", "PENDING", None)}
    assert [one["corrects"]["id"] for one in made] == [one["itemRef"] for one in made] == feedbacks
    # An approval waits for them as for every other pair.
    api.ask("mutation($ids: [ID!]) { qaPairApprove(ids: $ids) { changed } }", ids=[one["id"] for one in made[:3]])
    assert api.refused("TrainingSheetApprove", ids=[id])[0]["code"] == "GUARD_FAILED"
    api.done("Reject", ids=[made[3]["id"]], reason="nonsense")
    rest = {"sheet": id, "count": 20}
    assert not api.ask(generated.DECIDE, **rest)["qaPairApprove"]["errors"]
    api.done("TrainingSheetApprove", ids=[id])
    (snapshot,) = api.done("TrainingSheetFinalize", ids=[id])["nodes"]
    job = api.done("Train", input={"name": "again", "trainingSheetId": id, "model": "better"})["node"]["id"]
    ended = ("SUCCEEDED", "FAILED", "LOST")
    done = api.wait(LEARNED, lambda data: data["trainingJob"]["statusName"] in ended, id=job)["trainingJob"]
    assert done["statusName"] == "SUCCEEDED", done["failure"]
    model, lineage = done["produced"]["id"], done["produced"]["lineage"]
    assert [one["method"] for one in lineage["generations"]] == ["COLUMN", "FEEDBACK"]
    assert lineage["templateVersions"] == [{"id": f"{template}:v1"}]
    assert lineage["sheetVersions"] == [{"id": f"{sheet}:v1"}]
    assert lineage["completeness"] == {"complete": True}
    for subject, rows in ((made[0]["id"], 1), (feedbacks[0], 1), (made[3]["id"], 0), (template, 23)):
        found = api.run("Exposure", id=subject)
        assert (found["rows"], [one["id"] for one in found["modelVersions"]]) == (rows, [model] * bool(rows)), subject
    assert found["snapshots"] == [{"id": snapshot["snapshot"]["id"]}]
    walk = api.ask(WALK, id=made[0]["id"])["qaPair"]["upstream"]
    hits = {(hit["kind"], hit["depth"]): hit for hit in walk["nodes"]["nodes"]}
    assert ("FEEDBACK", 1) in hits
    assert hits["GENERATION", 1]["version"]["id"] == generation["id"]
    assert hits["ENDPOINT_VERSION", 2]["version"]["id"] == live.versions[0]
    assert hits["MODEL_VERSION", 2]["asset"]["id"] == live.models[0]
    assert {edge["relation"] for edge in walk["nodes"]["edges"]} >= {"CORRECTS", "ABOUT", "GENERATED_IN", "PROMPTED_BY"}
    assert walk["completeness"]["complete"]


def test_a_feedback_becomes_a_pair_once_and_what_cannot_become_one_is_refused_by_itself(
    api: Client, live: Answered, sheet: str, template: str
) -> None:
    id = generated.create(api, sheet, template)
    asked = live.asked([{"text": f"t{n}"} for n in range(5)] + [{"question": "as it is"}], ["fee"] * 6)
    good, bare = corrected(api, asked, "card"), corrected(api, asked, "cash", position=5)
    plain = corrected(api, asked, None, position=1)
    dismissed = corrected(api, asked, "card", position=2)
    api.ask("mutation($ids: [ID!]) { feedbackDismiss(ids: $ids) { changed } }", ids=[dismissed])
    unkept = corrected(api, live.asked([{"text": "x"}], ["fee"], kept=False), "card")
    never = "feedback_01jzzzzzzzzzzzzzzzzzzzzzzz"
    answer = add(api, id, good, plain, dismissed, unkept, never, bare, good)
    assert (answer["added"], answer["node"]["statusName"]) == (2, "DRAFT")
    codes = {one["id"]: one["error"] and one["error"]["code"] for one in answer["outcomes"]}
    refused = dict.fromkeys((plain, dismissed, unkept), "GUARD_FAILED")
    assert codes == {good: None, **refused, never: "NOT_FOUND", bare: None}
    assert all(one["error"]["hint"] for one in answer["outcomes"] if one["id"] in refused)
    # One generation for each template version that worded a question: a question that was sent as it is has none.
    assert [(one["rows"], one["templateVersion"]) for one in answer["generations"]] == [
        (1, None),
        (1, {"id": f"{template}:v1"}),
    ]
    again = add(api, id, good, bare)
    assert (again["added"], again["skipped"], again["generations"]) == (0, 2, [])
    assert {one["action"] for one in again["outcomes"]} == {"skip"}
    assert again["node"]["revision"] == answer["node"]["revision"]
    # By a filter: all that have a correction, those that are there already among them.
    where = {"endpointId": live.id, "status": ["NEW"]}
    late = corrected(api, asked, "card", position=3)
    wrong = add(api, id, where=where, count=3)
    assert wrong["errors"] == [{"code": "CONFLICT", "path": ["expectedCount"], "hint": "Look at the selection again."}]
    found = add(api, id, where=where, count=4)
    assert (found["added"], found["skipped"]) == (1, 2)
    assert [one["itemRef"] for one in pairs(api, id)][-1] == late
    assert api.ask("query($id: ID!) { feedback(id: $id) { pairs { totalCount } } }", id=late)["feedback"] == {
        "pairs": {"totalCount": 1}
    }
    for named in ({}, {"ids": [good], "where": where}):
        both = api.ask(ADD, id=id, **named)["trainingSheetAddFromFeedback"]
        assert [(one["code"], one["path"]) for one in both["errors"]] == [("BAD_INPUT", ["feedbackIds"])]
    assert add(api, id, *[never] * 3, *(f"feedback_{n}" for n in range(1001)))["errors"][0]["code"] == "LIMIT"
    assert add(api, sheet, good)["errors"][0]["code"] == "NOT_FOUND"
    assert add(api, id, late, rev=1)["errors"][0]["code"] == "CONFLICT"


def test_another_template_words_the_same_inputs_anew(api: Client, live: Answered, sheet: str, template: str) -> None:
    id = generated.create(api, sheet, template)
    other = api.done("TemplateCreate", input={"name": "polite", "prompt": "Please: {{ text }} ({{ who }})"})
    other = other["node"]["id"]
    asked = live.asked([{"text": "lost", "who": "ann"}, {"text": "found"}], ["fee", "fee"])
    feedbacks = [corrected(api, asked, "card", position=n) for n in range(2)]
    answer = add(api, id, *feedbacks, template=other)
    assert [one["ok"] for one in answer["outcomes"]] == [True, False]
    assert answer["generations"][0]["templateVersion"]["id"] == f"{other}:v1"
    assert pairs(api, id)[0]["question"] == "Please: lost (ann)"
    # What is used is frozen: an edit makes the next version.
    assert api.ask(EDIT, id=other)["templateUpdate"]["node"]["version"]["number"] == 2
    assert add(api, id, *feedbacks, template=sheet)["errors"][0]["path"] == ["templateId"]
    assert add(api, id, *feedbacks, template="template_never")["errors"][0]["code"] == "NOT_FOUND"


def test_corrections_alone_make_a_training_sheet_and_rows_that_are_generated_later_leave_them_alone(
    api: Client, live: Answered, sheet: str, template: str
) -> None:
    asked = live.asked([{"text": f"t{n}"} for n in range(3)], ["fee"] * 3)
    feedbacks = [corrected(api, asked, "card", position=n) for n in range(3)]
    alone, both = (generated.create(api, sheet, template, name=name) for name in ("alone", "both"))
    for id in (alone, both):
        assert add(api, id, *feedbacks[:2])["added"] == 2
    submit = "mutation($ids: [ID!]) { trainingSheetSubmit(ids: $ids) { changed } }"
    assert api.ask(submit, ids=[alone])["trainingSheetSubmit"]["changed"] == 1
    decide(api, alone)
    assert add(api, alone, feedbacks[2])["errors"][0]["code"] == "ILLEGAL_MOVE"
    (frozen,) = api.done("TrainingSheetFinalize", ids=[alone])["nodes"]
    assert frozen["snapshot"]["splits"] == [{"split": "TRAIN", "rows": 2}]
    closed = add(api, alone, feedbacks[2])["errors"][0]
    assert (closed["code"], closed["path"]) == ("ILLEGAL_MOVE", ["id"])
    assert "new training sheet" in closed["hint"]
    # Generated after them: g2, and the corrections stay.
    api.done("TrainingSheetGenerate", ids=[both])
    found = generated.finished(api, both)
    assert (found["statusName"], found["progress"]) == ("IN_REVIEW", {"done": 20, "total": 20})
    assert add(api, both, feedbacks[2])["generations"][0]["number"] == 3
    nodes = pairs(api, both)
    assert [one["position"] for one in nodes] == list(range(1, 24))
    assert [one["source"] for one in nodes] == ["FEEDBACK"] * 2 + ["COLUMN"] * 20 + ["FEEDBACK"]
    generations = api.ask(PAIRS, id=both)["trainingSheet"]["generations"]["nodes"]
    assert [(one["number"], one["method"], one["rows"]) for one in generations] == [
        (3, "FEEDBACK", 1),
        (2, "COLUMN", 20),
        (1, "FEEDBACK", 2),
    ]
    # Split, decided and frozen as all others.
    shares = {"train": 0.5, "validation": 0.0, "test": 0.5, "seed": 7, "stratifyByAnswer": False, "groupBy": "ITEM_REF"}
    api.done("Split", id=both, input=shares)
    assert all(one["split"] for one in pairs(api, both))


def test_corrections_that_are_added_six_times_at_once_are_there_once(
    api: Client, live: Answered, sheet: str, template: str
) -> None:
    id = generated.create(api, sheet, template)
    asked = live.asked([{"text": f"t{n}"} for n in range(5)], ["fee"] * 5)
    feedbacks = [corrected(api, asked, "card", position=n) for n in range(5)]
    together, answers = threading.Barrier(6), []

    def send() -> None:
        together.wait()
        answers.append(add(api, id, *feedbacks))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one["errors"] for one in answers] == [[]] * 6
    assert sorted(one["added"] for one in answers) == [0] * 5 + [5]
    assert [one["itemRef"] for one in pairs(api, id)] == feedbacks
    assert len(api.ask(PAIRS, id=id)["trainingSheet"]["generations"]["nodes"]) == 1
