"""What followed the small whole life: it is served, watched and complained of, learns from a correction, and is
deployed again."""

from __future__ import annotations

from begat.graph.driver import Graph
from tests.lineage import chain
from tests.lineage.chain import (
    BORN,
    LEARNED,
    MODEL,
    PROJECT,
    SECRET,
    SHEET,
    TEMPLATE,
    TRAINING,
    VERSION,
    asset,
    link,
    pair,
    tied,
)

ENDPOINT, HIDDEN, STOPPED = "endpoint_support", "endpoint_secret", "endpoint_stopped"
MONITOR, PAUSED = "monitor_errors", "monitor_paused"
TASK, FEEDBACK, CORRECTED = "task_mend", "feedback_wrong", "pair_corrected"
FAILED, RETRY, MENDED = "job_failed", "job_retry", "mver_two"
SNAPSHOT = f"{TRAINING}:s2"


async def write(graph: Graph) -> None:
    """Creates it. The first version of the endpoint served the first model; somebody said that an answer was wrong; a
    pair corrects it, from which (with a pair that was there before) a second training learned, at its second try; the
    endpoint's second version serves both models, 40 to 60. An endpoint of the other project serves the first model
    alone, and one that was stopped had served the second."""
    await chain.write(graph)
    await _deployed(graph, ENDPOINT, 1, "served", {VERSION: 100}, until="mended")
    await _deployed(graph, HIDDEN, 1, "served", {VERSION: 100}, project=SECRET)
    await asset(graph, MONITOR, "Monitor", "MONITOR", "watched", status="ALERTING", endpoint=ENDPOINT)
    await asset(graph, PAUSED, "Monitor", "MONITOR", "watched", status="PAUSED", endpoint=ENDPOINT)
    await link(graph, "WATCHES", (MONITOR, ENDPOINT), (PAUSED, ENDPOINT))
    await _complained(graph)
    await asset(graph, TASK, "ImprovementTask", "IMPROVEMENT_TASK", "watched", status="OPEN")
    await link(graph, "RAISED_FROM", (TASK, MONITOR), (TASK, FEEDBACK))
    await _mended(graph)
    await _deployed(graph, ENDPOINT, 2, "mended", {VERSION: 40, MENDED: 60})
    await _deployed(graph, STOPPED, 1, "mended", {MENDED: 100}, until="mended")
    for endpoint, project, version in ((ENDPOINT, PROJECT, 2), (HIDDEN, SECRET, 1), (STOPPED, PROJECT, None)):
        # No real model answers here: the begat that serves would find out, and say so in the middle of a test.
        status = "STOPPED" if version is None else "DEGRADED"
        await graph.read(
            "MATCH (n:Endpoint {id: $id}) SET n += $more RETURN 1",
            id=endpoint,
            more={"version": version, "status": status, "project": project},
        )


async def redeploy(graph: Graph, number: int, shares: dict[str, int]) -> None:
    """Another deployment of the endpoint goes live now."""
    await graph.read(
        "MATCH (v:EndpointVersion) WHERE v.asset = $id AND v.status = 'SERVING' "
        "SET v.status = 'SUPERSEDED', v.liveUntil = $at RETURN 1",
        id=ENDPOINT,
        at=BORN["mended"],
    )
    await _deployed(graph, ENDPOINT, number, "mended", shares)
    await graph.read("MATCH (n:Endpoint {id: $id}) SET n.version = $number RETURN 1", id=ENDPOINT, number=number)


async def _deployed(
    graph: Graph,
    endpoint: str,
    number: int,
    born: str,
    shares: dict[str, int],
    *,
    project: str = PROJECT,
    until: str | None = None,
) -> None:
    if number == 1:
        await asset(graph, endpoint, "Endpoint", "ENDPOINT", born, project=project, status="STOPPED")
    live = {"liveFrom": BORN[born], "status": "SUPERSEDED" if until else "SERVING"}
    live |= {"liveUntil": BORN[until]} if until else {}
    told = {"redact": "[]", "logInputs": "NONE", "traffic": "[]"}
    id = f"{endpoint}:v{number}"
    await tied(graph, id, "EndpointVersion", "ENDPOINT_VERSION", born, project, **live, **told)
    for version, percent in shares.items():
        await link(graph, "SERVES", (id, version), percent=percent)


async def _complained(graph: Graph) -> None:
    row = {
        "id": FEEDBACK,
        "kind": "FEEDBACK",
        "project": PROJECT,
        "endpoint": ENDPOINT,
        "endpointVersion": f"{ENDPOINT}:v1",
        "modelVersion": VERSION,
        "key": FEEDBACK,
        "status": "NEW",
        "rating": "NEGATIVE",
        "createdAt": BORN["watched"],
    }
    await graph.read("CREATE (n:Row:Feedback) SET n = $row RETURN 1", row=row)
    await link(graph, "ABOUT", (FEEDBACK, f"{ENDPOINT}:v1"), (FEEDBACK, VERSION))


async def _mended(graph: Graph) -> None:
    await tied(graph, f"{TRAINING}:g2", "Generation", "GENERATION", "mended", method="FEEDBACK")
    await pair(graph, CORRECTED, TRAINING, ENDPOINT, PROJECT, "req_1", "g2", "mended")
    await link(graph, "GENERATED_IN", (CORRECTED, f"{TRAINING}:g2"))
    await link(graph, "CORRECTS", (CORRECTED, FEEDBACK))
    frozen = {"sha256": "sha of the second", "splits": "[]", "rows": 2, "manifest": "{}"}
    await tied(graph, SNAPSHOT, "Snapshot", "SNAPSHOT", "mended", PROJECT, **frozen)
    await link(graph, "BUILT_FROM", (SNAPSHOT, f"{SHEET}:v1"))
    await link(graph, "PROMPTED_BY", (SNAPSHOT, f"{TEMPLATE}:v1"))
    await link(graph, "INCLUDES", (SNAPSHOT, CORRECTED), (SNAPSHOT, LEARNED), split="TRAIN", revision=1)
    await asset(graph, FAILED, "TrainingJob", "TRAINING_JOB", "mended", status="FAILED", hyperparameters="{}")
    await asset(graph, RETRY, "TrainingJob", "TRAINING_JOB", "mended", status="SUCCEEDED", hyperparameters="{}")
    await link(graph, "TRAINED_ON", (FAILED, SNAPSHOT), (RETRY, SNAPSHOT), split="TRAIN")
    await link(graph, "RETRY_OF", (RETRY, FAILED))
    await asset(graph, MENDED, "ModelVersion", "MODEL_VERSION", "mended", number=2, model=MODEL)
    await link(graph, "OF", (MENDED, MODEL))
    await link(graph, "PRODUCED_BY", (MENDED, RETRY))
