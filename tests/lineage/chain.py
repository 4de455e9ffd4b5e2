"""A small whole life in the graph: from two tables over sheets, a template and labels to a tested, promoted model."""

from __future__ import annotations

from typing import Any

from begat.graph.driver import Graph

PROJECT, SECRET = "project_default", "project_secret"
TABLE, TEST_TABLE = "table_train", "table_test"
SHEET, TEST_SHEET, TEMPLATE, LABEL = "sheet_train", "sheet_test", "template_ask", "label_one"
TRAINING, TEST, JOB, MODEL, VERSION = "tsheet_train", "tsheet_test", "job_fit", "model_intents", "mver_one"
LEARNED, CHECKED, TESTED = "pair_learned", "pair_checked", "pair_tested"

BORN = {
    name: f"2026-03-01T00:00:{number:02d}.000Z"
    for number, name in enumerate(("data", "sheets", "made", "model", "served", "watched", "mended"))
}
"""When each part came into being, one second after the other."""


async def write(graph: Graph) -> None:
    """Creates it. The model learned from the TRAIN rows of one snapshot and was measured on another; the sheet and the
    template got a second version later. The test sheet and its table's reader are in a project of their own."""
    await graph.read("MERGE (p:Project {id: $id}) SET p.name = 'secret', p.revision = 1 RETURN 1", id=SECRET)
    await _assets(graph)
    await _immutable(graph)
    await _rows(graph)
    await link(graph, "READS", (f"{SHEET}:v1", TABLE), (f"{SHEET}:v2", TABLE), (f"{TEST_SHEET}:v1", TEST_TABLE))
    for kept, sheet in ((TRAINING, SHEET), (TEST, TEST_SHEET)):
        for node in (f"{kept}:v1", f"{kept}:g1", f"{kept}:s1"):
            await link(graph, "BUILT_FROM", (node, f"{sheet}:v1"))
            await link(graph, "PROMPTED_BY", (node, f"{TEMPLATE}:v1"))
    await link(graph, "TRAINED_ON", (JOB, f"{TRAINING}:s1"), split="TRAIN")
    await link(graph, "PRODUCED_BY", (VERSION, JOB))
    await link(graph, "OF", (VERSION, MODEL))
    await link(graph, "EVALUATES", (f"{VERSION}:e1", VERSION))
    await link(graph, "EVALUATED_ON", (f"{VERSION}:e1", f"{TEST}:s1"), split="TEST")
    await link(graph, "GENERATED_IN", (LEARNED, f"{TRAINING}:g1"), (CHECKED, f"{TRAINING}:g1"))
    await link(graph, "GENERATED_IN", (TESTED, f"{TEST}:g1"))
    await link(graph, "ANSWERED_WITH", (LEARNED, f"{LABEL}:v1"))
    await link(graph, "INCLUDES", (f"{TRAINING}:s1", LEARNED), split="TRAIN", revision=1)
    await link(graph, "INCLUDES", (f"{TRAINING}:s1", CHECKED), split="VALIDATION", revision=1)
    await link(graph, "INCLUDES", (f"{TEST}:s1", TESTED), split="TEST", revision=1)
    await link(graph, "USES_LABEL", (f"{TRAINING}:s1", f"{LABEL}:v1"), rows=1)


async def _assets(graph: Graph) -> None:
    await asset(graph, TABLE, "SourceTable", "SOURCE_TABLE", "data", project=None, fullName="local.bank.train")
    await asset(graph, TEST_TABLE, "SourceTable", "SOURCE_TABLE", "data", project=None, fullName="local.bank.test")
    await asset(graph, SHEET, "Sheet", "SHEET", "sheets", version=2, columns="[]")
    await asset(graph, TEST_SHEET, "Sheet", "SHEET", "sheets", project=SECRET, version=1)
    await asset(graph, TEMPLATE, "Template", "TEMPLATE", "sheets", version=2)
    await asset(graph, LABEL, "CanonicalLabel", "CANONICAL_LABEL", "sheets", version=1, sheet=SHEET, value="top_up")
    await asset(graph, TRAINING, "TrainingSheet", "TRAINING_SHEET", "made")
    await asset(graph, TEST, "TrainingSheet", "TRAINING_SHEET", "made", project=SECRET)
    await asset(graph, JOB, "TrainingJob", "TRAINING_JOB", "model", hyperparameters='{"c":1}')
    await asset(graph, MODEL, "Model", "MODEL", "model")
    await asset(graph, VERSION, "ModelVersion", "MODEL_VERSION", "model", number=1, model=MODEL)


async def _immutable(graph: Graph) -> None:
    for sheet, project, numbers in ((SHEET, PROJECT, (1, 2)), (TEST_SHEET, SECRET, (1,))):
        for number in numbers:
            born = "sheets" if number == 1 else "model"
            await tied(graph, f"{sheet}:v{number}", "SheetVersion", "SHEET_VERSION", born, project=project)
    await tied(graph, f"{TEMPLATE}:v1", "TemplateVersion", "TEMPLATE_VERSION", "sheets")
    await tied(graph, f"{TEMPLATE}:v2", "TemplateVersion", "TEMPLATE_VERSION", "model")
    await tied(graph, f"{LABEL}:v1", "LabelVersion", "CANONICAL_LABEL_VERSION", "sheets", value="top_up")
    for kept, project in ((TRAINING, PROJECT), (TEST, SECRET)):
        frozen = {"sha256": f"sha of {kept}", "splits": "[]", "rows": 1, "manifest": "{}"}
        await tied(graph, f"{kept}:v1", "TrainingSheetVersion", "TRAINING_SHEET_VERSION", "made", project=project)
        await tied(graph, f"{kept}:g1", "Generation", "GENERATION", "made", project=project, sha256="read")
        await tied(graph, f"{kept}:s1", "Snapshot", "SNAPSHOT", "made", project=project, **frozen)
    await tied(graph, f"{VERSION}:e1", "Evaluation", "EVALUATION", "model")


async def _rows(graph: Graph) -> None:
    for id, kept, sheet, project, item in (
        (LEARNED, TRAINING, SHEET, PROJECT, "1"),
        (CHECKED, TRAINING, SHEET, PROJECT, "2"),
        (TESTED, TEST, TEST_SHEET, SECRET, "1"),
    ):
        await pair(graph, id, kept, sheet, project, item)


async def pair(
    graph: Graph, id: str, kept: str, sheet: str, project: str, item: str, generation: str = "g1", born: str = "made"
) -> None:
    """A pair of the training sheet ``kept``, made of one row of the sheet."""
    row = {
        "id": id,
        "kind": "QA_PAIR",
        "project": project,
        "trainingSheet": kept,
        "key": id,
        "sheet": sheet,
        "itemRef": item,
        "sourceRow": f"{sheet}|{item}",
        "generation": f"{kept}:{generation}",
        "createdAt": BORN[born],
    }
    await graph.read("CREATE (n:Row:QaPair) SET n = $row RETURN 1", row=row)


async def asset(
    graph: Graph, id: str, label: str, kind: str, born: str, project: str | None = PROJECT, **more: Any
) -> None:
    """An asset, READY and LIVE unless ``more`` says otherwise."""
    row = {
        "id": id,
        "kind": kind,
        "name": id,
        "status": "READY",
        "retention": "LIVE",
        "revision": 1,
        "createdAt": BORN[born],
        **({} if project is None else {"project": project}),
        **more,
    }
    await graph.read(f"CREATE (n:Asset:{label}) SET n = $row RETURN 1", row=row)


async def tied(graph: Graph, id: str, label: str, kind: str, born: str, project: str = PROJECT, **more: Any) -> None:
    """An immutable node of the asset that its id names."""
    owner, _, tail = id.partition(":")
    row = {
        "id": id,
        "asset": owner,
        "kind": kind,
        "number": int(tail[1:]),
        "project": project,
        "createdAt": BORN[born],
        **more,
    }
    await graph.read(f"CREATE (n:Version:{label}) SET n = $row RETURN 1", row=row)
    await link(graph, "OF", (id, owner))


async def link(graph: Graph, type: str, *pairs: tuple[str, str], **properties: Any) -> None:
    """Edges from each pair's first to its second."""
    for source, target in pairs:
        await graph.read(
            f"MATCH (a:{_label(source)} {{id: $source}}) MATCH (b:{_label(target)} {{id: $target}}) "
            f"CREATE (a)-[e:{type}]->(b) SET e = $properties RETURN 1",
            source=source,
            target=target,
            properties=properties,
        )


def _label(id: str) -> str:
    return "Version" if ":" in id else "Row" if id.startswith(("pair_", "feedback_")) else "Asset"
