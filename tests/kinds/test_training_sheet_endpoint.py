"""Generation by an endpoint of begat's own: pinned to its deployment, logged, and kept out of what is monitored."""

from __future__ import annotations

from tests.api_client import Client
from tests.conftest import Database
from tests.kinds import generated as given
from tests.kinds.served import CARD, LOST, deployed, models, settled

GENERATED = """query($id: ID!) { trainingSheet(id: $id) {
  generations { nodes { id method rows endpointVersionId cost { amount unit } failure { message } } }
  upstream(depth: 1, filter: { level: VERSION, versions: ALL }) { nodes { edges { relation to } } }
} }"""
LOGGED = """query($id: ID!, $origin: InferenceOrigin) { endpoint(id: $id) {
  requests(origin: $origin, first: 10) { nodes { inputs endpointVersion { id } } totalCount } metrics { requests }
} }"""
REGENERATE = "mutation($ids: [ID!]) { qaPairRegenerate(ids: $ids) { outcomes { ok } errors { message } } }"


def test_an_endpoint_answers_by_the_deployment_that_served_and_lineage_names_its_models(
    api: Client, database: Database
) -> None:
    first, second = models(database, api.home, 2)
    endpoint = deployed(api, (first, 50), (second, 50))
    sheet = given.sheet(api, [(f"r{n}", LOST if n % 2 else CARD, "") for n in range(50)])
    template = given.template(api)
    id = given.create(api, sheet, template, answer={"endpointId": endpoint})
    api.done("TrainingSheetGenerate", ids=[id])
    found = given.finished(api, id)
    assert found["statusName"] == "IN_REVIEW", found
    pairs = given.pairs(api, id)
    assert {(one["question"], one["answer"], one["source"]) for one in pairs} == {
        (LOST, "lost_card", "GENERATED"),
        (CARD, "card_arrival", "GENERATED"),
    }
    shown = api.ask(GENERATED, id=id)["trainingSheet"]
    generation = shown["generations"]["nodes"][0]
    assert (generation["method"], generation["rows"], generation["endpointVersionId"]) == (
        "ENDPOINT",
        50,
        f"{endpoint}:v1",
    )
    assert generation["cost"]["unit"] == "CPU_SECONDS"
    assert generation["cost"]["amount"] > 0
    answering = {edge["to"] for edge in shown["upstream"]["nodes"]["edges"] if edge["relation"] == "ANSWERED_BY"}
    assert answering == {first, second}
    logged = api.ask(LOGGED, id=endpoint, origin="GENERATION")["endpoint"]
    assert sorted(one["inputs"] for one in logged["requests"]["nodes"]) == [10, 20, 20]
    assert logged["metrics"]["requests"] == 0, "what begat asks itself is not monitored"

    api.done("Stop", ids=[endpoint])
    settled(api, endpoint, "STOPPED")
    api.ask(REGENERATE, ids=[one["id"] for one in pairs[:2]])
    undone = "query($id: ID!) { trainingSheet(id: $id) { pairs(where: { status: GENERATING }) { totalCount } } }"
    api.wait(undone, lambda data: data["trainingSheet"]["pairs"]["totalCount"] == 0, id=id)
    assert [one["answer"] for one in given.pairs(api, id)[:2]] == [one["answer"] for one in pairs[:2]]
    input = {"name": "x", "sheetId": sheet, "templateId": template}
    for wrong, code in ((endpoint, "ILLEGAL_MOVE"), ("endpoint_none", "NOT_FOUND"), (sheet, "BAD_INPUT")):
        error = api.refused("TrainingSheetCreate", input={**input, "answer": {"endpointId": wrong}})[0]
        assert (error["code"], error["path"]) == (code, ["input", "answer", "endpointId"])
