"""From one request id to what made its answer; and a template tried by a live endpoint."""

from __future__ import annotations

from tests.api_client import Client
from tests.kinds import generated
from tests.kinds.served import ask, deployed, refused, settled
from tests.kinds.test_training_job import ended
from tests.platforms.local.training_samples import TOPICS

BEHIND = """query($id: ID!) { inferenceRecord(requestId: $id) {
  input output endpoint { name } endpointVersion { number templateVersion { id } }
  modelVersion { name lineage {
    job { id } snapshots { id } trainingSheets { id } templateVersions { id template { name } }
    sheetVersions { id sheet { id } } tables { fullName } completeness { complete }
  } }
} }"""
TESTS = """query($id: ID!) { endpoint(id: $id) { requests(origin: TEST, first: 10) { totalCount nodes { origin input } }
  metrics { requests } } }"""


def test_one_request_names_what_made_its_answer_also_after_later_deployments(api: Client) -> None:
    rows = [
        (f"r{topic}{place}{word}", f"{question} {word}", answer)
        for topic, (answer, questions) in enumerate(TOPICS.items())
        for place, question in enumerate(questions)
        for word in ("please", "thanks", "now", "hello")
    ]
    sheet = generated.sheet(api, rows)
    template = generated.template(api, "What does this want? {{ text }}")
    pairs = generated.create(api, sheet, template)
    api.done("TrainingSheetGenerate", ids=[pairs])
    generated.finished(api, pairs)
    assert not api.ask(generated.DECIDE, sheet=pairs, count=len(rows))["qaPairApprove"]["errors"]
    api.done("TrainingSheetApprove", ids=[pairs])
    api.done("TrainingSheetFinalize", ids=[pairs])
    job = api.done("Train", input={"name": "first", "trainingSheetId": pairs, "model": "intents"})["node"]["id"]
    made = ended(api, job)["produced"]
    endpoint = deployed(api, (made["id"], 100))

    question = "I lost my purse and the card"
    answer = ask(api, endpoint, {"text": question}, {"question": f"What does this want? {question}"})
    assert answer["outputs"][0] == answer["outputs"][1], "an input is worded as it was in training"
    error = refused(api, endpoint, [{"text": question}, {"txt": question}])
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["inputs", "1", "text"])

    tried = api.run("TemplateTestServed", id=template, sheetId=sheet, first=3, endpointId=endpoint)["test"]
    assert [one["response"] for one in tried] == ["card_arrival"] * 3
    shown = api.ask(TESTS, id=endpoint)["endpoint"]
    assert shown["requests"]["totalCount"] == 3
    assert {node["input"][0]["question"] for node in shown["requests"]["nodes"]} == {one["prompt"] for one in tried}
    assert shown["metrics"]["requests"] == 2, "tests of templates are no queries"

    api.done("Rollback", id=endpoint, to=1)
    settled(api, endpoint)
    api.done("Stop", ids=[endpoint])
    settled(api, endpoint)
    answered = api.send(
        """query($id: ID!, $sheet: ID!, $endpoint: ID!) {
          template(id: $id) { test(sheetId: $sheet, endpointId: $endpoint) { response } } }""",
        {"id": template, "sheet": sheet, "endpoint": endpoint},
    )
    assert (answered["errors"][0]["extensions"]["code"], answered["errors"][0]["path"]) == (
        "ILLEGAL_MOVE",
        ["template", "test"],
    )
    record = api.ask(BEHIND, id=answer["requestId"])["inferenceRecord"]
    version = api.run("TemplateVersions", id=template, a=1, b=1)["versions"]["nodes"][0]["id"]
    assert (record["endpoint"]["name"], record["endpointVersion"]["number"]) == ("bank", 1)
    assert record["endpointVersion"]["templateVersion"] == {"id": version}
    assert record["input"][0] == {"text": question}
    behind = record["modelVersion"]["lineage"]
    assert record["modelVersion"]["name"] == "intents v1"
    assert behind["job"] == {"id": job}
    assert behind["snapshots"] == [{"id": f"{pairs}:s1"}]
    assert behind["trainingSheets"] == [{"id": pairs}]
    assert behind["templateVersions"] == [{"id": version, "template": {"name": "ask"}}]
    assert behind["sheetVersions"] == [{"id": f"{sheet}:v1", "sheet": {"id": sheet}}]
    assert behind["tables"] == [{"fullName": "local.test.questions"}]
    assert behind["completeness"]["complete"]
