"""Training sheets: made over pinned versions, generated, split, approved and finalized."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.api_client import Client
from tests.kinds import generated as given


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
    content = (api.tables / "test" / "questions.csv").read_bytes()
    read = api.ask("query($id: ID!) { generation(id: $id) { sha256 } }", id=f"{id}:g1")["generation"]
    assert read["sha256"] == hashlib.sha256(content).hexdigest()
