"""What a model that was started from another learned: for drift and for wording, the other's rows are its own, too."""

from __future__ import annotations

import pytest

from begat.access.scope import DEFAULT_PROJECT, single_user
from begat.change import assets
from begat.change.write import Change, write
from begat.gql.columns import to_json
from begat.graph.driver import Graph
from begat.kinds.endpoint import deployments
from begat.kinds.endpoint.config import Config, Share
from begat.kinds.endpoint.kind import ENDPOINT
from begat.kinds.monitor.learned import Part, learned
from begat.kinds.training_job.kind import TRAINING_JOB
from begat.platforms.ports import Window
from tests.kinds.test_model import model_with

pytestmark = pytest.mark.anyio

FOREVER = Window("2000-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z")


async def chain(graph: Graph, templates: list[str]) -> list[str]:
    """Model versions, each started from the one before, each trained on a snapshot of its own that a template of this
    name worded."""
    made: list[str] = []
    model, _ = await model_with(graph, 0)

    async def work(change: Change) -> None:
        for name in dict.fromkeys(templates):
            change.create(("Version", "TemplateVersion"), {"id": f"template_{name}:v1"})
        for number, template in enumerate(templates, 1):
            snapshot = f"tsheet_{number}:s1"
            change.create(("Version", "Snapshot"), {"id": snapshot, "sha256": f"sha {number}"})
            change.link("PROMPTED_BY", snapshot, f"template_{template}:v1", "TemplateVersion")
            properties = {
                "id": f"job_{number}",
                "snapshot": snapshot,
                "splits": to_json(["TRAIN"]),
                "evaluateOn": to_json([{"trainingSheet": "tsheet_test", "snapshot": snapshot, "split": "TEST"}]),
            }
            await assets.create(
                change,
                TRAINING_JOB,
                DEFAULT_PROJECT,
                properties,
                status="SUCCEEDED",
                links=[("STARTED_FROM", made[-1], "ModelVersion")] if made else [],
            )
            change.link("TRAINED_ON", f"job_{number}", snapshot, "Snapshot", split="TRAIN")
            change.create(
                ("Asset", "ModelVersion"),
                {
                    "id": f"mver_{number}",
                    "kind": "MODEL_VERSION",
                    "name": f"v{number}",
                    "project": DEFAULT_PROJECT,
                    "model": model,
                    "retention": "LIVE",
                    "status": "READY",
                    "uri": "u",
                    "sha256": "s",
                },
            )
            change.link("PRODUCED_BY", f"mver_{number}", f"job_{number}", "TrainingJob")
            made.append(f"mver_{number}")

    await write(graph, single_user(), work)
    return made


async def deployed(graph: Graph, model: str) -> tuple[str, str | None]:
    """An endpoint whose first version serves the model, live for ever; and the template that words its inputs."""

    async def work(change: Change) -> str:
        node = await assets.create(change, ENDPOINT, DEFAULT_PROJECT, {"name": model}, status="STOPPED")
        await deployments.begin(change, node, Config((Share(model, 100),)))
        return str(node["id"])

    id = await write(graph, single_user(), work)
    template = await graph.read(
        "MATCH (v:EndpointVersion {asset: $id}) SET v.liveFrom = $since RETURN v.templateVersion",
        id=id,
        since=FOREVER.since,
    )
    return id, template


async def test_the_rows_that_a_base_learned_are_compared_with_and_what_it_was_measured_on_is_not(graph: Graph) -> None:
    *_, last = await chain(graph, ["ask", "ask", "ask"])
    endpoint, _ = await deployed(graph, last)
    found = await learned(graph, endpoint, FOREVER)
    assert found is not None
    assert found.trained == tuple(Part(f"tsheet_{number}:s1", ("TRAIN",)) for number in (1, 2, 3))
    assert found.measured == (Part("tsheet_3:s1", ("TEST",)),)
    assert list(found.models) == [last]


async def test_inputs_are_worded_by_a_template_that_all_learned_by_bases_too(graph: Graph) -> None:
    _, same, other, later = await chain(graph, ["ask", "ask", "say", "say"])
    assert (await deployed(graph, same))[1] == "template_ask:v1"
    assert (await deployed(graph, other))[1] is None
    assert (await deployed(graph, later))[1] is None, "its base's base was asked otherwise"
