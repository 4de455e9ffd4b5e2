"""The contract's operations of this stage, sent as they stand there, in one life: none is refused, each answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio

from begat.core.ids import IMMUTABLE, asset_of, prefix_of
from begat.core.times import now
from begat.lineage.question import kind_name
from tests.api_client import Client
from tests.conftest import Database
from tests.story.operator import Operator
from tests.story.teller import Story
from tests.streams import events
from tests.test_schema import NOW


class Recorder(Client):
    """A client that remembers which of the contract's operations it ran."""

    ran: set[str]

    def run(self, name: str, **variables: Any) -> Any:
        """As the client's."""
        self.ran.add(name)
        return super().run(name, **variables)


def test_every_operation_of_this_stage_runs_in_one_life(api: Client, banking77: Path, database: Database) -> None:
    client = Recorder(api.http, api.home, api.tables)
    client.ran = set()
    story = Story(client, banking77, "contract")
    story.write_tables()
    assert client.run("Tables", catalog="local", schema="contract")["nodes"]
    for split in ("train", "test"):
        story.create_sheet(split)
    sheet, train = story.ids["sheet-train"], "train"
    assert client.run("SheetPreview", id=sheet, first=3)["preview"]["rows"]
    client.done("SheetColumns", id=sheet, add=[], update=[], delete=[], rev=1)
    client.done("SheetUpdate", id=sheet, input={"description": "Real questions."})
    story.create_template()
    template = story.ids["template"]
    tested = client.run("TemplateTest", id=template, sheetId=sheet, first=2)["test"]
    assert [row["prompt"] for row in tested] == [row["text"] for row in story.rows(train)[:2]]
    assert client.run("TemplateVersions", id=template, a=1, b=1)["compareVersions"] == []
    story.publish()
    labels = story.import_labels()
    assert labels["created"] == len(labels["nodes"]) == 12
    looked = client.run("LabelLookup", sheetId=sheet, labelType="intent", itemRefs=[*story.refs(train)[:1], "none"])
    assert looked[0]["label"]["value"] == story.rows(train)[0]["category"]
    assert looked[1]["label"] is None

    story.create_training_sheet(train)
    story.generate(train)
    pairs = story.ids["pairs-train"]
    leased = client.done("ReviewNext", trainingSheetId=pairs, first=6)["nodes"]
    first, second, third, fourth, fifth, sixth = (node["id"] for node in leased)
    client.done("Approve", ids=[first])
    client.done("Reject", ids=[second], reason="Not a question.")
    client.done("Flag", ids=[third], reason="For an expert.")
    client.done("Assign", ids=[fourth], reviewer="me")
    client.done("Skip", ids=[fifth], reason="Later.", until="2100-01-01T00:00:00Z")
    client.done("Comment", subject=sixth, text="Is this one intent?")
    client.done("Edit", id=second, input={"answer": "card_arrival"})
    story.decide(train)
    client.done("Approve", ids=[third])
    client.done(
        "Split", id=pairs, input={"train": 0.8, "validation": 0.1, "test": 0.1, "seed": 7, "stratifyByAnswer": True}
    )
    assert client.run("Review", id=pairs)["review"]["percent"] == 100
    story.freeze(train)
    assert client.run("TrainingSheet", id=pairs, first=5)["pairs"]["totalCount"] == len(story.rows(train))
    story.create_training_sheet("test")
    story.generate("test")
    story.decide("test")
    story.freeze("test")

    story.train()
    story.await_model()
    assert client.run("Job", id=story.ids["job"])["produced"]["number"] == 1
    ended = client.run("JobCancel", ids=[story.ids["job"]])
    assert ended["outcomes"][0]["error"]["code"] == "ILLEGAL_MOVE"
    story.promote()
    version = story.ids["version"]
    assert client.run("Models")["nodes"][0]["champion"]["id"] == version

    serve_watch_and_improve(client, story)

    assert client.run("UsedBy", id=sheet)["usedBy"]["totalCount"] == 1
    assert client.run("Upstream", id=version, depth=25)["upstream"]["completeness"]["complete"]
    assert client.run("Downstream", id=template, depth=25)["downstream"]["nodes"]["nodes"]
    assert client.run("Sources", id=version)["sources"]["nodes"]["totalCount"] == 1
    assert client.run("ModelLineage", id=version)["lineage"]["completeness"]["complete"]
    learned = client.run("TrainingSheet", id=pairs, first=1, where={"split": ["TRAIN"], "status": ["APPROVED"]})[
        "pairs"
    ]["nodes"][0]
    assert client.run("Exposure", id=learned["id"])["rows"] == 1
    assert client.run("LineageAsOf", id=version, asOf=now())["state"]["status"] == "READY"
    assert client.run("Paths", **{"from": version, "to": sheet})["paths"]
    written = client.run("LineageExport", id=version, direction="UP", depth=25, format="CSV")
    assert written["nodeCount"]
    assert sheet in written["text"]
    assert client.run("Assets", where={"kinds": ["MODEL_VERSION"]})["totalCount"] == 2
    assert client.run("Facets", where={"kinds": ["SHEET"]})["facets"] == [{"kind": "SHEET", "count": 2}]
    assert client.run("Actions", id=version)["availableActions"]
    assert client.run("History", id=sheet)["history"]["totalCount"] >= 2
    with events(client, ids=[sheet]) as watched:
        client.ran.add("Watch")
        watched.standing()
        client.done("Tag", ids=[sheet, template], add=["contract"], remove=[])
        assert watched.change()["asset"]["id"] == sheet
    client.done("Archive", ids=[template])
    client.done("Restore", ids=[template])
    planned = client.run("Trash", ids=[sheet], dryRun=True)
    client.done("Trash", ids=[sheet], token=planned["token"])
    client.done("Restore", ids=[sheet])
    assert client.run("Me")["name"] == "me"
    project = client.done("ProjectCreate", input={"name": "another"})["node"]
    client.done("ProjectGrant", id=project["id"], grants=[{"principal": "ann", "role": "REVIEWER"}])
    assert set(NOW) == client.ran
    anyio.run(ids_of_immutable_nodes_say_their_kinds_and_assets, database)


async def ids_of_immutable_nodes_say_their_kinds_and_assets(database: Database) -> None:
    """Of all that any kind writes: a walk down reads nothing else of them."""
    async with database.connect() as graph:
        found = await graph.read("MATCH (n:Version) RETURN collect([n.id, n.kind, n.asset])")
    assert all(asset == asset_of(id) for id, _, asset in found)
    written = {((prefix_of(id), id.partition(":")[2][0]), kind_name(kind)) for id, kind, _ in found}
    assert written == set(IMMUTABLE.items())


def serve_watch_and_improve(client: Client, story: Story) -> None:
    """DEPLOY, MONITOR and IMPROVE, and the questions of lineage that know of what is live."""
    operator, first = Operator(client, story), story.ids["version"]
    second = operator.another_version()
    compared = client.run("CompareModels", ids=[first, second])
    assert compared["comparable"]
    assert {len(one["values"]) for one in compared["evaluations"]} == {2}
    endpoint = operator.deploy({first: 90, second: 10})
    question = story.rows("test")[0]
    answer = operator.ask(endpoint, question["text"])
    assert answer["outputs"][0]["answer"]
    sheet, template = story.ids["sheet-test"], story.ids["template"]
    tested = client.run("TemplateTestServed", id=template, sheetId=sheet, first=2, endpointId=endpoint)["test"]
    assert all(row["response"] and row["error"] is None for row in tested)
    client.done("Redeploy", id=endpoint, input={"traffic": [{"modelVersionId": second, "percent": 100}]})
    operator.live(endpoint, 2)
    client.done("Rollback", id=endpoint, to=1)
    assert operator.live(endpoint, 3)["version"]["traffic"][0]["percent"] == 90
    client.done("Stop", ids=[endpoint])
    operator.reached(endpoint, "STOPPED")
    client.done("Start", ids=[endpoint])
    operator.live(endpoint, 4)

    said = client.done(
        "Feedback", input={"requestId": answer["requestId"], "rating": "NEGATIVE", "correction": "other"}
    )
    assert said["node"]["modelVersion"] == answer["modelVersion"]
    feedback = said["node"]["id"]
    assert client.run("Feedbacks", where={"endpointId": endpoint})["totalCount"] == 1
    shown = client.run("Endpoint", id=endpoint, since="2026-01-01T00:00:00Z")
    assert shown["metrics"]["requests"] == 1, "calls of template tests are none"
    assert shown["requests"]["nodes"][0]["feedback"] == [{"rating": "NEGATIVE"}]
    assert shown["feedbackSummary"]["negative"] == 1
    assert shown["drift"]["verdict"] == "INSUFFICIENT_DATA"
    watch = {"name": "errors", "endpointId": endpoint, "metric": "ERROR_RATE", "above": 0.1, "window": 3600}
    monitor = client.done("MonitorCreate", input=watch)["node"]["id"]
    raised = client.done("TaskCreate", input={"name": "mend it", "raisedFrom": [feedback, monitor], "priority": "HIGH"})
    task = raised["node"]
    assert {one["id"] for one in task["raisedFrom"]} == {feedback, monitor}
    assert [one["id"] for one in client.run("Backlog")["nodes"]] == [task["id"]]
    client.done("TaskClose", ids=[task["id"]], evidence={"reason": "It was a test."})

    impact = client.run("Impact", id=story.ids["sheet-train"], action="TRASH")["impact"]
    assert impact["live"] == {"endpoints": 1, "models": 2, "monitors": 1}
    learned = {"split": ["TRAIN"], "status": ["APPROVED"]}
    [pair] = client.run("TrainingSheet", id=story.ids["pairs-train"], first=1, where=learned)["pairs"]["nodes"]
    exposed = client.run("LiveExposure", sheetId=story.ids["sheet-train"], itemRef=pair["itemRef"])
    assert ([one["id"] for one in exposed["endpoints"]], exposed["trafficShare"]) == ([endpoint], 1.0)
