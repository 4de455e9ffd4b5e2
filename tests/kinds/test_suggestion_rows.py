"""What training sheets suggest, of a real model that serves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from begat.access.scope import DEFAULT_PROJECT, Viewer, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.core.ids import immutable
from begat.core.roles import Role
from begat.gql.context import Context
from begat.kinds.model.kind import MODEL, MODEL_VERSION
from begat.kinds.suggestion import acts
from begat.kinds.training_job.kind import TRAINING_JOB
from tests.api_client import Client
from tests.conftest import Database
from tests.kinds.frozen import Frozen, freeze, rows
from tests.kinds.served import ask, deployed, registered
from tests.kinds.test_suggestion import ACCEPT, SUGGESTIONS


def learned(database: Database, sheet: Frozen) -> str:
    """A READY model version with a file, produced by a job on the training sheet."""
    uri, sha256 = registered(database.home, 1)

    async def work(change: Change) -> str:
        model = await assets.create(change, MODEL, DEFAULT_PROJECT, {"name": "rows"}, key="rows")
        about = {"trainingSheet": sheet.sheet, "snapshot": sheet.snapshot, "model": model["id"]}
        about |= {"splits": '["TRAIN"]', "evaluateOn": "[]"}
        job = await assets.create(change, TRAINING_JOB, DEFAULT_PROJECT, {"name": "job", **about}, status="SUCCEEDED")
        links = [("PRODUCED_BY", job["id"], "TrainingJob")]
        properties = {"name": "rows v1", "model": model["id"], "number": 1, "uri": uri, "sha256": sha256}
        version = await assets.create(
            change, MODEL_VERSION, DEFAULT_PROJECT, properties, links=links, status="READY", key=f"{model['id']}|1"
        )
        change.join("OF", version["id"], model["id"])
        return str(version["id"])

    async def run() -> str:
        async with database.connect() as graph:
            return await write(graph, single_user(), work)

    return anyio.run(run)


def fail(database: Database, pairs: list[str]) -> None:
    """Rows whose generation failed."""

    async def run() -> None:
        async with database.connect() as graph:
            await graph.execute("MATCH (n:Row) WHERE n.id IN $ids SET n.status = 'FAILED'", ids=pairs)

    anyio.run(run)


def suggested(api: Client, id: str, *kinds: str, **arguments: Any) -> list[dict[str, Any]]:
    found = api.ask(SUGGESTIONS, id=id, kinds=list(kinds) or None, **arguments)["improvementSuggestions"]
    assert found["skipped"] == []
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


def test_rows_that_failed_and_labels_that_the_model_contradicts_are_suggested(api: Client, database: Database) -> None:
    # Of 36 rows that the model knows 4 are approved with another answer, 2 have none.
    content = rows("TRAIN")
    right = [place for place, row in enumerate(content) if row["answer"] == "card_arrival"]
    for place in right[:4]:
        content[place]["answer"] = "lost_card"
    sheet = freeze(database, api.home, "labelled", content)
    failed = [sheet.pairs[place] for place in right[-2:]]
    fail(database, failed)
    bank = deployed(api, (learned(database, sheet), 100))
    doubt, broken = suggested(api, bank)
    assert (doubt["kind"], doubt["count"], doubt["total"]) == ("LABEL_DISAGREES", 4, 34)
    assert doubt["title"] == "4 rows approved as 'lost_card' are answered 'card_arrival'"
    assert doubt["severity"] == pytest.approx(4 / 34)
    assert set(doubt["sampleIds"]) == {sheet.pairs[place] for place in right[:4]}
    assert doubt["figures"]["approved"] == "lost_card"
    assert (broken["kind"], broken["count"], broken["total"]) == ("FAILED_ROWS", 2, 36)
    assert (broken["sampleIds"], broken["severity"]) == (sorted(failed), pytest.approx(2 / 36))
    assert suggested(api, bank, "LABEL_DISAGREES", least=5) == []
    # A task of it has no feedback; its impact is of the requests that the endpoint gets.
    ask(api, bank, "Where is my card?")
    anyio.run(_elsewhere, database, sheet.sheet)
    made = api.ask(ACCEPT, key=doubt["key"])["improvementSuggestionAccept"]["node"]
    assert (made["raisedBy"], made["raisedFrom"]) == (["SUGGESTION"], [])
    assert made["expectedImpact"]["affectedShare"] == pytest.approx(4 / 34)
    assert suggested(api, bank, "LABEL_DISAGREES") == []
    # Who sees the endpoint and not the training sheet is not told of its rows by what was decided on them either.
    assert anyio.run(_decided, database, bank, single_user()) == [doubt["key"]]
    both = {DEFAULT_PROJECT: Role.VIEWER, "project_2": Role.VIEWER}
    assert anyio.run(_decided, database, bank, Viewer("ann", roles=both)) == [doubt["key"]]
    assert anyio.run(_decided, database, bank, Viewer("bob", roles={DEFAULT_PROJECT: Role.OWNER})) == []
    assert [one["key"] for one in suggested(api, bank)] == [broken["key"]]
    api.done("Stop", ids=[bank])
    api.wait(
        "query($id: ID!) { endpoint(id: $id) { statusName } }",
        lambda data: data["endpoint"]["statusName"] == "STOPPED",
        id=bank,
    )
    assert suggested(api, bank) == []
    assert immutable(bank, "v", 1) in str(api.run("Endpoint", id=bank))


async def _elsewhere(database: Database, sheet: str) -> None:
    async with database.connect() as graph:
        await graph.execute("MATCH (n:Asset {id: $id}) SET n.project = 'project_2'", id=sheet)


async def _decided(database: Database, endpoint: str, viewer: Viewer) -> list[str]:
    async with database.connect() as graph:
        context = cast(Context, SimpleNamespace(graph=graph, viewer=viewer))
        return sorted(await acts.decided(context, endpoint))
