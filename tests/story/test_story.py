"""From a table to a model and back: one story over HTTP, and what the graph answers about it for ever after."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.api_client import Client
from tests.story.teller import INTENTS, LABELS_PER_INTENT, Story

SOURCES = """query($id: ID!) { modelVersion(id: $id) { lineage {
  tables { fullName }
  trainingSheets { id generations(first: 10) { nodes {
    sha256 rows sheetVersion { id number } templateVersion { id number } } } }
  snapshots { id sha256 splits { split rows } }
  sheetVersions { id number } templateVersions { id number }
  labels(first: 100) { totalCount } job { id } completeness { complete }
} } }"""


def test_a_model_answers_where_it_came_from_whatever_is_edited_later(api: Client, banking77: Path) -> None:
    story = Story(api, banking77)
    story.tell()
    rows = story.rows("train")

    found = api.ask(SOURCES, id=story.ids["version"])["modelVersion"]["lineage"]
    assert found["tables"] == [{"fullName": "local.story.train"}]
    content = (api.tables / "story" / "train.csv").read_bytes()
    (sheet,) = found["trainingSheets"]
    assert [generation["sha256"] for generation in sheet["generations"]["nodes"]] == [
        hashlib.sha256(content).hexdigest()
    ]
    assert found["sheetVersions"] == [{"id": f"{story.ids['sheet-train']}:v1", "number": 1}]
    assert found["templateVersions"] == [{"id": f"{story.ids['template']}:v1", "number": 1}]
    assert found["labels"]["totalCount"] == len(INTENTS) * LABELS_PER_INTENT
    assert found["snapshots"][0]["splits"] == [{"split": "TRAIN", "rows": len(rows)}]
    assert found["completeness"]["complete"] is True
    before = api.run("ModelLineage", id=story.ids["version"])["lineage"]

    api.done("SheetUpdate", id=story.ids["sheet-train"], input={"name": "renamed", "table": "local.story.test"})
    template_update = """mutation($id: ID!) { templateUpdate(id: $id, input: { prompt: "Q: {{ text }}" }) {
      node { version { number } } errors { message } } }"""
    assert api.ask(template_update, id=story.ids["template"])["templateUpdate"]["node"]["version"]["number"] == 2
    assert api.ask(SOURCES, id=story.ids["version"])["modelVersion"]["lineage"] == found
    after = api.run("ModelLineage", id=story.ids["version"])["lineage"]
    assert after["sheetVersions"][0].pop("sheet")["name"] == "renamed"
    before["sheetVersions"][0].pop("sheet")
    assert after == before

    table = next(
        node
        for node in api.ask('{ sourceTables(catalog: "local", schema: "story") { nodes { id fullName } } }')[
            "sourceTables"
        ]["nodes"]
        if node["fullName"] == "local.story.train"
    )
    used_by = api.run("UsedBy", id=table["id"])["usedBy"]
    assert [edge["node"]["id"] for edge in used_by["edges"]] == [story.ids["sheet-train"]]

    trained = api.run("Exposure", sheetId=story.ids["sheet-train"], itemRef=story.refs("train")[0])
    assert [version["id"] for version in trained["modelVersions"]] == [story.ids["version"]]
    tested = api.run("Exposure", sheetId=story.ids["sheet-test"], itemRef=story.refs("test")[0])
    assert tested["modelVersions"] == []


def test_accuracy_in_the_graph_is_the_one_measured_on_the_test_questions(api: Client, banking77: Path) -> None:
    story = Story(api, banking77, "measured")
    story.tell()
    (model,) = api.run("Models")["nodes"]
    assert model["champion"]["id"] == story.ids["version"]
    (version,) = model["versions"]["nodes"]
    accuracy = next(one for one in version["evaluations"] if one["metric"] == "accuracy")
    assert accuracy["sampleSize"] == len(story.rows("test"))
    assert 0.8 <= accuracy["value"] <= 1.0


def test_telling_the_story_again_changes_nothing(api: Client, banking77: Path) -> None:
    story = Story(api, banking77, "again")
    story.tell()
    counted = api.run("Assets", first=0)["totalCount"]
    again = Story(api, banking77, "again")
    again.tell()
    assert again.ids == story.ids
    assert api.run("Assets", first=0)["totalCount"] == counted


def test_every_walk_tells_the_same_from_both_ends(api: Client, banking77: Path) -> None:
    story = Story(api, banking77, "walks")
    story.tell()
    up = api.run("Upstream", id=story.ids["version"], depth=25)["upstream"]
    kinds = {hit["kind"] for hit in up["nodes"]["nodes"]}
    assert kinds == {"TRAINING_JOB", "TRAINING_SHEET", "SHEET", "TEMPLATE", "SOURCE_TABLE"}
    for hit in up["nodes"]["nodes"]:
        down = api.run("Downstream", id=hit["id"], depth=25)["downstream"]
        assert story.ids["version"] in {found["id"] for found in down["nodes"]["nodes"]}
    sources = api.run("Sources", id=story.ids["version"])["sources"]
    assert [hit["asset"]["name"] for hit in sources["nodes"]["nodes"]] == ["train"]
